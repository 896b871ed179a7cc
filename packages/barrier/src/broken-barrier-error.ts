import { ERROR_BRANDS, isBranded, registerError, ThreadError } from "@x/core";

/**
 * What everybody gets who waits at a barrier that broke, or comes to one that is broken. The message says what broke it.
 *
 *     try { barrier.wait(); } catch (error) { if (error instanceof BrokenBarrierError) … }
 *
 * @see Python `threading.BrokenBarrierError`
 */
export class BrokenBarrierError extends ThreadError {
  static {
    this.prototype.name = "BrokenBarrierError";
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
