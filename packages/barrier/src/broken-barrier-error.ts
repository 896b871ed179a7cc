import { registerError, ThreadError } from "@x/core";
import { ERROR_BRANDS, isBranded } from "@x/core/internal";

/**
 * Thrown to all waiters when a barrier breaks, and to all newcomers until `reset`. The message
 * names the cause.
 *
 *     try { barrier.wait(); } catch (error) { if (error instanceof BrokenBarrierError) … }
 *
 * @see Python `threading.BrokenBarrierError`
 */
export class BrokenBarrierError extends ThreadError {
  static {
    this.prototype.name = "BrokenBarrierError";
    Object.defineProperty(this, "name", { value: "BrokenBarrierError" }); // a minifier renames the class
    registerError(BrokenBarrierError);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(BrokenBarrierError, "BrokenBarrierError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["BrokenBarrierError", "ThreadError"];
  }
}
