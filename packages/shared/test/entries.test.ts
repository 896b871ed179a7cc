/** A thread that dies at any store of an operation leaves a container as it was before, or after. */
import { encodeValue, NO_BLOCK, Store, STORE_WORDS } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Entries, ENTRIES_WORDS } from "../src/entries.js";
import { type HashedKey, hashedKey, hashOf } from "../src/key.js";

watchdog();
afterEach(() => void vi.restoreAllMocks());

/** The thread died; what it would have done next is not done. */
class Death extends Error {}

/** Lets `left` more stores into shared words succeed. */
let left = Infinity;

function store(): void {
  if (left === 0) throw new Death();
  left -= 1;
}

const rawOf = new WeakMap<object, Int32Array>();

/** The same words; each store, and each method that stores, counts as one. */
function mortal(raw: Int32Array): Int32Array {
  const words = new Proxy(raw, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === "fill" || key === "set" || key === "copyWithin") store();
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
    set: (target, key, value) => {
      store();
      return Reflect.set(target, key, value, target);
    },
  });
  rawOf.set(words, raw);
  return words;
}

function mockAtomics(): void {
  const { load, store: write } = Atomics;
  const raw = (words: object): Int32Array => rawOf.get(words) ?? (words as Int32Array);
  vi.spyOn(Atomics, "load").mockImplementation(((words: Int32Array, index: number) =>
    load(raw(words), index)) as never);
  vi.spyOn(Atomics, "store").mockImplementation(((words: Int32Array, index: number, value: number) => {
    store();
    return write(raw(words), index, value);
  }) as never);
}

interface Map {
  put(key: unknown, value: unknown): void;
  remove(key: unknown): void;
  clear(): void;
}

/** Entries over words whose thread may die. */
function mortalEntries(): { map: Map; entries: Entries } {
  const head = mortal(new Int32Array(new SharedArrayBuffer(4 * (STORE_WORDS + ENTRIES_WORDS))));
  const memory = new Store(head, 0, new SharedArrayBuffer(64 << 10));
  memory.words = mortal(memory.words);
  const entries = new Entries(head, STORE_WORDS, memory, (bytes) => {
    const block = memory.allocate(bytes);
    if (block === NO_BLOCK) throw new Error("full");
    return block;
  });
  const hashed = (key: unknown): HashedKey => hashedKey(key, "a key");
  const map: Map = {
    put: (key, value) => {
      const encoded = encodeValue(value, "value", "test");
      entries.put(hashed(key), { ...encoded, bytes: encoded.bytes.slice() });
    },
    remove: (key) => void entries.remove(hashed(key)),
    clear: () => entries.clear(),
  };
  return { map, entries };
}

/** What the entries hold, found by iteration, and again by search. */
function contentOf(entries: Entries): unknown {
  const all = entries.all();
  for (const { key, value } of all)
    expect(entries.valueOf(entries.find({ bytes: key, hash: hashOf(key) }))).toEqual(value);
  expect(entries.size).toBe(all.length);
  return all.map(({ key, value }) => [[...key], [...value.bytes]]);
}

function fill({ put, remove }: Map, count: number): void {
  for (let i = 0; i < count; i++) put(i, `value ${i}`);
  for (let i = 0; i < count; i += 3) remove(i);
}

const OPERATIONS: readonly { name: string; count: number; run: (map: Map) => void }[] = [
  { name: "the first put", count: 0, run: (map) => map.put("new", "value") },
  { name: "a put into a full index", count: 6, run: (map) => map.put("new", "value") },
  { name: "a put that finds a removed place", count: 4, run: (map) => map.put(0, "again") },
  { name: "a put of another value", count: 5, run: (map) => map.put(4, "other, and longer than before") },
  { name: "a remove", count: 5, run: (map) => map.remove(4) },
  { name: "a clear", count: 5, run: (map) => map.clear() },
];

describe("a thread that dies", () => {
  it.each(OPERATIONS)("at any store of $name leaves the entries as before or as after", ({ count, run }) => {
    mockAtomics();
    const fresh = (): ReturnType<typeof mortalEntries> => {
      const made = mortalEntries();
      fill(made.map, count);
      return made;
    };
    const one = fresh();
    const before = contentOf(one.entries);
    run(one.map);
    const after = contentOf(one.entries);
    const seen = new Set<string>();
    let stores = 0;
    for (let isDead = true; isDead; stores++) {
      const { map, entries } = fresh();
      left = stores;
      try {
        run(map);
        isDead = false;
      } catch (error) {
        if (!(error instanceof Death)) throw error;
      } finally {
        left = Infinity;
      }
      entries.repair();
      const content = contentOf(entries);
      expect([before, after]).toContainEqual(content);
      seen.add(JSON.stringify(content));
      // The next owner goes on.
      fill(map, 40);
      expect(entries.size).toBe((contentOf(entries) as unknown[]).length);
      map.clear();
      expect(contentOf(entries)).toEqual([]);
    }
    expect(stores).toBeGreaterThan(4);
    expect(seen.size).toBe(2); // both, so the deaths came before the commit and after it
  });
});
