import { adopt, allocate, type MemoryPlacement, Primitive } from "@x/core";
import { newSlab, wordsOf } from "@x/core/internal";
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
  it("returns zeroed shared words on cache lines of their own", () => {
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

  it("cuts many primitives from one buffer", () => {
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
    "returns a buffer of its own for %i bytes, which the smallest slab cannot hold",
    (bytes) => {
      const { words, at } = allocate(bytes);
      expect(at).toBe(0);
      expect(words.byteLength).toBeGreaterThanOrEqual(bytes);
    },
  );

  it("cuts words that would fill the smallest slab from a larger slab", () => {
    const all = Array.from({ length: 100 }, () => allocate(SLAB - LINE));
    expect(all.filter(({ at }) => at === 0)).toEqual([]);
    expect(new Set(all.map(({ words }) => words)).size).toBeLessThan(20);
  });

  it("makes each slab twice as large as the slab before, up to 128 KiB", () => {
    const buffers = new Set(Array.from({ length: 10_000 }, () => allocate(8).words.buffer));
    const sizes = [...buffers].map((buffer) => buffer.byteLength / 1024);
    expect(sizes.length).toBeLessThanOrEqual(10);
    expect(sizes[0]).toBeGreaterThanOrEqual(4);
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBe(Math.min(2 * sizes[i - 1]!, 128));
    expect(sizes.at(-1)).toBe(128);
  });

  it("never returns a word or an address twice, for any sizes", () => {
    const addresses = new Set<string>();
    const taken = new Map<unknown, Uint8Array>();
    let made = 0;
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 100, maxLength: 500 });
    const check = (words: number): void => {
      const latch = new Latch(undefined, words * 4);
      addresses.add(latch.label);
      expect(addresses.size).toBe(++made);
      const mine = wordsOf(latch).words.subarray(wordsOf(latch).at, wordsOf(latch).at + words);
      expect(mine).toHaveLength(words);
      expect(mine.every((word) => word === 0)).toBe(true);
      mine.fill(-1);
      let lines = taken.get(wordsOf(latch).words.buffer);
      if (lines === undefined)
        taken.set(wordsOf(latch).words.buffer, (lines = new Uint8Array(wordsOf(latch).words.byteLength / LINE)));
      for (let line = (wordsOf(latch).at * 4) / LINE; line < (wordsOf(latch).at + words) / 16; line++)
        expect(lines[line]!++).toBe(0);
    };
    fc.assert(
      fc.property(sizes, (all) => all.forEach(check)),
      { numRuns: 5 },
    );
  });
});

it("an address is the offset, after the number of the slab if there is one", () => {
  expect(String(new Latch({ buffer: new SharedArrayBuffer(128), byteOffset: 64 }))).toBe("Latch at 0x0040");
  const slab = newSlab(128);
  const there = new Latch({ buffer: slab.buffer as SharedArrayBuffer, byteOffset: 64 });
  expect(String(there)).toBe(`Latch at 0x${slab[1]!.toString(16)}00040`);
});

it("each slab has a number of its own, so that reports can tell their primitives apart", () => {
  const numbers = Array.from({ length: 10 }, () => newSlab(LINE)[1]);
  expect(new Set(numbers).size).toBe(10);
});

describe("adopt", () => {
  it("returns the view that allocate returned: tasks on a word are found by its view", () => {
    const { words, at } = allocate(8);
    const adopted = adopt({ buffer: words.buffer as SharedArrayBuffer, byteOffset: at * 4 }, 8, "test");
    expect([adopted.words === words, adopted.at]).toEqual([true, at]);
  });

  it("returns one view per buffer, and a longer view after the buffer has grown", () => {
    const buffer = new SharedArrayBuffer(64, { maxByteLength: 128 });
    const { words } = adopt({ buffer }, 8, "test");
    expect(adopt({ buffer, byteOffset: 16 }, 8, "test")).toEqual({ words, at: 4 });
    expect(adopt({ buffer, byteOffset: 16 }, 8, "test").words).toBe(words);
    buffer.grow(128);
    const grown = adopt({ buffer, byteOffset: 120 }, 8, "test");
    expect([grown.at, grown.words.length]).toEqual([30, 32]);
  });

  it("ignores trailing bytes of less than a word", () => {
    expect(adopt({ buffer: new SharedArrayBuffer(10) }, 8, "test").words).toHaveLength(2);
    expect(() => adopt({ buffer: new SharedArrayBuffer(10), byteOffset: 4 }, 8, "test")).toThrow(RangeError);
  });

  it("throws a RangeError for an empty buffer: it is too small", () => {
    expect(() => adopt({ buffer: new SharedArrayBuffer(0) }, 8, "test")).toThrow(RangeError);
  });

  it("throws a RangeError for a negative offset, and for an offset between words", () => {
    const buffer = new SharedArrayBuffer(64);
    for (const byteOffset of [-4, -64, 2, 0.5, NaN, Infinity]) {
      expect(() => adopt({ buffer, byteOffset }, 8, "test")).toThrow(RangeError);
    }
    expect(adopt({ buffer, byteOffset: 56 }, 8, "test").at).toBe(14);
    expect(() => adopt({ buffer, byteOffset: 60 }, 8, "test")).toThrow(RangeError);
  });

  it("accepts shared memory of another realm", () => {
    const { runInNewContext } = process.getBuiltinModule("node:vm");
    const buffer = runInNewContext("new SharedArrayBuffer(64)") as SharedArrayBuffer;
    expect(adopt({ buffer }, 8, "test").at).toBe(0);
  });
});
