/**
 * The heap of a priority queue after deaths. A thread dies before each of its stores in turn, in a put or
 * a get, and the thread that repairs the heap dies likewise. The explorer cannot walk heaps as large.
 */
import { newStoreMemory } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import { Heap } from "../src/heap.ts";
import { encodeItem, type Taken } from "../src/item.ts";
import { GETS, ITEMS_WORDS, PUTS } from "../src/items.ts";
import { keyOf } from "../src/key.ts";

watchdog();

const DEATH = new Error("this thread dies");

/** The shared memory of a heap. */
interface Shared {
  readonly words: Int32Array;
  readonly memory: SharedArrayBuffer;
}

function newShared(): Shared {
  return { words: new Int32Array(ITEMS_WORDS), memory: newStoreMemory(1 << 16) };
}

function copyOf({ words, memory }: Shared): Shared {
  const copy = { words: words.slice(), memory: newStoreMemory(1 << 16) };
  new Uint8Array(copy.memory).set(new Uint8Array(memory));
  return copy;
}

/** Lets `words` die before store number `stores`. */
function mortal(words: Int32Array, life: { stores: number }): Int32Array {
  return new Proxy(words, {
    get: (target, name) => Reflect.get(target, name, target) as unknown,
    set(target, name, value) {
      if (life.stores-- === 0) throw DEATH;
      return Reflect.set(target, name, value, target);
    },
  });
}

/** Runs `act` on the heap in a thread that dies before that store. Returns false if it lived. */
function diesAt({ words, memory }: Shared, stores: number, act: (heap: Heap) => void): boolean {
  const life = { stores };
  const heap = new Heap(mortal(words, life), 0, memory);
  const { store } = heap as unknown as { store: { words: Int32Array } };
  store.words = mortal(store.words, life);
  try {
    act(heap);
    return false;
  } catch (error) {
    if (error !== DEATH) throw error;
    return true;
  }
}

const item = (key: number): ReturnType<typeof encodeItem> => encodeItem(key, keyOf(key), new SharedArrayBuffer(0));

/** All items, in the order in which they come out. */
function drained({ words, memory }: Shared): number[] {
  const heap = new Heap(words, 0, memory);
  const items: number[] = [];
  while (heap.size > 0) items.push((heap.take(false) as Taken).integer);
  return items;
}

const sorted = (keys: readonly number[]): number[] => [...keys].sort((a, b) => a - b);

/** Keys in an order that depends on `seed` alone. */
function shuffled(count: number, seed: number): number[] {
  const keys = Array.from({ length: count }, (_, i) => 10 * i);
  for (let i = count - 1, random = seed + 1; i > 0; i--) {
    random = (random * 48271) % 2147483647;
    const j = random % (i + 1);
    [keys[i], keys[j]] = [keys[j]!, keys[i]!];
  }
  return keys;
}

/** Checks every death of `act`, and every death of the repair after it. Returns how many there were. */
function deathsOf(before: Shared, act: (heap: Heap) => void, check: (after: Shared) => void): number {
  let deaths = 0;
  for (let stores = 0; ; stores++) {
    const after = copyOf(before);
    if (!diesAt(after, stores, act)) return deaths;
    deaths++;
    for (let more = 0; ; more++) {
      const repaired = copyOf(after);
      if (!diesAt(repaired, more, (heap) => heap.repair())) break;
      deaths++;
      new Heap(repaired.words, 0, repaired.memory).repair();
      check(repaired);
    }
    new Heap(after.words, 0, after.memory).repair();
    check(after);
  }
}

describe.each([1, 2, 3, 4, 7, 8, 9, 12, 16, 17])("a heap of %i items whose owner dies at any store", (count) => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);

  it.each(["a get", "a put"] as const)("has after %s each item once, and in order", (what) => {
    let deaths = 0;
    const outcomes = new Set<number>();
    for (const seed of seeds) {
      const before = newShared();
      const keys = shuffled(count, seed);
      const heap = new Heap(before.words, 0, before.memory);
      for (const key of keys) heap.put(item(key));
      const added = 10 * ((seed * 7) % (count + 1)) - 5;
      const act = (mine: Heap): void => void (what === "a get" ? mine.take(false) : mine.put(item(added)));
      const with_ = what === "a get" ? sorted(keys) : sorted([...keys, added]);
      const without = what === "a get" ? with_.slice(1) : sorted(keys);
      deaths += deathsOf(before, act, (after) => {
        const size = (after.words[PUTS]! - after.words[GETS]!) | 0;
        const left = drained(after);
        expect(left).toHaveLength(size);
        expect([with_, without]).toContainEqual(left);
        outcomes.add(left.length);
      });
    }
    expect(outcomes.size).toBe(2); // some died before the item went, and some after
    expect(deaths).toBeGreaterThan(50);
  });
});
