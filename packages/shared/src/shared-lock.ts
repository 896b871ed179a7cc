import { checkTimeout, Holdable, type MemoryPlacement, ThreadError } from "@x/core";
import type { Packed } from "@x/core";
import { PACK } from "@x/core";
import type { Guard } from "./guard.js";

/**
 * The lock of a shared object. Each of its operations holds the lock. Acquire it to run several
 * operations atomically:
 *
 *     map.lock.with(() => {
 *       if (!map.has(key)) map.set(key, first);
 *     });
 *
 * Reentrant, like an RLock: the owner may acquire it again, and must release it once for each acquire.
 * Hold it briefly: all other users of the object wait. Tasks have no form of it, because two tasks of
 * the same thread would both hold it. The next owner sees all writes of the last owner before its last
 * `release`.
 */
export class SharedLock extends Holdable {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedLock";
  /** @internal */
  static readonly BYTES: number = 0;

  readonly #guard: Guard;

  /** @internal */
  constructor(guard: Guard, place: MemoryPlacement) {
    super(SharedLock, place);
    this.#guard = guard;
  }

  /**
   * Acquires the lock, and blocks this thread until then.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if this thread holds the lock, false if the time ran out first
   * @throws OwnerDiedError if the last owner died while it held the lock: this thread holds it now, and the
   *   object may show half of the dead thread's operations; RangeError if timeout is negative or
   *   NaN; TypeError if it is no number; ThreadError where blocking is forbidden
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "shared");
    return this.#guard.acquire(timeout, this);
  }

  /** Releases the lock. @throws ThreadError if this thread does not own it */
  override release(): void {
    this.#guard.release();
  }

  /** Does a thread hold the lock? Another thread may change it at any time. */
  locked(): boolean {
    return this.#guard.owner !== undefined;
  }

  override share(): never {
    throw new ThreadError(
      "shared: the lock of a shared object does not travel alone; pass the object, and use its lock",
    );
  }

  /** @internal */
  override [PACK](): Packed {
    return this.share();
  }

  override toString(): string {
    return `<${this.locked() ? "locked" : "unlocked"} SharedLock ${this.place}>`;
  }
}
