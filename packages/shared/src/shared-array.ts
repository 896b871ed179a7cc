/**
 * An array shared by all threads.
 *
 * Words: a guard, the head of a store (see container.ts), then
 *   INDEX   the block of the index; NO_BLOCK while no element has come yet
 *   by the owner of the guard
 * The index is a block: LENGTH, the length of the array; ROOM, the number of slots; then the slots, each the
 * block of an element. An element is a block: the length of its bytes and, in bit 0, its kind; then its
 * bytes.
 *
 * Invariants
 *   1. An operation takes effect by a single store: of a slot, of LENGTH, or of INDEX with a new index.
 *      A thread may die at any point. The array is then in its state before the operation, or in its
 *      state after it. At most blocks are lost.
 */
import { checkFunction, checkInteger, isPromise, registerPrimitive } from "@x/core";
import {
  decodeValue,
  type EncodedValue,
  existing,
  forgetStored,
  memoriesIn,
  NO_BLOCK,
  storing,
} from "@x/core/internal";
import { Container, CONTAINER_WORDS, type ContainerHandle, type ContainerOptions } from "./container.js";

const INDEX = CONTAINER_WORDS;
const WORDS = INDEX + 1;

const LENGTH = 0;
const ROOM = 1;
const SLOTS = 2;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const FIRST_ROOM = 6;

/** An index has no room for more in the largest memory, beside its elements. */
const LENGTH_MAX = 2 ** 25;

/**
 * An array shared by all threads.
 *
 *     const results = new SharedArray<string>();
 *     results.push(line);                              // in each of eight threads
 *
 * Each operation is atomic. Several operations are atomic together under {@link lock}, or by {@link update}. Elements are
 * copies: to change an element, change a copy, and `set` it. Primitives, threads and shared objects
 * among them are references. Many numbers are faster in a typed array over a SharedArrayBuffer.
 *
 * T1 puts an element, and T2 gets it: then T2 sees all earlier writes of T1. Iteration first copies
 * all elements, and runs over the copy. So does each method that visits elements.
 *
 * @see Python's `list`, and `multiprocessing.Manager().list()`
 */
export class SharedArray<T = unknown> extends Container implements Iterable<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedArray";
  /** The size of an empty array in bytes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];

  static {
    registerPrimitive(SharedArray, import.meta.url);
  }

  /** Returns the array of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<T = unknown>(handle: ContainerHandle): SharedArray<T> {
    return new SharedArray<T>(undefined, existing(handle, SharedArray) as ContainerOptions);
  }

  /**
   * Makes an array.
   *
   * @param elements its first elements
   * @throws TypeError if one of them cannot travel, or an option is unknown; RangeError if `maxBytes` is out of
   *   range
   */
  constructor(elements?: Iterable<T> | null, options: ContainerOptions = {}) {
    super(SharedArray, options);
    if (elements !== undefined && elements !== null) this.#splice(0, 0, this.#encoded([...elements]));
  }

  /** How many elements the array has. Another thread may change it at any time. */
  get length(): number {
    return this.guard.run(() => this.#length());
  }

  /**
   * Returns a copy of an element; undefined if there is none.
   *
   * @param index from 0; a negative index counts from the end
   * @throws TypeError or RangeError if `index` is no integer; ThreadError if this thread has not loaded a
   *   module of the element; OwnerDiedError if a thread died while it held {@link lock} for several
   *   operations
   * @see `Array.at`
   */
  get(index: number): T | undefined {
    checkIndex(index);
    const found = this.guard.run(() => {
      const place = this.#placeOf(index);
      return place === undefined ? undefined : this.#elementAt(place);
    });
    return found && (decodeValue(found) as T);
  }

  /**
   * Replaces an element.
   *
   * @param index from 0 to `length - 1`; a negative index counts from the end
   * @throws RangeError if there is no such element: `push` adds it; TypeError if `value` cannot travel;
   *   ThreadError if the memory is full; OwnerDiedError as {@link get}. The array is unchanged then
   */
  set(index: number, value: T): void {
    checkIndex(index);
    const element = this.encode(value, "element");
    this.storing([element], () => this.#replace(index, element));
  }

  /**
   * Replaces an element by the result of `change`, atomically, and returns the new element.
   *
   * @param change gets the element; runs once, with {@link lock} held, so it should be short. If it throws,
   *   the array is unchanged
   * @throws TypeError if `change` is no function, or returns a promise; the error of `change`; and as
   *   {@link set}
   */
  update(index: number, change: (element: T) => T): T {
    checkIndex(index);
    checkFunction(change, "change", "shared");
    return this.guard.run(() => {
      this.#slotOf(index);
      const value = change(this.get(index) as T);
      if (isPromise(value))
        throw new TypeError(
          "shared: change returned a promise, and no thread waits for it; write a function that is not async",
        );
      const element = this.encode(value, "element");
      this.storing([element], () => this.#replace(index, element));
      return value;
    });
  }

  /** Adds elements at the end, and returns the new length. @throws as {@link set}, but for the index */
  push(...elements: T[]): number {
    const encoded = this.#encoded(elements);
    return this.storing(encoded, () => {
      if (encoded.length === 1) this.#append(encoded[0]!);
      else if (encoded.length > 1) this.#replaceRange(this.#length(), 0, encoded);
      return this.#length();
    });
  }

  /** Removes the last element, and returns it; undefined if there is none. @throws as {@link get} */
  pop(): T | undefined {
    const found = this.guard.run(() => {
      const length = this.#length();
      if (length === 0) return undefined;
      const { words } = this.store;
      const index = this.words[this.at + INDEX]! >> 2;
      const block = words[index + SLOTS + length - 1]!;
      const element = this.#read(block);
      words[index + LENGTH] = length - 1;
      this.#free(block);
      return element;
    });
    return found && (decodeValue(found) as T);
  }

  /** Removes the first element, and returns it; undefined if there is none. Takes longer for a longer array. @throws as {@link get} */
  shift(): T | undefined {
    return this.splice(0, 1)[0];
  }

  /** Adds elements at the beginning, and returns the new length. Takes longer for a longer array. @throws as {@link push} */
  unshift(...elements: T[]): number {
    const encoded = this.#encoded(elements);
    return this.storing(encoded, () => {
      this.#replaceRange(0, 0, encoded);
      return this.#length();
    });
  }

  /**
   * Removes elements, puts others in their place, and returns the removed elements, as `Array.splice`. Takes
   * longer for a longer array.
   *
   * @param start a negative number counts from the end
   * @param deleteCount default: all from `start` on
   * @throws as {@link push}
   */
  splice(start: number, deleteCount: number = Infinity, ...elements: T[]): T[] {
    return this.#splice(start, deleteCount, this.#encoded(elements)).map(decoded<T>);
  }

  /** Removes all elements. @throws OwnerDiedError as {@link get} */
  clear(): void {
    this.#splice(0, Infinity, []);
  }

  /** Copies the elements from `start` up to, but without, `end` to an Array. @throws as {@link get} */
  slice(start: number = 0, end: number = Infinity): T[] {
    return this.guard
      .run(() => {
        const length = this.#length();
        const from = fromStart(start, length);
        return Array.from({ length: Math.max(0, fromStart(end, length) - from) }, (_, i) => this.#elementAt(from + i));
      })
      .map(decoded<T>);
  }

  /** Copies all elements to an Array: for `map`, `filter`, `find` and its other methods. @throws as {@link get} */
  toArray(): T[] {
    return this.slice();
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.slice().values();
  }

  /** A copy of all elements, each with its index. */
  entries(): IterableIterator<[number, T]> {
    return this.slice().entries();
  }

  /** Calls `visit` for each element of a copy, without the lock. */
  forEach(visit: (element: T, index: number, array: this) => void): void {
    checkFunction(visit, "visit", "shared");
    this.slice().forEach((element, index) => visit(element, index, this));
  }

  /** `<SharedArray length=3 at 0x0040>`. */
  override toString(): string {
    return `<SharedArray length=${this.length} ${this.place}>`;
  }

  /** @internal */
  override repair(): void {
    // Nothing follows from the single store of an operation: invariant 1.
  }

  /** If an element cannot travel, the elements before it are not stored. */
  #encoded(elements: readonly T[]): EncodedValue[] {
    const encoded: EncodedValue[] = [];
    return storing(this.store.memory, encoded, () => {
      for (const element of elements) encoded.push(this.encode(element, "element"));
      return encoded;
    });
  }

  // ---------------------------------------------------------------- under the guard

  #length(): number {
    const index = this.words[this.at + INDEX]!;
    return index === NO_BLOCK ? 0 : this.store.words[(index >> 2) + LENGTH]!;
  }

  /** The place of an element, from 0; undefined if there is none. */
  #placeOf(index: number): number | undefined {
    const length = this.#length();
    const place = index < 0 ? length + index : index;
    return place >= 0 && place < length ? place : undefined;
  }

  /** The index of a slot, in the words of the store. @throws RangeError if there is no such element */
  #slotOf(index: number): number {
    const place = this.#placeOf(index);
    if (place === undefined)
      throw new RangeError(`shared: index ${index} is not in an array of length ${this.#length()}; push adds elements`);
    return (this.words[this.at + INDEX]! >> 2) + SLOTS + place;
  }

  #elementAt(place: number): EncodedValue {
    return this.#read(this.store.words[(this.words[this.at + INDEX]! >> 2) + SLOTS + place]!);
  }

  #read(block: number): EncodedValue {
    const head = this.store.words[block >> 2]!;
    const bytes = new Uint8Array(head >>> 1);
    this.store.read(block + WORD_BYTES, bytes);
    return { kind: head & 1, bytes, memories: memoriesIn(bytes) }; // under the guard, while the bytes are there
  }

  #blockOf({ kind, bytes }: EncodedValue): number {
    const block = this.blockFor(WORD_BYTES + bytes.length);
    this.store.words[block >> 2] = (bytes.length << 1) | kind;
    this.store.write(block + WORD_BYTES, bytes);
    return block;
  }

  /** Frees the block of an old element. */
  #free(block: number): void {
    forgetStored(this.store, block + WORD_BYTES, this.store.words[block >> 2]! >>> 1);
    this.#release(block);
  }

  #release(block: number): void {
    this.store.free(block, WORD_BYTES + (this.store.words[block >> 2]! >>> 1));
  }

  #replace(index: number, element: EncodedValue): void {
    this.#slotOf(index); // before a block is taken
    const block = this.#blockOf(element);
    const slot = this.#slotOf(index);
    const old = this.store.words[slot]!;
    this.store.words[slot] = block;
    this.#free(old);
  }

  #append(element: EncodedValue): void {
    const index = this.words[this.at + INDEX]!;
    const length = this.#length();
    if (index === NO_BLOCK || length === this.store.words[(index >> 2) + ROOM])
      return this.#replaceRange(length, 0, [element]);
    const block = this.#blockOf(element);
    const { words } = this.store;
    words[(index >> 2) + SLOTS + length] = block;
    words[(index >> 2) + LENGTH] = length + 1;
  }

  #splice(start: number, deleteCount: number, elements: readonly EncodedValue[]): EncodedValue[] {
    return this.storing(elements, () => {
      const length = this.#length();
      const from = fromStart(start, length);
      const count = Math.min(Math.max(0, Math.trunc(deleteCount) || 0), length - from);
      const removed = Array.from({ length: count }, (_, i) => this.#elementAt(from + i));
      if (count > 0 || elements.length > 0) this.#replaceRange(from, count, elements);
      return removed;
    });
  }

  /** Makes a new index, with `elements` in the place of `count` elements from `from` on. */
  #replaceRange(from: number, count: number, elements: readonly EncodedValue[]): void {
    const { words: head, at, store } = this;
    const old = head[at + INDEX]!;
    const length = this.#length();
    const newLength = length - count + elements.length;
    if (newLength > LENGTH_MAX) throw new RangeError(`shared: an array has at most ${LENGTH_MAX} elements`);
    const room = roomFor(newLength);
    const blocks: number[] = [];
    let index: number;
    try {
      for (const element of elements) blocks.push(this.#blockOf(element));
      index = this.blockFor((SLOTS + room) * WORD_BYTES);
    } catch (error) {
      for (const block of blocks) this.#release(block);
      throw error;
    }
    const { words } = store;
    const first = (index >> 2) + SLOTS;
    const oldFirst = (old >> 2) + SLOTS;
    words[(index >> 2) + LENGTH] = newLength;
    words[(index >> 2) + ROOM] = room;
    if (old !== NO_BLOCK) {
      words.copyWithin(first, oldFirst, oldFirst + from);
      words.copyWithin(first + from + blocks.length, oldFirst + from + count, oldFirst + length);
    }
    words.set(blocks, first + from);
    const removed = old === NO_BLOCK ? [] : words.slice(oldFirst + from, oldFirst + from + count);
    head[at + INDEX] = index;
    for (const block of removed) this.#free(block);
    if (old !== NO_BLOCK) store.free(old, (SLOTS + words[(old >> 2) + ROOM]!) * WORD_BYTES);
  }
}

/** The number of slots of an index for `length` elements: with the head, a power of two. */
function roomFor(length: number): number {
  let words = SLOTS + FIRST_ROOM;
  while (words < SLOTS + length) words *= 2;
  return words - SLOTS;
}

function fromStart(index: number, length: number): number {
  const whole = Math.trunc(index) || 0; // NaN is 0, as in Array's methods
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length);
}

function checkIndex(index: number): void {
  checkInteger(index, "index", "shared", -LENGTH_MAX, LENGTH_MAX);
}

function decoded<T>(encoded: EncodedValue): T {
  return decodeValue(encoded) as T;
}
