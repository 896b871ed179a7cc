/** Values for arguments: all kinds of JavaScript, also the strange ones, and the expected behaviour of each. */
import { runInNewContext } from "node:vm";
import fc from "fast-check";

/** The error of values that throw when they are read. */
export class Touched extends Error {}

function touched(): never {
  throw new Touched("touched");
}

/** A value, and its properties as far as they are known without reading it. */
export class Value {
  constructor(
    readonly text: string,
    readonly it: unknown,
    /** The properties at their first read, for objects that change. */
    readonly fields?: Readonly<Record<string, Value>>,
    /** Does every read of it throw? */
    readonly isTouchy = false,
    /** For functions: the behaviour of a call. */
    readonly call?: "returns" | "promises" | "throws",
    /** Restores the first state of the value, before it is passed again. */
    readonly renew: () => void = () => undefined,
  ) {}

  /** Stands for a property that throws when it is read. */
  static readonly UNREADABLE: Value = new Value("(throws)", undefined);

  /** For reports of fast-check, which would read the value. */
  [fc.toStringMethod](): string {
    return this.text;
  }

  /** A property of the value. */
  at(key: string): Value {
    if (this.fields !== undefined) return this.fields[key] ?? NOTHING;
    try {
      return plain((this.it as Readonly<Record<string, unknown>>)[key]);
    } catch {
      return Value.UNREADABLE;
    }
  }
}

export function plain(it: unknown): Value {
  return new Value(fc.stringify(it), it);
}

const NOTHING = plain(undefined);

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** From another realm, as in test runners with a realm per file: no object there is an `instanceof` a class here. */
const foreign = runInNewContext(`({
  object: {}, array: [1], number: new Number(5), map: new Map([[1, 2]]), error: new RangeError("far"), shared: new SharedArrayBuffer(4096),
  words: new Int32Array(4), promise: Promise.resolve(1), call: () => 1, promises: async () => 1, Class: class Far {},
})`) as Readonly<Record<string, object>>;

export const FUNCTIONS: readonly Value[] = [
  new Value("() => 1", () => 1, undefined, false, "returns"),
  new Value("() => 0", () => 0, undefined, false, "returns"),
  new Value("async () => 1", async () => 1, undefined, false, "promises"),
  new Value("a function that throws", touched, undefined, false, "throws"),
  new Value("a function of another realm", foreign["call"], undefined, false, "returns"),
  new Value("an async function of another realm", foreign["promises"], undefined, false, "promises"),
  new Value("a function whose name throws", named({ get: touched }), undefined, false, "returns"),
  new Value("a function whose name is a symbol", named({ value: Symbol("name") }), undefined, false, "returns"),
];

function named(name: PropertyDescriptor): unknown {
  return Object.defineProperty(() => 1, "name", name);
}

/** New values for each use, because some can be used only once. */
const STRANGE: readonly (() => Value)[] = [
  ...[undefined, null, true, false, 0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53, 1e300, 5e-324].map(
    (it) => () => plain(it),
  ),
  ...["", "5", "NaN", "file:///nowhere.mjs", "x".repeat(200), "\ud800", 0n, -5n, 2n ** 70n].map(
    (it) => () => plain(it),
  ),
  ...[Symbol("mine"), Symbol.iterator, Symbol(), new Number(5), new String("5"), Object(5n)].map(
    (it) => () => plain(it),
  ),
  () => new Value("Object(Symbol())", Object(Symbol("boxed"))),
  ...Object.entries(foreign)
    .filter(([key]) => !["call", "promises", "Class"].includes(key))
    .map(
      ([key, it]) =>
        () =>
          new Value(`a foreign ${key}`, it),
    ),
  ...FUNCTIONS.map((it) => () => it),
  () => new Value("a class", class Near {}, undefined, false, "throws"),
  () => new Value("a foreign class", foreign["Class"], undefined, false, "throws"),
  () => new Value("a revoked proxy", revoked({}), undefined, true),
  () =>
    new Value(
      "a revoked proxy of a function",
      revoked(() => 1),
      undefined,
      true,
      "throws",
    ),
  () => new Value("a revoked proxy of an array", revoked([]), undefined, true),
  () => new Value("a proxy of an array", new Proxy([], {})),
  () => new Value("a proxy of shared memory", new Proxy(new SharedArrayBuffer(4096), {})),
  () => new Value("a proxy whose traps all throw", new Proxy({}, new Proxy({}, { get: touched })), undefined, true),
  () => new Value("{ valueOf: () => 5 }", { valueOf: () => 5, toString: () => "5" }),
  () => new Value("{ [Symbol.toPrimitive]: () => 5 }", { [Symbol.toPrimitive]: () => 5 }),
  () => new Value("{ valueOf: throws }", { valueOf: touched, toString: touched }),
  () =>
    new Value("{ get [Symbol.toStringTag]: throws }", Object.defineProperty({}, Symbol.toStringTag, { get: touched })),
  () => new Value("{ [Symbol.toStringTag]: SharedArrayBuffer }", { [Symbol.toStringTag]: "SharedArrayBuffer" }),
  () => new Value("{ constructor: { name: Symbol() } }", { constructor: { name: Symbol("name") } }),
  () => new Value("{ constructor: null }", { constructor: null }),
  () => new Value("Object.create(null)", Object.create(null)),
  () => new Value("new Int32Array(4)", new Int32Array(4)),
  () => new Value("new ArrayBuffer(4096)", new ArrayBuffer(4096)),
  () => new Value("AbortSignal.abort()", AbortSignal.abort()),
  () => new Value("globalThis", globalThis),
];

export const anything: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...STRANGE).map((make) => make()) },
  { weight: 1, arbitrary: fc.double().map(plain) },
  {
    weight: 1,
    arbitrary: fc
      .anything({
        ...{
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
        },
        ...{ withSparseArray: true, withNullPrototype: true, withObjectString: true, maxDepth: 2 },
      })
      .map(plain),
  },
);

/** An arbitrary of these values. */
export function oneOf(...values: readonly unknown[]): fc.Arbitrary<Value> {
  return fc.constantFrom(...values.map((it) => (it instanceof Value ? it : plain(it))));
}

/** Objects with these properties. Each is absent, a plain value, a getter that throws, or a getter that changes its result. */
export function objects(fields: Readonly<Record<string, fc.Arbitrary<Value>>>): fc.Arbitrary<Value> {
  const shapes = Object.entries(fields).map(([key, field]) =>
    fc.record({
      key: fc.constant(key),
      value: fc.oneof({ weight: 2, arbitrary: field }, { weight: 1, arbitrary: anything }),
      shape: fc.constantFrom("absent", "plain", "plain", "plain", "getter", "throws", "shifty"),
    }),
  );
  return fc.tuple(...shapes).map((properties) => {
    const it = {};
    const seen: Record<string, Value> = {};
    const reads = new Map<string, number>();
    const shifty: string[] = [];
    for (const { key, value, shape } of properties) {
      // The kind of a handle is read twice: to choose the class, and in the class.
      if (shape === "absent" || (shape === "shifty" && key === "kind")) continue;
      const once = (): unknown => {
        const before = reads.get(key) ?? 0;
        reads.set(key, before + 1);
        return before === 0 ? value.it : NaN;
      };
      const getters: Readonly<Record<string, () => unknown>> = {
        throws: touched,
        getter: () => value.it,
        shifty: once,
      };
      const get = getters[shape];
      Object.defineProperty(it, key, { enumerable: true, ...(get === undefined ? { value: value.it } : { get }) });
      seen[key] = shape === "throws" ? Value.UNREADABLE : value;
      if (shape === "shifty") shifty.push(`; another ${key} when it is read again`);
    }
    const text = Object.entries(seen).map(([key, value]) => `${key}: ${value.text}`);
    const renew = (): void => {
      reads.clear();
      for (const value of Object.values(seen)) value.renew();
    };
    return new Value(`{ ${text.join(", ")}${shifty.join("")} }`, it, seen, false, undefined, renew);
  });
}
