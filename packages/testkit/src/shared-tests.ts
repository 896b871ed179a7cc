/** Conformance of all primitives: a view of some words, in memory of their own or of the user's, that travels. Ours. */
import { format, inspect } from "node:util";
import { pack, ThreadError, unpack } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { type Sharing, thrownBy, wordsOf } from "./primitive.js";
import { runScript } from "./script.js";

interface Place {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset?: number | undefined;
}

export interface SharedSpec<T extends Sharing> {
  /** The package, with which error messages begin. */
  readonly who: string;
  readonly Class: { readonly BYTES: number; readonly KIND: string; readonly name: string; from(place: Place): T };
  readonly make: (place?: Place) => T;
  /** Changes its state such that its text changes. */
  readonly change: (primitive: T) => unknown;
  /** Is zeroed memory one already, so that `from` needs no `new` before? */
  readonly zeroed: boolean;
  /** Source text: arguments without which its constructor throws. */
  readonly args?: string;
}

export function sharedTests<T extends Sharing>({ who, Class, make, change, zeroed, args = "" }: SharedSpec<T>): void {
  const { BYTES } = Class;
  const memory = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

  /** Text without the place. */
  const text = (primitive: T): string => String(primitive).replace(/ at 0x[0-9a-f]+/, "");

  const expectSame = (a: T, b: T): void => {
    expect(text(a)).toBe(text(b));
    change(a);
    expect(text(b)).toBe(text(a));
  };

  describe("placement", () => {
    it("BYTES is a whole number of words", () => {
      expect(BYTES % 4).toBe(0);
      expect(BYTES).toBeGreaterThan(0);
    });

    it("objects of their own memory are different, on cache lines of their own", () => {
      const [a, b] = [make(), make()];
      change(a);
      expect(text(a)).not.toBe(text(b));
      const [one, other] = [a.share(), b.share()];
      if (one.buffer === other.buffer) expect(Math.abs(one.byteOffset - other.byteOffset)).toBeGreaterThanOrEqual(64);
    });

    it("lives at an offset in the user's buffer, and touches nothing beside it", () => {
      const buffer = memory(3 * BYTES + 8);
      const byteOffset = BYTES + 4;
      const bytes = new Uint8Array(buffer).fill(0xff);
      bytes.fill(0, byteOffset, byteOffset + BYTES);
      const placed = make({ buffer, byteOffset });
      expect(placed.share()).toEqual({ kind: Class.KIND, buffer, byteOffset });
      change(placed);
      expect(bytes.subarray(0, byteOffset).every((byte) => byte === 0xff)).toBe(true);
      expect(bytes.subarray(byteOffset + BYTES).every((byte) => byte === 0xff)).toBe(true);
      expect(bytes.subarray(byteOffset, byteOffset + BYTES).some((byte) => byte !== 0)).toBe(true);
    });

    it("lives at the beginning unless told otherwise, and may fill the buffer", () => {
      const buffer = memory(BYTES);
      expectSame(make({ buffer }), make({ buffer, byteOffset: undefined }));
      expect(make({ buffer: memory(BYTES + 4), byteOffset: 4 }).share().byteOffset).toBe(4);
    });

    it("two objects over the same words are the same", () => {
      const place = { buffer: memory(BYTES + 64), byteOffset: 64 };
      expectSame(make(place), make(place));
    });

    it("lives in WebAssembly's shared memory, also while it grows", () => {
      const wasm = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
      const before = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 1024 });
      wasm.grow(1);
      const after = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 1024 });
      expectSame(before, after);
      const beyond = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 65536 });
      expect(beyond.share().byteOffset).toBe(65536);
    });

    it("lives in a growable buffer, also in what it grew by", () => {
      const buffer = new SharedArrayBuffer(BYTES, { maxByteLength: 4 * BYTES });
      const first = make({ buffer });
      buffer.grow(4 * BYTES);
      expectSame(make({ buffer, byteOffset: 3 * BYTES }), make({ buffer, byteOffset: 3 * BYTES }));
      expectSame(first, make({ buffer }));
    });

    it.each([1, 2, 3, 6, -4, 1.5, NaN, Infinity])("byteOffset %s is a RangeError that names it", (byteOffset) => {
      const error = thrownBy(() => make({ buffer: memory(1024), byteOffset }));
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toMatch(new RegExp(`^${who}: .*byteOffset.*${byteOffset}`));
      expect(() => Class.from({ buffer: memory(1024), byteOffset })).toThrow(error);
    });

    it.each(["8", null, {}, 8n])("byteOffset %o is a TypeError that names it", (byteOffset) => {
      const error = thrownBy(() => make({ buffer: memory(1024), byteOffset: byteOffset as never }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(new RegExp(`^${who}: .*byteOffset`));
    });

    it("a buffer that is too small is a RangeError that says what was needed", () => {
      for (const place of [
        { buffer: memory(BYTES - 4) },
        { buffer: memory(0) },
        { buffer: memory(BYTES), byteOffset: 4 },
        { buffer: memory(64), byteOffset: 4096 },
      ]) {
        const error = thrownBy(() => make(place));
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toMatch(new RegExp(`^${who}: ${BYTES} bytes .* do not fit`));
      }
    });

    it("memory that is not shared is a TypeError", () => {
      for (const buffer of [new ArrayBuffer(1024), new Uint8Array(1024), null, undefined, "buffer"]) {
        const error = thrownBy(() => make({ buffer: buffer as never }));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(new RegExp(`^${who}: buffer must be a SharedArrayBuffer, got `));
      }
    });

    it("a place that is none is a TypeError that names it", () => {
      for (const place of [null, 5, "place", true, {}, [], memory(1024)]) {
        const error = thrownBy(() => make(place as never));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(
          new RegExp(`^${who}: expected \\{ buffer, byteOffset \\} or nothing, got `),
        );
      }
    });
  });

  describe("share and from", () => {
    it("give the same one back", () => {
      const original = make();
      expectSame(original, Class.from(original.share()));
      expectSame(original, Class.from(structuredClone(original.share())));
    });

    it("work between plain workers, without any other help", () => {
      const original = make();
      change(original);
      const url = import.meta.resolve(`@x/${who}`);
      const [there] = bunch(
        1,
        async (url, name, handle, me) =>
          String(((await me.load(url)) as Record<string, typeof Class>)[name]!.from(handle)),
        [url, Class.name, original.share()],
      ).join();
      expect(there).toBe(String(original));
    });

    it("from takes a place as well, if one lives there", () => {
      const place = { buffer: memory(BYTES + 4), byteOffset: 4 };
      if (!zeroed) {
        expect(() => Class.from(place)).toThrow(ThreadError);
        make(place);
      }
      expectSame(Class.from(place), Class.from({ ...place }));
    });

    it("from refuses the handle of another kind, naming both", () => {
      const error = thrownBy(() => Class.from({ ...make().share(), kind: "@x/other Thing" } as never));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toBe(`${who}: from was handed a "@x/other Thing", not a "${Class.KIND}"`);
    });

    it("from refuses what is neither, naming it", () => {
      for (const place of [undefined, null, 5, "handle", {}, make()]) {
        const error = thrownBy(() => Class.from(place as never));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(
          new RegExp(`^${who}: from takes what share\\(\\) returned, or .*, got `),
        );
      }
    });
  });

  describe("pack and unpack", () => {
    it("bring it whole, at any depth, and once if it is there twice", () => {
      const original = make();
      const message = { deep: [new Map([["key", { original }]])], original };
      const copy = unpack<typeof message>(structuredClone(pack(message)));
      expect(copy.original === original).toBe(true); // toBe() would compare all that lives in the same slab
      expect(copy.deep[0]!.get("key")!.original).toBe(copy.original);
      expect(copy.original.constructor).toBe(Class);
      expectSame(original, copy.original);
    });

    it("bring many, in their order, and each once", () => {
      const list = Array.from({ length: 20 }, () => make());
      const message = { first: list[0]!, list, set: new Set([...list].reverse()), pairs: list.map((one) => ({ one })) };
      const copy = unpack<typeof message>(structuredClone(pack(message)));
      list.forEach((original, i) => expectSame(original, copy.list[i]!));
      expect(new Set(copy.list).size).toBe(list.length);
      expect(copy.first).toBe(copy.list[0]);
      expect([...copy.set]).toEqual([...copy.list].reverse());
      copy.pairs.forEach(({ one }, i) => expect(one).toBe(copy.list[i]));
    });

    it("bring many to a thread that has not loaded their package", () => {
      const list = Array.from({ length: 20 }, () => make());
      change(list[19]!);
      const texts = bunch(1, (there) => there.map(String), [list], { fresh: true }).join();
      expect(texts).toEqual([list.map(String)]);
    });

    it("bring it to a thread that has not loaded its package", () => {
      const original = make();
      change(original);
      expect(bunch(1, (there) => String(there), [original], { fresh: true }).join()).toEqual([String(original)]);
    });
  });

  describe("the text", () => {
    it("is what console.log prints, and tells where it lives", () => {
      const placed = make({ buffer: memory(BYTES + 64), byteOffset: 64 });
      expect(inspect(placed)).toBe(String(placed));
      expect(inspect({ deep: { placed } })).toContain(String(placed));
      expect(String(placed)).toContain(" at 0x0040");
    });
  });

  it("in JSON is its text: a log line that holds it stays short", () => {
    const one = make();
    expect(JSON.stringify({ one })).toBe(JSON.stringify({ one: String(one) }));
    expect(format("%j", { one })).toHaveLength(JSON.stringify({ one: String(one) }).length);
  });

  it("is refused by structuredClone and postMessage, with the cure", () => {
    const { port1 } = new MessageChannel();
    for (const clone of [structuredClone, (value: unknown) => port1.postMessage(value)]) {
      for (const value of [make(), { deep: [make()] }]) {
        const error = thrownBy(() => clone(value)) as DOMException;
        expect(error.name).toBe("DataCloneError");
        expect(error.message).toContain("a primitive itself: post what its share() returns");
      }
    }
    port1.close();
  });

  it("from refuses the object itself, with the cure", () => {
    expect(() => Class.from(make() as never)).toThrow("got a primitive itself; post its share()");
  });

  it("ESM and CommonJS copies in one process share one primitive", async () => {
    const code = `
      const esm = { ...await import("@x/core"), ...await import("@x/${who}") };
      const { createRequire } = await import("node:module");
      const require = createRequire(import.meta.url);
      const cjs = { ...require("@x/core"), ...require("@x/${who}") };
      if (esm.${Class.name} === cjs.${Class.name} || esm.pack === cjs.pack) throw new Error("only one copy was loaded");
      for (const [from, to] of [[esm, cjs], [cjs, esm]]) {
        const here = new from.${Class.name}(${args});
        const there = to.${Class.name}.from(here.share());
        const unpacked = to.unpack(structuredClone(from.pack({ here }))).here;
        (${String(change)})(here);
        console.log(String(there) === String(here), String(unpacked) === String(here));
        console.log(new from.ThreadError("") instanceof to.ThreadError, new Error("") instanceof to.ThreadError);
        console.log(to.getIdent() === from.getIdent());
      }`;
    const { status, stdout, stderr } = await runScript(code, { flags: ["--no-experimental-require-module"] });
    expect(stderr).toBe("");
    expect(stdout.split(/\s+/).filter(Boolean)).toEqual(
      [..."tttft", ..."tttft"].map((c) => (c === "t" ? "true" : "false")),
    );
    expect(status).toBe(0);
  });

  it("making many keeps memory small, and costs nothing after they are gone", () => {
    const buffers = new Set<unknown>();
    for (let i = 0; i < 1000; i++) buffers.add(make().share().buffer);
    expect(buffers.size).toBeLessThan(100);
    expect(wordsOf(make()).byteLength).toBe(BYTES);
  });
}
