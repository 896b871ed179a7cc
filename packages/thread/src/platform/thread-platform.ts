/** A platform's part in running threads. Its part in locks is core's `Platform`. */

export interface ThreadPlatform {
  // ------------------------------------------------ workers and messages
  /**
   * Starts a worker. Errors after its creation come to `onError`.
   *
   * @throws if the library's file is missing, or if the system refuses a worker at once
   */
  startWorker(options: WorkerOptions): WorkerHandle;
  /**
   * True if the starter of the supervisor makes the first worker itself, beside it, and there is room for both. A
   * platform may do so if each end of a channel sees at once that the other end's worker has ended.
   */
  readonly makesFirstWorker?: () => boolean;
  /** True if a worker's end also ends the workers started by it. */
  readonly workersEndTogether: boolean;
  /** The system's number of this worker's task, for {@link WorkerHandle.isGone}; 0 if unknown. */
  taskId(): number;
  /** The engine's options of this program, for workers with user code. */
  execArgv(): readonly string[];
  /** The engine's options for the supervisor. It runs no user code. */
  supervisorArgv(): readonly string[];
  /**
   * Where `Atomics.notify` may count a sleep whose worker has ended: how many ms after the end all waits are checked again.
   */
  readonly countsTheDeadFor?: readonly number[];
  /** True if `terminate` does not end a worker while it blocks or computes. */
  readonly isTerminateWeak?: boolean;
  /**
   * True if a worker sleeps as it boots. Since 2.9.1 Deno waits for a debugger, for half a second, in each worker
   * that a worker has made.
   */
  readonly bootSleeps?: boolean;
  /**
   * In a worker: calls back with the data sent by `startWorker`, at once or after they have arrived.
   */
  onRole(callback: (data: unknown) => void): void;
  /**
   * On platforms whose main thread never blocks: true if this thread can supervise threads itself.
   *
   * @throws ThreadError if threads cannot be started here
   */
  readonly supervisesHere?: () => boolean;
  /**
   * On platforms where a worker gets its role after its modules are evaluated: true until then, in any
   * worker.
   */
  readonly awaitsRole?: () => boolean;
  /** Says how to make a worker, on platforms where the library cannot know the file of its workers. */
  readonly makeWorkersBy?: (make: () => Worker) => void;
  /** True if an idle worker must return to its event loop: else no message would reach it. */
  readonly idlesInLoop?: boolean;
  /** A number never used for a worker of this process, now or later. Costs a worker start. */
  newNativeId(): number;
  /** Ends this worker. */
  exitWorker(): void;
  /** The user's call to end a worker, if it is not `process.exit`. */
  readonly exitCall?: string;
  /** Makes two connected ports. */
  openChannel(): [Port, Port];
  /**
   * Sends a copy of the message to the other end. `transfer` lists ports of this library in it; `moved` lists
   * objects of the user in it: they move.
   */
  post(port: Port, message: unknown, transfer?: readonly Port[], moved?: readonly object[]): void;
  /** Ends the channel. */
  close(port: Port): void;
  /**
   * Calls back once after the other end of a port without a listener has closed, and all its messages are taken. Undefined
   * on platforms whose threads have no links.
   */
  readonly whenClosed?: ((port: Port, callback: () => void) => void) | undefined;
  /**
   * Takes an arrived message, without a turn of the event loop; undefined if there is none.
   */
  take(port: Port): { readonly message: unknown } | undefined;
  /**
   * On platforms where a message may need a turn of the event loop: calls back with the next
   * message, at once or after its arrival; with undefined if none is on its way.
   */
  readonly next?: (port: Port, callback: (item: { readonly message: unknown } | undefined) => void) => void;
  /** On these platforms: resolves after all messages on their way arrive; undefined if there are none. */
  readonly arrived?: (port: Port) => Promise<void> | undefined;
  /**
   * Calls back for each message, and once after the other end has closed. With `keepsAlive` the
   * port keeps the event loop alive, like an open socket.
   */
  listen(port: Port, keepsAlive: boolean, onMessage: (message: unknown) => void, onClose?: () => void): void;
  /**
   * Keeps this worker alive until the other end closes. It does not listen: messages wait for
   * {@link take}.
   */
  holdOpen(port: Port): void;

  // ------------------------------------------------ the life of a thread and of the process
  /** Follows the code begun by evaluations of modules; undefined on platforms where nothing can be followed. */
  readonly evaluation?: Evaluation;
  /** In a worker: true if this library has started it, even before it has its role. */
  readonly isOwnWorker?: () => boolean;
  /**
   * True if a module has defined tests of the runtime's own test runner in this worker. They would
   * run here, too.
   */
  readonly hasTests?: () => boolean;
  /** The names of the handles that keep this event loop busy: ports, timers, sockets, child processes. */
  leftovers(): readonly string[];
  /** True if the first read of this global variable may load a part of the runtime. */
  readonly loadsGlobal?: (name: string) => boolean;
  /** Has code given this worker a priority that differs from main's? It cannot be taken back without the rights of root. */
  readonly hasOwnPriority?: () => boolean;
  /**
   * On platforms without {@link leftovers}: calls back once, with true if only `held` keeps this
   * event loop busy.
   */
  readonly whenIdle?: (held: Port, callback: (isIdle: boolean) => void) => void;
  /**
   * Returns a function. It calls back after a turn of the event loop. The callback runs in the async
   * context of this call, even if code in between has entered another.
   */
  turns(): (callback: () => void) => void;
  /** Makes an async context, where there are any: `AsyncLocalStorage`. */
  readonly asyncContext?: () => AsyncContext;
  /** Calls back with an uncaught error before it ends this worker. */
  onUncaught(callback: (error: unknown) => void): void;
  /**
   * Calls `onIdle` when the process would end for lack of work; it may start some. Calls `onExit`
   * at every end.
   */
  onProcessEnd(onIdle: () => void, onExit: (exitCode: number) => void): void;
  /**
   * Calls back in this worker when the process receives a signal, even while the main thread is
   * blocked. Does nothing on platforms without signals in workers.
   */
  onSignal(name: string, callback: () => void): void;
  /** Makes the signals that end a process end it at once, even if the program listens for them. */
  unlistenSignals(): void;
  /**
   * Makes output of this worker appear at once and in order, even while main is blocked, and with
   * main's terminal features. Makes its standard input readable, or fail with the cure.
   */
  directStdio(): void;
  /**
   * Writes to standard error at once. A failure is ignored, because no report can reach the user.
   */
  writeError(text: string): void;
  /**
   * Writes to standard error without waiting. Returns the number of bytes written; undefined if
   * every later write will fail, too.
   */
  writeErrorNow(bytes: Uint8Array): number | undefined;
  /** Warns the user by the runtime's own warnings. `code` identifies the warning. */
  warn(text: string, code: string): void;
  /**
   * Starts to sample this worker, at once if the runtime can. The returned function stops, and
   * returns the profile.
   */
  startProfile(): MaybePromise<() => MaybePromise<object>>;
  /** The text of an error with stack, causes and fields. */
  inspectError(error: unknown): string;

  // ------------------------------------------------ modules
  /** Imports a module of the user as main did, TypeScript too. `what` names the value that needs it. */
  importModule(url: string, what?: string): Promise<unknown>;

  // ------------------------------------------------ limits
  /** How many threads this machine can run. */
  threadLimit(): number;
  /** The smallest stack size, in bytes; 0 if the size cannot be chosen. */
  minStackSize(): number;
}

/** The evaluations of modules in this worker, and their promises and callbacks afterwards. */
export interface Evaluation {
  /** Evaluates the module `file`. All code begun by the evaluation belongs to the module. */
  run<R>(file: string, evaluate: () => Promise<R>): Promise<R>;
  /** Lets the running code belong to `file`. */
  enter(file: string): void;
  /** False if not all of an imported module can be followed. */
  readonly followsImports: boolean;
  /** The module of the running code: its evaluation has begun the code. Undefined for a thread's own code. */
  file(): string | undefined;
  /** Calls back when a server begins to listen, in its context. */
  onListen(callback: () => void): void;
  /** Follows nothing more, because nothing of an evaluation goes on. */
  end(): void;
}

/** A value for a task: it follows the task and all code begun by it. */
interface AsyncContext {
  run<R>(value: unknown, body: () => R): R;
  getStore(): unknown;
}

type MaybePromise<T> = T | Promise<T>;

/** One end of a channel. */
export interface Port {
  readonly [opaque]: true;
}
declare const opaque: unique symbol;

/** The code of a worker. */
export interface WorkerProgram {
  /** Its first text. */
  readonly text: string;
  /** The file imported by the text. */
  readonly url: string;
}

/** The options of a new worker. */
export interface WorkerOptions {
  readonly program: WorkerProgram;
  /** Its `workerData`. */
  readonly data: unknown;
  /** The ports in `data`. */
  readonly transfer: readonly Port[];
  /** Options of the engine. */
  readonly execArgv: readonly string[];
  /** In bytes; 0 for the platform's default. */
  readonly stackSize: number;
  /** True if the process waits for this worker. */
  readonly keepsAlive: boolean;
  /**
   * True for the supervisor. It runs no user code, so it starts without the user's preloads, and
   * from a file of its own if there is one. Its starter may be blocked while it boots, and sees no
   * event then. So everything possible is checked before. The error of a failed import comes in a
   * message `{ lost }` by `data.port`.
   */
  readonly isSupervisor: boolean;
  /** Called with the error, if an error ended the worker; `onExit` follows. */
  readonly onError: (error: unknown) => void;
  /** Called at the end of the worker, whatever its cause. */
  readonly onExit: (exitCode: number) => void;
}

/** A worker, in the view of its starter. */
export interface WorkerHandle {
  /** Ends the worker at any point. */
  terminate(): void;
  /**
   * True if the worker and all its workers have ended; undefined if unknown. It needs no event, so
   * a blocked thread may call it.
   *
   * @param task the {@link ThreadPlatform.taskId} of the worker; 0 if it is not known yet
   */
  isGone(task: number): boolean | undefined;
}
