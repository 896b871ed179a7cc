/** The functions of Python's `threading` and `_thread` about threads in general. */
import { checkFunction, checkInteger, describe, getIdent, ThreadError } from "@x/core";
import { type ArgumentsOf, platform } from "@x/core/internal";
import { thisWorker } from "../table/this-worker.js";
import { host } from "../platform/host.js";
import { ThreadExit } from "../protocol/outcome.js";
import { Thread } from "./thread.js";
import { INTERNALS } from "./thread-internals.js";
import { currentThread } from "./current-thread.js";
import { exchangeStackSize } from "../table/counters.js";

const STACK_SIZE_MAX = 2 ** 30;

/**
 * Returns the system's number of the calling thread's worker, for reports. A worker runs one thread
 * after another, and they all have the same number. The number of `getIdent` is never used again.
 *
 * @see Python `threading.get_native_id`
 */
export function getNativeId(): number {
  return platform.nativeId();
}

/**
 * Returns the stack size of future threads, in bytes, and sets it if `size` is given. 0 means the
 * platform's default.
 *
 *     stackSize(64 * 1024 * 1024);                            // deep recursion ahead
 *
 * @param size 0, or at least 262144
 * @returns the previous size
 * @throws RangeError if `size` is negative, no whole number or too small; TypeError if it is no
 *   number; ThreadError if the platform has a fixed size; nothing changes then
 * @see Python `threading.stack_size`
 */
export function stackSize(size?: number): number {
  if (size === undefined) return exchangeStackSize();
  checkInteger(size, "the stack size", "thread", 0, STACK_SIZE_MAX);
  const least = host().minStackSize();
  if (size > 0 && least === 0)
    throw new ThreadError("thread: the stack size cannot be chosen on this platform; leave it at 0");
  if (size > 0 && size < least)
    throw new RangeError(`thread: the stack size must be 0, or at least ${least} bytes, got ${size}`);
  return exchangeStackSize(size);
}

/**
 * Starts a thread without an object. It is not listed, cannot be joined, and the process does not
 * wait for it. Its result is dropped; an uncaught error is reported on standard error.
 *
 *     startNewThread(delay, ["t1", 1000]);
 *
 * @returns its ident
 * @throws TypeError if an argument has the wrong type or cannot travel; ThreadError as in `start`
 * @see Python `_thread.start_new_thread`
 */
export function startNewThread<A extends unknown[]>(
  target: (...args: A) => unknown,
  args: ArgumentsOf<A>,
  kwargs?: Readonly<Record<string, unknown>>,
): number;
export function startNewThread(target: unknown, args: unknown, kwargs?: unknown): number {
  checkFunction(target, "the first argument", "thread");
  if (!Array.isArray(args))
    throw new TypeError(`thread: the second argument must be an array of arguments, got ${describe(args)}`);
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null)) {
    throw new TypeError(`thread: the third argument must be an object, got ${describe(kwargs)}`);
  }
  return Thread.startRaw(target, kwargs === undefined ? args : [...(args as unknown[]), kwargs]);
}

/**
 * Ends the calling thread silently, from any depth, and nothing else.
 *
 *     if (stop.isSet()) exitThread();
 *
 * It throws an exception: `finally` blocks run, and `with` and `using` release what they hold. If your
 * code catches every exception, it has to throw this exception again. The thread's `result` throws a
 * ThreadError; its message says so.
 *
 * @throws always; ThreadError in the main thread, and in workers that this library did not start
 * @see Python `_thread.exit`: it raises SystemExit
 */
export function exitThread(): never {
  if (thisWorker.isOurs) throw new ThreadExit("exitThread() ends this thread");
  throw new ThreadError(
    "thread: exitThread() ends threads that were started by start(); return here, or call process.exit()",
  );
}

/**
 * Ends another thread at once, at any point of its JavaScript: in an endless loop, in a regular
 * expression, blocked or awaiting. A native call finishes first, such as `execSync`, `pbkdf2Sync`,
 * or a query of a database addon. The thread cannot clean up: its locks stay held, its files half
 * written. Its `join` returns, its `result` throws. Use it in tests and as a last resort; otherwise
 * ask the thread to stop, by an Event. Does nothing if the thread has ended.
 *
 *     terminate(thread); thread.join();
 *
 * Deno cannot end a worker while it computes without a pause, or sleeps in its own `Atomics.wait`.
 * Such a thread counts as ended after half a second, and continues. A thread ends within this time
 * if it waits on a primitive, or for its event loop.
 *
 * In Node, main has made the worker of the program's first thread, so only main can end it from outside. If another
 * thread terminates such a thread while both it and main compute, or sleep in their own `Atomics.wait`, then it ends
 * at the next wait of main, or the next turn of main's event loop.
 *
 * @throws TypeError if `thread` is no Thread; ThreadError if it was not started, is the calling or
 *   the main thread, or runs in a worker that this library did not start
 * @see Python has no counterpart, for good reasons
 */
export function terminate(thread: Thread): void {
  if (!Thread.isOwn(thread)) throw new TypeError(`thread: terminate takes a Thread, got ${describe(thread)}`);
  const { ident } = thread;
  if (ident === undefined) throw new ThreadError(`thread: cannot terminate ${thread.name} before it is started`);
  if (ident === getIdent() || thread === currentThread())
    throw new ThreadError("thread: cannot terminate current thread; return instead");
  if (ident % 2 !== 0) throw new ThreadError(`thread: cannot terminate ${thread.name}: this library did not start it`);
  if (thread.isAlive()) Thread[INTERNALS].terminate(thread);
}
