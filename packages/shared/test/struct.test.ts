/** Objects with a fixed layout in shared memory. */
import { inspect } from "node:util";
import { bunch, runScript, watchdog } from "@x/testkit";
import { Lock } from "@x/lock";
import { pack, unpack } from "@x/core";
import { struct, StructArray } from "@x/shared";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Body, Hidden, Noted, Private } from "./struct.workers.mjs";

watchdog();

const Vector = struct({ x: "f64", y: "f32" });
const Everything = struct({
  small: "i8",
  byte: "u8",
  short: "i16",
  word: "u16",
  int: "i32",
  uint: "u32",
  single: "f32",
  double: "f64",
  flag: "bool",
  long: "i64",
  ulong: "u64",
  text: "string(12)",
  list: "f32[4]",
  inner: Vector,
});

const integer = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const VALUES = {
  small: integer(-128, 127),
  byte: integer(0, 255),
  short: integer(-32768, 32767),
  word: integer(0, 65535),
  int: integer(-(2 ** 31), 2 ** 31 - 1),
  uint: integer(0, 2 ** 32 - 1),
  single: fc.float(),
  double: fc.double(),
  flag: fc.boolean(),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ulong: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  text: fc
    .string({ unit: "binary", maxLength: 12 })
    .filter((text) => !text.includes("\0") && new TextEncoder().encode(text).length <= 12),
  list: fc.array(fc.float(), { minLength: 4, maxLength: 4 }),
  inner: fc.record({ x: fc.double(), y: fc.float() }),
};

describe("a struct", () => {
  it("returns each value that was written, of every type, and changes no other field", () => {
    const object = new Everything();
    fc.assert(
      fc.property(fc.record(VALUES), fc.record(VALUES), (one, other) => {
        const made = new Everything(one);
        expect(made.toJSON()).toEqual(one);
        Object.assign(object, one);
        const expected: Record<string, unknown> = { ...one };
        for (const name of Object.keys(VALUES) as (keyof typeof VALUES)[]) {
          (object as unknown as Record<string, unknown>)[name] = expected[name] = other[name];
          expect(object.toJSON()).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("has the layout of C", () => {
    expect(struct({ a: "u8", b: "f64", c: "u8" }).BYTES).toBe(24);
    expect(struct({ a: "u8", b: "u16", c: "u8", d: "i32" }).BYTES).toBe(12);
    expect(struct({ r: "u8", g: "u8", b: "u8" }).BYTES).toBe(3);
    expect(struct({ name: "string(5)", inner: Vector }).BYTES).toBe(24);
    const { buffer, byteOffset } = new Everything({ int: -2, double: 1.5 }).share();
    expect(new Int32Array(buffer, byteOffset + 8, 1)[0]).toBe(-2);
    expect(new Float64Array(buffer, byteOffset + 24, 1)[0]).toBe(1.5);
  });

  it("is zeroed at first", () => {
    const { list, inner, ...rest } = new Everything().toJSON() as Record<string, unknown>;
    expect(Object.values(rest)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, false, 0n, 0n, ""]);
    expect([list, inner]).toEqual([[0, 0, 0, 0], { x: 0, y: 0 }]);
  });

  it.each<[string, unknown, RegExp]>([
    ["small", 128, /^RangeError: shared: small is i8, so it takes an integer, -128 to 127, got 128/],
    ["int", 1.5, /^RangeError: .*got 1\.5/],
    ["int", "1", /^TypeError: shared: int is i32, so it takes an integer, .*, got "1"/],
    ["uint", -1, /^RangeError: shared: uint is u32/],
    ["double", 1n, /^TypeError: shared: double is f64, so it takes a number, got 1n/],
    ["double", undefined, /^TypeError: .*got undefined/],
    ["flag", 1, /^TypeError: shared: flag is bool, so it takes true or false, got 1/],
    ["long", 1, /^TypeError: shared: long is i64, so it takes a bigint/],
    ["ulong", -1n, /^RangeError: shared: ulong is u64/],
    ["text", 1, /^TypeError: shared: text takes a string, got 1/],
    [
      "text",
      "thirteen char",
      /^RangeError: shared: text takes up to 12 bytes of UTF-8, and this text has 13; shorten it/,
    ],
    ["text", "a\0b", /^RangeError: shared: text takes a text without/],
    ["text", "\ud800", /^RangeError: shared: text takes a text without/],
    ["list", [1, 2, 3], /^RangeError: shared: list takes 4 elements, got 3/],
    ["list", [1, 2, 3, "4"], /^TypeError: shared: list\[3\] is f32/],
    ["list", 7, /^TypeError: shared: list takes 4 elements in a list, got 7/],
    ["inner", { x: 1, y: "2" }, /^TypeError: shared: inner\.y is f32/],
    ["inner", { z: 1 }, /^TypeError: shared: inner has no field z; it has x, y/],
  ])("refuses a value of another type for %s, %s, and writes nothing", (name, value, error) => {
    const object = new Everything({ text: "old", list: [9, 9, 9, 9], inner: { x: 9, y: 9 } });
    const before = object.toJSON();
    const write = (): unknown => ((object as unknown as Record<string, unknown>)[name] = value);
    expect(messageOf(write)).toMatch(error);
    if (value !== undefined) expect(messageOf(() => new Everything({ double: 1, [name]: value }))).toMatch(error);
    expect(object.toJSON()).toEqual(before);
  });

  it("refuses fields that it could not have, with the cure", () => {
    const make = (fields: unknown) => (): unknown => struct(fields as never);
    expect(make({})).toThrow("shared: a struct has no field; name at least one");
    expect(make({ x: "int" })).toThrow(/^shared: the field x of a struct has the type "int"; take i8, u8, /);
    expect(make({ x: "bool[4]" })).toThrow('has the type "bool[4]"');
    expect(make({ x: "string(0)" })).toThrow('has the type "string(0)"');
    expect(make({ share: "i32" })).toThrow("shared: a struct has a share of its own; choose another name");
    expect(make({ body: Body })).toThrow("shared: the field body is of a subclass of a struct");
    expect(make({ x: "f64[999999999]" })).toThrow(/^shared: a struct takes 7999999992 bytes, and 1 GiB is the most/);
    expect(make("x")).toThrow('shared: struct takes the fields as { name: type }, got "x"');
    expect(() => new Vector({ z: 1 } as never)).toThrow("shared: the struct has no field z; it has x, y");
  });

  it("is the same in all threads, which know it by its fields", () => {
    const object = new Everything({ text: "hello", inner: { x: 1 } });
    bunch(
      1,
      (object) => {
        object.text += " you";
        object.inner.x += 1;
        object.list[2] = 7;
        object.long = 5n;
      },
      [object],
    ).join();
    expect([object.text, object.inner.x, object.list[2], object.long]).toEqual(["hello you", 2, 7, 5n]);
  });

  it("comes back as the same object, and so do its parts", () => {
    const object = new Everything();
    const { inner } = object;
    expect(object.inner).toBe(inner);
    expect(unpack(pack(object))).toBe(object);
    const [back] = bunch(1, (object, inner) => ({ isPart: object.inner === inner, object, inner }), [
      object,
      inner,
    ]).join();
    expect([back!.isPart, back!.object === object, back!.inner === inner]).toEqual([true, true, true]);
  });

  it("of the same fields is the same class", () => {
    expect(struct({ x: "f64", y: "f32" })).toBe(Vector);
    expect(struct({ y: "f32", x: "f64" })).not.toBe(Vector);
    expect(new Everything().inner).toBeInstanceOf(Vector);
  });

  it("of an exposed subclass arrives with its methods", () => {
    const body = new Body({ x: 3, y: 4 });
    const seen = bunch(
      4,
      (body) => {
        for (let i = 0; i < 250; i++) body.hit();
        return body.distance;
      },
      [body],
    ).join();
    expect([seen, body.hits]).toEqual([[5, 5, 5, 5], 1000]);
  });

  it("of a subclass that cannot travel is refused, with the cure", () => {
    expect(() => pack({ hidden: new Hidden() })).toThrow(/expose\(\{ Hidden \}\)/);
    expect(() => pack(new Noted())).toThrow(
      "shared: Noted.note is a field of one object, which other threads do not see; name it in struct({ note: … })",
    );
    expect(() => new Private()).toThrow(/class Private has the private field #secret/);
    expect(() => structuredClone(new Vector())).toThrow(
      "shared: a struct cannot be cloned; post its share(), and take it with from() there",
    );
  });

  it("opens from its handle, and from no other", () => {
    const body = new Body({ x: 1 });
    Body.from(body.share()).x = 2;
    expect(body.x).toBe(2);
    expect(() => Vector.from(body.share())).toThrow("shared: from takes what share() of such a struct returned");
    expect(() => Vector.from(undefined as never)).toThrow("shared: from takes what share()");
    expect(() => Vector.from({ ...new Vector().share(), byteOffset: -8 })).toThrow(/byteOffset/);
  });

  it("adds to an integer atomically, and wraps as a typed array", () => {
    const counts = new (struct({ a: "u8", b: "i32", c: "i64", d: "f64" }))();
    const Counts = struct({ a: "u8", b: "i32", c: "i64", d: "f64" });
    expect([Counts.add(counts, "a", 255), Counts.add(counts, "a", 1)]).toEqual([255, 0]);
    expect([Counts.add(counts, "b", 2 ** 31 - 1), Counts.add(counts, "b", 1)]).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect([Counts.add(counts, "c", -5n), counts.c]).toEqual([-5n, -5n]);
    expect([Counts.compareExchange(counts, "a", 0, 9), Counts.compareExchange(counts, "a", 0, 1), counts.a]).toEqual([
      0, 9, 9,
    ]);
    expect(() => Counts.add(counts, "d" as never, 1 as never)).toThrow(
      'shared: d is f64, and atomic operations take integers, such as "i32"; or hold a lock',
    );
    expect(() => Counts.add(counts, "a", 256)).toThrow(RangeError);
    expect(() => Counts.add({} as never, "a", 1)).toThrow("shared: expected a struct and the name of a field");
  });

  it("loses no change of a double under a lock", () => {
    const [total, lock] = [new Vector(), new Lock()];
    bunch(
      4,
      (total, lock) => {
        for (let i = 0; i < 500; i++) lock.with(() => (total.x += 0.5));
      },
      [total, lock],
    ).join();
    expect(total.x).toBe(1000);
  });

  it("is shown with its fields", () => {
    expect(inspect(new Vector({ x: 1 }))).toMatch(/\{ x: 1, y: 0 \}/);
    expect(inspect(new Body({ x: 1 }))).toMatch(/x: 1, y: 0, hits: 0/);
    expect(JSON.stringify(new (struct({ v: Vector, list: "u8[2]" }))())).toBe('{"v":{"x":0,"y":0},"list":[0,0]}');
  });

  it("knows the types of its fields", () => {
    const object = new Everything();
    expectTypeOf(object.int).toEqualTypeOf<number>();
    expectTypeOf(object.long).toEqualTypeOf<bigint>();
    expectTypeOf(object.flag).toEqualTypeOf<boolean>();
    expectTypeOf(object.text).toEqualTypeOf<string>();
    expectTypeOf(object.inner.x).toEqualTypeOf<number>();
    expectTypeOf(object.list[0]).toEqualTypeOf<number | undefined>();
    expectTypeOf<Parameters<typeof Everything.add>[1]>().toEqualTypeOf<
      "small" | "byte" | "short" | "word" | "int" | "uint" | "long" | "ulong"
    >();
    // @ts-expect-error -- an i32 is a number
    expect(() => (object.int = "1")).toThrow(TypeError);
    // @ts-expect-error -- no such type
    expect(() => struct({ x: "i31" })).toThrow(TypeError);
  });

  it("works where code from text is forbidden", async () => {
    const code = `
      import { struct } from "@x/shared";
      const Inner = struct({ x: "f64" });
      const object = new (struct({ a: "u8", ok: "bool", text: "string(4)", inner: Inner, list: "i32[2]" }))();
      Object.assign(object, { a: 7, ok: true, text: "é", inner: { x: 2 }, list: [1, 2] });
      object.inner.x++;
      let error = "";
      try { object.a = 256; } catch ({ message }) { error = message; }
      console.log(JSON.stringify(object), object.inner === object.inner, error);`;
    const { stdout } = await runScript(code);
    expect(stdout).toBe(
      '{"a":7,"ok":true,"text":"é","inner":{"x":3},"list":[1,2]} true shared: a is u8, so it takes an integer, 0 to 255, got 256\n',
    );
    const flags = ["--disallow-code-generation-from-strings"];
    expect((await runScript(code, { flags })).stdout).toBe(stdout);
  });
});

describe("a StructArray", () => {
  it("has an object for each index, the same each time, and no other index", () => {
    const bodies = new StructArray(Body, 3);
    bodies.get(1).x = 5;
    bodies.set(2, { x: 7, hits: 1 });
    expect([...bodies].map(({ x, hits }) => [x, hits])).toEqual([
      [0, 0],
      [5, 0],
      [7, 1],
    ]);
    expect(bodies.get(-1)).toBe(bodies.get(2));
    expect([bodies.length, bodies.get(0) instanceof Body]).toEqual([3, true]);
    for (const index of [3, -4, 1.5, NaN]) expect(() => bodies.get(index)).toThrow(RangeError);
    expect(() => bodies.get("0" as never)).toThrow(TypeError);
    expect(() => bodies.set(0, { x: 1, hits: "2" as never })).toThrow(TypeError);
    expect(bodies.get(0).x).toBe(0);
  });

  it("is one array in all threads, and its objects come back as the same", () => {
    const bodies = new StructArray(Body, 100);
    const [back] = bunch(
      1,
      (bodies, body) => {
        for (const body of bodies) body.x = 2;
        body.hit();
        return [bodies, body, bodies.get(7) === body];
      },
      [bodies, bodies.get(7)],
    ).join();
    expect([back![0] === bodies, back![1] === bodies.get(7), back![2]]).toEqual([true, true, true]);
    expect([...bodies].every(({ x }) => x === 2)).toBe(true);
    expect(bodies.get(7).hits).toBe(1);
  });

  it("has the memory of C's arrays, however many objects it has", () => {
    const image = new StructArray(struct({ r: "u8", g: "u8", b: "u8" }), 1_000_000);
    expect(image.share().memory.byteLength).toBe(3_000_000);
    image.get(999_999).b = 255;
    expect(new Uint8Array(image.share().memory)[2_999_999]).toBe(255);
  });

  it("has a cursor that moves over the objects", () => {
    const list = new StructArray(Everything, 10);
    const cursor = list.cursor();
    for (let i = 0; i < 10; i++) {
      list.move(cursor, i).int = i;
      cursor.inner.x = i;
      cursor.list[0] = i;
    }
    expect(list.get(4).toJSON()).toMatchObject({ int: 4, inner: { x: 4 }, list: [4, 0, 0, 0] });
    expect(list.move(cursor, -1).int).toBe(9);
    expect(unpack(pack(cursor))).toBe(list.get(9));
    for (const other of [list.get(0), new StructArray(Everything, 1).cursor(), new Everything(), {}])
      expect(() => list.move(other as never, 0)).toThrow("shared: move takes what cursor() of this array returned");
  });

  it("has each field of all objects as a column of a typed array", () => {
    const list = new StructArray(struct({ isOn: "bool", x: "f64", hits: "i32", big: "u64", name: "string(3)" }), 5);
    const x = list.column("x");
    for (let i = 0; i < 5; i++) x.values[x.first + i * x.step]! += i + 0.5;
    const hits = list.column("hits");
    hits.values[hits.first + 4 * hits.step] = 7;
    const { values, first, step } = list.column("big");
    values[first + step] = 9n;
    const isOn = list.column("isOn");
    isOn.values[isOn.first + 2 * isOn.step] = 1;
    expect([...list].map((object) => object.x)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
    expect([list.get(4).hits, list.get(1).big, list.get(2).isOn, list.get(3).isOn]).toEqual([7, 9n, true, false]);
    expectTypeOf(values).toEqualTypeOf<BigInt64Array | BigUint64Array>();
    for (const name of ["name", "nothing", "toJSON", 1, undefined])
      expect(() => list.column(name as never)).toThrow("shared: column takes the name of a field that is a number");
  });

  it("opens from its handle in the class of its objects", () => {
    const bodies = new StructArray(Body, 2);
    const again = StructArray.from<Body>(structuredClone(bodies.share()));
    again.get(1).hit();
    expect([bodies.get(1).hits, again.length]).toEqual([1, 2]);
    expect(() => StructArray.from({ ...bodies.share(), memory: new ArrayBuffer(8) } as never)).toThrow(
      "shared: from takes what share() of a StructArray returned",
    );
    expect(() => StructArray.from({ ...bodies.share(), layout: "[" })).toThrow(
      "shared: from takes what share() of a StructArray returned",
    );
  });

  it("refuses what is no struct, and a length that it could not have", () => {
    expect(() => new StructArray(Object as never, 1)).toThrow("shared: expected a class made by struct({ … })");
    expect(() => new StructArray(Body, -1)).toThrow(RangeError);
    expect(() => new StructArray(Body, 2 ** 31)).toThrow(RangeError);
    expect(() => new StructArray(Body, "1" as never)).toThrow(TypeError);
    const empty = new StructArray(Body, 0);
    expect([empty.length, [...empty]]).toEqual([0, []]);
    expect(() => empty.cursor()).toThrow(RangeError);
  });

  it("says what it is", () => {
    expect(String(new StructArray(Body, 2))).toMatch(/^<StructArray of 2 Body at 0x[0-9a-f]+>$/);
  });
});

function messageOf(f: () => unknown): string {
  try {
    return `no error: ${String(f())}`;
  } catch (error) {
    return String(error);
  }
}
