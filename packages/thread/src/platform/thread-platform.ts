/** What a platform has to be able to do to run threads; what a lock needs of it is core's `Platform`. */

export interface ThreadPlatform {
  // ------------------------------------------------ workers and messages
  /** @throws if there is no such file, or the system has no room for a worker and says so at once. All else comes to `onError`. */
  startWorker(options: WorkerOptions): WorkerHandle;
  /** Do the workers that a worker has started end when it ends? */
  readonly workersEndTogether: boolean;
  /** The system's number of the task that runs this worker, for {@link WorkerHandle.isGone}; 0 where it cannot be told. */
  taskId(): number;
  /** With which options of the engine the program was started; workers that run user code get the same. */
  execArgv(): readonly string[];
  /** With which options the supervisor is started, which runs no user code. */
  supervisorArgv(): readonly string[];
  /** Does `terminate` not end a worker that is blocked, or computes? */
  readonly isTerminateWeak?: boolean;
  /** What `startWorker` sent along, in the worker. */
  workerData(): unknown;
  /** A number that no worker of the process has had, nor will have. Takes as long as making a worker. */
  newNativeId(): number;
  /** Ends this worker. */
  exitWorker(): void;
  /** Makes two ports; what is posted at one arrives at the other. */
  openChannel(): [Port, Port];
  /** Sends a copy of the message to the other end. Ports may go along. */
  post(port: Port, message: unknown, transfer?: readonly Port[]): void;
  /** Ends the channel. */
  close(port: Port): void;
  /** Takes a message that has arrived already, without giving way to the event loop; undefined if there is none. */
  take(port: Port): { readonly message: unknown } | undefined;
  /** Calls back for each message, and once when the other end is gone. `keepsAlive`: as an open socket would. */
  listen(port: Port, keepsAlive: boolean, onMessage: (message: unknown) => void, onClose?: () => void): void;
  /** Keeps this worker alive until the other end is gone, without listening: what arrives waits for {@link take}. */
  holdOpen(port: Port): void;

  // ------------------------------------------------ the life of a thread and of the process
  /** Has a module defined tests in this worker, for the runtime's own test runner? They would run here, too. */
  readonly hasTests?: () => boolean;
  /** What keeps this worker's event loop busy, by name: ports, timers, sockets, children. */
  leftovers(): readonly string[];
  /**
   * Where {@link leftovers} cannot tell: calls back, once, with whether nothing but `held` keeps this worker's event loop busy any more.
   */
  readonly whenIdle?: (held: Port, callback: (isIdle: boolean) => void) => void;
  /**
   * Returns what calls back once the event loop has had a turn, always in the async context of now: what runs in between may have
   * entered another.
   */
  turns(): (callback: () => void) => void;
  /** Calls back with an error that nobody caught, before it ends this worker. */
  onUncaught(callback: (error: unknown) => void): void;
  /** `onIdle` when the process would end for want of work (it may start some), `onExit` when it ends in any case. */
  onProcessEnd(onIdle: () => void, onExit: (exitCode: number) => void): void;
  /**
   * Calls back when the process gets a signal, in the worker that asks for it, whatever the main thread does. Does nothing where
   * workers cannot.
   */
  onSignal(name: string, callback: () => void): void;
  /** From now on the signals that end a process do so at once, though the program has listened for them. */
  unlistenSignals(): void;
  /**
   * Makes console and standard output of this worker appear at once and in order, even while main is blocked, and look like main's. Its
   * standard input is read, or refused with the cure.
   */
  directStdio(): void;
  /** Writes to standard error at once. Whoever reports cannot do anything about it if that fails: then it does nothing. */
  writeError(text: string): void;
  /** Writes as much to standard error as can be written now. Returns how many bytes that was, or undefined if it can never be written. */
  writeErrorNow(bytes: Uint8Array): number | undefined;
  /** Warns the user, as the runtime does: to be silenced, and heard, by the code. */
  warn(text: string, code: string): void;
  /** Begins to sample what this worker does; ended by calling what is returned, which gives the profile. At once where the runtime can. */
  startProfile(): MaybePromise<() => MaybePromise<object>>;
  /** An error with stack, causes and fields, for a report. */
  inspectError(error: unknown): string;

  // ------------------------------------------------ modules
  /** Imports a module of the user's as main has it, TypeScript too. */
  importModule(url: string): Promise<unknown>;

  // ------------------------------------------------ limits
  /** How many threads this machine can carry. */
  threadLimit(): number;
  /** The smallest stack that can be asked for, in bytes; 0 if it cannot be chosen. */
  minStackSize(): number;
}

type MaybePromise<T> = T | Promise<T>;

/** One end of a channel. */
export interface Port {
  readonly [opaque]: true;
}
declare const opaque: unique symbol;

/** What a worker is started with. */
export interface WorkerOptions {
  /** The module that it runs. */
  readonly url: string;
  /** What `workerData` is there. */
  readonly data: unknown;
  /** Ports in the data, which go along. */
  readonly transfer: readonly Port[];
  /** Options of the engine. */
  readonly execArgv: readonly string[];
  /** Bytes; 0 for the platform's own choice. */
  readonly stackSize: number;
  /** Does a running worker hold the process? */
  readonly keepsAlive: boolean;
  /**
   * Is it the supervisor? It runs no user code, so it is started without the user's preloads. Its starter may be blocked while it boots, and
   * see no event: what can be checked before is, and the error of a file that cannot be imported comes as `{ lost }` by `data.port`.
   */
  readonly isSupervisor: boolean;
  /** An error that ended the worker. `onExit` follows. */
  readonly onError: (error: unknown) => void;
  /** It has ended, whatever ended it. */
  readonly onExit: (exitCode: number) => void;
}

/** A worker, as its starter sees it. */
export interface WorkerHandle {
  /** Ends it, wherever it is. */
  terminate(): void;
  /**
   * Has it ended, with all its workers? May be asked while no event can be seen; undefined where it cannot be told.
   *
   * @param task what {@link ThreadPlatform.taskId} said in the worker; 0 if it has not said so yet
   */
  isGone(task: number): boolean | undefined;
}
