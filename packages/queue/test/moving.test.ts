/**
 * Objects that move with an item, and deaths. A thread dies before each of its stores in turn, and before and after each
 * of its messages to the keeper, in a put or a get; then another thread repairs the items.
 */
import { newStoreMemory, parcelIn, setMemoryKeeper } from "@x/core/internal";
import { type Life, MortalKeeper, watchdog } from "@x/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { Heap } from "../src/heap.ts";
import { encodeItem, type Taken } from "../src/item.ts";
import { type Items, ITEMS_WORDS } from "../src/items.ts";
import { keyOf } from "../src/key.ts";
import { Ring, Stack } from "../src/ring.ts";

watchdog();

let keeper: MortalKeeper;
let memory: SharedArrayBuffer;
let words: Int32Array;

beforeEach(() => {
  setMemoryKeeper((keeper = new MortalKeeper()));
  memory = newStoreMemory(1 << 16);
  words = new Int32Array(ITEMS_WORDS);
});

/** Runs `act` in a thread with this life. Returns true if it died. */
function diesIn(
  Class: new (...args: ConstructorParameters<typeof Ring>) => Items,
  life: Life,
  act: (items: Items) => void,
): boolean {
  return keeper.diesIn(life, (mortal) => {
    const items = new Class(mortal(words), 0, memory);
    const { store } = items as unknown as { store: { words: Int32Array } };
    store.words = mortal(store.words);
    act(items);
  });
}

const put = (items: Items, key: number): Error | undefined =>
  items.put(encodeItem([key], keyOf(key), memory, [new ArrayBuffer(key)]));

/** The parcels of the items that are left, taken out one by one. */
function namedBy(items: Items): number[] {
  const named: number[] = [];
  while (items.size > 0) {
    const taken = items.take(false) as Taken;
    named.push(parcelIn(taken.bytes!)!);
    expect(taken.fetch!.asked!.answer(), "the parcel of an item is at the keeper").toHaveLength(1);
  }
  return named;
}

describe.each([
  ["Ring", Ring],
  ["Stack", Stack],
  ["Heap", Heap],
] as const)("the objects of items in a %s whose owner dies at any point", (_, Class) => {
  it.each([
    ["a put", 0],
    ["a put", 3],
    ["a get", 1],
    ["a get", 4],
  ] as const)("of %s beside %i items are with their item, or dropped", (what, count) => {
    let deaths = 0;
    for (let left = 0; ; left++) {
      words.fill(0);
      keeper.parcels.clear();
      memory = newStoreMemory(1 << 16);
      const healthy = new Class(words, 0, memory);
      for (let key = 1; key <= count; key++) expect(put(healthy, key)).toBe(undefined);
      const hasDied = diesIn(Class, { left }, (items) => {
        if (what === "a put") put(items, 2);
        else items.take(false);
      });
      if (!hasDied) break;
      deaths++;
      const next = new Class(words, 0, memory);
      next.repair();
      const kept = [...keeper.parcels];
      expect(namedBy(next).sort(), "no parcel stays without its item").toEqual(kept.sort());
    }
    expect(deaths).toBeGreaterThan(4);
  });

  it("are never lost or dropped twice if the repair dies, too", () => {
    for (let left = 0; ; left++) {
      let repairs = 0;
      for (; ; repairs++) {
        words.fill(0);
        keeper.parcels.clear();
        memory = newStoreMemory(1 << 16);
        const healthy = new Class(words, 0, memory);
        for (let key = 1; key <= 3; key++) put(healthy, key);
        if (!diesIn(Class, { left }, (items) => put(items, 2))) return;
        if (!diesIn(Class, { left: repairs }, (items) => items.repair())) break;
        const next = new Class(words, 0, memory);
        next.repair();
        expect(namedBy(next).length).toBeGreaterThanOrEqual(3);
      }
    }
  });
});
