/**
 * A map shared by all threads.
 *
 * Words: a guard, the head of a store (see container.ts), and the words of its entries (see entries.ts).
 */
import { checkFunction, isPromise, registerPrimitive } from "@x/core";
import { decode, decodeValue, type EncodedValue, existing, NO_BLOCK, Scratch, storing } from "@x/core/internal";
import { encodeShared } from "./encoding.js";
import { Container, CONTAINER_WORDS, type ContainerHandle, type ContainerOptions } from "./container.js";
import { Entries, ENTRIES_WORDS, type EntryBytes } from "./entries.js";
import { checkKey, type HashedKey, hashedKey, keptKey, type Key } from "./key.js";

const WORDS = CONTAINER_WORDS + ENTRIES_WORDS;

const scratch = /* @__PURE__ */ new Scratch();

/**
 * A map shared by all threads, with the interface of `Map`.
 *
 *     const counts = new SharedMap<string, number>();
 *     counts.update(word, (n = 0) => n + 1);          // in each of eight threads
 *
 * Each operation is atomic. Several operations are atomic together under {@link lock}, or by {@link update}. Keys are
 * strings, numbers, bigints, booleans, null and undefined. Values are copies: to change a value, change a
 * copy, and `set` it. Primitives, threads and shared objects among them are references.
 *
 * T1 sets a value, and T2 gets it: then T2 sees all earlier writes of T1. Iteration first copies all
 * entries, and runs over the copy. So does each method that visits entries.
 *
 * @see Python's `dict`, and `multiprocessing.Manager().dict()`
 */
export class SharedMap<K extends Key = string, V = unknown> extends Container implements Iterable<[K, V]> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedMap";
  /** The size of an empty map in bytes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];

  static {
    registerPrimitive(SharedMap, import.meta.url);
  }

  /** Returns the map of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<K extends Key = string, V = unknown>(handle: ContainerHandle): SharedMap<K, V> {
    return new SharedMap<K, V>(undefined, existing(handle, SharedMap) as ContainerOptions);
  }

  readonly #entries: Entries;

  /**
   * Makes a map.
   *
   * @param entries its first entries
   * @throws TypeError if an entry cannot be in the map, or an option is unknown; RangeError if `maxBytes` is
   *   out of range
   */
  constructor(entries?: Iterable<readonly [K, V]> | null, options: ContainerOptions = {}) {
    super(SharedMap, options);
    this.#entries = new Entries(this.words, this.at + CONTAINER_WORDS, this.store, (bytes) => this.blockFor(bytes));
    for (const [key, value] of entries ?? []) this.set(key, value);
  }

  /** How many entries the map has. Another thread may change it at any time. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Returns a copy of the value of `key`; undefined if there is none.
   *
   * @throws TypeError if `key` cannot be a key; ThreadError if this thread has not loaded a module of the
   *   value; OwnerDiedError if a thread died while it held {@link lock} for several operations
   */
  get(key: K): V | undefined {
    const found = this.runWith(hashedKey(key, "a key"), (hashed) => {
      const block = this.#entries.find(hashed);
      return block === NO_BLOCK ? undefined : this.#entries.valueOf(block, scratch);
    });
    if (found === undefined) return undefined;
    try {
      return decodeValue(found) as V;
    } finally {
      scratch.giveBack(found.bytes);
    }
  }

  /** Has the map an entry of this key? @throws as {@link get} */
  has(key: K): boolean {
    return this.runWith(hashedKey(key, "a key"), (hashed) => this.#entries.find(hashed) !== NO_BLOCK);
  }

  /**
   * Puts a value. It replaces the old value, if there is any.
   *
   * @throws TypeError if `key` cannot be a key, or `value` cannot travel; ThreadError if the memory is full;
   *   OwnerDiedError as {@link get}. The map is unchanged then
   */
  set(key: K, value: V): this {
    checkKey(key, "a key");
    const encoded = encodeShared(value, "value", this.store.memory); // before the bytes of the key: a getter may use another key
    if (encoded.names === undefined) this.#put(key, encoded);
    else storing(this.store.memory, [encoded], () => this.#put(key, encoded));
    return this;
  }

  /** Removes an entry. Returns false if there was none. @throws as {@link get} */
  delete(key: K): boolean {
    return this.runWith(hashedKey(key, "a key"), (hashed) => this.#entries.remove(hashed));
  }

  /** Removes all entries. @throws OwnerDiedError as {@link get} */
  clear(): void {
    this.guard.run(() => this.#entries.clear());
  }

  /**
   * Replaces the value of `key` by the result of `change`, atomically, and returns the new value.
   *
   *     counts.update(word, (n = 0) => n + 1);
   *
   * @param change gets the value, undefined if there is none; runs once, with {@link lock} held, so it should
   *   be short. If it throws, the map is unchanged
   * @throws TypeError if `change` is no function, or returns a promise; the error of `change`; and as
   *   {@link set}
   */
  update(key: K, change: (value: V | undefined) => V): V {
    checkFunction(change, "change", "shared");
    checkKey(key, "a key");
    return this.guard.run(() => {
      const value = change(this.get(key));
      if (isPromise(value))
        throw new TypeError(
          "shared: change returned a promise, and no thread waits for it; write a function that is not async",
        );
      this.set(key, value);
      return value;
    });
  }

  /**
   * Returns the value of `key`; if there is none, puts `value`, and returns it.
   *
   * @throws as {@link set}
   * @see Python `dict.setdefault`
   */
  getOrInsert(key: K, value: V): V {
    return this.guard.run(() => {
      if (this.has(key)) return this.get(key)!;
      this.set(key, value);
      return value;
    });
  }

  /** A copy of all keys, in the order of their arrival. */
  keys(): IterableIterator<K> {
    return this.guard
      .run(() => this.#entries.keys())
      .map((key) => decode(key) as K)
      .values();
  }

  /** A copy of all values, in the order of their keys. */
  values(): IterableIterator<V> {
    return this.#all()
      .map(valueOf<V>)
      .values();
  }

  /** A copy of all entries, in the order of arrival of their keys. */
  entries(): IterableIterator<[K, V]> {
    return this.#all()
      .map((entry): [K, V] => [decode(entry.key) as K, valueOf<V>(entry)])
      .values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /** Calls `visit` for each entry of a copy, without the lock. */
  forEach(visit: (value: V, key: K, map: this) => void): void {
    checkFunction(visit, "visit", "shared");
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  /** `<SharedMap size=3 at 0x0040>`. */
  override toString(): string {
    return `<SharedMap size=${this.size} ${this.place}>`;
  }

  /** @internal */
  override repair(): void {
    this.#entries.repair();
  }

  #put(key: K, value: EncodedValue): void {
    const { guard } = this;
    let hashed: HashedKey = hashedKey(key, "a key");
    let encoded = value;
    if (!guard.entersAtOnce()) {
      hashed = keptKey(hashed);
      encoded = { ...value, bytes: value.bytes.slice() };
      guard.enter();
    }
    try {
      this.#entries.put(hashed, encoded);
    } finally {
      guard.leave();
    }
  }

  #all(): EntryBytes[] {
    return this.guard.run(() => this.#entries.all());
  }
}

function valueOf<V>({ value }: EntryBytes): V {
  return decodeValue(value) as V;
}
