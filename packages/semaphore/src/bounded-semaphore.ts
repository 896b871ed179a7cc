/**
 * A semaphore with a limit, its initial number of permits: Python's `threading.BoundedSemaphore`.
 * Words and invariants are Semaphore's.
 */
import { type MemoryPlacement, placementOf, type PrimitiveHandle, registerPrimitive } from "@x/core";
import { madeIn, Semaphore } from "./semaphore.js";

/**
 * A {@link Semaphore} that refuses more releases than acquires, nearly always a mistake.
 *
 *     const connections = new BoundedSemaphore(8);
 *     connections.release();                                  // RangeError: no permit was acquired
 *
 * `release(n)` is all or nothing: if a permit is too many, it gives none back.
 *
 * @see Python `threading.BoundedSemaphore`
 */
export class BoundedSemaphore extends Semaphore {
  static override readonly KIND: string = "@x/semaphore BoundedSemaphore";

  static {
    registerPrimitive(BoundedSemaphore, import.meta.url);
  }

  /**
   * Returns the semaphore of a handle, or the semaphore in this memory.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a semaphore
   *   would not fit there; ThreadError if no semaphore was made there yet
   */
  static override from(place: PrimitiveHandle | MemoryPlacement): BoundedSemaphore {
    return new BoundedSemaphore(...madeIn(placementOf(place, BoundedSemaphore)));
  }

  /** `<BoundedSemaphore at 0x0040: value=2/3>`, as in Python. */
  override toString(): string {
    return `<BoundedSemaphore ${this.place}: value=${this.value}/${this.initial}>`;
  }

  protected override get limit(): number {
    return this.initial;
  }
}
