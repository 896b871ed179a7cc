/**
 * Entries in the order of their arrival, found by key: a hash table with open addressing.
 *
 * Words
 *   INDEX   the block of the index; NO_BLOCK at first
 *   COUNT   the number of entries
 *   USED    the number of slots with another value than EMPTY
 *   NEXT    the number of the next entry to come
 *   by the owner of the guard
 * The index is a block: the number of slots, a power of two; then the slots
 *   0       EMPTY
 *   1       REMOVED: an entry was here, and a search goes on behind it
 *   other   the block of an entry
 * An entry is a block: HASH; NUMBER, its place in the order; KEY_BYTES, the length of its key; VALUE_BYTES,
 * the length of its value and, in bit 0, its kind; then key and value, as bytes. The value begins at a multiple of
 * 4, because bytes are copied faster by words.
 *
 * Invariants
 *   1. An entry is there from the store of its slot on, and until the next store there. A new index takes
 *      effect by the store of INDEX. So the index is whole at any time, and `repair` can count from it.
 *   2. At least a quarter of the slots is EMPTY, so every search ends.
 *   3. If the value of an entry changes, the entry keeps its slot and its NUMBER, as in a Map.
 */
import {
  type EncodedValue,
  forgetStored,
  memoriesIn,
  NO_BLOCK,
  type Scratch,
  type Store,
  writeStored,
} from "@x/core/internal";
import type { HashedKey } from "./key.js";

const INDEX = 0;
const COUNT = 1;
const USED = 2;
const NEXT = 3;

/** The size of the words, in words. */
export const ENTRIES_WORDS = 4;

const EMPTY = 0;
const REMOVED = 1;

const HASH = 0;
const NUMBER = 1;
const KEY_BYTES = 2;
const VALUE_BYTES = 3;
const HEAD_BYTES = 4 * Int32Array.BYTES_PER_ELEMENT;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const FIRST_SLOTS = 8;

/** The bytes of an entry, copied out of the memory. */
export interface EntryBytes {
  readonly key: Uint8Array;
  readonly value: EncodedValue;
}

/** Call its methods under the guard. */
export class Entries {
  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
    private readonly store: Store,
    /** A block, or an error. */
    private readonly blockFor: (bytes: number) => number,
  ) {}

  /** Its number of entries. May be called without the guard. */
  get size(): number {
    return Atomics.load(this.words, this.at + COUNT);
  }

  /** The block of the entry with this key; NO_BLOCK if there is none. */
  find(key: HashedKey): number {
    const slot = this.#slotOf(key);
    return slot < 0 ? NO_BLOCK : this.store.words[slot]!;
  }

  /** Puts an entry, in the place of the entry with its key, if there is one. Returns false if there was. */
  put(key: HashedKey, { kind, bytes }: EncodedValue): boolean {
    const { words, at } = this;
    const block = this.blockFor(HEAD_BYTES + wholeWords(key.bytes.length) + bytes.length);
    let slot = this.#slotOf(key);
    const old = slot < 0 ? NO_BLOCK : this.store.words[slot]!;
    const number = old === NO_BLOCK ? words[at + NEXT]! : this.store.words[(old >> 2) + NUMBER]!;
    this.#write(block, key, number, kind, bytes);
    if (old !== NO_BLOCK) {
      this.store.words[slot] = block;
      this.#free(old);
      return false;
    }
    try {
      this.#makeRoom();
    } catch (error) {
      this.#release(block);
      throw error;
    }
    slot = this.#freeSlot(key.hash);
    const wasEmpty = this.store.words[slot] === EMPTY;
    words[at + NEXT] = number + 1;
    this.store.words[slot] = block;
    Atomics.store(words, at + COUNT, words[at + COUNT]! + 1);
    if (wasEmpty) words[at + USED]! += 1;
    return true;
  }

  /** Removes the entry with this key. Returns false if there is none. */
  remove(key: HashedKey): boolean {
    const { words, at, store } = this;
    const slot = this.#slotOf(key);
    if (slot < 0) return false;
    const block = store.words[slot]!;
    store.words[slot] = REMOVED;
    Atomics.store(words, at + COUNT, words[at + COUNT]! - 1);
    this.#free(block);
    return true;
  }

  /** Removes all entries. */
  clear(): void {
    const { words, at, store } = this;
    const index = words[at + INDEX]!;
    if (index === NO_BLOCK) return;
    const blocks = this.#blocks();
    words[at + INDEX] = NO_BLOCK;
    Atomics.store(words, at + COUNT, 0);
    words[at + USED] = 0;
    for (const block of blocks) this.#free(block);
    store.free(index, bytesOf(store.words[index >> 2]!));
  }

  /**
   * The value of an entry, as bytes, with the memory named by them.
   *
   * @param scratch what to take the memory for the bytes from; the caller gives it back
   */
  valueOf(block: number, scratch?: Scratch): EncodedValue {
    const { store } = this;
    const head = store.words[(block >> 2) + VALUE_BYTES]!;
    const length = head >>> 1;
    const bytes = scratch === undefined ? new Uint8Array(length) : scratch.take(length);
    try {
      store.read(this.#valueAt(block), bytes, scratch?.wordsOf(bytes));
      return { kind: head & 1, bytes, memories: memoriesIn(bytes) }; // under the guard, while the bytes are there
    } catch (error) {
      scratch?.giveBack(bytes);
      throw error;
    }
  }

  /** All entries, in their order. */
  all(): EntryBytes[] {
    return this.#inOrder().map((block) => ({ key: this.#keyOf(block), value: this.valueOf(block) }));
  }

  /** The keys of all entries, in their order. */
  keys(): Uint8Array[] {
    return this.#inOrder().map((block) => this.#keyOf(block));
  }

  /** Counts again, after the death of the owner: invariant 1. */
  repair(): void {
    const { words, at, store } = this;
    let count = 0;
    let used = 0;
    for (const block of this.#slots()) {
      if (block === EMPTY) continue;
      used += 1;
      if (block === REMOVED) continue;
      count += 1;
      const next = (store.words[(block >> 2) + NUMBER]! + 1) | 0;
      if (((next - words[at + NEXT]!) | 0) > 0) words[at + NEXT] = next;
    }
    words[at + USED] = used;
    Atomics.store(words, at + COUNT, count);
  }

  /** The blocks of all entries, in the order of their numbers. */
  #inOrder(): number[] {
    const { words } = this.store;
    return this.#blocks().sort((one, other) => (words[(one >> 2) + NUMBER]! - words[(other >> 2) + NUMBER]!) | 0);
  }

  #keyOf(block: number): Uint8Array {
    const { store } = this;
    const key = new Uint8Array(store.words[(block >> 2) + KEY_BYTES]!);
    store.read(block + HEAD_BYTES, key);
    return key;
  }

  #write(block: number, { bytes, hash }: HashedKey, number: number, kind: number, value: Uint8Array): void {
    const { store } = this;
    const word = block >> 2;
    store.words[word + HASH] = hash;
    store.words[word + NUMBER] = number;
    store.words[word + KEY_BYTES] = bytes.length;
    store.words[word + VALUE_BYTES] = (value.length << 1) | kind;
    store.write(block + HEAD_BYTES, bytes);
    writeStored(store, this.#valueAt(block), value, undefined);
  }

  /** Frees the block of an old entry. */
  #free(block: number): void {
    forgetStored(this.store, this.#valueAt(block), this.#valueBytes(block));
    this.#release(block);
  }

  #release(block: number): void {
    this.store.free(block, this.#valueAt(block) - block + this.#valueBytes(block));
  }

  #valueAt(block: number): number {
    return block + HEAD_BYTES + wholeWords(this.store.words[(block >> 2) + KEY_BYTES]!);
  }

  #valueBytes(block: number): number {
    return this.store.words[(block >> 2) + VALUE_BYTES]! >>> 1;
  }

  /** The index of the slot of the entry with this key, in the words of the store; -1 if there is none. */
  #slotOf(key: HashedKey): number {
    const { words } = this.store;
    const index = this.words[this.at + INDEX]!;
    if (index === NO_BLOCK) return -1;
    const first = (index >> 2) + 1;
    const mask = words[index >> 2]! - 1;
    for (let i = key.hash & mask; ; i = (i + 1) & mask) {
      const block = words[first + i]!;
      if (block === EMPTY) return -1; // invariant 2
      if (block !== REMOVED && this.#hasKey(block, key)) return first + i;
    }
  }

  #hasKey(block: number, { bytes: key, hash }: HashedKey): boolean {
    const { words, bytes } = this.store;
    const word = block >> 2;
    if (words[word + HASH] !== hash || words[word + KEY_BYTES] !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (bytes[block + HEAD_BYTES + i] !== key[i]) return false;
    return true;
  }

  /** The index of a slot for a new entry. Invariant 2: there is a free slot. */
  #freeSlot(hash: number): number {
    const { words } = this.store;
    const index = this.words[this.at + INDEX]!;
    const first = (index >> 2) + 1;
    const mask = words[index >> 2]! - 1;
    let i = hash & mask;
    while (words[first + i]! > REMOVED) i = (i + 1) & mask;
    return first + i;
  }

  /** The contents of the slots. */
  #slots(): Int32Array {
    const index = this.words[this.at + INDEX]!;
    if (index === NO_BLOCK) return this.store.words.subarray(0, 0);
    const first = (index >> 2) + 1;
    return this.store.words.subarray(first, first + this.store.words[index >> 2]!);
  }

  #blocks(): number[] {
    return Array.from(this.#slots()).filter((block) => block > REMOVED);
  }

  /** Keeps a quarter of the slots empty after the next entry: invariant 2. */
  #makeRoom(): void {
    const { words, at, store } = this;
    const old = words[at + INDEX]!;
    const slots = old === NO_BLOCK ? 0 : store.words[old >> 2]!;
    if ((words[at + USED]! + 1) * 4 <= slots * 3) return;
    const count = words[at + COUNT]!;
    // Without removed entries half of the slots suffice, so the new index may also keep the size of the old index.
    let larger = FIRST_SLOTS;
    while ((count + 1) * 2 > larger) larger *= 2;
    const index = this.blockFor(bytesOf(larger));
    const first = (index >> 2) + 1;
    store.words[index >> 2] = larger;
    store.words.fill(EMPTY, first, first + larger);
    for (const block of this.#blocks()) {
      let i = store.words[(block >> 2) + HASH]! & (larger - 1);
      while (store.words[first + i] !== EMPTY) i = (i + 1) & (larger - 1);
      store.words[first + i] = block;
    }
    words[at + INDEX] = index;
    words[at + USED] = count;
    if (old !== NO_BLOCK) store.free(old, bytesOf(slots));
  }
}

function wholeWords(bytes: number): number {
  return (bytes + WORD_BYTES - 1) & -WORD_BYTES;
}

function bytesOf(slots: number): number {
  return (1 + slots) * WORD_BYTES;
}
