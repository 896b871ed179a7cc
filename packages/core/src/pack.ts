/**
 * How values travel. `postMessage` copies by the structured clone algorithm, which knows neither primitives nor classes nor
 * functions; `pack` replaces what it does not know, at any depth, by data, and `unpack` puts the real thing back.
 *
 *   primitives and other kinds   data, rebuilt by whoever registered the kind (a view of the same words)
 *   exposed functions, classes   where they are to be found
 *   objects of an exposed class  their own enumerable fields; the constructor does not run again
 *   errors                       class, message, stack, cause, code and all other own fields
 *   everything else              as structured clone has it
 *
 * An envelope holds the value, in which a `Packed` record stands wherever something was replaced, and the list of these
 * very records. Structured clone keeps identity within one message, so the receiver finds them without any mark in the
 * user's data, and one that needs no replacing travels as it is.
 */
import { describe, functionName, ifItThrows } from "./check.js";
import { OwnerDiedError, ThreadError, TimeoutError } from "./errors.js";
import { exposedAs, originOf } from "./expose.js";
import { type Bare, isBare, isManifest, Manifest, unpackManifest } from "./manifest.js";
import { platform } from "./platform/index.js";
import { type Callable, type Origin, realm, type Will } from "./realm.js";

/** The method by which an object says how it travels. */
export const PACK: unique symbol = Symbol.for("@x/core pack") as never;

/** What stands for an object on its way. */
export interface Packed {
  readonly kind: string;
  /** The URL of the module that registers the kind; none for the kinds of this package. */
  readonly home?: string | undefined;
  /** The exposed function or class that it is, or is an object of. */
  readonly origin?: Origin | undefined;
  readonly data?: unknown;
  /** What is packed inside the data, if there is something: `prepare` looks into it, too. */
  readonly inner?: Envelope | undefined;
  /** What shall happen if the thread dies that this is sent to, even before it has unpacked it. */
  readonly will?: Will | undefined;
}

/** A value on its way; may be posted as it is. */
export interface Envelope {
  readonly value: unknown;
  readonly parts: readonly Packed[];
}

const FUNCTION = "@x/core function";
const INSTANCE = "@x/core instance";
const ERROR = "@x/core error";
/** A primitive, by its number in the manifest, and a list of primitives. */
const NUMBERED = "@x/core numbered";
const LIST = "@x/core list";

/** How many primitives travel as they say themselves; more than these in a message have a manifest, which is not worth it for one. */
const FEW = 8;

/** Lets `unpack` rebuild objects of this kind. `home` is the `import.meta.url` of the module that calls this. */
export function registerKind<D>(kind: string, home: string, revive: (data: D) => unknown): void {
  realm.kinds.set(kind, { home, revive });
}

/** Lets errors of this class arrive as such without being exposed. */
export function registerError(Class: new (message: string) => Error): void {
  realm.errors.set(Class.name, Class as ErrorConstructor);
}

/** The record of an object of a registered kind. */
export function packedAs(kind: string, data: unknown): Packed {
  return { kind, home: realm.kinds.get(kind)?.home, data };
}

/**
 * Makes a value ready for `postMessage`. Nothing is changed; what needs no replacing is not copied.
 *
 *     worker.postMessage(pack({ lock, jobs: new Map([[1, square]]) }));
 *
 * @param name how error messages call the value: `args`, then `args[0].callback`
 * @throws TypeError naming the place of what cannot travel: a function that was not exposed, a symbol, a promise, a WeakMap
 */
export function pack(value: unknown, name: string = "value"): Envelope {
  if (travelsAsItIs(value, new Set())) return { value, parts: [] };
  return new Packing().pack(value, name);
}

/**
 * The value that was packed in another thread. Call it once per envelope: it rebuilds in place.
 *
 * @throws ThreadError if the module that exposes a function or rebuilds an object has not been loaded here; `prepare` loads it
 */
export function unpack<T = unknown>(envelope: Envelope): T {
  if (envelope.parts.length === 0) return envelope.value as T;
  return new Unpacking(envelope.parts).restore(envelope.value) as T;
}

/** @internal Is there nothing to load for `unpack`? Then {@link prepare} need not be called. */
export function isPrepared({ parts }: Envelope): boolean {
  return parts.every(({ kind, home, origin, inner }) => {
    if (inner !== undefined && !isPrepared(inner)) return false;
    return (home === undefined || realm.kinds.has(kind)) && (origin === undefined || exposedAs(origin) !== undefined);
  });
}

/**
 * Loads the modules without which `unpack` would fail.
 *
 * @param onImport is told the URL of each module before it is imported
 * @throws (rejects with) what an import throws; ThreadError if a module does not expose what it is to be imported for
 */
export async function prepare(envelope: Envelope, onImport: (url: string) => void = () => undefined): Promise<void> {
  const load = (url: string): Promise<unknown> => {
    onImport(url);
    return platform.importModule(url);
  };
  for (const { kind, home, origin, inner } of envelope.parts) {
    if (inner !== undefined) await prepare(inner, onImport);
    if (home !== undefined && !realm.kinds.has(kind)) await load(home);
    if (origin === undefined || exposedAs(origin) !== undefined) continue;
    await load(origin.url);
    if (exposedAs(origin) === undefined && kind !== ERROR) throw notExposed(origin);
  }
}

function notExposed({ url, name }: Origin): ThreadError {
  return new ThreadError(
    `core: ${url} was imported, but exposed no ${name}; call expose(import.meta, { ${name} }) at its top level, ` +
      `where it runs in every thread (not behind isMainThread)`,
  );
}

/** Does the error say that structured clone refused something? */
export function isCloneError(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === "DataCloneError";
}

// ---------------------------------------------------------------- packing

interface PackedError {
  /** Names of its class and of those above it, nearest first. */
  readonly classes: readonly string[];
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Record<string, unknown>;
}

/** Is there nothing in it that structured clone would not know, or get wrong? The common case: copies nothing. */
function travelsAsItIs(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function" && typeof value !== "symbol";
  if (seen.has(value)) return true;
  seen.add(value);
  if (Array.isArray(value)) return value.every((item) => typeof item === "number" || travelsAsItIs(item, seen));
  if (isMap(value)) return [...value].every(([key, item]) => travelsAsItIs(key, seen) && travelsAsItIs(item, seen));
  if (isSet(value)) return [...value].every((item) => travelsAsItIs(item, seen));
  const tag = tagOf(value);
  if (NATIVE.has(tag)) return true;
  if (PACK in value || isError(value) || IMMOBILE.has(tag) || originOfClass(value) !== undefined) return false;
  return Object.values(value).every((field) => travelsAsItIs(field, seen));
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

// Test runners give each file a realm of its own, and messages arrive in another: `instanceof` would not know them.
function isMap(value: object): value is Map<unknown, unknown> {
  return value instanceof Map || tagOf(value) === "Map";
}

function isSet(value: object): value is Set<unknown> {
  return value instanceof Set || tagOf(value) === "Set";
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Where the class of `value` is to be found, if it was exposed. */
function originOfClass(value: object): Origin | undefined {
  const Class: unknown = value.constructor;
  const isInstance = typeof Class === "function" && Object.getPrototypeOf(value) === Class.prototype;
  return isInstance ? originOf(Class as Callable) : undefined;
}

interface Packable {
  [PACK](): Packed;
}

class Packing {
  private readonly parts: Packed[] = [];
  /** Whatever was met: itself, or what stands for it. */
  private readonly seen = new Map<object, unknown>();
  /** Primitives that were packed before there was a manifest. */
  private readonly few: [Bare, Packed][] = [];
  private manifest: Manifest | undefined;

  pack(value: unknown, path: string): Envelope {
    const replaced = this.replace(value, path);
    return {
      value: replaced,
      parts: this.manifest === undefined ? this.parts : [this.manifest.packed(), ...this.parts],
    };
  }

  private replace(value: unknown, path: string): unknown {
    if (typeof value === "function") return this.packFunction(value as Callable, path);
    if (typeof value === "symbol") throw cannotTravel(path, `the symbol ${String(value)}`, "send a string");
    if (typeof value !== "object" || value === null) return value;
    const known = this.seen.get(value);
    if (known !== undefined) return known;
    if (PACK in value) return this.part(value, this.packSelf(value as Packable));
    if (Array.isArray(value)) return this.packArray(value, path);
    if (isMap(value)) return this.packMap(value, path);
    if (isSet(value)) return this.packSet(value, path);
    if (isError(value)) return this.packError(value);
    const tag = tagOf(value);
    if (IMMOBILE.has(tag)) throw cannotTravel(path, `a ${tag}`, "send what it stands for");
    return NATIVE.has(tag) ? value : this.packObject(value, path);
  }

  private part(original: object, packed: Packed): Packed {
    this.seen.set(original, packed);
    this.parts.push(packed);
    return packed;
  }

  private packSelf(value: Packable): Packed {
    if (!isBare(value)) return value[PACK]();
    if (this.manifest !== undefined || this.few.length === FEW) return this.numbered(value);
    const packed = value[PACK]();
    this.few.push([value, packed]);
    return packed;
  }

  private numbered(primitive: Bare): Packed {
    return { kind: NUMBERED, data: this.numbers().numberOf(primitive) };
  }

  /** The manifest, in which from now on all primitives are, also the few that were packed without. */
  private numbers(): Manifest {
    if (this.manifest === undefined) {
      this.manifest = new Manifest();
      for (const [primitive, packed] of this.few) Object.assign(packed, { home: undefined }, this.numbered(primitive));
    }
    return this.manifest;
  }

  private packFunction(member: Callable, path: string): Packed {
    const known = this.seen.get(member);
    if (known !== undefined) return known as Packed;
    const origin = originOf(member);
    if (origin === undefined) {
      const name = functionName(member) || "theFunction";
      throw cannotTravel(
        path,
        `${describe(member)}, which was not exposed`,
        `expose it in the module that defines it: expose(import.meta, { ${name} })`,
      );
    }
    return this.part(member, { kind: FUNCTION, origin });
  }

  private packArray(value: readonly unknown[], path: string): unknown {
    const list = value.length > FEW && isBare(value[0]) ? this.numbers().numbersOf(value) : undefined;
    if (list !== undefined) return this.part(value, { kind: LIST, data: list });
    const copy = this.keep(value, new Array<unknown>(value.length));
    value.forEach((item, i) => (copy[i] = this.replace(item, `${path}[${i}]`)));
    return copy;
  }

  private packMap(value: ReadonlyMap<unknown, unknown>, path: string): unknown {
    const copy = this.keep(value, new Map<unknown, unknown>());
    for (const [key, item] of value) {
      copy.set(this.replace(key, `a key of ${path}`), this.replace(item, `${path}.get(${describe(key)})`));
    }
    return copy;
  }

  private packSet(value: ReadonlySet<unknown>, path: string): unknown {
    const copy = this.keep(value, new Set<unknown>());
    for (const item of value) copy.add(this.replace(item, `an item of ${path}`));
    return copy;
  }

  private packObject(value: object, path: string): unknown {
    const origin = originOfClass(value);
    if (origin === undefined) {
      const copy = this.keep(value, {});
      this.packFields(value, path, copy);
      return copy;
    }
    checkNoPrivateFields(value.constructor as Callable, path);
    const fields = {};
    const packed = this.part(value, { kind: INSTANCE, origin, data: fields });
    this.packFields(value, path, fields);
    return packed;
  }

  /** What stands for a container is known before its items are looked at: they may refer back to it. */
  private keep<T extends object>(original: object, copy: T): T {
    this.seen.set(original, copy);
    return copy;
  }

  private packFields(value: object, path: string, into: object): void {
    for (const [key, field] of Object.entries(value)) define(into, key, this.replace(field, `${path}.${key}`));
  }

  private packError(error: Error): Packed {
    const fields: Record<string, unknown> = {};
    // Both may be computed as they are read, by whatever the user or a test runner has put there.
    const stack = ifItThrows<unknown>(undefined, () => error.stack);
    const message = ifItThrows("", () => String(error.message));
    const data: PackedError = {
      ...{ classes: classNames(error), message, fields },
      stack: typeof stack === "string" ? stack : undefined,
    };
    const packed = this.part(error, { kind: ERROR, origin: originOfClass(error), data });
    const names = Object.getOwnPropertyNames(error).filter((name) => name !== "stack" && name !== "message");
    for (const name of names) define(fields, name, this.packErrorField(error, name));
    if (!names.includes("name") && error.name !== data.classes[0]) define(fields, "name", error.name);
    return packed;
  }

  /** An error has to arrive, whatever hangs on it: a field that cannot travel goes as text. */
  private packErrorField(error: Error, name: string): unknown {
    const [parts, met] = [this.parts.length, this.seen.size];
    let field: unknown;
    try {
      field = (error as unknown as Record<string, unknown>)[name];
      return this.replace(field, name);
    } catch {
      // What was met in there is half done: met again in another field, it has to be packed anew.
      this.parts.length = parts;
      for (const half of [...this.seen.keys()].slice(met)) this.seen.delete(half);
      return describe(field);
    }
  }
}

/** Assigns also names such as `__proto__`, which plain assignment would not. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function classNames(error: Error): string[] {
  const names: string[] = [];
  for (let proto: unknown = Object.getPrototypeOf(error); proto; proto = Object.getPrototypeOf(proto)) {
    const name = (proto.constructor as { name?: unknown } | undefined)?.name;
    if (typeof name === "string" && name !== "" && name !== "Object") names.push(name);
  }
  return names;
}

/** Tags of objects that structured clone refuses. */
const IMMOBILE = new Set(["Promise", "WeakMap", "WeakSet", "WeakRef", "Generator", "AsyncGenerator"]);

/** Tags of objects that structured clone knows and that hold nothing of ours. */
const NATIVE = new Set([
  ...["Date", "RegExp", "Boolean", "Number", "String", "BigInt", "ArrayBuffer", "SharedArrayBuffer", "DataView"],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "WebAssembly.Module"],
  ...["WebAssembly.Memory", "MessagePort", "Blob", "File", "CryptoKey", "ImageData"],
]);

function cannotTravel(path: string, what: string, cure: string): TypeError {
  return new TypeError(`core: ${path} is ${what}, and cannot travel to another thread; ${cure}`);
}

/**
 * Throws if objects of this class have `#private` fields: those are installed by the constructor, which does not run again
 * over there, so every method that uses them would fail far from here.
 *
 * @param base where to stop looking: a class whose own fields are seen to otherwise
 */
export function checkNoPrivateFields(Class: Callable, path: string, base?: Callable): void {
  for (let C: Callable | null = Class; C && C !== base; C = Object.getPrototypeOf(C) as Callable | null) {
    const name = privateField(C);
    if (name === undefined) continue;
    throw new TypeError(
      `core: ${path} cannot travel to another thread: class ${C.name} has the private field ${name}, which cannot be copied; ` +
        `make it an ordinary field (TypeScript's "private" is one)`,
    );
  }
}

/** The declaration of a private name; of one that belongs to the class itself, group 1 says so: that one is over there, too. */
const PRIVATE = /(?<=[\s;{}])(static\s*)?(?:(?:async|get|set)\s*|\*\s*)*(#[\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

function privateField(Class: Callable): string | undefined {
  const text = String(Class);
  if (!text.startsWith("class")) return undefined; // built-in, or compiled for an old target
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*|(["'`])(?:\\[^]|(?!\1)[^\\])*\1/g, " ");
  for (const [, isStatic, name] of code.matchAll(PRIVATE)) if (isStatic === undefined) return name;
  return /__privateAdd\(this,\s*(\w+)/.exec(code)?.[1];
}

// ---------------------------------------------------------------- unpacking

class Unpacking {
  private readonly packed: ReadonlySet<unknown>;
  /** Whatever was met: itself, restored in place, or what it stood for. */
  private readonly seen = new Map<object, unknown>();

  /** Those of the manifest, by number. */
  private readonly primitives: readonly unknown[];

  constructor(parts: readonly Packed[]) {
    this.packed = new Set(parts);
    const first = parts[0]!;
    this.primitives = isManifest(first) ? unpackManifest(first, reviverOf) : [];
  }

  restore(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (this.seen.has(value)) return this.seen.get(value);
    if (this.packed.has(value)) return this.revive(value as Packed);
    this.seen.set(value, value);
    if (Array.isArray(value)) value.forEach((item, i) => typeof item === "object" && (value[i] = this.restore(item)));
    else if (isMap(value)) this.restoreMap(value);
    else if (isSet(value)) this.restoreSet(value);
    else if (isPlain(value)) this.restoreFields(value, value);
    return value;
  }

  private restoreMap(map: Map<unknown, unknown>): void {
    const entries = [...map];
    map.clear();
    for (const [key, item] of entries) map.set(this.restore(key), this.restore(item));
  }

  private restoreSet(set: Set<unknown>): void {
    const items = [...set];
    set.clear();
    for (const item of items) set.add(this.restore(item));
  }

  private restoreFields(from: object, into: object): void {
    for (const [key, field] of Object.entries(from)) {
      if (from !== into || (typeof field === "object" && field !== null)) define(into, key, this.restore(field));
    }
  }

  private revive(packed: Packed): unknown {
    switch (packed.kind) {
      case FUNCTION:
        return this.keep(packed, found(packed.origin as Origin));
      case INSTANCE: {
        const self = this.keep(packed, Object.create(found(packed.origin as Origin).prototype as object) as object);
        this.restoreFields(packed.data as object, self);
        return self;
      }
      case ERROR: {
        const data = packed.data as PackedError;
        const error = this.keep(packed, errorLike(data, packed.origin));
        this.restoreFields(data.fields, error);
        for (const name of ["cause", "errors", "name"]) {
          if (Object.hasOwn(error, name)) Object.defineProperty(error, name, { enumerable: false });
        }
        return error;
      }
      case NUMBERED:
        return this.primitives[packed.data as number];
      case LIST: {
        const list: unknown[] = this.keep(packed, []);
        for (const number of packed.data as Int32Array) list.push(this.primitives[number]);
        return list;
      }
      default:
        return this.keep(packed, reviverOf(packed)(packed.data as never) as object);
    }
  }

  private keep<T extends object>(packed: Packed, value: T): T {
    this.seen.set(packed, value);
    return value;
  }
}

function found(origin: Origin): Callable & { prototype?: unknown } {
  const member = exposedAs(origin);
  if (member === undefined) throw notLoaded(origin.name, origin.url);
  return member;
}

function reviverOf({ kind, home }: Packed): (data: never) => unknown {
  const known = realm.kinds.get(kind);
  if (known === undefined) throw notLoaded(kind, home);
  return known.revive;
}

function notLoaded(what: string, url: string | undefined): ThreadError {
  return new ThreadError(
    `core: ${what} is not known in this thread; import ${url ?? "the package that defines it"} here`,
  );
}

const ERRORS: Readonly<Record<string, unknown>> = {
  ...{ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError },
  ...{ OwnerDiedError, ThreadError, TimeoutError },
};

/** An error of the nearest class that is known here; its constructor, if it is the user's, does not run. */
function errorLike({ classes, message, stack }: PackedError, origin: Origin | undefined): Error {
  const exposed = origin && exposedAs(origin);
  const name = classes.find((candidate) => realm.errors.has(candidate) || Object.hasOwn(ERRORS, candidate)) ?? "Error";
  const Class = (exposed ?? realm.errors.get(name) ?? ERRORS[name]) as ErrorConstructor;
  const error = Reflect.construct<[string], Error>(Error, [message], Class);
  if (stack === undefined) delete error.stack;
  else Object.defineProperty(error, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
  if (classes[0] !== undefined && error.name !== classes[0]) define(error, "name", classes[0]);
  return error;
}
