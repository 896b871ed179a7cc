/**
 * A semaphore that never has more permits than it began with: Python's `threading.BoundedSemaphore`. Words and invariants
 * are Semaphore's; its limit is INITIAL.
 */
import { handled, type Handle, type Placement, registerPrimitive } from "@x/core";
import { madeIn, Semaphore } from "./semaphore.js";

/**
 * A {@link Semaphore} that throws when more is released than was acquired, which is nearly always a mistake.
 *
 *     const connections = new BoundedSemaphore(8);
 *     connections.release();                                  // RangeError: nothing was acquired
 *
 * `release(n)` is all or nothing: one permit too many, and none is given back.
 *
 * @see Python `threading.BoundedSemaphore`
 */
export class BoundedSemaphore extends Semaphore {
  static override readonly KIND: string = "@x/semaphore BoundedSemaphore";

  static {
    registerPrimitive(BoundedSemaphore, import.meta.url);
  }

  /**
   * The semaphore that `share()` handed over, or that was made in this memory.
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there; ThreadError if none was made there yet
   */
  static override from(place: Handle | Placement): BoundedSemaphore {
    return new BoundedSemaphore(...madeIn(handled(place, BoundedSemaphore)));
  }

  /** `<BoundedSemaphore at 0x0040: value=2/3>`, as Python tells it. */
  override toString(): string {
    return `<BoundedSemaphore ${this.place}: value=${this.value}/${this.initial}>`;
  }

  protected override get limit(): number {
    return this.initial;
  }
}
