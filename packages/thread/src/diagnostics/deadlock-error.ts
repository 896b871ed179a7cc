import { ERROR_BRANDS, isBranded, registerError, ThreadError } from "@x/core";

/**
 * To wait on would be to wait for ever: those who wait for each other stand in a circle. Thrown only while {@link detectDeadlocks} is on,
 * by the wait that closed the circle. The message tells who waits for what, and who holds it.
 *
 *     detectDeadlocks();
 *     try { accounts.acquire(); } catch (error) { if (error instanceof DeadlockError) … }
 *
 * @see Python has no counterpart
 */
export class DeadlockError extends ThreadError {
  static {
    this.prototype.name = "DeadlockError";
    registerError(DeadlockError);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(DeadlockError, "DeadlockError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["DeadlockError", "ThreadError"];
  }
}
