import type { Timers } from "./clock.js";

/** What a platform has to be able to do; the rest of the library is written against this, and only against this. */
export interface Platform {
  /** Does this row apply? */
  isHere(): boolean;
  /** What `@x/thread` needs besides; undefined where this library cannot start threads. */
  readonly threads: ThreadPlatform | undefined;

  // ------------------------------------------------ this thread
  /** An odd number for a thread that this library did not start; see identity.ts. */
  foreignIdent(): number;
  /** `by` +1 or -1: while the sum is above 0, waiting promises keep the process alive as an open socket would. */
  keepAlive(by: number): void;
  /** The timers that the program has now, fake ones included. */
  timers(): Timers;
  /** Calls back after `ms` milliseconds by the timers that the program has now, fake ones included; returns how to call it off. Keeps the process alive. */
  setTimer(callback: () => void, ms: number): () => void;
  /** For texts in shared memory. */
  textCoders(): readonly [TextCoder, TextDecoding];
  /** How many threads run at the same time. Asked once. */
  cores(): number;

  // ------------------------------------------------ values
  /** Is it a proxy? False where a program cannot know. */
  isProxy(value: object): boolean;
  /** What `postMessage` would make of it. Throws what it would throw. */
  clone(value: unknown): unknown;
  /** Is there certainly nothing beside the items of this array? May say no though there is nothing, if it would take long to find out. */
  hasOnlyItems(list: readonly unknown[]): boolean;
  /** Is it a class of the platform's own modules, such as `EventEmitter`? */
  hasClass(Class: unknown): boolean;
  /** The class of errors that the platform knows by this name, other than those of the language. */
  errorClass(name: string): unknown;

  // ------------------------------------------------ modules
  /** The URL of a module given by URL or path. */
  moduleURL(urlOrPath: string): string;
  /** Imports a module at run time. */
  importModule(url: string): Promise<unknown>;
}

interface TextCoder {
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
}

interface TextDecoding {
  decode(bytes: Uint8Array): string;
}

/** What it takes to run threads. */
export interface ThreadPlatform {
  // ------------------------------------------------ workers and messages
  /** What was left with `bequeath` in the thread that started this worker, or in one before it. */
  inherited(key: string): unknown;
  /** Leaves a value to this thread and to all workers that it will start, directly or not. */
  bequeath(key: string, value: unknown): void;
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
  /** The system's number of this worker; 0 is the main thread's. */
  nativeId(): number;
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
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  /**
   * Makes console and standard output of this worker appear at once and in order, even while main is blocked, and look like main's. Its
   * standard input is read, or refused with the cure.
   */
  directStdio(): void;
  /** Writes to standard error at once. Whoever reports cannot do anything about it if that fails: then it does nothing. */
  writeError(text: string): void;
  /** Writes as much to standard error as can be written now. Returns how many bytes that was, or undefined if it can never be written. */
  writeErrorNow(bytes: Uint8Array): number | undefined;
  /** Begins to sample what this worker does; ended by calling what is returned, which gives the profile. At once where the runtime can. */
  startProfile(): MaybePromise<() => MaybePromise<object>>;
  /** An error with stack, causes and fields, for a report. */
  inspectError(error: unknown): string;

  // ------------------------------------------------ limits
  /** How many threads this machine can carry. */
  threadLimit(): number;
  /** The smallest stack that can be asked for, in bytes; 0 if it cannot be chosen. */
  minStackSize(): number;
  /** Is an atomic operation in WebAssembly faster than one of `Atomics`? */
  hasFastWasm(): boolean;
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
