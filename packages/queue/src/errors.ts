import { registerError, ThreadError } from "@x/core";
import { ERROR_BRANDS, isBranded } from "@x/core/internal";

/**
 * Thrown by a `get` that finds no item in time.
 *
 *     try { job = queue.get(100); } catch (error) { if (!(error instanceof Empty)) throw error; }
 *
 * @see Python `queue.Empty`
 */
export class Empty extends ThreadError {
  static {
    this.prototype.name = "Empty";
    registerError(Empty);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(Empty, "Empty", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["Empty", "ThreadError"];
  }
}

/**
 * Thrown by a `put` that finds no room in time: the queue has `maxsize` items, or its memory is full.
 *
 * @see Python `queue.Full`
 */
export class Full extends ThreadError {
  static {
    this.prototype.name = "Full";
    registerError(Full);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(Full, "Full", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["Full", "ThreadError"];
  }
}

/**
 * Thrown by `put` after a shutdown, and by `get` once the items are taken.
 *
 * @see Python `queue.ShutDown`
 */
export class ShutDown extends ThreadError {
  static {
    this.prototype.name = "ShutDown";
    registerError(ShutDown);
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(ShutDown, "ShutDown", this, value);
  }
  /** @internal */
  override get [ERROR_BRANDS](): readonly string[] {
    return ["ShutDown", "ThreadError"];
  }
}
