/** The operations on a thread for `@x/timer`, `terminate` and the workers; not for users. */
import type { TransferableCallable } from "@x/core/internal";

/** The property of the class `Thread` that has them. */
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
  /** Hands fields of a subclass to the accessors of `base` that they hide. */
  uncover(thread: object, base: object): void;
  /** Starts it after `delay` milliseconds. Until then it is alive, but takes no worker. */
  startLater(thread: Thread, delay: number): void;
  /** Ends it now if it has not started. */
  callOff(thread: Thread): void;
  /** Ends it at any point. */
  terminate(thread: Thread): void;
}

/** The target of a thread, and its arguments. */
interface Work {
  readonly target: TransferableCallable | undefined;
  readonly args: readonly unknown[];
  /** True if the last argument is kwargs. */
  readonly hasKwargs: boolean;
}
