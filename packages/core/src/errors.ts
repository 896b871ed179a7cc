/**
 * The errors of the library. Python's `RuntimeError` and `ValueError` are `ThreadError` and JavaScript's own `RangeError`.
 *
 * ESM, CommonJS and two versions of a package may meet in one process, and each brings a class object of its own. So
 * `instanceof` asks for a brand that all of them share, not for the one class object.
 */
export const ERROR_BRANDS: unique symbol = Symbol.for("@x/core error") as never;

/**
 * Answers `instanceof` by the brand for `Class` itself, and as JavaScript always does for its subclasses.
 * (A subclass inherits `Symbol.hasInstance`: without the second rule every ThreadError would be an instance of each subclass.)
 */
export function isBranded(Class: unknown, brand: string, self: unknown, value: unknown): boolean {
  if (self !== Class) return Function.prototype[Symbol.hasInstance].call(self as typeof Error, value);
  const brands = (value as { [ERROR_BRANDS]?: readonly string[] } | null | undefined)?.[ERROR_BRANDS];
  return brands?.includes(brand) ?? false;
}

/**
 * What went wrong between threads: a lock released twice, a thread started twice, a thread that cannot be had.
 *
 *     try { lock.release(); } catch (error) { if (error instanceof ThreadError) … }
 *
 * The message reads `package: what happened, and the cure`.
 *
 * @see Python `RuntimeError`, of which `threading.ThreadError` is another name
 */
export class ThreadError extends Error {
  static {
    this.prototype.name = "ThreadError";
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(ThreadError, "ThreadError", this, value);
  }
  /** @internal */
  get [ERROR_BRANDS](): readonly string[] {
    return ["ThreadError"];
  }
}

/**
 * The time ran out in a call that has no other way to say so: `hold(timeout)`, `result(timeout)`.
 *
 * @see Python `TimeoutError`
 */
export class TimeoutError extends ThreadError {
  static {
    this.prototype.name = "TimeoutError";
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(TimeoutError, "TimeoutError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["TimeoutError", "ThreadError"];
  }
}

/**
 * The thread that held a lock has died: by an error that nobody caught, `process.exit`, `terminate`, or for want of memory. (A
 * thread that returns while it holds a lock has not died, and the lock stays locked, as in Python.)
 *
 *     try { lock.acquire(); } catch (error) {
 *       if (!(error instanceof OwnerDiedError)) throw error;
 *       repair(accounts);                                     // what the lock protects may be half changed
 *     }
 *     try { … } finally { lock.release(); }
 *
 * Of those who wait and those who come one gets it, from `acquire` or `acquireAsync`, and holds the lock from then on.
 * `with`, `hold` and their async twins, whose caller could not release it, release it before they throw it.
 *
 * @see Python has no counterpart: there the lock stays locked for ever. `AbandonedMutexException` in .NET
 */
export class OwnerDiedError extends ThreadError {
  static {
    this.prototype.name = "OwnerDiedError";
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(OwnerDiedError, "OwnerDiedError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["OwnerDiedError", "ThreadError"];
  }

  /** The name of the thread that died; what it died of is the `cause`. */
  declare readonly thread: string;
}
