/** The operations on a thread for `@x/timer`, `@x/executor`, `terminate` and the workers; not for users. */
import type { Envelope } from "@x/core";
import type { TransferableCallable } from "@x/core/internal";
import type { TaskContext } from "../runtime/task-context.js";
import type { Entry } from "../table/layout.js";

/** The property of the class `Thread` with the internals. */
export const INTERNALS: unique symbol = Symbol.for("@x/thread internals") as never;

/** Operations on objects of the class `Thread` of one copy of this package. */
export interface ThreadInternals<Thread> {
  /** Replaces target and arguments, even while a delayed thread waits for its time. */
  setTarget(thread: Thread, target: TransferableCallable, args: readonly unknown[], hasKwargs: boolean): void;
  /** Its target and arguments, in its maker and in the thread itself. */
  work(thread: Thread): Work;
  /**
   * After the run, drops target and arguments: thread objects are held by WeakRef, and are
   * collected late.
   */
  dropWork(thread: Thread): void;
  /** If fields of a subclass hide accessors of `base`, hands them to the accessors. */
  uncover(thread: object, base: object): void;
  /** Starts it after `delay` milliseconds. Until then it is alive, but takes no worker. */
  startLater(thread: Thread, delay: number): void;
  /** Ends it now if it has not started. */
  callOff(thread: Thread): void;
  /** Ends it at any point. */
  terminate(thread: Thread): void;
  /**
   * Starts it. Main does not wait until its worker runs: if the start fails later, the thread counts as dead. A thread
   * waits, because a start ends with the starter's worker. The thread may become a daemon by `setDaemon`.
   */
  launch(thread: Thread): void;
  /** The entry of the calling thread in the thread table. */
  entry(): Entry;
  /** Ends the thread of this entry at any point. */
  terminateEntry(entry: Entry): void;
  /**
   * Makes a running thread of `launch` a daemon, or a non-daemon. A thread may be a daemon now and then. It lets the
   * process end only while it is a daemon.
   */
  setDaemon(entry: Entry, isDaemon: boolean): void;
  /** Loads the modules of an envelope, like the modules of a job. @throws ThreadError with the cause and the cure */
  load(envelope: Envelope): Promise<void>;
  /** The names of all handles keeping the event loop of this worker busy; undefined if the platform does not tell. */
  leftovers(): readonly string[] | undefined;
  /** Returns a function. It calls back after a turn of the event loop. */
  turns(): (callback: () => void) => void;
  /** An async context with a value of its own for each task; undefined if the platform has none. */
  asyncContext<T>(): AsyncContext<T> | undefined;
  /**
   * Tells how this thread finds the running task, if its tasks have names and Locals of their own. Undefined: they
   * have none.
   */
  setTaskContext(now: (() => TaskContext | undefined) | undefined): void;
  /** Writes a text and an error with its stack to standard error. */
  reportError(text: string, error: unknown): void;
  /** Appends the stack of the asking call to the stack of an error. */
  withStackOfCall(error: unknown): unknown;
  /** Calls back in this thread at the end of the process, or of this worker. */
  atProcessEnd(callback: () => void): void;
}

/** The target of a thread, and its arguments. */
interface Work {
  readonly target: TransferableCallable | undefined;
  readonly args: readonly unknown[];
  /** True if the last argument is kwargs. */
  readonly hasKwargs: boolean;
}

/** The part of AsyncLocalStorage in use here. */
interface AsyncContext<T> {
  run<R>(value: T, body: () => R): R;
  getStore(): T | undefined;
}
