import { adopt, allocate, newSlab, type MemoryPlacement, Primitive } from "@x/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const LINE = 64;
const SLAB = 4096;

class Latch extends Primitive {
  static readonly KIND = "test Latch";
  constructor(place?: MemoryPlacement, BYTES = 8) {
    super({ KIND: Latch.KIND, BYTES }, place);
  }
  toString(): string {
    return this.label;
  }
}

describe("allocate", () => {
  it("gives zeroed shared words on a cache line of their own", () => {
    const seen = new Map<unknown, Set<number>>();
    for (let i = 0; i < 200; i++) {
      const bytes = 4 + 4 * (i % 40);
      const { words, at } = allocate(bytes);
      expect(words.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect((at * 4) % LINE).toBe(0);
      expect(at * 4 + bytes).toBeLessThanOrEqual(words.byteLength);
      const lines = seen.get(words.buffer) ?? new Set();
      seen.set(words.buffer, lines);
      for (let line = at * 4; line < at * 4 + bytes; line += LINE) {
        expect(lines.has(line)).toBe(false);
        lines.add(line);
      }
      const mine = words.subarray(at, at + bytes / 4);
      expect(mine.every((word) => word === 0)).toBe(true);
      mine.fill(-1);
    }
  });

  it("cuts many from one buffer", () => {
    const buffers = new Set(Array.from({ length: 64 }, () => allocate(8).words.buffer));
    expect(buffers.size).toBeLessThanOrEqual(2);
  });

  it("uses a slab from its second line to its last", () => {
    const used = new Map<Int32Array, number[]>();
    while (used.size < 3) {
      const { words, at } = allocate(LINE);
      used.set(words, [...(used.get(words) ?? []), at * 4]);
    }
    const [slab, lines] = [...used][1]!;
    expect(lines).toEqual(Array.from({ length: slab.byteLength / LINE - 1 }, (_, i) => (i + 1) * LINE));
  });

  it.each([SLAB - LINE + 1, SLAB, SLAB + 1])(
    "gives %i bytes, more than the smallest slab holds, a buffer of their own",
    (bytes) => {
      const { words, at } = allocate(bytes);
      expect(at).toBe(0);
      expect(words.byteLength).toBeGreaterThanOrEqual(bytes);
    },
  );

  it("cuts from a slab that has room also what would just fill the smallest", () => {
    const all = Array.from({ length: 100 }, () => allocate(SLAB - LINE));
    expect(all.filter(({ at }) => at === 0)).toEqual([]);
    expect(new Set(all.map(({ words }) => words)).size).toBeLessThan(20);
  });

  it("cuts each slab twice as large as the one before, up to 128 KiB", () => {
    const buffers = new Set(Array.from({ length: 10_000 }, () => allocate(8).words.buffer));
    const sizes = [...buffers].map((buffer) => buffer.byteLength / 1024);
    expect(sizes.length).toBeLessThanOrEqual(10);
    expect(sizes[0]).toBeGreaterThanOrEqual(4);
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBe(Math.min(2 * sizes[i - 1]!, 128));
    expect(sizes.at(-1)).toBe(128);
  });

  it("never gives a word to two, nor one address, whatever their sizes", () => {
    const addresses = new Set<string>();
    const taken = new Map<unknown, Uint8Array>();
    let made = 0;
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 100, maxLength: 500 });
    const check = (words: number): void => {
      const latch = new Latch(undefined, words * 4);
      addresses.add(latch.label);
      expect(addresses.size).toBe(++made);
      const mine = latch.words.subarray(latch.at, latch.at + words);
      expect(mine).toHaveLength(words);
      expect(mine.every((word) => word === 0)).toBe(true);
      mine.fill(-1);
      let lines = taken.get(latch.words.buffer);
      if (lines === undefined) taken.set(latch.words.buffer, (lines = new Uint8Array(latch.words.byteLength / LINE)));
      for (let line = (latch.at * 4) / LINE; line < (latch.at + words) / 16; line++) expect(lines[line]!++).toBe(0);
    };
    fc.assert(
      fc.property(sizes, (all) => all.forEach(check)),
      { numRuns: 5 },
    );
  });
});

it("an address is the offset, behind the number of the slab if it is in one", () => {
  expect(String(new Latch({ buffer: new SharedArrayBuffer(128), byteOffset: 64 }))).toBe("Latch at 0x0040");
  const slab = newSlab(128);
  const there = new Latch({ buffer: slab.buffer as SharedArrayBuffer, byteOffset: 64 });
  expect(String(there)).toBe(`Latch at 0x${slab[1]!.toString(16)}00040`);
});

it("slabs have numbers of their own, by which reports tell apart what lives in them", () => {
  const numbers = Array.from({ length: 10 }, () => newSlab(LINE)[1]);
  expect(new Set(numbers).size).toBe(10);
});

describe("adopt", () => {
  it("gives the view that was allocated: who awaits a word is found by the view of it", () => {
    const { words, at } = allocate(8);
    const adopted = adopt({ buffer: words.buffer as SharedArrayBuffer, byteOffset: at * 4 }, 8, "test");
    expect([adopted.words === words, adopted.at]).toEqual([true, at]);
  });

  it("gives the same view for one buffer, and a longer one when it has grown", () => {
    const buffer = new SharedArrayBuffer(64, { maxByteLength: 128 });
    const { words } = adopt({ buffer }, 8, "test");
    expect(adopt({ buffer, byteOffset: 16 }, 8, "test")).toEqual({ words, at: 4 });
    expect(adopt({ buffer, byteOffset: 16 }, 8, "test").words).toBe(words);
    buffer.grow(128);
    const grown = adopt({ buffer, byteOffset: 120 }, 8, "test");
    expect([grown.at, grown.words.length]).toEqual([30, 32]);
  });

  it("does not mind bytes at the end that make no word", () => {
    expect(adopt({ buffer: new SharedArrayBuffer(10) }, 8, "test").words).toHaveLength(2);
    expect(() => adopt({ buffer: new SharedArrayBuffer(10), byteOffset: 4 }, 8, "test")).toThrow(RangeError);
  });

  it("says of a buffer without a byte that it is too small, not that it is none", () => {
    expect(() => adopt({ buffer: new SharedArrayBuffer(0) }, 8, "test")).toThrow(RangeError);
  });

  it("refuses an offset below 0, and one between words", () => {
    const buffer = new SharedArrayBuffer(64);
    for (const byteOffset of [-4, -64, 2, 0.5, NaN, Infinity]) {
      expect(() => adopt({ buffer, byteOffset }, 8, "test")).toThrow(RangeError);
    }
    expect(adopt({ buffer, byteOffset: 56 }, 8, "test").at).toBe(14);
    expect(() => adopt({ buffer, byteOffset: 60 }, 8, "test")).toThrow(RangeError);
  });

  it("takes shared memory of another realm", () => {
    const { runInNewContext } = process.getBuiltinModule("node:vm");
    const buffer = runInNewContext("new SharedArrayBuffer(64)") as SharedArrayBuffer;
    expect(adopt({ buffer }, 8, "test").at).toBe(0);
  });
});
