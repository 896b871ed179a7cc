/**
 * Items in the order of their puts. The index is a ring: the item of put number n stands at n modulo
 * the capacity, which is a power of two. In a LIFO queue, the item above n others stands at n.
 *
 * Words of the index, behind its capacity
 *   a block's name   the item is in this block; the name is a multiple of 16
 *   2 × n + 1        the item is the integer n, of 31 bits, and has no block
 *   by the owner of the queue's lock
 *
 * An item is in the queue from the store to PUTS until the store to GETS. So a dead owner leaves
 * nothing to repair, but for objects on their way.
 */
import { NO_BLOCK } from "@x/core/internal";
import { type Encoded, hasNames, hasParcel, INTEGER, integerTaken, type Taken, whyUnreadableItem } from "./item.js";
import { GETS, INDEX, Items, ONLY_COPIED, PUTS } from "./items.js";

/** The bit of a word that is an integer. */
const IS_INTEGER = 1;

export class Ring extends Items {
  protected readonly isLifo: boolean = false;

  override put(item: Encoded): Error | undefined {
    const { words, at, store, size } = this;
    const index = this.indexFor(size + 1);
    const stored = index === NO_BLOCK ? NO_BLOCK : isWord(item) ? wordOf(item) : this.blockOf(item, 0);
    if (stored === NO_BLOCK) return this.noMemory();
    const refusal = this.deposited(item, stored);
    if (refusal !== undefined) return this.notStored(stored, 0, refusal);
    store.words[this.#place(index, words[at + PUTS]!, size)] = stored;
    words[at + PUTS]! += 1;
    if (item.parcel !== undefined) this.moved();
    return undefined;
  }

  override take(isAwaited: boolean, isOnlyCopied = false): Taken | Error {
    const { words, at, store, size } = this;
    const stored = store.words[this.#place(words[at + INDEX]!, words[at + GETS]!, size - 1)]!;
    if ((stored & IS_INTEGER) !== 0) {
      words[at + GETS]! += 1;
      return integerTaken(stored >> 1);
    }
    const taken = this.read(stored, 0);
    const refusal = isOnlyCopied && hasParcel(taken) ? ONLY_COPIED : whyUnreadableItem(taken, isAwaited);
    if (refusal !== undefined) return refusal;
    if (hasNames(taken)) return this.takenWithNames(stored, 0, taken, isAwaited, () => (words[at + GETS]! += 1));
    words[at + GETS]! += 1;
    this.free(stored, 0);
    return taken;
  }

  protected override blocks(): number[] {
    const { words, at, store, size } = this;
    const index = words[at + INDEX]!;
    const first = words[at + GETS]!;
    const all = Array.from({ length: size }, (_, i) => store.words[this.#place(index, first + i, i)]!);
    return all.filter((word) => (word & IS_INTEGER) === 0);
  }

  protected override moreOf(): number {
    return 0;
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

/** Is the item an integer of 31 bits? */
function isWord({ kind, integer }: Encoded): boolean {
  return kind === INTEGER && (integer << 1) >> 1 === integer;
}

/** The word of the index for an integer. */
function wordOf({ integer }: Encoded): number {
  return (integer << 1) | IS_INTEGER;
}

export class Stack extends Ring {
  protected override readonly isLifo: boolean = true;
}
