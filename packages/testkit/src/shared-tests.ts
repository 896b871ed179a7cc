/**
 * Conformance suite of all primitives, ours: a view of words, in new memory or in memory of the
 * user's, that travels.
 */
import { format, inspect } from "node:util";
import { pack, ThreadError, unpack } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { type Sharing, thrownBy, viewOf } from "./primitive.js";
import { runScript } from "./script.js";

interface Place {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset?: number | undefined;
}

export interface SharedSpec<T extends Sharing> {
  /** The package: the first word of each error message. */
  readonly who: string;
  readonly Class: { readonly BYTES: number; readonly KIND: string; readonly name: string; from(place: Place): T };
  readonly make: (place?: Place) => T;
  /** Changes the state and thereby the text. */
  readonly change: (primitive: T) => unknown;
  /** Is zeroed memory a primitive, so that `from` works without `new`? */
  readonly zeroed: boolean;
  /** Source text: the required arguments of the constructor. */
  readonly args?: string;
  /** False for a primitive that cannot be placed in the user's memory. */
  readonly isPlaced?: boolean;
}

export function sharedTests<T extends Sharing>({
  who,
  Class,
  make,
  change,
  zeroed,
  args = "",
  isPlaced = true,
}: SharedSpec<T>): void {
  const { BYTES } = Class;
  const memory = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

  /** The export of the class: a bundler may rename the class itself. */
  const exportOf = ({ KIND }: { readonly KIND: string }): string => KIND.split(" ")[1]!;

  /** The text without the place. */
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

    it("two primitives in new memory lie on different cache lines", () => {
      const [a, b] = [make(), make()];
      change(a);
      expect(text(a)).not.toBe(text(b));
      const [one, other] = [a.share(), b.share()];
      if (one.buffer === other.buffer) expect(Math.abs(one.byteOffset - other.byteOffset)).toBeGreaterThanOrEqual(64);
    });

    if (!isPlaced) return;

    it("at an offset in the user's buffer leaves the words around it alone", () => {
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

    it("is the beginning of the buffer by default, and may fill the buffer", () => {
      const buffer = memory(BYTES);
      expectSame(make({ buffer }), make({ buffer, byteOffset: undefined }));
      expect(make({ buffer: memory(BYTES + 4), byteOffset: 4 }).share().byteOffset).toBe(4);
    });

    it("of two objects over the same words gives one primitive", () => {
      const place = { buffer: memory(BYTES + 64), byteOffset: 64 };
      expectSame(make(place), make(place));
    });

    it("may be WebAssembly's shared memory, also while it grows", () => {
      const wasm = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
      const before = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 1024 });
      wasm.grow(1);
      const after = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 1024 });
      expectSame(before, after);
      const beyond = make({ buffer: wasm.buffer as unknown as SharedArrayBuffer, byteOffset: 65536 });
      expect(beyond.share().byteOffset).toBe(65536);
    });

    it("may be a growable buffer, also its new part", () => {
      const buffer = new SharedArrayBuffer(BYTES, { maxByteLength: 4 * BYTES });
      const first = make({ buffer });
      buffer.grow(4 * BYTES);
      expectSame(make({ buffer, byteOffset: 3 * BYTES }), make({ buffer, byteOffset: 3 * BYTES }));
      expectSame(first, make({ buffer }));
    });

    it.each([1, 2, 3, 6, -4, 1.5, NaN, Infinity])(
      "with byteOffset %s throws a RangeError that names it",
      (byteOffset) => {
        const error = thrownBy(() => make({ buffer: memory(1024), byteOffset }));
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toMatch(new RegExp(`^${who}: .*byteOffset.*${byteOffset}`));
        expect(() => Class.from({ buffer: memory(1024), byteOffset })).toThrow(error);
      },
    );

    it.each(["8", null, {}, 8n])("with byteOffset %o throws a TypeError that names it", (byteOffset) => {
      const error = thrownBy(() => make({ buffer: memory(1024), byteOffset: byteOffset as never }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(new RegExp(`^${who}: .*byteOffset`));
    });

    it("in a buffer that is too small throws a RangeError that names the needed size", () => {
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

    it("in memory that is not shared throws a TypeError", () => {
      for (const buffer of [new ArrayBuffer(1024), new Uint8Array(1024), null, undefined, "buffer"]) {
        const error = thrownBy(() => make({ buffer: buffer as never }));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(new RegExp(`^${who}: buffer must be a SharedArrayBuffer, got `));
      }
    });

    it("of a wrong type throws a TypeError that names it", () => {
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
    it("return the same primitive", () => {
      const original = make();
      expectSame(original, Class.from(original.share()));
      expectSame(original, Class.from(structuredClone(original.share())));
    });

    it("work between plain workers", () => {
      const original = make();
      change(original);
      const url = import.meta.resolve(`@x/${who}`);
      const [there] = bunch(
        1,
        async (url, name, handle, me) =>
          String(((await me.load(url)) as Record<string, typeof Class>)[name]!.from(handle)),
        [url, exportOf(Class), original.share()],
      ).join();
      expect(there).toBe(String(original));
    });

    it.runIf(isPlaced)("accept a place, too, if a primitive is there", () => {
      const place = { buffer: memory(BYTES + 4), byteOffset: 4 };
      if (!zeroed) {
        expect(() => Class.from(place)).toThrow(ThreadError);
        make(place);
      }
      expectSame(Class.from(place), Class.from({ ...place }));
    });

    it("refuse the handle of another kind, naming both kinds", () => {
      const error = thrownBy(() => Class.from({ ...make().share(), kind: "@x/other Thing" } as never));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toBe(`${who}: from was handed a "@x/other Thing", not a "${Class.KIND}"`);
    });

    it("refuse a value that is neither handle nor place, naming it", () => {
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
    it("carry a primitive at any depth, and keep its identity", () => {
      const original = make();
      const message = { deep: [new Map([["key", { original }]])], original };
      const copy = unpack<typeof message>(structuredClone(pack(message)));
      expect(copy.original === original).toBe(true); // toBe() would compare the whole slab
      expect(copy.deep[0]!.get("key")!.original).toBe(copy.original);
      expect(copy.original.constructor).toBe(Class);
      expectSame(original, copy.original);
    });

    it("carry many primitives in order, each once", () => {
      const list = Array.from({ length: 20 }, () => make());
      const message = { first: list[0]!, list, set: new Set([...list].reverse()), pairs: list.map((one) => ({ one })) };
      const copy = unpack<typeof message>(structuredClone(pack(message)));
      list.forEach((original, i) => expectSame(original, copy.list[i]!));
      expect(new Set(copy.list).size).toBe(list.length);
      expect(copy.first).toBe(copy.list[0]);
      // By index, because toEqual iterates over what is iterable, and a queue then waits for items.
      expect([...copy.set].map((one) => copy.list.indexOf(one))).toEqual(list.map((_, i) => list.length - 1 - i));
      copy.pairs.forEach(({ one }, i) => expect(one).toBe(copy.list[i]));
    });

    it("carry many primitives to a thread that has not loaded their package", () => {
      const list = Array.from({ length: 20 }, () => make());
      change(list[19]!);
      const texts = bunch(1, (there) => there.map(String), [list], { fresh: true }).join();
      expect(texts).toEqual([list.map(String)]);
    });

    it("carry a primitive to a thread that has not loaded its package", () => {
      const original = make();
      change(original);
      expect(bunch(1, (there) => String(there), [original], { fresh: true }).join()).toEqual([String(original)]);
    });
  });

  describe("the text", () => {
    it("is the output of console.log, and shows the place", () => {
      const placed = make(isPlaced ? { buffer: memory(BYTES + 64), byteOffset: 64 } : undefined);
      expect(inspect(placed)).toBe(String(placed));
      expect(inspect({ deep: { placed } })).toContain(String(placed));
      expect(String(placed)).toContain(isPlaced ? " at 0x0040" : " at 0x");
    });
  });

  it("JSON of a primitive is its text, so that log lines stay short", () => {
    const one = make();
    expect(JSON.stringify({ one })).toBe(JSON.stringify({ one: String(one) }));
    expect(format("%j", { one })).toHaveLength(JSON.stringify({ one: String(one) }).length);
  });

  it("structuredClone and postMessage refuse a primitive, and name the cure", () => {
    const { port1 } = new MessageChannel();
    for (const clone of [structuredClone, (value: unknown) => port1.postMessage(value)]) {
      for (const value of [make(), { deep: [make()] }]) {
        const error = thrownBy(() => clone(value)) as DOMException;
        expect(error.name).toBe("DataCloneError");
        expect(error.message).toBe(
          "core: a primitive cannot be cloned; post its share(), and take it with from() there",
        );
      }
    }
    port1.close();
  });

  it("from refuses the primitive itself, and names the cure", () => {
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

  it("many new primitives take little memory, and none after their collection", () => {
    const buffers = new Set<unknown>();
    for (let i = 0; i < 1000; i++) buffers.add(make().share().buffer);
    expect(buffers.size).toBeLessThan(100);
    expect(viewOf(make()).byteLength).toBe(BYTES);
  });
}
