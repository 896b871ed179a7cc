/**
 * The errors of the library. `ThreadError` stands for Python's `RuntimeError`, and JavaScript's own
 * `RangeError` for its `ValueError`.
 *
 * A process may load ESM beside CommonJS, or two versions of a package. Each copy has a class
 * object of its own. So `instanceof` asks for a brand shared by all copies, not for the class
 * object.
 */
export const ERROR_BRANDS: unique symbol = Symbol.for("@x/core error") as never;

/**
 * Answers `instanceof Class` by the brand, and `instanceof` a subclass by the prototypes, as usual.
 * A subclass inherits `Symbol.hasInstance`: without the second rule every ThreadError would be an
 * instance of each subclass.
 */
export function isBranded(Class: unknown, brand: string, self: unknown, value: unknown): boolean {
  if (self !== Class) return Function.prototype[Symbol.hasInstance].call(self as typeof Error, value);
  const brands = (value as { [ERROR_BRANDS]?: readonly string[] } | null | undefined)?.[ERROR_BRANDS];
  return brands?.includes(brand) ?? false;
}

/**
 * A mistake between threads: a lock released twice, a thread started twice, a thread that cannot
 * start.
 *
 *     try { lock.release(); } catch (error) { if (error instanceof ThreadError) … }
 *
 * The message reads `package: what happened; cure`.
 *
 * @see Python `RuntimeError`, of which `threading.ThreadError` is another name
 */
export class ThreadError extends Error {
  static {
    this.prototype.name = "ThreadError";
    Object.defineProperty(this, "name", { value: "ThreadError" }); // a minifier renames the class
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
 * The timeout of a call without a boolean result: `hold(timeout)`, `result(timeout)`.
 *
 * @see Python `TimeoutError`
 */
export class TimeoutError extends ThreadError {
  static {
    this.prototype.name = "TimeoutError";
    Object.defineProperty(this, "name", { value: "TimeoutError" }); // a minifier renames the class
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
 * The owner of a lock has died: by an uncaught error, `process.exit`, `terminate`, or lack of
 * memory. (A thread that returns while it holds a lock has not died; the lock stays locked, as in
 * Python.)
 *
 *     try { lock.acquire(); } catch (error) {
 *       if (!(error instanceof OwnerDiedError)) throw error;
 *       repair(accounts);                                     // what the lock protects may be half changed
 *     }
 *     try { … } finally { lock.release(); }
 *
 * Exactly one waiter or newcomer gets this error, from `acquire` or `acquireAsync`. It then holds
 * the lock. `with`, `hold` and their async twins release the lock before they throw the error,
 * because their callers cannot release it.
 *
 * @see Python has no counterpart: there the lock stays locked for ever. `AbandonedMutexException` in .NET
 */
export class OwnerDiedError extends ThreadError {
  static {
    this.prototype.name = "OwnerDiedError";
    Object.defineProperty(this, "name", { value: "OwnerDiedError" }); // a minifier renames the class
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(OwnerDiedError, "OwnerDiedError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["OwnerDiedError", "ThreadError"];
  }

  /** The name of the dead owner. The error's `cause` is the cause of its death. */
  declare readonly thread: string;
}
