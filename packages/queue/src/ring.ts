/**
 * Items in the order of their puts. The index is a ring: the item of put number n stands at n modulo
 * the capacity, which is a power of two. In a LIFO queue, the item above n others stands at n.
 *
 * An item is in the queue from the store to PUTS until the store to GETS. So a dead owner leaves
 * nothing to repair.
 */
import { NO_BLOCK } from "@x/core/internal";
import { type Encoded, type Taken, whyUnreadableItem } from "./item.js";
import { GETS, INDEX, Items, PUTS } from "./items.js";

export class Ring extends Items {
  protected readonly isLifo: boolean = false;

  override put(item: Encoded): Error | undefined {
    const { words, at, store, size } = this;
    const index = this.indexFor(size + 1);
    const stored = index === NO_BLOCK ? NO_BLOCK : this.blockOf(item, 0);
    if (stored === NO_BLOCK) return this.noMemory();
    store.words[this.#place(index, words[at + PUTS]!, size)] = stored;
    words[at + PUTS]! += 1;
    return undefined;
  }

  override take(isAwaited: boolean): Taken | Error {
    const { words, at, store, size } = this;
    const block = store.words[this.#place(words[at + INDEX]!, words[at + GETS]!, size - 1)]!;
    const taken = this.read(block, 0);
    const refusal = whyUnreadableItem(taken, isAwaited);
    if (refusal !== undefined) return refusal;
    words[at + GETS]! += 1;
    this.free(block, 0);
    return taken;
  }

  override repair(): void {
    // Each put and each get takes effect by one store.
  }

  protected override copyIndex(from: number, capacity: number, to: number, larger: number): void {
    const { words } = this.store;
    const first = this.words[this.at + GETS]!;
    for (let i = 0; i < capacity; i++) {
      if (this.isLifo) words[to + i] = words[from + i]!;
      else words[to + ((first + i) & (larger - 1))] = words[from + ((first + i) & (capacity - 1))]!;
    }
  }

  /** The place of an item: of this number, and above so many others. */
  #place(index: number, number: number, below: number): number {
    const { words } = this.store;
    const first = index >> 2;
    return first + 1 + (this.isLifo ? below : number & (words[first]! - 1));
  }
}

export class Stack extends Ring {
  protected override readonly isLifo: boolean = true;
}
