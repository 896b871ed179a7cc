import { createContext, runInContext } from "node:vm";
import { PACK, pack, packedAs, prepare, registerError, registerKind, ThreadError, TimeoutError, unpack } from "@x/core";
import { checkNoPrivateFields, isCloneError, isPrepared } from "@x/core/internal";
import { bunch, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import {
  AppError,
  Inheriting,
  Innocent,
  LoudError,
  Point,
  Point3,
  PrivateMethod,
  Secret,
  square,
} from "./exposed.workers.mjs";

watchdog();

/** Sends a value by structured clone, and returns the copy. */
function sent<T>(value: T): T {
  return unpack<T>(structuredClone(pack(value)));
}

/** A replaced object: pack then copies the containers around it. */
class Token {
  constructor(readonly id: number) {}
  [PACK]() {
    return packedAs("test Token", { id: this.id });
  }
}
registerKind("test Token", import.meta.url, ({ id }: { id: number }) => new Token(id));

describe.each([
  ["alone", (value: unknown) => sent(value)],
  ["beside a replaced object", (value: unknown) => sent({ value, token: new Token(1) }).value],
])("plain data %s", (_, sent) => {
  it.each([
    ["numbers", [0, -0, 1.5, NaN, Infinity, 2n ** 70n]],
    ["text", ["", "text", "\u0000\ud800"]],
    ["nothing", [null, undefined, [], {}]],
    ["nested", { a: [{ b: [1, [2, { c: null }]] }] }],
    ["maps and sets", [new Map<unknown, unknown>([[{ k: 1 }, new Set([1, [2]])]]), new Set(["x"])]],
    ["dates and patterns", [new Date(5), /a.b/gi]],
    ["boxed", [Object(5), Object("s"), Object(true)]],
    ["arrays with holes", [1, , 3]], // eslint-disable-line no-sparse-arrays
    ["keys with a meaning", Object.defineProperty({}, "__proto__", { value: 1, enumerable: true })],
    ["keys that are numbers or empty", { 1: "a", "": "b", "a b": "c" }],
  ])("%s", (_, value) => {
    expect(sent(value)).toEqual(value);
  });

  it("holes of arrays stay holes", () => {
    const holey = new Array<unknown>(3);
    holey[1] = { x: 1 };
    const arrived = sent(holey) as unknown[];
    expect([0 in arrived, 1 in arrived, 2 in arrived, arrived.length]).toEqual([false, true, false, 3]);
  });

  it("typed arrays and buffers keep their class", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    for (const value of [
      bytes,
      new Float64Array([1.5]),
      new BigInt64Array([5n]),
      bytes.buffer,
      new DataView(bytes.buffer),
    ]) {
      const arrived = sent(value) as typeof value;
      expect(arrived.constructor).toBe(value.constructor);
      expect(arrived).toEqual(value);
    }
  });

  it("fields named like fields of classes stay plain", () => {
    expect(sent({ constructor: null, x: 1 })).toEqual({ constructor: null, x: 1 });
    const arrived = sent(JSON.parse('{ "constructor": { "prototype": null } }'));
    expect(arrived).toEqual({ constructor: { prototype: null } });
  });

  it("fields can be changed after the arrival", () => {
    const arrived = sent({ deep: { x: 1 } }) as { deep: object };
    for (const [object, key] of [[arrived, "deep"] as const, [arrived.deep, "x"] as const]) {
      expect(Object.getOwnPropertyDescriptor(object, key)).toMatchObject({
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  });

  it("shared memory stays shared", () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const arrived = sent({ words, buffer: words.buffer }) as { words: Int32Array; buffer: SharedArrayBuffer };
    arrived.words[1] = 7;
    expect(words[1]).toBe(7);
    expect(new Int32Array(arrived.buffer)[1]).toBe(7);
  });

  it("an object that is there twice arrives as one object", () => {
    const twice = { x: 1 };
    const arrived = sent({ a: twice, b: [twice, new Map([[twice, twice]])] }) as never as {
      a: object;
      b: [object, Map<object, object>];
    };
    expect(arrived.a).not.toBe(twice);
    expect(arrived.b[0]).toBe(arrived.a);
    expect(arrived.b[1].get(arrived.a)).toBe(arrived.a);
  });

  it("cycles lead through every kind of container", () => {
    const object: Record<string, unknown> = {};
    object["array"] = [object];
    object["map"] = new Map<unknown, unknown>([[object, object]]);
    object["set"] = new Set([object]);
    const arrived = sent(object) as { array: unknown[]; map: Map<unknown, unknown>; set: Set<unknown> };
    expect(arrived).not.toBe(object);
    expect(arrived.array[0]).toBe(arrived);
    expect(arrived.map.get(arrived)).toBe(arrived);
    expect(arrived.set.has(arrived)).toBe(true);
  });

  it("objects without a prototype keep their fields", () => {
    expect(sent(Object.assign(Object.create(null), { x: 1 }))).toEqual({ x: 1 });
  });

  it("a list of a thousand links arrives", () => {
    let list: { next: unknown } | null = null;
    for (let i = 0; i < 1000; i++) list = { next: list };
    expect(sent(list)).toEqual(list);
  });
});

describe("pack", () => {
  it("copies nothing if nothing is replaced", () => {
    const value = { big: [1, 2, 3], map: new Map() };
    expect(pack(value)).toEqual({ value, parts: [] });
    expect(pack(value).value).toBe(value);
  });

  it("returns the value itself if nothing is replaced, for every type, duplicates and cycles", () => {
    const twice = { x: 1 };
    const circle: unknown[] = [twice, twice, "text"];
    circle.push(circle);
    for (const value of [
      ...[undefined, null, true, 5, 5n, "text", circle, new Date(5), /x/, new Int32Array(2)],
      ...[
        [1, 2],
        [1, "text", null],
        [[["text"]]],
        new Map<unknown, unknown>([
          ["k", twice],
          [twice, 1],
        ]),
        new Set(["text", twice]),
      ],
      ...[
        [new Date(5), new Int32Array(1)],
        { a: { b: new Map([[1, new Set([[2]])]]) } },
        Object.create(null),
        new Map(),
        new Set(),
        [],
      ],
    ]) {
      const envelope = pack(value);
      expect(envelope.value).toBe(value);
      expect(envelope.parts).toEqual([]);
    }
  });

  it("finds the objects to replace at any place: last in a list, as a key, as one item of many", () => {
    const token = new Token(1);
    for (const value of [
      ...[
        [1, 2, token],
        ["text", [token]],
        new Map<unknown, unknown>([
          [1, 2],
          [token, 1],
        ]),
        new Map<unknown, unknown>([
          [1, 2],
          [1, token],
        ]),
      ],
      ...[new Set([1, token]), new Set<unknown>([token, 1]), { a: 1, b: { c: token } }, [new Set([[token]])]],
    ])
      expect(pack(value).parts).toHaveLength(1);
  });

  it("prepare rejects with the cure if a module does not expose the expected name", async () => {
    const part = { kind: "@x/core function", exportRef: { url: "data:text/javascript,1", name: "gone" } };
    const imported: string[] = [];
    const error = await prepare({ value: part, parts: [part] }, (url) => {
      imported.push(url);
      return import(url);
    }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toContain(
      "core: data:text/javascript,1 was imported, but exposed no gone; call expose({ gone })",
    );
    expect(imported).toEqual(["data:text/javascript,1"]);
  });

  it("goes by the type of an object, not by its toStringTag", () => {
    for (const tag of ["Date", "Map", "Error", "ArrayBuffer", "Blob", "Promise", "Array", "Proxy", "Module"]) {
      const plain = { [Symbol.toStringTag]: tag, x: [1], token: new Token(1) };
      expect(sent([plain])).toEqual([{ x: [1], token: new Token(1) }]);
    }
  });

  it("names the module of a kind only if the kind is registered", () => {
    expect(packedAs("test Token", 1)).toEqual({ kind: "test Token", moduleUrl: import.meta.url, data: 1 });
    expect(packedAs("nobody Thing", 1)).toEqual({ kind: "nobody Thing", moduleUrl: undefined, data: 1 });
  });

  it("unpack restores objects without a prototype, as some platforms deliver", () => {
    const part = { kind: "test Token", data: { id: 5 } };
    const bare = Object.assign(Object.create(null) as object, { part });
    expect(unpack<{ part: Token }>({ value: bare, parts: [part] }).part).toBeInstanceOf(Token);
  });

  it("unpack looks for packed parts in plain objects only: others never hold any", () => {
    const part = { kind: "test Token", data: { id: 5 } };
    class Foreign {
      part = part;
    }
    const { foreign, plain } = unpack<{ foreign: Foreign; plain: { part: unknown } }>({
      value: { foreign: new Foreign(), plain: { part } },
      parts: [part],
    });
    expect([foreign.part, plain.part]).toEqual([part, new Token(5)]);
  });

  it("packs an object once even if it is there twice", () => {
    const token = new Token(1);
    expect(pack([square, square, { square }]).parts).toHaveLength(1);
    expect(pack([token, token, { token }]).parts).toHaveLength(1);
  });

  it("does not change the value", () => {
    const token = new Token(1);
    const value = { token, list: [token], map: new Map([[token, token]]), set: new Set([token]) };
    pack(value);
    expect(value).toEqual({ token, list: [token], map: new Map([[token, token]]), set: new Set([token]) });
    expect(value.list[0]).toBe(token);
  });

  it("replaces at any depth, keys as well, and keeps the order", () => {
    const token = new Token(5);
    const arrived = sent({
      map: new Map<unknown, unknown>([
        ["first", 1],
        [token, [token]],
        ["last", new Set([0, token, 9])],
      ]),
      holes: [, token], // eslint-disable-line no-sparse-arrays
    });
    const [first, replaced, last] = [...arrived.map];
    expect(first).toEqual(["first", 1]);
    expect(replaced![0]).toBeInstanceOf(Token);
    expect((replaced![1] as unknown[])[0]).toBe(replaced![0]);
    expect([...(last![1] as Set<unknown>)]).toEqual([0, replaced![0], 9]);
    expect([0 in arrived.holes, arrived.holes[1]]).toEqual([false, replaced![0]]);
  });

  it("does not confuse the user's data with its own records", () => {
    const lookalike = { kind: "test Token", data: { id: 1 } };
    expect(sent({ lookalike, value: 1, parts: [], token: new Token(1) })).toMatchObject({
      lookalike,
      value: 1,
      parts: [],
    });
  });

  it("handles containers of other realms", () => {
    const context = createContext({ token: new Token(5) });
    const foreign = runInContext(
      "({ list: [new Map([['token', token]]), new Set([token])], error: new TypeError('x') })",
      context,
    ) as {
      list: [Map<string, Token>, Set<Token>];
      error: TypeError;
    };
    const arrived = sent(foreign);
    expect(arrived.list[0].get("token")).toBeInstanceOf(Token);
    expect([...arrived.list[1]][0]).toBe(arrived.list[0].get("token"));
    expect(arrived.error.message).toBe("x");
    // And the reverse: a test runner may pass a message of this realm to a copy of core in another realm.
    const envelope = structuredClone(pack({ list: [new Map([["token", new Token(5)]])] }));
    const elsewhere = runInContext(
      "(e) => ({ value: { list: [new Map([['token', e.value.list[0].get('token')]])] }, parts: [...e.parts] })",
      context,
    ) as (e: unknown) => typeof envelope;
    expect(unpack<typeof foreign>(elsewhere(envelope)).list[0].get("token")).toBeInstanceOf(Token);
  });

  it("isPrepared is true if this thread knows all kinds and functions, inside parts as well", () => {
    const known = { kind: "test Token", moduleUrl: import.meta.url, data: { id: 1 } };
    const unknown = { kind: "nobody Thing", moduleUrl: "file:///thing.js" };
    const exposed = { kind: "@x/core function", exportRef: { url: "file:///nowhere.mjs", name: "gone" } };
    const prepared = (part: object): boolean => isPrepared({ value: part, parts: [part as typeof known] });
    expect([known, unknown, exposed].map(prepared)).toEqual([true, false, false]);
    const around = (part: object): object => ({ ...known, inner: { value: part, parts: [part] } });
    expect([known, unknown, exposed].map((part) => prepared(around(part)))).toEqual([true, false, false]);
  });

  it("unpack of an unregistered kind throws a ThreadError with the kind and its module", () => {
    const envelope = { value: { kind: "nobody Thing", moduleUrl: "file:///thing.js", data: 1 }, parts: [] as never[] };
    envelope.parts.push(envelope.value as never);
    expect(() => unpack(envelope)).toThrow(ThreadError);
    expect(() => unpack(envelope)).toThrow(
      "core: nobody Thing is not known in this thread; import file:///thing.js here",
    );
  });
});

describe("functions and classes", () => {
  it("arrive as themselves if they were exposed", () => {
    const arrived = sent({ square, deep: [new Map([[Point, square]])] });
    expect(arrived.square).toBe(square);
    expect(arrived.deep[0]!.get(Point)).toBe(square);
  });

  it("arrive in a thread that has not loaded their module", () => {
    const [there] = bunch(
      1,
      (square, point) => [square(7), point.length, point.constructor.name],
      [square, new Point(3, 4)],
      {
        fresh: true,
      },
    ).join();
    expect(there).toEqual([49, 5, "Point"]);
  });

  it("come back from a thread", () => {
    const [there] = bunch(1, (Point) => new Point(6, 8), [Point]).join();
    expect(there).toBeInstanceOf(Point);
    expect(there!.length).toBe(10);
  });

  it("are refused if they were not exposed, with the place and the cure", () => {
    function helper(): void {}
    expect(() => pack({ deep: [{ helper }] }, "args")).toThrow(TypeError);
    expect(() => pack({ deep: [{ helper }] }, "args")).toThrow(
      "core: args.deep[0].helper is function helper, which was not exposed, and cannot travel to another thread; " +
        "expose it in the module that defines it: expose({ helper })",
    );
    expect(() => pack([() => 1], "args")).toThrow(/^core: args\[0\] is an anonymous function.*\{ theFunction \}/);
  });

  it("are refused by unpack if their module is not loaded here, with the module", () => {
    const exportRef = { url: "file:///nowhere.mjs", name: "gone" };
    const part = { kind: "@x/core function", exportRef };
    expect(() => unpack({ value: part, parts: [part] })).toThrow(
      "core: gone is not known in this thread; import file:///nowhere.mjs here",
    );
  });
});

describe("objects of exposed classes", () => {
  it("arrive with class and fields; the constructor does not run again", () => {
    const made = Point.made;
    const point = new Point3(3, 4);
    const arrived = sent([point, new Map([["p", point]])] as const);
    expect(arrived[0]).toBeInstanceOf(Point3);
    expect(arrived[0]).toEqual(point);
    expect(arrived[0].length).toBe(5);
    expect(arrived[1].get("p")).toBe(arrived[0]);
    expect(Point.made).toBe(made + 1);
  });

  it("may hold anything that travels, also themselves", () => {
    const point = new Point(square, new Token(3)) as Point & { self?: unknown };
    point.self = point;
    const arrived = sent(point);
    expect([arrived.x, arrived.y]).toEqual([square, new Token(3)]);
    expect(arrived.self).toBe(arrived);
  });

  it("are not confused with a plain object with a field `constructor`", () => {
    const arrived = sent({ constructor: Point, x: 1 });
    expect(arrived.constructor).toBe(Point);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
  });

  it("have fields that can be changed", () => {
    expect(Object.getOwnPropertyDescriptor(sent(new Point(1, 2)), "x")).toEqual({
      value: 1,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it.each([
    ["a private field", Secret, "Secret has the private field #hidden"],
    ["a private field of a base class", Inheriting, "Secret has the private field #hidden"],
    ["a private method", PrivateMethod, "PrivateMethod has the private field #steps"],
  ])("with %s are refused, with the name of the field", (_, Class, what) => {
    const error = thrownBy(() => pack({ it: new Class() }, "args"));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain("core: args.it cannot travel to another thread: class " + what);
    expect((error as Error).message).toContain("make it an ordinary field");
  });

  it("are not refused for text that only looks private, nor for static private members", () => {
    expect(sent(new Innocent())).toEqual(new Innocent());
  });

  it.each([
    ["class A{#x=1}", "#x"],
    ["class A{static y=1;get#z(){return 1}}", "#z"],
    ["class A{static y=1;async*#ö(){}}", "#ö"],
    ["class A{\n  $ = `${1}`;\n  #$_1;\n}", "#$_1"],
    ["class A { /* one */ #x = 1; /* two */ }", "#x"],
    ["class A{x=1/*\n*/#y=2}", "#y"],
    ["class A { constructor() { __privateAdd(this, _hidden, 1); } }", "_hidden"],
    ["class A { constructor() { __privateAdd(this,_h); } }", "_h"],
    ["class A { a = 'it\\'s #not'; b() { return `#neither ${'`'}`; } /* #nor */ #yes; }", "#yes"],
  ])("are refused for private members in any notation: %s", (code, name) => {
    const Class = (0, eval)(`(${code})`) as never;
    expect(() => checkNoPrivateFields(Class, "it")).toThrow(`has the private field ${name},`);
  });

  it.each([
    "class A{static#x=1}",
    "class A{static async*#x(){}}",
    "class A{static  #x=1}",
    "class A{static  async  *  #x(){}}",
    "class A{static  get  #x(){return 1}}",
    "class A { a = ' #b \\' '; }",
    "class A { m() { return /^#b/; } }",
    "class A { m(o) { return o.map; } }",
    "class A {\n  // see #b\n}",
    "function A() { return / #b/; }",
  ])("are accepted without private members of objects: %s", (code) => {
    const Class = (0, eval)(`(${code})`) as never;
    expect(() => checkNoPrivateFields(Class, "it")).not.toThrow();
  });
});

it("checkNoPrivateFields checks only the classes below the given base", () => {
  class Below extends Secret {}
  expect(() => checkNoPrivateFields(Below, "it", Secret)).not.toThrow();
  expect(() => checkNoPrivateFields(Below, "it")).toThrow("#hidden");
});

describe("errors", () => {
  it("arrive whole: class, message, stack, cause, code and own fields", () => {
    const cause = new RangeError("deep");
    const error = Object.assign(new TypeError("high", { cause }), { code: "E_X", details: { token: new Token(1) } });
    const arrived = sent(error);
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived.message).toBe("high");
    expect(arrived.stack).toBe(error.stack);
    expect(arrived.cause).toBeInstanceOf(RangeError);
    expect((arrived.cause as Error).message).toBe("deep");
    expect((arrived.cause as Error).stack).toBe(cause.stack);
    expect(arrived.code).toBe("E_X");
    expect(arrived.details.token).toBeInstanceOf(Token);
    expect(Object.keys(arrived)).toEqual(["code", "details"]);
    expect(Object.getOwnPropertyDescriptor(arrived, "stack")).toEqual({
      value: error.stack,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  });

  it.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, ThreadError, TimeoutError])(
    "of class %o arrive with their class",
    (Class) => {
      const arrived = sent(new Class("message"));
      expect(Object.getPrototypeOf(arrived)).toBe(Class.prototype);
      expect([arrived.name, arrived.message]).toEqual([Class.name, "message"]);
    },
  );

  it("have no new fields", () => {
    expect(Object.getOwnPropertyNames(sent(new TypeError("x"))).sort()).toEqual(["message", "stack"]);
  });

  it("with a prototype that is an Error, as in old code, arrive as an Error", () => {
    function OldError(this: Error, message: string): void {
      this.message = message;
    }
    OldError.prototype = Object.create(Error.prototype, { name: { value: "OldError" } }) as object;
    const arrived = sent(new (OldError as never as new (message: string) => Error)("x"));
    expect(Object.getPrototypeOf(arrived)).toBe(Error.prototype);
    expect(String(arrived)).toBe("OldError: x");
  });

  it("arrive with the errors they hold: AggregateError, cycles of causes, one error twice", () => {
    const shared = new Error("shared");
    const all = new AggregateError([shared, new TypeError("other")], "all", { cause: shared });
    shared.cause = all;
    const arrived = sent(all);
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.errors.map(String)).toEqual(["Error: shared", "TypeError: other"]);
    expect(arrived.cause).toBe(arrived.errors[0]);
    expect((arrived.cause as Error).cause).toBe(arrived);
    expect(Object.keys(arrived)).toEqual([]);
  });

  it("of exposed classes arrive with their class; the constructor does not run", () => {
    const made = AppError.made;
    const arrived = sent(new AppError("ours", { cause: "why" }));
    expect(arrived).toBeInstanceOf(AppError);
    expect([arrived.isApp, arrived.code, arrived.cause, arrived.name]).toEqual([true, "E_APP", "why", "AppError"]);
    expect(AppError.made).toBe(made + 1);
    expect(sent(new LoudError("loud"))).toBeInstanceOf(LoudError);
    expect(sent(new LoudError("loud")).name).toBe("ThreadError");
  });

  it("of registered classes arrive with their class", () => {
    class KnownError extends Error {}
    registerError(KnownError);
    expect(sent(new KnownError("known"))).toBeInstanceOf(KnownError);
    expect(sent(new KnownError("known")).name).toBe("Error");
  });

  it("of unknown classes arrive with the nearest known class, and their own name", () => {
    class CustomError extends RangeError {
      override name = "CustomError";
    }
    class Unnamed extends ThreadError {}
    expect(sent(new CustomError("x"))).toBeInstanceOf(RangeError);
    expect(String(sent(new CustomError("x")))).toBe("CustomError: x");
    expect(Object.keys(sent(new CustomError("x")))).toEqual([]);
    expect(sent(new Unnamed("x"))).toBeInstanceOf(ThreadError);
    expect(sent(new Unnamed("x")).name).toBe("ThreadError");
  });

  it("of classes without a name of text arrive with the nearest known class", () => {
    class Numbered extends RangeError {
      static override readonly name = 5 as never;
    }
    for (const Class of [class extends RangeError {}, Numbered]) {
      const arrived = sent(new Class("x"));
      expect(Object.getPrototypeOf(arrived)).toBe(RangeError.prototype);
      expect(arrived.name).toBe("RangeError");
      expect(Object.getOwnPropertyNames(arrived).sort()).toEqual(["message", "stack"]);
    }
  });

  it("of unknown classes have a name that can be changed and does not count as a field", () => {
    class Unknown extends Error {
      static {
        this.prototype.name = "Unknown";
      }
    }
    expect(Object.getOwnPropertyDescriptor(sent(new Unknown("x")), "name")).toEqual({
      value: "Unknown",
      writable: true,
      enumerable: false,
      configurable: true,
    });
  });

  it("of the platform keep name and message", () => {
    const arrived = sent(AbortSignal.abort().reason as DOMException);
    expect(arrived).toBeInstanceOf(Error);
    expect([arrived.name, arrived.message]).toEqual(["AbortError", "This operation was aborted"]);
    const missing = thrownBy(() =>
      process.getBuiltinModule("node:fs").readFileSync("/no/such/file"),
    ) as NodeJS.ErrnoException;
    expect(sent(missing)).toMatchObject({
      code: "ENOENT",
      errno: missing.errno,
      syscall: "open",
      path: "/no/such/file",
    });
  });

  it("arrive with any fields: as text if the field cannot travel, else as itself", () => {
    const token = new Token(1);
    const shared = { token };
    const error = Object.assign(new Error("x"), {
      bad: { shared, symbol: Symbol("s") },
      callback: () => 1,
      good: shared,
      token,
      promise: Promise.resolve(),
    });
    Object.assign(error, { self: error });
    const arrived = sent(error) as typeof error & { self: unknown };
    expect(arrived.self).toBe(arrived);
    expect(arrived.message).toBe("x");
    expect(arrived.bad).toBeTypeOf("string");
    expect(arrived.callback).toBe("function callback");
    expect(arrived.promise).toBe("[object Promise]");
    expect(arrived.token).toBeInstanceOf(Token);
    expect(arrived.good).toEqual({ token: arrived.token });
    expect(arrived.good.token).toBe(arrived.token);
  });

  it("arrive even if a field throws or the stack is not text", () => {
    const error = new Error("x");
    Object.defineProperty(error, "field", {
      enumerable: true,
      get() {
        throw new Error("from the getter");
      },
    });
    Object.defineProperty(error, "stack", { value: [() => 1] });
    const arrived = sent(error);
    expect(arrived.message).toBe("x");
    expect(arrived.stack).toBeUndefined();
  });

  it("arrive without a stack if they have none", () => {
    const error = new Error("x");
    delete error.stack;
    expect(sent(error).stack).toBeUndefined();
    expect(Object.hasOwn(sent(error), "stack")).toBe(false);
  });

  it("arrive with a name of text if their name cannot travel", () => {
    expect(sent(Object.assign(new Error("x"), { name: Symbol("s") })).name).toBe("Symbol(s)");
  });

  it("arrive even if reading the stack or the message throws", () => {
    const throwing = (): never => {
      throw new Error("from the getter");
    };
    const error = Object.defineProperty(new RangeError("x"), "stack", { get: throwing });
    expect([sent(error).message, Object.hasOwn(sent(error), "stack")]).toEqual(["x", false]);
    const mute = Object.defineProperty(new RangeError("x"), "message", { value: { toString: throwing } });
    expect(sent(mute).message).toBe("");
    expect(sent(mute)).toBeInstanceOf(RangeError);
  });
});

describe("a refused value", () => {
  const promise = Promise.resolve();
  it.each([
    [
      "a symbol",
      { a: { b: Symbol("s") } },
      "value.a.b is the symbol Symbol(s), and cannot travel to another thread; send a string",
    ],
    [
      "a promise",
      [0, [promise]],
      "value[1][0] is a Promise, and cannot travel to another thread; send what it stands for",
    ],
    ["a WeakMap", new Map([["k", new WeakMap()]]), 'value.get("k") is a WeakMap, and'],
    ["a WeakSet as a key", new Map([[new WeakSet(), 1]]), "a key of value is a WeakSet, and"],
    ["a WeakRef", new Set([new WeakRef({})]), "an item of value is a WeakRef, and"],
    ["a generator", { g: (function* () {})() }, "value.g is a Generator, and"],
    ["an async generator", { g: (async function* () {})() }, "value.g is an AsyncGenerator, and"],
    [
      "a function in an object of an exposed class",
      new Point({ f: [() => 1] }, 0),
      "value.x.f[0] is an anonymous function, which",
    ],
  ])("%s: the error names the place", (_, value, message) => {
    const error = thrownBy(() => pack(value));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain("core: " + message);
  });

  it("isCloneError is true for errors of structuredClone only", () => {
    expect(isCloneError(thrownBy(() => structuredClone(() => 1)))).toBe(true);
    expect([isCloneError(new Error("x")), isCloneError(null), isCloneError("DataCloneError")]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
