/**
 * A set shared by all threads.
 *
 * Words: a guard, the head of a store (see container.ts), and the words of its entries (see entries.ts).
 */
import { checkFunction, registerPrimitive } from "@x/core";
import { decode, type EncodedValue, existing, NO_BLOCK, PLAIN } from "@x/core/internal";
import { Container, CONTAINER_WORDS, type ContainerHandle, type ContainerOptions } from "./container.js";
import { Entries, ENTRIES_WORDS } from "./entries.js";
import { type Key, hashedKey } from "./key.js";

const WORDS = CONTAINER_WORDS + ENTRIES_WORDS;
const NOTHING: EncodedValue = { kind: PLAIN, bytes: /* @__PURE__ */ new Uint8Array(0) };

/**
 * A set shared by all threads, with the interface of `Set`.
 *
 *     const seen = new SharedSet<string>();
 *     if (seen.insert(url)) fetchPage(url);           // one thread alone gets true
 *
 * Each operation is atomic. Several operations are atomic together under {@link lock}. Members are strings, numbers,
 * bigints, booleans, null and undefined. T1 adds a member, and `has` returns true in T2: then T2 sees all
 * earlier writes of T1. Iteration first copies all members, and runs over the copy. So does each method
 * that visits members.
 *
 * @see Python's `set`
 */
export class SharedSet<T extends Key = string> extends Container implements Iterable<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedSet";
  /** The size of an empty set in bytes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];

  static {
    registerPrimitive(SharedSet, import.meta.url);
  }

  /** Returns the set of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<T extends Key = string>(handle: ContainerHandle): SharedSet<T> {
    return new SharedSet<T>(undefined, existing(handle, SharedSet) as ContainerOptions);
  }

  readonly #entries: Entries;

  /**
   * Makes a set.
   *
   * @param members its first members
   * @throws TypeError if one of them cannot be in the set, or an option is unknown; RangeError if `maxBytes`
   *   is out of range
   */
  constructor(members?: Iterable<T> | null, options: ContainerOptions = {}) {
    super(SharedSet, options);
    this.#entries = new Entries(this.words, this.at + CONTAINER_WORDS, this.store, (bytes) => this.blockFor(bytes));
    for (const member of members ?? []) this.insert(member);
  }

  /** How many members the set has. Another thread may change it at any time. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Is this a member?
   *
   * @throws TypeError if it cannot be one; OwnerDiedError if a thread died while it held {@link lock} for
   *   several operations
   */
  has(member: T): boolean {
    return this.runWith(hashedKey(member, "a member"), (key) => this.#entries.find(key) !== NO_BLOCK);
  }

  /** Adds a member. @throws ThreadError if the memory is full; and as {@link has} */
  add(member: T): this {
    this.insert(member);
    return this;
  }

  /**
   * Adds a member, and tells whether it is new: if several threads insert it, one of them gets true.
   *
   * @throws as {@link add}
   */
  insert(member: T): boolean {
    return this.runWith(hashedKey(member, "a member"), (key) => {
      const isNew = this.#entries.find(key) === NO_BLOCK;
      if (isNew) this.#entries.put(key, NOTHING);
      return isNew;
    });
  }

  /** Removes a member. Returns false if it was not in the set. @throws as {@link has} */
  delete(member: T): boolean {
    return this.runWith(hashedKey(member, "a member"), (key) => this.#entries.remove(key));
  }

  /** Removes all members. @throws OwnerDiedError as {@link has} */
  clear(): void {
    this.guard.run(() => this.#entries.clear());
  }

  /** A copy of all members, in the order of their arrival. */
  values(): IterableIterator<T> {
    return this.guard
      .run(() => this.#entries.keys())
      .map((key) => decode(key) as T)
      .values();
  }

  /** {@link values}, as in a Set. */
  keys(): IterableIterator<T> {
    return this.values();
  }

  /** Each member twice, as in a Set. */
  entries(): IterableIterator<[T, T]> {
    return Array.from(this.values(), (member): [T, T] => [member, member]).values();
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  /** Calls `visit` for each member of a copy, without the lock. */
  forEach(visit: (member: T, again: T, set: this) => void): void {
    checkFunction(visit, "visit", "shared");
    for (const member of this.values()) visit(member, member, this);
  }

  /** `<SharedSet size=3 at 0x0040>`. */
  override toString(): string {
    return `<SharedSet size=${this.size} ${this.place}>`;
  }

  /** @internal */
  override repair(): void {
    this.#entries.repair();
  }
}
