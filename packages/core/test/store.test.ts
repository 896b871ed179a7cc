import { newStoreMemory, NO_BLOCK, Store, STORE_BYTES_MAX, STORE_WORDS } from "@x/core/internal";
import { thrownBy, watchdog } from "@x/testkit";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();

const MiB = 1 << 20;

/** A new store, and a way to view it as another thread does. */
function newStore(maxBytes = MiB) {
  const head = new Int32Array(STORE_WORDS + 5);
  const memory = newStoreMemory(maxBytes);
  return { head, memory, store: new Store(head, 5, memory), another: () => new Store(head, 5, memory) };
}

const sizeOf = (bytes: number): number => (bytes <= 16 ? 16 : 2 ** Math.ceil(Math.log2(bytes)));

/** Fills a block with a byte, and checks it. */
const fill = (store: Store, block: number, bytes: number, byte: number): void =>
  store.write(block, new Uint8Array(bytes).fill(byte));
function expectFilled(store: Store, block: number, bytes: number, byte: number): void {
  const found = new Uint8Array(bytes);
  store.read(block, found);
  expect(found.every((one) => one === byte)).toBe(true);
}

describe("Store", () => {
  it("allocates blocks of 16 bytes and more, at multiples of 16", () => {
    const { store } = newStore();
    const blocks = [1, 16, 17, 32, 33, 1000, 5].map((bytes) => store.allocate(bytes));
    expect(blocks).toEqual([16, 32, 48, 80, 112, 176, 1200]);
  });

  it("copies any number of bytes to and from any place", () => {
    const { store } = newStore();
    const block = store.allocate(500_000);
    for (const length of [1, 48, 49, 1023, 1025, 65_536, 65_537, 200_001]) {
      for (const shift of [0, 1, 4, 7, 8]) {
        const from = Uint8Array.from({ length: length + shift }, (_, i) => (i * 31 + length) & 255).subarray(shift);
        const into = new Uint8Array(length + 3).subarray(3);
        store.write(block + 12, new Uint8Array(length + 8).fill(9));
        store.write(block + 16 - shift, from);
        store.read(block + 16 - shift, into);
        expect(Buffer.compare(from, into), `${length} bytes, ${shift}`).toBe(0);
        expect([store.bytes[block + 15 - shift], store.bytes[block + 16 - shift + length]]).not.toContain(undefined);
      }
    }
  });

  it("copies the same bytes by way of words, and nothing beside them", () => {
    const { store } = newStore();
    const block = store.allocate(2000);
    for (const length of [0, 1, 3, 4, 5, 55, 255, 256, 257, 1025]) {
      for (const shift of [0, 1, 2, 4]) {
        const words = new Int32Array(512);
        const plain = new Uint8Array(words.buffer).map((_, i) => (i * 31 + length) & 255);
        new Uint8Array(words.buffer).set(plain);
        const bytes = new Uint8Array(words.buffer, 0, length);
        store.write(block, new Uint8Array(1800).fill(9));
        store.write(block + 4 + shift, bytes, words);
        const stored = store.bytes.slice(block, block + 1800);
        const expected = new Uint8Array(1800).fill(9);
        expected.set(bytes, 4 + shift);
        expect(stored, `${length} bytes, ${shift}`).toEqual(expected);
        words.fill(-1);
        store.read(block + 4 + shift, bytes, words);
        expect(bytes).toEqual(plain.subarray(0, length));
        expect(new Uint8Array(words.buffer)[length], "the byte behind").toBe(255);
      }
    }
  });

  it("allocates a freed block again, for any size of its class", () => {
    const { store } = newStore();
    const [first, second] = [store.allocate(100), store.allocate(128)];
    store.free(first, 100);
    store.free(second, 128);
    expect([store.allocate(65), store.allocate(127)]).toEqual([second, first]);
    expect(store.allocate(64)).toBeGreaterThan(second);
  });

  it("keeps each block's bytes, for any order of allocations and frees, in memory that grows", () => {
    const command = fc.record({ isFree: fc.boolean(), bytes: fc.integer({ min: 1, max: 5000 }), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
        const { store } = newStore(16 * MiB);
        const live: { block: number; bytes: number; byte: number }[] = [];
        commands.forEach(({ isFree, bytes, which }, i) => {
          if (isFree && live.length > 0) {
            const [gone] = live.splice(which % live.length, 1);
            expectFilled(store, gone!.block, gone!.bytes, gone!.byte);
            store.free(gone!.block, gone!.bytes);
          } else {
            const block = store.allocate(bytes);
            for (const other of live)
              expect(block >= other.block + sizeOf(other.bytes) || block + sizeOf(bytes) <= other.block).toBe(true);
            fill(store, block, bytes, i % 256);
            live.push({ block, bytes, byte: i % 256 });
          }
        });
        for (const { block, bytes, byte } of live) expectFilled(store, block, bytes, byte);
      }),
      { numRuns: 100 },
    );
  });

  it("grows by doubling, up to its maximum, and then has no block", () => {
    const { store, memory } = newStore(300_000);
    const lengths = new Set<number>();
    let last = NO_BLOCK;
    for (let block; (block = store.allocate(4096)) !== NO_BLOCK; last = block) lengths.add(memory.byteLength);
    expect([...lengths]).toEqual([65_536, 131_072, 262_144, 300_000]);
    expect(last + 4096).toBeLessThanOrEqual(300_000);
    store.free(last, 4096);
    expect(store.allocate(4096)).toBe(last);
    expect(store.allocate(16)).not.toBe(NO_BLOCK); // a smaller block still fits
  });

  it("has no block that is larger than its memory may be", () => {
    const { store, memory } = newStore();
    for (const bytes of [MiB, MiB + 1, STORE_BYTES_MAX, STORE_BYTES_MAX + 1, 2 ** 40, Infinity])
      expect(store.allocate(bytes)).toBe(NO_BLOCK);
    expect(memory.byteLength).toBe(65_536);
  });

  it("shows the blocks of another thread after refresh, also across the old end", () => {
    const { store, another } = newStore();
    const other = another();
    let block = NO_BLOCK;
    while (block + 1024 <= 65_536) block = store.allocate(1000);
    expect(block).toBeLessThan(65_536); // it lies on both sides of the old end
    fill(store, block, 1000, 7);
    expect(other.bytes.length).toBe(65_536);
    other.refresh();
    expectFilled(other, block, 1000, 7);
    other.free(block, 1000);
    expect(store.allocate(1000)).toBe(block);
  });

  it("copies few bytes and many", () => {
    const { store } = newStore();
    for (const bytes of [0, 1, 47, 48, 49, 5000]) {
      const block = store.allocate(bytes);
      const from = Uint8Array.from({ length: bytes }, (_, i) => i * 7);
      store.write(block, from);
      const into = new Uint8Array(bytes);
      store.read(block, into);
      expect(into).toEqual(from);
    }
  });

  it("goes on after a thread dies between the growth and the write of BYTES", () => {
    const { memory, another } = newStore();
    memory.grow(131_072);
    const store = another();
    for (let i = 0; i < 20; i++) fill(store, store.allocate(5000), 5000, i);
    expect(memory.byteLength).toBeGreaterThan(131_072);
  });

  it("tells how much of its memory is in use, and why the system refuses more", () => {
    const { store, memory } = newStore();
    const { byteLength } = memory;
    while (store.allocate(1000) + 2048 <= byteLength); // no other fits into it
    const grow = vi.spyOn(memory, "grow").mockImplementation(() => {
      throw new RangeError("no pages");
    });
    expect(store.allocate(5000)).toBe(NO_BLOCK);
    expect(store.usage).toMatch(/^\d{5} of 1048576 bytes are in use; the system refuses more: no pages$/);
    grow.mockRestore();
    expect(store.allocate(5000)).not.toBe(NO_BLOCK);
  });

  it("needs memory for a block", () => {
    expect(thrownBy(() => new Store(new Int32Array(STORE_WORDS), 0, new SharedArrayBuffer(8)))).toHaveProperty(
      "message",
      "core: a store needs a memory of 16 bytes or more",
    );
  });
});

describe("Store, after a thread has died in the middle of a growth", () => {
  it("keeps the blocks of new threads whole in the views of older threads", () => {
    const { memory, store: older, another } = newStore();
    memory.grow(2 * memory.byteLength); // the last that the dead thread did
    const newer = another();
    const blocks = Array.from({ length: 80 }, () => newer.allocate(1024));
    blocks.forEach((block, i) => fill(newer, block, 1024, i));
    older.refresh();
    blocks.forEach((block, i) => expectFilled(older, block, 1024, i));
    for (const block of blocks) older.free(block, 1024);
    newer.refresh();
    expect(new Set(blocks.map(() => newer.allocate(1024)))).toEqual(new Set(blocks));
  });
});

describe("newStoreMemory", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("throws a ThreadError where shared memory cannot grow", () => {
    class Fixed {}
    vi.stubGlobal("SharedArrayBuffer", Fixed);
    expect(thrownBy(() => newStoreMemory(MiB))).toHaveProperty(
      "message",
      "core: shared memory cannot grow here; use a runtime from 2023 or later",
    );
  });

  it("takes the maximum if that is less than 64 KiB", () => {
    expect(newStoreMemory(1000)).toMatchObject({ byteLength: 1000, maxByteLength: 1000 });
  });
});

/** Thrown instead of a store to memory: the thread dies there. */
const DEATH = new Error("dies here");

/** A view in which the stores after the next `left.stores` throw. */
function mortal(view: Int32Array, left: { stores: number }): Int32Array {
  return new Proxy(view, {
    get: (target, key) => Reflect.get(target, key, target) as unknown,
    set(target, key, value) {
      if (left.stores-- === 0) throw DEATH;
      return Reflect.set(target, key, value, target);
    },
  });
}

describe("a Store whose thread dies", () => {
  /** All blocks of 32 bytes that a store can still give. */
  function restOf(store: Store): number[] {
    const blocks: number[] = [];
    for (let block; (block = store.allocate(32)) !== NO_BLOCK;) blocks.push(block);
    return blocks;
  }

  it.each([
    ["allocate, from the free blocks", 0],
    ["allocate, at the end", 1],
    ["free", 2],
  ])("in %s loses at most one block, at any store", (_, which) => {
    let died = 0;
    for (let stores = 0; ; stores++) {
      const { head, memory, store, another } = newStore(4096);
      const live = [1, 2, 3, 4].map(() => store.allocate(32));
      if (which !== 1) for (const block of live.splice(1, 2)) store.free(block, 32);
      const left = { stores };
      const dies = new Store(mortal(head, left), 5, memory);
      dies.words = mortal(dies.words, left);
      let isDead = false;
      try {
        if (which === 2) dies.free(live.pop()!, 32);
        else dies.allocate(32);
      } catch (error) {
        expect(error).toBe(DEATH);
        isDead = true;
        died++;
      }
      const rest = restOf(another());
      expect(new Set([...rest, ...live]).size).toBe(rest.length + live.length); // no block twice
      const all = (4096 - 16) / 32;
      expect(rest.length + live.length).toBeGreaterThanOrEqual(Math.floor(all) - 1);
      if (!isDead) break;
    }
    expect(died).toBeGreaterThan(0);
  });
});
