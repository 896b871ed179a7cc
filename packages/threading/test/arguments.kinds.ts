/** The kinds of parameters, independent of the sources: the valid values, and the errors that refuse the others. */
import { types } from "node:util";
import { TIMEOUT_MAX } from "@x/core";
import fc from "fast-check";
import { anything, FUNCTIONS, objects, oneOf, plain, Value } from "./arguments.values.js";

export interface Fault {
  /** The class of the error; undefined if the value itself throws when it is read or called. */
  readonly error: typeof TypeError | typeof RangeError | undefined;
  /** A part of the message besides the package: the name of the parameter. */
  readonly says: string;
  /** The value in the message; undefined if the message does not show it. */
  readonly value: Value | undefined;
  /** Does the error come only after the checks, when the value is called or read? */
  readonly isLate?: "at once" | "after a wait" | undefined;
}

/** A kind of parameter. */
export interface Kind {
  /** Valid values, and nearly valid ones. */
  readonly some: fc.Arbitrary<Value>;
  /** The faults of the value. The error may name any of them. */
  faults(value: Value): Fault[];
}

const NONE: Fault[] = [];
const ITS_OWN: Fault = { error: undefined, says: "", value: undefined };

const type = (says: string, value: Value): Fault[] => [{ error: TypeError, says, value }];
const range = (says: string, value: Value): Fault[] => [{ error: RangeError, says, value }];

const isObject = ({ it }: Value): boolean => typeof it === "object" && it !== null;
const isUnreadable = (value: Value): boolean => value === Value.UNREADABLE;
const isMissing = (value: Value): boolean => value.it === undefined && !isUnreadable(value);

/** Accepts `kind`, and undefined. */
export function optional(kind: Kind): Kind {
  return {
    some: fc.oneof({ weight: 1, arbitrary: oneOf(undefined) }, { weight: 4, arbitrary: kind.some }),
    faults: (value) => (isMissing(value) ? NONE : kind.faults(value)),
  };
}

/** The faults of an object that may have only these properties. `ownOnly`: checks only own properties. */
function unknown(value: Value, known: readonly string[], { ownOnly = false } = {}): Fault[] {
  const it = value.it as object;
  if (ownOnly && (ArrayBuffer.isView(it) || Object.keys(it).length === 0)) return NONE;
  for (const key in it) {
    if (!known.includes(key))
      return [{ error: TypeError, says: `there is no option ${JSON.stringify(key)}; `, value: undefined }];
  }
  return NONE;
}

/** Accepts every value. */
export const whatever: Kind = { some: anything, faults: () => NONE };

/** Accepts every value that can be read. */
export const whateverIsSeen: Kind = { some: anything, faults: ({ isTouchy }) => (isTouchy ? [ITS_OWN] : NONE) };

/** Milliseconds. */
export function milliseconds(name: string): Kind {
  return {
    some: oneOf(0, -0, 0.5, 1, 2.5, Number.MIN_VALUE, 60_000, TIMEOUT_MAX, Infinity, -1, TIMEOUT_MAX + 2000),
    faults(value) {
      const { it } = value;
      if (typeof it !== "number") return type(name, value);
      return it >= 0 && (it <= TIMEOUT_MAX || it === Infinity) ? NONE : range(name, value);
    },
  };
}

export function integer(name: string, least: number, most: number): Kind {
  return {
    some: fc.oneof(
      fc.integer({ min: Math.max(least, -9), max: Math.min(most, 9) }).map(plain),
      oneOf(least, most, least - 1, most + 1),
    ),
    faults(value) {
      const { it } = value;
      if (typeof it !== "number") return type(name, value);
      return Number.isInteger(it) && it >= least && it <= most ? NONE : range(name, value);
    },
  };
}

export function boolean(name: string): Kind {
  return { some: oneOf(true, false), faults: (value) => (typeof value.it === "boolean" ? NONE : type(name, value)) };
}

/** A function. `called`: it is called, at once or after a wait. `awaited`: it may return a promise. */
export function func(name: string, { called = undefined as Fault["isLate"], awaited = false } = {}): Kind {
  return {
    some: fc.constantFrom(...FUNCTIONS),
    faults(value) {
      if (typeof value.it !== "function") return type(name, value);
      if (called === undefined || value.call === "returns") return NONE;
      if (value.call === "throws") return [{ ...ITS_OWN, isLate: called }];
      return awaited ? NONE : [{ error: TypeError, says: "promise", value: undefined, isLate: called }];
    },
  };
}

/** A function that can travel to other threads as its text. */
export function functionWithText(name: string): Kind {
  return {
    some: func(name).some,
    faults: (value) => [...func(name).faults(value), ...(value.isTouchy ? [ITS_OWN] : [])],
  };
}

/** A function, or an object with a `call` method. */
export function target(name: string): Kind {
  return {
    some: fc.oneof(func(name).some, objects({ call: func("call").some })),
    faults(value) {
      if (value.isTouchy) return [ITS_OWN];
      if (typeof value.it === "function") return NONE;
      const call = isObject(value) ? value.at("call") : plain(undefined);
      if (isUnreadable(call)) return [ITS_OWN];
      return typeof call.it === "function" ? NONE : type(name, value);
    },
  };
}

export function array(name: string): Kind {
  return {
    some: oneOf([], [1, "two"], new Value("a proxy of an array", new Proxy([1], {}))),
    faults: (value) =>
      value.isTouchy ? [ITS_OWN, ...type(name, value)] : Array.isArray(value.it) ? NONE : type(name, value),
  };
}

/** A list of objects that move. */
export function movables(name: string): Kind {
  return {
    some: fc.oneof(
      fc.constant(undefined).map(() => new Value("[a new buffer]", [new ArrayBuffer(8)])),
      oneOf([], [1], [{}], [new Uint8Array(1)], new Value("a proxy of an array", new Proxy([], {}))),
    ),
    faults(value) {
      if (value.isTouchy) return [ITS_OWN, ...type(name, value)];
      if (!Array.isArray(value.it)) return type(name, value);
      const isMovable = Array.from(value.it as unknown[]).every((item) => item instanceof ArrayBuffer); // holes, too
      return isMovable ? NONE : [{ error: TypeError, says: `${name}[`, value: undefined }];
    },
  };
}

/** An object or a function. */
export function objectOrFunction(name: string): Kind {
  const { some, faults } = object(name);
  return { some, faults: (value) => (typeof value.it === "function" ? NONE : faults(value)) };
}

export function object(name: string): Kind {
  return { some: oneOf({}, { a: 1 }), faults: (value) => (isObject(value) ? NONE : type(name, value)) };
}

/** Accepts every value that can become a string. */
export const text: Kind = {
  some: oneOf("name", "", null),
  faults(value) {
    try {
      String(value.it);
      return NONE;
    } catch {
      return type("name", value);
    }
  },
};

/** An object with properties of these kinds, or of these names. It has no others, unless `any` is true. */
export function fields(
  says: string,
  kinds: Readonly<Record<string, Kind>>,
  more: readonly string[] | "any" = [],
): Kind {
  return {
    some: objects(Object.fromEntries(Object.entries(kinds).map(([key, { some }]) => [key, some]))),
    faults(value) {
      if (!isObject(value)) return type(says, value);
      if (value.isTouchy) return [ITS_OWN];
      const faults = Object.entries(kinds).flatMap(([key, kind]) => {
        const field = value.at(key);
        return isUnreadable(field) ? [ITS_OWN] : kind.faults(field);
      });
      return more === "any" ? faults : [...faults, ...unknown(value, [...Object.keys(kinds), ...more])];
    },
  };
}

export const signal: Kind = {
  some: fc.oneof(
    oneOf(
      undefined,
      new Value("a signal", new AbortController().signal),
      { aborted: false },
      { aborted: 0, addEventListener: () => 0 },
    ),
    oneOf({ aborted: false, addEventListener: () => 0 }),
  ),
  faults(value) {
    if (value.isTouchy) return [ITS_OWN, ...type("signal", value)];
    if (value.it instanceof AbortSignal) return value.it.aborted ? [{ ...ITS_OWN, isLate: "at once" }] : NONE;
    return isMissing(value) ? NONE : type("signal", value);
  },
};

const milliseconds_ = optional(milliseconds("timeout"));

/** The options of async forms: nothing, milliseconds, or an object. */
export const options: Kind = {
  some: fc.oneof(milliseconds_.some, objects({ timeout: milliseconds_.some, signal: signal.some })),
  faults(value) {
    if (isMissing(value)) return NONE;
    if (typeof value.it === "number") return milliseconds_.faults(value);
    if (!value.isTouchy && value.it instanceof AbortSignal) return type("{ signal }", value);
    return fields("{ timeout, signal }", { timeout: milliseconds_, signal }).faults(value);
  },
};

/** The options of `putAsync`. */
export const putOptions: Kind = {
  some: fc.oneof(
    milliseconds_.some,
    objects({ timeout: milliseconds_.some, signal: signal.some, transfer: optional(movables("transfer")).some }),
  ),
  faults(value) {
    if (isMissing(value)) return NONE;
    if (typeof value.it === "number") return milliseconds_.faults(value);
    if (!value.isTouchy && value.it instanceof AbortSignal) return type("{ signal }", value);
    const kinds = { timeout: milliseconds_, signal, transfer: optional(movables("transfer")) };
    return fields("{ timeout, signal }", kinds).faults(value);
  },
};

/** The options of `sleepAsync`, besides the time. */
export const signalOnly: Kind = optional({
  some: objects({ signal: signal.some }),
  faults: (value) =>
    !value.isTouchy && value.it instanceof AbortSignal
      ? type("{ signal }", value)
      : fields("{ signal }", { signal }).faults(value),
});

export function isSharedMemory(it: unknown): it is SharedArrayBuffer {
  return types.isSharedArrayBuffer(it);
}

export const zeroed: fc.Arbitrary<Value> = fc
  .constant(undefined)
  .map(() => new Value("new SharedArrayBuffer(4096)", new SharedArrayBuffer(4096)));

/** Shared memory with room for `bytes`. */
export function placement(bytes: number, more: readonly string[] = []): Kind {
  return {
    some: objects({
      buffer: fc.oneof({ weight: 5, arbitrary: zeroed }, { weight: 1, arbitrary: anything }),
      byteOffset: oneOf(0, 4, 64, 2, -4, 4092),
    }),
    faults(value) {
      if (!isObject(value)) return type("{ buffer, byteOffset }", value);
      if (value.isTouchy) return [ITS_OWN];
      const [buffer, offset] = [value.at("buffer"), value.at("byteOffset")];
      if (isUnreadable(buffer) || isUnreadable(offset))
        return [ITS_OWN, ...type("buffer", buffer), ...type("buffer", value)];
      const others = unknown(value, ["buffer", "byteOffset", "kind", ...more], { ownOnly: true });
      if (!isSharedMemory(buffer.it))
        return [...others, ...type("buffer", buffer), ...type("{ buffer, byteOffset }", value)];
      const { it: at = 0 } = offset;
      if (typeof at !== "number") return [...others, ...type("byteOffset", offset)];
      const fits = Number.isInteger(at) && at >= 0 && at % 4 === 0 && at + bytes <= buffer.it.byteLength;
      return fits ? others : [...others, ...range("byteOffset", offset.it === undefined ? plain(0) : offset)];
    },
  };
}

/** The argument of `from`: memory, or a handle from `share()` with its kind. */
export function handle(bytes: number, kind: string, more: Readonly<Record<string, Kind>> = {}): Kind {
  const place = placement(bytes, Object.keys(more));
  const extra = Object.fromEntries(Object.entries(more).map(([key, { some }]) => [key, some]));
  return {
    some: objects({
      buffer: fc.oneof({ weight: 5, arbitrary: zeroed }, { weight: 1, arbitrary: anything }),
      byteOffset: oneOf(0, 4, 64, 2, 4092),
      kind: oneOf(undefined, kind, kind, "@x/other Other"),
      ...extra,
    }),
    faults(value) {
      const wrong = place.faults(value);
      if (!isObject(value) || value.isTouchy) return wrong;
      const its = value.at("kind");
      const isWrongKind = !isUnreadable(its) && !isMissing(its) && its.it !== kind;
      return [
        ...wrong,
        ...(isUnreadable(its) ? [ITS_OWN] : isWrongKind ? type("", its) : []),
        ...Object.entries(more).flatMap(([key, it]) =>
          isUnreadable(value.at(key)) ? [ITS_OWN] : it.faults(value.at(key)),
        ),
      ];
    },
  };
}

/** An object of one of these classes. */
export function instance(
  says: string,
  Classes: readonly (abstract new (...args: never) => object)[],
  some: fc.Arbitrary<Value>,
): Kind {
  return {
    some,
    faults(value) {
      if (value.isTouchy) return [ITS_OWN, ...type(says, value)];
      return Classes.some((Class) => value.it instanceof Class) ? NONE : type(says, value);
    },
  };
}

/** `import.meta`, a path or a URL. What bundlers leave of it, stands for the file that calls. */
export const moduleItself: Kind = {
  some: fc.oneof(
    oneOf(undefined, {}, "/some/module.mjs", "file:///some/module.mjs", { url: "file:///another.mjs" }),
    objects({ url: oneOf("file:///third.mjs") }),
  ),
  faults(value) {
    const says = "import.meta, a path or a URL";
    if (value.isTouchy) return [ITS_OWN];
    if (value.it === undefined) return NONE;
    if (typeof value.it === "string") return value.it === "" ? type(says, value) : NONE;
    if (!isObject(value) && typeof value.it !== "function") return type(says, value);
    const [url, href] = [value.at("url"), value.at("href")];
    if (isUnreadable(url) || isUnreadable(href)) return [ITS_OWN];
    const it = url.it ?? href.it;
    if (it === undefined && isEmpty(value)) return NONE;
    return typeof it === "string" && it !== "" ? NONE : type(says, value);
  },
};

/** A plain object without fields. */
function isEmpty({ it, fields }: Value): boolean {
  if (typeof it !== "object" || it === null || Object.keys(fields ?? it).length > 0) return false;
  const prototype: unknown = Object.getPrototypeOf(it);
  return prototype === null || prototype === Object.prototype;
}

/** An object of functions. `called`: they are called, and their results must travel. */
export function functionsByName(says: string, { called = false, mayBe = (_: unknown): boolean => false } = {}): Kind {
  return {
    some: objects({ one: func("one").some, two: func("two").some }),
    faults(value) {
      if (!isObject(value)) return type(says, value);
      if (value.isTouchy) return [ITS_OWN];
      const names = Object.keys(value.fields ?? (value.it as object));
      return names.flatMap((name) => {
        const field = value.at(name);
        if (isUnreadable(field)) return [ITS_OWN];
        if (!field.isTouchy && mayBe(field.it)) return NONE;
        const faults = func(name, { called: called ? "at once" : undefined, awaited: true }).faults(field);
        return called && field.call === "promises"
          ? [{ error: TypeError, says: "a Promise", value: undefined }]
          : faults;
      });
    },
  };
}
