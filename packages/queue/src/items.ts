/**
 * The items of a queue, in blocks of the queue's store; an index of blocks tells their order.
 *
 * Words, from `at`
 *   PUTS    the number of puts, wrapping
 *   GETS    the number of gets, wrapping; PUTS − GETS is the number of items
 *   INDEX   the block that holds the index; NO_BLOCK before the first put
 *   HAND    of a heap: see heap.ts
 *   KEYS    of a heap: see heap.ts
 *   MOVING  the block whose objects are on their way to or from the keeper; NO_BLOCK at other times
 *   STORE … the store of the blocks, see core's store.ts
 *   all by the owner of the queue's lock; other threads only read them
 * Words of the index
 *   0       its capacity: how many items it can name
 *   1 …     the items: the names of their blocks, or integers, as ring.ts or heap.ts says
 * Words of an item's block
 *   0       4 × the number of its bytes, and its kind: PLAIN, PACKED or INTEGER
 *   …       more words of a heap
 *   …       its bytes and tails, or the integer
 *
 * Invariants
 *   1. An item is in the queue from one store to another, as ring.ts and heap.ts say. All that belongs
 *      to it is written before, and its block is freed after. So a thread may die at any point of a put
 *      or a get: the item is there or not, never half. At most a block is lost.
 *   2. A larger index is complete before the store to INDEX. Its capacity is in its block, because
 *      two words would be two stores:
 *      // T1 stores INDEX, and dies; T2 takes the old capacity for the new index: it finds other items.
 *   3. The objects of an item move to the keeper after its block is written, and before it is in the queue. The
 *      taker asks for them after it is out of the queue, and before its block is freed. MOVING names the block
 *      meanwhile. So if a dead owner leaves a block in MOVING that is not in the queue, the next owner drops the
 *      objects:
 *      // T1 moves a buffer of 1 MiB to the keeper, and dies before the store to PUTS: no item names it.
 */
import {
  depositParcel,
  forgetStored,
  lengthWithoutTails,
  NO_BLOCK,
  readTails,
  Store,
  STORE_WORDS,
  storedLength,
  writeStored,
} from "@x/core/internal";
import { Full } from "./errors.js";
import { type Encoded, fetchFor, INTEGER, integerTaken, type Taken, takenBytes, takenWords } from "./item.js";

export const PUTS = 0;
export const GETS = 1;
export const INDEX = 2;
export const HAND = 3;
export const KEYS = 4;
const MOVING = 5;
const STORE = 6;

export const ITEMS_WORDS: number = STORE + STORE_WORDS;

const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

const FIRST_CAPACITY = 8;
const KIND_BITS = 2;
const KIND_MASK = 3;

/** 512 MiB: the number of bytes and the kind fit into a word. */
const ITEM_BYTES_MAX: number = 2 ** 29 - 1;

/** Objects were moved with the item, and the caller takes only others. */
export const ONLY_COPIED: Error = /* @__PURE__ */ new Error("queue: objects were moved with the item");

/** The items of a queue. Call all methods but `size` under the lock. */
export abstract class Items {
  protected readonly store: Store;

  constructor(
    protected readonly words: Int32Array,
    protected readonly at: number,
    memory: SharedArrayBuffer,
  ) {
    this.store = new Store(words, at + STORE, memory);
  }

  /** Adds an item. If that fails, returns the error and changes nothing. */
  abstract put(item: Encoded): Error | undefined;

  /**
   * Takes the next item; there is one. If this thread could not read it, returns the error and changes nothing.
   *
   * @param isOnlyCopied refuses an item with moved objects by {@link ONLY_COPIED}
   */
  abstract take(isAwaited: boolean, isOnlyCopied?: boolean): Taken | Error;

  /** Makes the items of a dead owner whole. */
  repair(): void {
    const { words, at } = this;
    const block = words[at + MOVING]!;
    if (block === NO_BLOCK) return;
    words[at + MOVING] = NO_BLOCK; // first: if this thread dies, the objects are not dropped twice
    if (!this.blocks().includes(block)) this.#forget(block);
  }

  /** Lets go of what the items name, because no thread will take them. May be called again if its thread has died. */
  forgetAll(): void {
    for (const block of this.blocks()) this.#forget(block);
  }

  #forget(block: number): void {
    const { store } = this;
    const head = store.words[block >> 2]!;
    if ((head & KIND_MASK) === INTEGER) return;
    store.words[block >> 2] = (head & ~KIND_MASK) | INTEGER; // first: if this thread dies, the objects are not dropped twice
    forgetStored(store, block + (1 + this.moreOf(block)) * WORD_BYTES, head >>> KIND_BITS);
  }

  /** The blocks of the items that have one, in any order. */
  protected abstract blocks(): number[];

  /** The number of words between the head of an item's block and its bytes. */
  protected abstract moreOf(block: number): number;

  /** Extends the views to memory that other threads have added. Call it after every acquisition of the lock. */
  refresh(): void {
    this.store.refresh();
  }

  get size(): number {
    return (this.words[this.at + PUTS]! - this.words[this.at + GETS]!) | 0;
  }

  /** Copies the old index into a larger one; both are indexes of the first of their places. */
  protected abstract copyIndex(from: number, capacity: number, to: number, larger: number): void;

  /** The index, with room for `size` items; NO_BLOCK if the memory is full. */
  protected indexFor(size: number): number {
    const { words, at, store } = this;
    const index = words[at + INDEX]!;
    const capacity = index === NO_BLOCK ? 0 : store.words[index >> 2]!;
    if (size <= capacity) return index;
    const larger = Math.max(FIRST_CAPACITY, 2 * capacity);
    const made = store.allocate((1 + larger) * WORD_BYTES);
    if (made === NO_BLOCK) return NO_BLOCK;
    store.words[made >> 2] = larger;
    this.copyIndex((index >> 2) + 1, capacity, (made >> 2) + 1, larger);
    words[at + INDEX] = made;
    if (index !== NO_BLOCK) store.free(index, (1 + capacity) * WORD_BYTES);
    return made;
  }

  /**
   * A block with the item, which no index names yet; NO_BLOCK if the memory is full.
   *
   * @param more the number of words between the head and the bytes
   */
  protected blockOf({ kind, integer, bytes, tails }: Encoded, more: number): number {
    const { store } = this;
    const length = kind === INTEGER ? WORD_BYTES : storedLength(bytes, tails);
    const stored = length > ITEM_BYTES_MAX ? NO_BLOCK : store.allocate((1 + more) * WORD_BYTES + length);
    if (stored === NO_BLOCK) return NO_BLOCK;
    store.words[stored >> 2] = (length << KIND_BITS) | kind;
    const start = stored + (1 + more) * WORD_BYTES;
    if (kind === INTEGER) store.words[start >> 2] = integer;
    else writeStored(store, start, bytes, tails);
    return stored;
  }

  /** Moves the objects of an item to the keeper; the next store puts its block into the queue. Returns the error if that fails. */
  protected deposited({ parcel }: Encoded, block: number): Error | undefined {
    if (parcel === undefined) return undefined;
    const { words, at, store } = this;
    words[at + MOVING] = block;
    try {
      depositParcel(store.memory, parcel, "queue");
    } catch (error) {
      words[at + MOVING] = NO_BLOCK;
      return error as Error;
    }
    return undefined;
  }

  /** The item was not stored, because of `refusal`: frees its block. */
  protected notStored(block: number, more: number, refusal: Error): Error {
    this.free(block, more);
    return refusal;
  }

  /** The item is in the queue, or its block is free. */
  protected moved(): void {
    this.words[this.at + MOVING] = NO_BLOCK;
  }

  /** An item that names something: takes it out by `takeOut`, asks for what it names, and frees its block. */
  protected takenWithNames(
    block: number,
    more: number,
    taken: Taken,
    isAwaited: boolean,
    takeOut: () => void,
  ): Taken | Error {
    const { words, at } = this;
    words[at + MOVING] = block;
    takeOut();
    try {
      fetchFor(taken, isAwaited);
      return taken;
    } catch (error) {
      return error as Error; // the supervisor has died: the item is lost with it
    } finally {
      words[at + MOVING] = NO_BLOCK;
      this.free(block, more);
    }
  }

  /** Copies an item out of its block. */
  protected read(block: number, more: number): Taken {
    const { store } = this;
    const head = store.words[block >> 2]!;
    const start = block + (1 + more) * WORD_BYTES;
    const kind = head & KIND_MASK;
    if (kind === INTEGER) return integerTaken(store.words[start >> 2]!);
    const bytes = takenBytes(lengthWithoutTails(store, start, head >>> KIND_BITS));
    store.read(start, bytes, takenWords(bytes));
    return { kind, integer: 0, bytes, tails: readTails(store, start, bytes) };
  }

  protected free(block: number, more: number): void {
    const { store } = this;
    store.free(block, (1 + more) * WORD_BYTES + (store.words[block >> 2]! >>> KIND_BITS));
  }

  protected noMemory(): Full {
    return new Full(
      `queue: the memory of the queue is full, with ${this.size} items: ${this.store.usage}; get items first, or make it with a larger maxBytes`,
    );
  }
}
