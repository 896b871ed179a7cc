import { registerError, ThreadError } from "@x/core";
import { ERROR_BRANDS, isBranded } from "@x/core/internal";

/**
 * Thrown by a wait without an end: the waiting threads form a cycle. Thrown only while
 * {@link detectDeadlocks} is on, and only by a single wait of the cycle. The message names each thread,
 * the primitive it waits for, and the owner.
 *
 *     detectDeadlocks();
 *     try { accounts.acquire(); } catch (error) { if (error instanceof DeadlockError) … }
 *
 * @see Python has no counterpart
 */
export class DeadlockError extends ThreadError {
  static {
    this.prototype.name = "DeadlockError";
    Object.defineProperty(this, "name", { value: "DeadlockError" }); // a minifier renames the class
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
