import assert from "node:assert";
import { createContext, runInContext } from "node:vm";
import { pack, PACK, packedAs, registerKind, ThreadError, unpack } from "@x/core";
import { decode, encode, partThatIsNotBytes } from "@x/core/internal";
import { runScript, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";
import { checkRefusedValues, checkValues, copyByBytes, identities } from "./bytes.ts";
import { AppError, Point } from "./exposed.workers.mjs";

watchdog();

class Token {
  constructor(readonly id: number) {}
  [PACK]() {
    return packedAs("bytes Token", { id: this.id });
  }
}
registerKind("bytes Token", import.meta.url, ({ id }: { id: number }) => new Token(id));

describe("encode and decode", () => {
  // In ten tests, because each must end within the time of a test on a busy machine.
  describe.each(Array.from({ length: 10 }, (_, i) => i))("in round %i", () => {
    it("deliver 1000 random values as structured clone does", () => checkValues(1000));

    it("refuse 100 random values that structured clone refuses", () => checkRefusedValues(100));
  });

  it.each<[string, unknown]>([
    ["integers", [0, 1, 127, 128, -1, 255, 256, 65_536, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1, 2 ** 53]],
    ["other numbers", [-0, 1.5, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE]],
    ["bigints", [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, -(2n ** 63n) - 1n, 3n ** 500n, -(3n ** 500n)]],
    ["text of a byte per character", ["", "a", "\0", "\xff", "x".repeat(23), "x".repeat(24), "é".repeat(5000)]],
    ["text of two bytes per character", ["€", "\u0100", "€".repeat(23), "x".repeat(300) + "€", "€".repeat(5000)]],
    ["text with halves of pairs", ["\ud800", "\udc00a", "\ud800".repeat(300), "😀".repeat(3000)]],
    ["long names of fields", { ["n".repeat(127)]: 1, ["n".repeat(128)]: 2, ["n".repeat(300)]: 3, "€": 4 }],
    ["nothing", [undefined, null, true, false, {}, [], new Map(), new Set()]],
    ["keys with a meaning", JSON.parse('{ "__proto__": 1, "constructor": 2, "toString": 3, "0": 4, "": 5 }')],
    ["an invalid date", [new Date(NaN)].map(Number)],
    ["patterns", [/a.b/gimsuy, /€/, new RegExp("/\\n"), new RegExp("")]],
    ["boxed values", [Object(1), Object(-0), Object(""), Object("text"), Object(true), Object(false), Object(5n)]],
    ["a list longer than 64 items", Array.from({ length: 1000 }, (_, i) => i * 1.5)],
    ["an object of 200 fields", Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`field${i}`, i]))],
    ["a view of some of its buffer", new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer, 2, 2)],
    ["an empty view", [new Uint8Array(0), new DataView(new ArrayBuffer(0)), new Float64Array(new ArrayBuffer(8), 8)]],
    ["a megabyte", new Uint8Array(1 << 20).fill(7)],
  ])("deliver %s", (_, value) => {
    assert.deepStrictEqual(copyByBytes(value), structuredClone(value));
  });

  it("deliver every class of views", () => {
    const classes = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
    const { Float16Array } = globalThis as { Float16Array?: typeof Float32Array };
    const more = [
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      DataView,
      ...(Float16Array ? [Float16Array] : []),
    ];
    for (const Class of [...classes, ...more] as (typeof Uint8Array)[]) {
      const view = new Class(new Uint8Array(16).fill(60).buffer, 8);
      const arrived = copyByBytes(view) as typeof view;
      expect(arrived.constructor).toBe(Class);
      assert.deepStrictEqual(arrived, structuredClone(view));
    }
  });

  it("deliver a Buffer as a Uint8Array, as structured clone does", () => {
    const arrived = copyByBytes(Buffer.from("text")) as Uint8Array;
    expect(arrived.constructor).toBe(Uint8Array);
    expect(String.fromCharCode(...arrived)).toBe("text");
  });

  it("keep two views of one buffer on one buffer", () => {
    const bytes = new Uint8Array(16);
    const [all, half, buffer] = copyByBytes([bytes, new Int32Array(bytes.buffer, 8), bytes.buffer]) as [
      Uint8Array,
      Int32Array,
      ArrayBuffer,
    ];
    expect([all.buffer === buffer, half.buffer === buffer, half.byteOffset]).toEqual([true, true, 8]);
  });

  it("keep a buffer resizable", () => {
    const buffer = new (ArrayBuffer as never as new (n: number, o: object) => ArrayBuffer)(4, { maxByteLength: 100 });
    expect(copyByBytes(buffer)).toMatchObject({ byteLength: 4, maxByteLength: 100, resizable: true });
    expect(encode(new Uint8Array(buffer))).toBeUndefined(); // its length follows the buffer's, and it does not tell
  });

  it("keep identity and cycles, through every kind of container and beyond eight objects", () => {
    const root: Record<string, unknown> = {};
    const twice = { x: 1 };
    root["list"] = [root, twice, Array.from({ length: 20 }, (_, i) => ({ i })), twice];
    root["map"] = new Map<unknown, unknown>([
      [root, twice],
      [twice, root],
    ]);
    root["set"] = new Set([root, twice]);
    const [date, box] = [new Date(5), Object(5) as object];
    root["natives"] = [date, date, /x/, box, box, new Uint8Array(1), date];
    const arrived = copyByBytes(root) as { list: unknown[] };
    expect(arrived.list[0]).toBe(arrived);
    expect(identities(arrived)).toEqual(identities(root));
  });

  it("keep the holes of a list, of any length", () => {
    const holes = [1, , undefined, , 5, ,]; // eslint-disable-line no-sparse-arrays
    const arrived = copyByBytes(holes) as unknown[];
    expect([Object.keys(arrived), arrived.length]).toEqual([["0", "2", "4"], 6]);
    const long = new Array<unknown>(2 ** 32 - 1);
    long[4_000_000_000] = "far";
    const longArrived = copyByBytes(Object.assign(long, { field: 1 })) as unknown[];
    expect([longArrived.length, Object.entries(longArrived)]).toEqual([2 ** 32 - 1, Object.entries(long)]);
  });

  it("read each getter once, and pass on its error", () => {
    let reads = 0;
    const copy = copyByBytes({
      get count() {
        return ++reads;
      },
    });
    expect([copy, reads]).toEqual([{ count: 1 }, 1]);
    const error = new Error("from the getter");
    const throwing = {
      get field(): never {
        throw error;
      },
    };
    expect(thrownBy(() => encode(throwing))).toBe(error);
    expect(copyByBytes({ after: 1 })).toEqual({ after: 1 });
  });

  it("may be used by a getter of the value being encoded", () => {
    const value = {
      before: "before",
      get inner() {
        return copyByBytes({ inner: "inner" });
      },
      after: "after",
    };
    expect(copyByBytes(value)).toEqual({ before: "before", inner: { inner: "inner" }, after: "after" });
  });

  it("deliver objects of another realm as objects of this realm", () => {
    const realm = createContext();
    const value = runInContext(
      "const m = new Map([[1, [2]]]); ({ m, s: new Set([3]), d: new Date(4), r: /x/g, b: new Uint8Array([5]), n: Object(6) })",
      realm,
    ) as unknown;
    const arrived = copyByBytes(value);
    assert.deepStrictEqual(arrived, {
      ...{ m: new Map([[1, [2]]]), s: new Set([3]), d: new Date(4) },
      ...{ r: /x/g, b: new Uint8Array([5]), n: Object(6) as unknown },
    });
  });

  it("throw a RangeError for a value that is nested too deep, and work afterwards", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1_000_000; i++) deep = [deep];
    expect(() => encode(deep)).toThrow(RangeError);
    expect(copyByBytes("next")).toBe("next");
  });

  it("deliver the value of bytes in shared memory", () => {
    const bytes = encode({ text: "x".repeat(100), list: [1, 2] })!;
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(decode(shared)).toEqual({ text: "x".repeat(100), list: [1, 2] });
  });

  it("work without shared memory, as in a page that is not isolated", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    try {
      const value = { bytes: new Uint8Array(3), list: [/x/, new Map([[1, new Date(2)]])], box: Object(3) as unknown };
      assert.deepStrictEqual(copyByBytes(value), structuredClone(value));
      expect(encode(new (class Sub {})())).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("throw a ThreadError for bytes that encode has not written, or that are cut off", () => {
    const bytes = encode({ a: [1, "text", 5n, new Date(1), new Uint8Array(9)], b: new Map([["k", 1.5]]) })!.slice();
    for (const wrong of [[], [0], [0, 100], [0, 10, 1, 11], [...bytes, 0]])
      expect(thrownBy(() => decode(new Uint8Array(wrong)))).toBeInstanceOf(ThreadError);
    for (let end = 0; end < bytes.length; end++) expect(() => decode(bytes.slice(0, end))).toThrow();
  });

  it("are the same by the methods of Buffer and without them", async () => {
    const script = `
      import assert from "node:assert";
      const { encode, decode } = await import("@x/core/internal");
      const texts = ["x".repeat(24), "é".repeat(9000), "\\ud800€".repeat(5000), "x".repeat(9000) + "€", "😀".repeat(12)];
      assert.deepStrictEqual(decode(encode(texts)), texts);
      console.log(Buffer.from(encode(texts)).toString("base64"));`;
    const [byBuffer, portable] = await Promise.all(
      ["", "delete Buffer.prototype.latin1Write;"].map((first) => runScript(first + script)),
    );
    expect(byBuffer!.stdout.length).toBeGreaterThan(10_000);
    expect(portable!.stdout).toBe(byBuffer!.stdout);
  });
});

describe("a part that is not bytes", () => {
  class Plain {}
  const blob = new Blob(["x"]);
  const refused: [string, unknown][] = [
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a boxed symbol", Object(Symbol("s"))],
    ["an error", new Error("x")],
    ["an object of a class", new Plain()],
    ["an object of an exposed class", new Point(1, 2)],
    ["an object that packs itself", new Token(1)],
    ["a subclass of Map", new (class Sub extends Map {})()],
    ["a proxy", new Proxy([], {})],
    ["a blob", blob],
    ["shared memory", new SharedArrayBuffer(4)],
    ["Math", Math],
    ["an object with the prototype of a buffer", Object.create(ArrayBuffer.prototype)],
    ["an object with the prototype of shared memory", Object.create(SharedArrayBuffer.prototype)],
    ["an object with the prototype of a pattern", Object.create(RegExp.prototype)],
  ];

  it.each(refused)("is %s", (_, part) => {
    expect(encode({ before: [1], part })).toBeUndefined();
    expect(partThatIsNotBytes(new Map([[1, { part }]]))).toBe(part);
    expect(copyByBytes([1])).toEqual([1]);
  });

  it("is a transferred buffer, and a view of one", () => {
    const gone = new Uint8Array(8);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect([encode(gone), encode([gone.buffer])]).toEqual([undefined, undefined]);
  });

  it("is no part of a value that has bytes", () => {
    expect(partThatIsNotBytes({ list: [1, new Map()] })).toBeUndefined();
  });
});

describe("shared memory in a value", () => {
  const memories = [new SharedArrayBuffer(8), new SharedArrayBuffer(16)];
  const numberOf = (memory: SharedArrayBuffer): number | undefined => {
    const index = memories.indexOf(memory);
    return index < 0 ? undefined : -1 - index;
  };
  const memoryOf = (number: number): SharedArrayBuffer => memories[-1 - number]!;

  it("arrives by its number, also under a view", () => {
    const view = new Int32Array(memories[1]!, 4, 2);
    const bytes = encode({ memory: memories[0], view, same: memories[1] }, numberOf)!;
    const arrived = decode(bytes, memoryOf) as { memory: unknown; view: Int32Array; same: unknown };
    expect(arrived.memory).toBe(memories[0]);
    expect([arrived.view.buffer === memories[1], arrived.view.byteOffset, arrived.view.length]).toEqual([true, 4, 2]);
    expect(arrived.same).toBe(memories[1]);
  });

  it("is not bytes without a number", () => {
    const unknown = new SharedArrayBuffer(4);
    expect(encode([memories[0], unknown], numberOf)).toBeUndefined();
    expect(partThatIsNotBytes([memories[0], unknown], numberOf)).toBe(unknown);
  });

  it("cannot be decoded without a function that finds it", () => {
    expect(thrownBy(() => decode(encode(memories[0], numberOf)!))).toBeInstanceOf(ThreadError);
  });
});

describe("an envelope of pack", () => {
  it("arrives by bytes as by structured clone", () => {
    const point = new Point(1, 2);
    const error = Object.assign(new AppError("failed", { cause: new RangeError("cause") }), { code: "E" });
    const value = { token: new Token(7), points: [point, point], error, map: new Map([["k", point]]), holes: [1, , 3] }; // eslint-disable-line no-sparse-arrays
    const arrived = unpack<typeof value>(copyByBytes(pack(value)) as never);
    const expected = unpack<typeof value>(structuredClone(pack(value)));
    assert.deepStrictEqual(arrived, expected);
    expect(arrived.points[0]).toBe(arrived.points[1]);
    expect(arrived.error).toBeInstanceOf(AppError);
    expect(arrived.error.cause).toBeInstanceOf(RangeError);
    expect(arrived.token).toEqual(new Token(7));
  });
});
