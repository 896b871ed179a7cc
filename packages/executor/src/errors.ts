import { registerError, ThreadError } from "@x/core";
import { ERROR_BRANDS, isBranded } from "@x/core/internal";

/**
 * Thrown by the future of a cancelled task. The task has never run.
 *
 *     try { future.result(); } catch (error) { if (!(error instanceof CancelledError)) throw error; }
 *
 * @see Python `concurrent.futures.CancelledError`
 */
export class CancelledError extends ThreadError {
  static {
    this.prototype.name = "CancelledError";
    registerError(CancelledError);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(CancelledError, "CancelledError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["CancelledError", "ThreadError"];
  }
}

/**
 * Thrown by `setResult` and `setException` if the future is done already.
 *
 * @see Python `concurrent.futures.InvalidStateError`
 */
export class InvalidStateError extends ThreadError {
  static {
    this.prototype.name = "InvalidStateError";
    registerError(InvalidStateError);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(InvalidStateError, "InvalidStateError", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["InvalidStateError", "ThreadError"];
  }
}

/**
 * Thrown by an executor after its initializer has failed: by `submit`, and by the futures of pending tasks. Its
 * `cause` is the initializer's error, or tells how the initializer ended its thread.
 *
 * @see Python `concurrent.futures.BrokenExecutor`
 */
export class BrokenExecutor extends ThreadError {
  static {
    this.prototype.name = "BrokenExecutor";
    registerError(BrokenExecutor);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(BrokenExecutor, "BrokenExecutor", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["BrokenExecutor", "ThreadError"];
  }
}
