/** Integers in the index of a ring: they take no block, beside items in blocks. */
import { newStoreMemory } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import { arrived, encodeItem, itemOf, type Taken } from "../src/item.ts";
import { ITEMS_WORDS } from "../src/items.ts";
import { Ring, Stack } from "../src/ring.ts";

watchdog();

/** From −2^30 to 2^30 − 1: 31 bits. */
const OF_31_BITS = [0, 1, -1, 2 ** 30 - 1, -(2 ** 30)];
const LARGER = [2 ** 30, -(2 ** 30) - 1, 2 ** 31 - 1, -(2 ** 31)];
const OTHERS = [-0, 0.5, NaN, 2 ** 31, "text", undefined, null, 7n];

interface Made {
  readonly items: Ring;
  readonly memory: SharedArrayBuffer;
}

function made(Class: typeof Ring): Made {
  const memory = newStoreMemory(1 << 20);
  return { items: new Class(new Int32Array(ITEMS_WORDS), 0, memory), memory };
}

function put({ items, memory }: Made, item: unknown): void {
  expect(items.put(encodeItem(item, undefined, memory))).toBe(undefined);
}

const take = ({ items, memory }: Made): unknown => itemOf(arrived(items.take(false) as Taken, memory));

/** How many bytes of the store have been taken. */
const used = ({ items }: Made): string => (items as unknown as { store: { usage: string } }).store.usage;

describe.each([
  ["Ring", Ring],
  ["Stack", Stack],
])("a %s", (_, Class) => {
  it.each([...OF_31_BITS, ...LARGER, ...OTHERS])("gives %s back as it was put", (item) => {
    const queue = made(Class);
    put(queue, item);
    expect(take(queue)).toBe(item);
    expect(queue.items.size).toBe(0);
  });

  it("gives integers and items in blocks back in their order", () => {
    const queue = made(Class);
    const all = [...OF_31_BITS, ...LARGER, ...OTHERS].flatMap((item, i) => [item, i]);
    for (const item of all) put(queue, item);
    const taken = all.map(() => take(queue));
    expect(taken).toEqual(Class === Ring ? all : all.reverse());
  });

  it("takes no memory for an integer of 31 bits", () => {
    const queue = made(Class);
    put(queue, 0); // makes the index
    const before = used(queue);
    for (const item of OF_31_BITS) put(queue, item);
    expect(used(queue)).toBe(before);
    put(queue, LARGER[0]);
    expect(used(queue)).not.toBe(before);
  });

  it("keeps its integers while its index grows", () => {
    const queue = made(Class);
    const many = Array.from({ length: 100 }, (_, n) => (n % 3 === 0 ? n - 50 : { n }));
    for (const item of [1, 2, 3]) put(queue, item);
    for (let i = 0; i < 3; i++) take(queue); // so a ring begins in the middle of its index
    for (const item of many) put(queue, item);
    const taken = many.map(() => take(queue));
    expect(taken).toEqual(Class === Ring ? many : many.reverse());
  });

  it("lets go of its items, and takes no integer for a block", () => {
    const queue = made(Class);
    // As the name of a block, each of them would lie far beyond the memory, or in another block.
    for (const item of [...OF_31_BITS, 8, 24, { text: "x" }, LARGER[0]]) put(queue, item);
    expect(() => queue.items.forgetAll()).not.toThrow();
    expect(queue.items.size).toBe(OF_31_BITS.length + 4);
  });
});
