/**
 * A counter shared by all threads.
 *
 * Words
 *   COUNT   two words, a 64-bit integer; by any thread, by a single atomic operation
 */
import {
  checkInteger,
  type MemoryPlacement,
  placementOf,
  Primitive,
  type PrimitiveHandle,
  registerPrimitive,
} from "@x/core";

/** A 64-bit integer in a slab begins at a multiple of 8 bytes. */
const WORDS = 2;

/**
 * A counter shared by all threads.
 *
 *     const hits = new SharedCounter();
 *     hits.add();                                       // in each of eight threads
 *     hits.value;                                       // how often, in all of them
 *
 * Take it for statistics, numbers of requests, tickets. It is faster than a {@link SharedValue}, because it
 * needs no lock; no thread ever waits for it. T1 counts, and T2 sees the new count: then T2 sees all
 * earlier writes of T1.
 *
 * @see Python's `itertools.count`, and Java's `AtomicLong`
 */
export class SharedCounter extends Primitive {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedCounter";
  /** The size of a counter in bytes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(SharedCounter, import.meta.url);
  }

  /** Returns the counter of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from(handle: PrimitiveHandle): SharedCounter {
    return new SharedCounter(0, placementOf(handle, SharedCounter));
  }

  readonly #count: BigInt64Array;

  /**
   * Makes a counter.
   *
   * @param initial an integer up to 2^53 - 1
   * @throws TypeError if `initial` is no number; RangeError if it is no such integer
   */
  constructor(initial?: number);
  /** @internal */
  constructor(initial: number, place: MemoryPlacement);
  constructor(initial = 0, place?: MemoryPlacement) {
    checkCount(initial, "initial");
    super(SharedCounter, place);
    if (this.at % WORDS !== 0) throw new RangeError("shared: byteOffset of a SharedCounter must be a multiple of 8");
    this.#count = new BigInt64Array(this.words.buffer, this.at * Int32Array.BYTES_PER_ELEMENT, 1);
    if (place === undefined) Atomics.store(this.#count, 0, BigInt(initial));
  }

  /** The count. Another thread may change it at any time. */
  get value(): number {
    return Number(Atomics.load(this.#count, 0));
  }

  /**
   * Adds `n`, and returns the new count. So each thread gets a count of its own from `add(1)`.
   *
   * @param n an integer; it may be negative
   * @throws TypeError if `n` is no number; RangeError if it is no integer up to 2^53 - 1
   */
  add(n: number = 1): number {
    checkCount(n, "n");
    return Number(Atomics.add(this.#count, 0, BigInt(n))) + n;
  }

  /** Sets the count, and returns the old one. @throws as {@link add} */
  exchange(count: number): number {
    checkCount(count, "count");
    return Number(Atomics.exchange(this.#count, 0, BigInt(count)));
  }

  /** `<SharedCounter 42 at 0x0040>`. */
  override toString(): string {
    return `<SharedCounter ${this.value} ${this.place}>`;
  }
}

function checkCount(count: number, name: string): void {
  checkInteger(count, name, "shared", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}
