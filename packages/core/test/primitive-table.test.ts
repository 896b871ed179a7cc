/** Many primitives in one message arrive like primitives sent alone, in less memory. */
import { wordsOf } from "@x/core/internal";
import {
  expose,
  type PrimitiveHandle,
  placementOf,
  PACK,
  pack,
  type Packed,
  packedAs,
  type MemoryPlacement,
  registerKind,
  registerPrimitive,
  Primitive,
  ThreadError,
  unpack,
} from "@x/core";
import { watchdog } from "@x/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

watchdog();

class Latch extends Primitive {
  static readonly KIND: string = "test Latch";
  static readonly BYTES = 4;
  static from(place: PrimitiveHandle | MemoryPlacement): Latch {
    return new Latch(placementOf(place, Latch));
  }
  constructor(place?: MemoryPlacement) {
    super(Latch, place);
  }
  get value(): number {
    return this.words[this.at]!;
  }
  toString(): string {
    return this.label;
  }
}
registerPrimitive(Latch, import.meta.url);

class Gate extends Latch {
  static override readonly KIND: string = "test Gate";
  static override from(place: PrimitiveHandle | MemoryPlacement): Gate {
    return new Gate(placementOf(place, Gate));
  }
}
registerPrimitive(Gate, import.meta.url);

/** A subclass of a registered class: its objects travel as exposed objects, among primitives of the table. */
class OwnLatch extends Latch {
  extra = 1;
}
expose({ OwnLatch });

/** A primitive with a field beside its words. */
class Named extends Latch {
  static override readonly KIND = "test Named";
  name = "";
  override share(): PrimitiveHandle & { name: string } {
    return { ...super.share(), name: this.name };
  }
  override [PACK](): Packed {
    return packedAs(Named.KIND, this.share());
  }
}
registerKind("test Named", import.meta.url, (handle: PrimitiveHandle & { name: string }) =>
  Object.assign(new Named(handle), { name: handle.name }),
);

/** Sends a value by structured clone, and returns the copy. */
function sent<T>(value: T): T {
  return unpack<T>(structuredClone(pack(value)));
}

const latches = (length: number): Latch[] => Array.from({ length }, () => new Latch());

let counter = 0;
function numbered<T extends Latch>(latch: T): T {
  wordsOf(latch).words[wordsOf(latch).at] = ++counter;
  return latch;
}

/** Primitives of all kinds. Two of them are views of the same words. */
function pool(): Latch[] {
  const small = new SharedArrayBuffer(40);
  const huge = new SharedArrayBuffer(2 ** 21);
  const own = [0, 4, 8, 36].map((byteOffset) => new Latch({ buffer: small, byteOffset }));
  const far = [0, 64, 2 ** 21 - 4].map((byteOffset) => new Gate({ buffer: huge, byteOffset }));
  const named = Object.assign(new Named(), { name: "Ada" });
  const all = [...latches(12), new Gate(), new Gate(), new OwnLatch(), ...own, ...far, named].map(numbered);
  return [...all, new Latch(all[3]!.share()), Gate.from(far[1]!.share())];
}

describe("a message with many primitives", () => {
  it("arrives with all kinds, orders and identities", () => {
    const all = pool();
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.nat(all.length - 1).map((i) => all[i]),
        fc.constantFrom(0, "text", undefined, null),
        fc.array(
          fc.nat(all.length - 1).map((i) => all[i]),
          { maxLength: 30 },
        ),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), tie("tree"), { maxKeys: 4 }),
        fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 4 }).map((entries) => new Map(entries)),
        fc.array(tie("tree"), { maxLength: 4 }).map((items) => new Set(items)),
      ),
    }));
    let primitives = 0;
    fc.assert(
      fc.property(tree, (message) => {
        const there = new Map<object, object>();
        const back = new Map<object, object>();
        compare(message, sent(message));

        function compare(here: unknown, arrived: unknown): void {
          if (typeof here !== "object" || here === null) return expect(arrived).toBe(here);
          const known = there.get(here);
          if (known !== undefined) return expect(arrived).toBe(known);
          expect(typeof arrived).toBe("object");
          there.set(here, arrived as object);
          expect(back.has(arrived as object)).toBe(false);
          back.set(arrived as object, here);
          if (here instanceof Latch) {
            primitives++;
            expect((arrived as Latch).constructor).toBe(here.constructor);
            expect((arrived as Latch).value).toBe(here.value);
            if (here instanceof Named) expect((arrived as Named).name).toBe("Ada");
            if (here instanceof OwnLatch) expect((arrived as OwnLatch).extra).toBe(1);
          } else if (here instanceof Map) {
            compare([...(here as Map<unknown, unknown>)].flat(), [...(arrived as Map<unknown, unknown>)].flat());
          } else if (here instanceof Set) {
            compare([...(here as Set<unknown>)], [...(arrived as Set<unknown>)]);
          } else {
            expect(Array.isArray(arrived)).toBe(Array.isArray(here));
            compare(Object.keys(here).join(), Object.keys(arrived as object).join());
            Object.values(here).forEach((field, i) => compare(field, Object.values(arrived as object)[i]));
          }
        }
      }),
      { numRuns: 100 },
    );
    expect(primitives).toBeGreaterThan(100);
  });

  it("has the same words on both sides", () => {
    const list = latches(100);
    const arrived = sent(list);
    list.forEach((latch, i) => Atomics.store(wordsOf(latch).words, wordsOf(latch).at, i + 1));
    expect(arrived.map(({ value }) => value)).toEqual(list.map((_, i) => i + 1));
  });

  it("contains one table for primitives of one kind", () => {
    const list = latches(10_000);
    const envelope = pack({ list, again: [...list].reverse() });
    expect(envelope.parts).toHaveLength(3);
    expect(envelope.parts.map(({ data }) => (data as Int32Array).length)).toEqual([20_000, 10_000, 10_000]);
    const arrived = unpack<{ list: Latch[]; again: Latch[] }>(structuredClone(envelope));
    expect(new Set(arrived.list).size).toBe(list.length);
    expect(arrived.again.reverse().every((latch, i) => latch === arrived.list[i])).toBe(true);
  });

  it("contains no table for up to 8 primitives", () => {
    const list = latches(8);
    expect(pack(list).parts.map(({ kind }) => kind)).toEqual(Array(8).fill("test Latch"));
    const fields = Object.fromEntries([...list, new Latch()].map((latch, i) => [`field${i}`, latch]));
    expect(pack(fields).parts.map(({ kind }) => kind)).not.toContain("test Latch");
    const { parts } = pack([...list, new Latch()]);
    expect(parts.map(({ kind }) => kind)).not.toContain("test Latch");
    expect(parts.filter(({ moduleUrl }) => moduleUrl !== undefined)).toEqual([]); // the table has each module a single time
    const mixed = pack({ few: list.slice(0, 3), many: latches(10), one: list[0] });
    expect(mixed.parts.filter(({ moduleUrl }) => moduleUrl !== undefined)).toEqual([]);
  });

  it("contains primitives that were packed before the table began", () => {
    const list = latches(20);
    const arrived = sent({ before: list.slice(0, 5), list, after: list.slice(10) });
    expect(arrived.before).toEqual(arrived.list.slice(0, 5));
    arrived.before.forEach((latch, i) => expect(latch).toBe(arrived.list[i]));
    arrived.after.forEach((latch, i) => expect(latch).toBe(arrived.list[10 + i]));
  });

  it("contains a list once, even if it is there twice", () => {
    const list = latches(20);
    const arrived = sent({ list, again: list, map: new Map([[list, list]]) });
    expect(arrived.again).toBe(arrived.list);
    expect(arrived.map.get(arrived.list)).toBe(arrived.list);
  });

  it("may have other values and holes at any place of a list", () => {
    for (const at of [0, 1, 10, 19]) {
      const list: unknown[] = latches(20);
      for (const other of [{ x: 1 }, [1], null, undefined, "text", 5]) {
        list[at] = other;
        expect(sent(list)[at]).toEqual(other);
      }
      delete list[at]; // eslint-disable-line @typescript-eslint/no-array-delete
      const arrived = sent(list);
      expect(arrived.map((item) => item instanceof Latch)).toEqual(list.map(() => true));
      expect([arrived.length, at in arrived]).toEqual([20, false]);
    }
  });

  it("arrives on an error with another field that cannot travel", () => {
    const list = latches(20);
    const error = Object.assign(new Error("x"), { bad: [...list, () => 1], list, one: list[7], few: list.slice(0, 2) });
    const arrived = sent({ few: list.slice(0, 3), error });
    expect(arrived.error.bad).toBeTypeOf("string");
    expect(arrived.error.list.map(wordsOf).map(({ words, at }) => [words.length, at])).toEqual(
      list.map(wordsOf).map(({ words, at }) => [words.length, at]),
    );
    expect(arrived.error.one).toBe(arrived.error.list[7]);
    expect(arrived.error.few[1]).toBe(arrived.error.list[1]);
    expect(arrived.few[2]).toBe(arrived.error.list[2]);
  });

  it("is refused if a kind is unknown here; the error names the module to import", () => {
    const { value, parts } = structuredClone(pack(latches(20)));
    const hold = parts[0]!.inner!.parts[0] as { kind: string; moduleUrl: string };
    expect(hold.moduleUrl).toBe(import.meta.url);
    hold.kind = "nobody Thing";
    expect(() => unpack({ value, parts })).toThrow(ThreadError);
    expect(() => unpack({ value, parts })).toThrow(
      `nobody Thing is not known in this thread; import ${hold.moduleUrl} here`,
    );
  });
});
