/**
 * The items of a queue: a ring of blocks in the queue's store, in the order of their puts.
 *
 * Words, from `at`
 *   PUTS    the number of puts, wrapping
 *   GETS    the number of gets, wrapping; PUTS − GETS is the number of items
 *   RING    the block that holds the ring; NO_BLOCK before the first put
 *   STORE … the store of the blocks, see core's store.ts
 *   all by the owner of the queue's lock; other threads only read them
 * Words of the ring
 *   0       its capacity, a power of two
 *   1 …     the blocks of the items; the item of put number n is at n modulo the capacity. In a
 *           LIFO queue, the item above n others is at n
 * Words of an item's block
 *   0       4 × the number of its bytes, and its kind: PLAIN, PACKED or INTEGER
 *   1 …     its bytes, or the integer
 *
 * Invariants
 *   1. An item is in the queue from the store to PUTS until the store to GETS. All that belongs to
 *      it is written before, and its block is freed after. So the owner of the lock may die at any
 *      point, and the next owner goes on without a repair; at most a block is lost.
 *   2. A larger ring is complete before the store to RING. Its capacity is in its block, because
 *      two words would be two stores:
 *      // T1 stores RING, and dies; T2 takes the old capacity for the new ring: it finds other items.
 */
import { NO_BLOCK, Store, STORE_WORDS } from "@x/core/internal";
import { type Arrived, decodeItem, type Encoded, INTEGER } from "./item.js";

export const PUTS = 0;
export const GETS = 1;
const RING = 2;
const STORE = 3;

export const ITEMS_WORDS: number = STORE + STORE_WORDS;

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const FIRST_CAPACITY = 8;
const KIND_BITS = 2;
const KIND_MASK = 3;

/** 512 MiB: the number of bytes and the kind fit into a word. */
export const ITEM_BYTES_MAX: number = 2 ** 29 - 1;

/** The bytes of an item that has left the queue; undefined while an item is being decoded. */
let scratch: Uint8Array | undefined = new Uint8Array(4096);

/** The items of one queue. All methods but `size`: under the lock. */
export class Items {
  private readonly store: Store;

  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
    memory: SharedArrayBuffer,
    private readonly isLifo: boolean,
  ) {
    this.store = new Store(words, at + STORE, memory);
  }

  /** Lets this thread see what other threads have added. After every acquisition of the lock. */
  refresh(): void {
    this.store.refresh();
  }

  get size(): number {
    return (this.words[this.at + PUTS]! - this.words[this.at + GETS]!) | 0;
  }

  /** Adds an item. Returns false, and changes nothing, if the memory is full. */
  put({ kind, integer, bytes }: Encoded): boolean {
    const { words, at, store, size } = this;
    const ring = this.#ringFor(size + 1);
    const length = kind === INTEGER ? WORD_BYTES : bytes.length;
    const stored = ring === NO_BLOCK || length > ITEM_BYTES_MAX ? NO_BLOCK : store.allocate(WORD_BYTES + length);
    if (stored === NO_BLOCK) return false;
    store.words[stored >> 2] = (length << KIND_BITS) | kind;
    if (kind === INTEGER) store.words[(stored >> 2) + 1] = integer;
    else store.write(stored + WORD_BYTES, bytes);
    store.words[this.#slot(ring, words[at + PUTS]!, size)] = stored;
    words[at + PUTS]! += 1;
    return true;
  }

  /** Takes the next item; there is one. */
  take(): Taken {
    const { words, at, store, size } = this;
    const taken = store.words[this.#slot(words[at + RING]!, words[at + GETS]!, size - 1)]!;
    const head = store.words[taken >> 2]!;
    const [kind, length] = [head & KIND_MASK, head >>> KIND_BITS];
    let integer = 0;
    let bytes: Uint8Array | undefined;
    if (kind === INTEGER) integer = store.words[(taken >> 2) + 1]!;
    else {
      const whole = scratch !== undefined && scratch.length >= length ? scratch : new Uint8Array(length);
      if (whole === scratch) scratch = undefined;
      bytes = whole.subarray(0, length);
      store.read(taken + WORD_BYTES, bytes);
    }
    words[at + GETS]! += 1;
    store.free(taken, WORD_BYTES + length);
    return { kind, integer, bytes };
  }

  /** The index of an item's place in the ring. */
  #slot(ring: number, number: number, below: number): number {
    const { words } = this.store;
    const first = ring >> 2;
    return first + 1 + (this.isLifo ? below : number & (words[first]! - 1));
  }

  /** The ring, with room for `size` items; NO_BLOCK if the memory is full. */
  #ringFor(size: number): number {
    const { words, at, store } = this;
    const ring = words[at + RING]!;
    const capacity = ring === NO_BLOCK ? 0 : store.words[ring >> 2]!;
    if (size <= capacity) return ring;
    const larger = Math.max(FIRST_CAPACITY, 2 * capacity);
    const made = store.allocate((1 + larger) * WORD_BYTES);
    if (made === NO_BLOCK) return NO_BLOCK;
    store.words[made >> 2] = larger;
    const first = words[at + GETS]!;
    for (let i = 0; i < capacity; i++)
      store.words[this.#slot(made, first + i, i)] = store.words[this.#slot(ring, first + i, i)]!;
    words[at + RING] = made;
    if (ring !== NO_BLOCK) store.free(ring, (1 + capacity) * WORD_BYTES);
    return made;
  }
}

/** An item as it leaves the memory. */
export interface Taken {
  readonly kind: number;
  readonly integer: number;
  readonly bytes: Uint8Array | undefined;
}

/** Reads an item. Without the lock, because others may use it meanwhile. */
export function arrived({ kind, integer, bytes }: Taken): Arrived {
  if (bytes === undefined) return { item: integer, envelope: undefined };
  const result = decodeItem(kind, bytes);
  scratch ??= new Uint8Array(bytes.buffer);
  return result;
}
