/**
 * How values travel. `postMessage` copies by the structured clone algorithm, which knows neither primitives nor classes nor
 * functions; `pack` replaces what it does not know, at any depth, by data, and `unpack` puts the real thing back.
 *
 *   primitives and other kinds   data, rebuilt by whoever registered the kind (a view of the same words)
 *   exposed functions, classes   where they are to be found
 *   objects of an exposed class  their own enumerable fields; the constructor does not run again
 *   errors                       class, message, stack, cause, code and all other own fields
 *   everything else              as structured clone has it, if that copies it whole; see transfer/structured-clone.ts
 *
 * An envelope holds the value, in which a `Packed` record stands wherever something was replaced, and the list of these
 * very records. Structured clone keeps identity within one message, so the receiver finds them without any mark in the
 * user's data, and one that needs no replacing travels as it is.
 */
import { describe, functionName, ifItThrows } from "../check.js";
import { ThreadError } from "../errors.js";
import { resolveExport, isInFile, exportRefOf } from "./expose.js";
import { type Bare, isBare, isManifest, Manifest, unpackManifest } from "./primitive-table.js";
import { platform } from "../platform/index.js";
import { canonicalObject, rememberObject } from "./known-objects.js";
import { errorLike, type PackedError, partsOfError } from "./packed-error.js";
import { type Callable, type ExportRef, realm, type DeathAction } from "../global-slot.js";
import {
  cannotTravel,
  className,
  fieldsOfList,
  isMap,
  isRootPrototype,
  isSet,
  isDate,
  isIndex,
  notExposedClass,
  refusal,
  type Shape,
  shapeOf,
} from "./structured-clone.js";

/** The method by which an object says how it travels. */
export const PACK: unique symbol = Symbol.for("@x/core pack") as never;

/** What stands for an object on its way. */
export interface Packed {
  /** What it is, as {@link registerKind} calls it. */
  readonly kind: string;
  /** The URL of the module that registers the kind; none for the kinds of this package. */
  readonly moduleUrl?: string | undefined;
  /** The exposed function or class that it is, or is an object of. */
  readonly exportRef?: ExportRef | undefined;
  /** What `revive` of the kind rebuilds it from. */
  readonly data?: unknown;
  /** What is packed inside the data, if there is something: `prepare` looks into it, too. */
  readonly inner?: Envelope | undefined;
  /** What shall happen if the thread dies that this is sent to, even before it has unpacked it. */
  readonly deathAction?: DeathAction | undefined;
}

/** A value on its way; may be posted as it is. */
export interface Envelope {
  /** The value, in which something else stands for what structured clone does not know. */
  readonly value: unknown;
  /** What stands for what, in order. */
  readonly parts: readonly Packed[];
}

const FUNCTION = "@x/core function";
const INSTANCE = "@x/core instance";
/** An object of an exposed class below a built-in one, or below a primitive: that, and its own fields. */
const EXTENDED = "@x/core extended";
const FILE = "@x/core file";
const ERROR = "@x/core error";
/** A primitive, by its number in the manifest, and a list of primitives. */
const NUMBERED = "@x/core numbered";
const LIST = "@x/core list";

/** How many primitives travel as they say themselves; more than these in a message have a manifest, which is not worth it for one. */
const FEW = 8;

/** Lets `unpack` rebuild objects of this kind. `moduleUrl` is the `import.meta.url` of the module that calls this. */
export function registerKind<D>(kind: string, moduleUrl: string, revive: (data: D) => unknown): void {
  realm.kinds.set(kind, { moduleUrl, revive });
}

/** The record of an object of a registered kind. */
export function packedAs(kind: string, data: unknown): Packed {
  return { kind, moduleUrl: realm.kinds.get(kind)?.moduleUrl, data };
}

/**
 * Makes a value ready for `postMessage`. Nothing is changed; what needs no replacing is not copied.
 *
 *     worker.postMessage(pack({ lock, jobs: new Map([[1, square]]) }));
 *
 * @param name how error messages call the value: `args`, then `args[0].callback`
 * @throws TypeError naming the place of what cannot travel, and the cure: a function, or an object of a class, that was not exposed; a
 *   symbol, a promise, a stream, and whatever else structured clone refuses, or would leave empty
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
  return parts.every(({ kind, moduleUrl, exportRef, inner }) => {
    if (inner !== undefined && !isPrepared(inner)) return false;
    return (
      (moduleUrl === undefined || realm.kinds.has(kind)) &&
      (exportRef === undefined || resolveExport(exportRef) !== undefined)
    );
  });
}

/**
 * Loads the modules without which `unpack` would fail.
 *
 * @param load imports the module of this URL; by default as `import()` does
 * @throws (rejects with) what an import throws; ThreadError if a module does not expose what it is to be imported for
 */
export async function prepare(
  envelope: Envelope,
  load: (url: string) => Promise<unknown> = (url) => import(/* @vite-ignore */ /* webpackIgnore: true */ url),
): Promise<void> {
  for (const { kind, moduleUrl, exportRef, inner } of envelope.parts) {
    if (inner !== undefined) await prepare(inner, load);
    if (moduleUrl !== undefined && !realm.kinds.has(kind)) await load(moduleUrl);
    if (exportRef === undefined || resolveExport(exportRef) !== undefined) continue;
    await load(exportRef.url);
    if (resolveExport(exportRef) === undefined && kind !== ERROR) throw notExposed(exportRef);
  }
}

function notExposed({ url, name }: ExportRef): ThreadError {
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

/** Is there nothing in it that structured clone would not know, or get wrong? The common case: copies nothing. */
function travelsAsItIs(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function" && typeof value !== "symbol";
  if (seen.has(value)) return true;
  seen.add(value);
  const shape = packsItself(value) ? "instance" : shapeOf(value);
  switch (shape) {
    case "plain":
      return fieldsTravel(Object.keys(value), value as Fields, seen);
    case "list":
      if (!(value as unknown[]).every((item) => typeof item === "number" || travelsAsItIs(item, seen))) return false;
      return fieldsTravel(fieldsOfList(value as unknown[]), value as Fields, seen);
    case "map":
      for (const [key, item] of value as Map<unknown, unknown>) {
        if (!travelsAsItIs(key, seen) || !travelsAsItIs(item, seen)) return false;
      }
      return true;
    case "set":
      for (const item of value as Set<unknown>) if (!travelsAsItIs(item, seen)) return false;
      return true;
    case "native":
      return !isFile(value) && originOfClass(value) === undefined;
    default:
      return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsTravel(names: readonly string[], fields: Fields, seen: Set<object>): boolean {
  for (const name of names) if (!travelsAsItIs(fields[name], seen)) return false;
  return true;
}

/** Does it say itself how it travels? A proxy that was revoked says nothing. */
function packsItself(value: object): value is Packable {
  return platform.isProxy(value) ? ifItThrows(false, () => PACK in value) : PACK in value;
}

/** Some runtimes copy a file as a blob, which has no name. */
function isFile(value: object): value is File {
  return typeof File === "function" && value instanceof File;
}

/** Where the class of `value` is to be found, if it was exposed. */
function originOfClass(value: object): ExportRef | undefined {
  const Class: unknown = value.constructor;
  const isInstance = typeof Class === "function" && Object.getPrototypeOf(value) === Class.prototype;
  return isInstance ? exportRefOf(Class as Callable) : undefined;
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
  /** Is this a field of an error, which has to arrive whatever hangs on it? */
  private isOfError = false;

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
    if (packsItself(value)) return this.packSelf(value, path);
    const shape = shapeOf(value);
    switch (shape) {
      case "plain":
        return this.packFields(Object.keys(value), value as Fields, path, this.keep(value, {}));
      case "error":
        return this.packError(value as Error);
      case "list":
      case "map":
      case "set":
        return this.packContainer(value, shape, path);
      case "native":
        if (isFile(value)) return this.packFile(value);
        return originOfClass(value) === undefined ? value : this.packObject(value, shape, path);
      case "proxy":
        throw refusal(value, shape, path);
      default:
        return this.packObject(value, shape, path);
    }
  }

  private part(original: object, packed: Packed): Packed {
    this.seen.set(original, packed);
    this.parts.push(packed);
    return packed;
  }

  private packSelf(value: Packable, path: string): Packed {
    if (isBare(value)) return this.part(value, this.packBare(value));
    const base = value[PACK]();
    const registered = registeredAbove(value);
    if (registered === undefined) {
      rememberObject(value);
      return this.part(value, base);
    }
    const exportRef = originOfClass(value);
    if (exportRef === undefined) throw notExposedClass(path, className(value));
    checkNoPrivateFields(value.constructor as Callable, path, registered);
    this.parts.push(base);
    const known = Object.keys(reviverOf(base)(base.data as never) as object);
    const names = Object.keys(value).filter((name) => !known.includes(name));
    return this.packExtended(value, exportRef, names, path, () => base);
  }

  /** An object of an exposed class below one that travels by itself: that, and the fields of its own. */
  private packExtended(
    value: object,
    exportRef: ExportRef,
    names: readonly string[],
    path: string,
    base: () => unknown,
  ): Packed {
    const data = { base: undefined as unknown, fields: {} };
    const packed = this.part(value, { kind: EXTENDED, exportRef, data });
    data.base = base();
    this.packFields(names, value as Fields, path, data.fields);
    return packed;
  }

  private packBare(value: Bare & Packable): Packed {
    if (this.manifest !== undefined || this.few.length === FEW) return this.numbered(value);
    const packed = value[PACK]();
    rememberObject(value);
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
      for (const [primitive, packed] of this.few)
        Object.assign(packed, { moduleUrl: undefined }, this.numbered(primitive));
    }
    return this.manifest;
  }

  private packFunction(member: Callable, path: string): Packed {
    const known = this.seen.get(member);
    if (known !== undefined) return known as Packed;
    const exportRef = exportRefOf(member);
    if (exportRef === undefined) {
      const name = functionName(member) || "theFunction";
      throw cannotTravel(
        path,
        `${describe(member)}, which was not exposed`,
        `expose it in the module that defines it: expose(import.meta, { ${name} })`,
      );
    }
    checkInFile(exportRef, path, describe(member));
    return this.part(member, { kind: FUNCTION, exportRef });
  }

  private packContainer(value: object, shape: Shape, path: string): unknown {
    if (shape === "map") return this.packMap(value as Map<unknown, unknown>, path, this.keep(value, new Map()));
    if (shape === "set") return this.packSet(value as Set<unknown>, path, this.keep(value, new Set()));
    return this.packArray(value as unknown[], path);
  }

  private packArray(value: readonly unknown[], path: string): unknown {
    const names = fieldsOfList(value);
    const list =
      value.length > FEW && names.length === 0 && isBare(value[0]) ? this.numbers().numbersOf(value) : undefined;
    if (list !== undefined) return this.part(value, { kind: LIST, data: list });
    return this.packItems(value, names, path, this.keep(value, new Array<unknown>(value.length)));
  }

  private packItems(value: readonly unknown[], names: readonly string[], path: string, copy: unknown[]): unknown {
    value.forEach((item, i) => (copy[i] = this.replace(item, `${path}[${i}]`)));
    if (names.length > 0) this.packFields(names, value as never, path, copy);
    return copy;
  }

  private packMap(value: ReadonlyMap<unknown, unknown>, path: string, copy: Map<unknown, unknown>): unknown {
    Map.prototype.forEach.call(value, (item, key) => {
      copy.set(this.replace(key, `a key of ${path}`), this.replace(item, `${path}.get(${describe(key)})`));
    });
    return copy;
  }

  private packSet(value: ReadonlySet<unknown>, path: string, copy: Set<unknown>): unknown {
    Set.prototype.forEach.call(value, (item) => copy.add(this.replace(item, `an item of ${path}`)));
    return copy;
  }

  /** An object of a class: of an exposed one, or it is refused. */
  private packObject(value: object, shape: Shape, path: string): unknown {
    const exportRef = originOfClass(value);
    if (exportRef === undefined) {
      const names = Object.keys(value);
      if (!this.isOfError || shape !== "instance" || names.length === 0) throw refusal(value, shape, path);
      return this.packFields(names, value as Fields, path, this.keep(value, {}));
    }
    checkNoPrivateFields(value.constructor as Callable, path);
    checkInFile(exportRef, path, `an object of class ${className(value)}`);
    if (Array.isArray(value)) {
      return this.packExtended(value, exportRef, fieldsOfList(value), path, () =>
        this.packItems(value, [], path, new Array<unknown>(value.length)),
      );
    }
    const names = Object.keys(value);
    if (isMap(value))
      return this.packExtended(value, exportRef, names, path, () => this.packMap(value, path, new Map()));
    if (isSet(value))
      return this.packExtended(value, exportRef, names, path, () => this.packSet(value, path, new Set()));
    if (shape === "native" || ArrayBuffer.isView(value) || isDate(value)) {
      const fieldNames = names.filter((name) => !isIndex(name));
      return this.packExtended(value, exportRef, fieldNames, path, () => value);
    }
    checkNoFunctions(value, path, className(value));
    const fields = {};
    const packed = this.part(value, { kind: INSTANCE, exportRef, data: fields });
    this.packFields(names, value as Fields, path, fields);
    return packed;
  }

  private packFile(file: File): Packed {
    const { name, type, lastModified } = file;
    // In a slice, as Bun's `postMessage` would have the name of the file itself go with it, and not the rest.
    return this.part(file, { kind: FILE, data: { bytes: file.slice(0, file.size, type), name, type, lastModified } });
  }

  /** What stands for a container is known before its items are looked at: they may refer back to it. */
  private keep<T extends object>(original: object, copy: T): T {
    this.seen.set(original, copy);
    return copy;
  }

  private packFields<T extends object>(names: readonly string[], from: Fields, path: string, into: T): T {
    for (const name of names) define(into, name, this.replace(from[name], `${path}.${name}`));
    return into;
  }

  private packError(error: Error): Packed {
    const exportRef = originOfClass(error);
    const { data, names } = partsOfError(error, exportRef !== undefined);
    const packed = this.part(error, { kind: ERROR, exportRef, data });
    for (const name of names) define(data.fields, name, this.packErrorField(error, name));
    return packed;
  }

  /** An error has to arrive, whatever hangs on it: what has lost its class arrives by its fields, and what cannot travel goes as text. */
  private packErrorField(error: Error, name: string): unknown {
    const [parts, met, isOfError] = [this.parts.length, this.seen.size, this.isOfError];
    let field: unknown;
    this.isOfError = true;
    try {
      field = (error as unknown as Record<string, unknown>)[name];
      return this.replace(field, name);
    } catch {
      // What was met in there is half done: met again in another field, it has to be packed anew.
      this.parts.length = parts;
      for (const half of [...this.seen.keys()].slice(met)) this.seen.delete(half);
      return describe(field);
    } finally {
      this.isOfError = isOfError;
    }
  }
}

/** The class of the registered kind above the class of this object; undefined if it is of that class itself. */
function registeredAbove(value: object): Callable | undefined {
  const Class = ifItThrows<unknown>(undefined, () => value.constructor);
  if (typeof Class !== "function" || !("KIND" in Class)) return undefined;
  let registered: object = Class;
  while (!Object.hasOwn(registered, "KIND")) registered = Object.getPrototypeOf(registered) as object;
  return registered === Class ? undefined : (registered as Callable);
}

/** A program from the command line stands in no file that another thread could import. */
function checkInFile(exportRef: ExportRef, path: string, what: string): void {
  if (isInFile(exportRef)) return;
  const cure = "save the program in a file, which other threads can import";
  throw cannotTravel(path, `${what}, exposed by a program that stands in no file, ${exportRef.url}`, cure);
}

function isUnexposed(field: unknown): boolean {
  return typeof field === "function" && exportRefOf(field as Callable) === undefined;
}

/** A function in a field cannot be exposed: there is another one in each object. */
function inField(path: string, name: string, className: string): TypeError {
  return cannotTravel(path, "a function in a field", `make it a method of class ${className}, ${name}() { … }`);
}

/** @internal Throws if one of the fields of this object is a function that cannot be exposed. */
export function checkNoFunctions(fields: object, path: string, className: string): void {
  const own = Object.entries(fields).find(([, field]) => isUnexposed(field));
  if (own !== undefined) throw inField(`${path}.${own[0]}`, own[0], className);
}

/** Assigns also names such as `__proto__`, which plain assignment would not. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
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

  /** Those that were revived one by one. */
  private readonly objects = new Set<object>();
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
    if (Array.isArray(value)) this.restoreList(value);
    else if (isRootPrototype(Object.getPrototypeOf(value) as object | null)) this.restoreFields(value, value);
    else if (isMap(value)) this.restoreMap(value);
    else if (isSet(value)) this.restoreSet(value);
    return value;
  }

  private restoreList(list: unknown[]): void {
    list.forEach((item, i) => typeof item === "object" && (list[i] = this.restore(item)));
    for (const name of fieldsOfList(list)) define(list, name, this.restore((list as never as Fields)[name]));
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
        return this.keep(packed, found(packed.exportRef as ExportRef));
      case INSTANCE: {
        const self = this.keep(
          packed,
          Object.create(found(packed.exportRef as ExportRef).prototype as object) as object,
        );
        this.restoreFields(packed.data as object, self);
        return self;
      }
      case EXTENDED:
        return this.reviveExtended(packed);
      case FILE: {
        const { bytes, name, ...options } = packed.data as { bytes: Blob; name: string } & FilePropertyBag;
        return this.keep(packed, new File([bytes], name, options));
      }
      case ERROR: {
        const data = packed.data as PackedError;
        const error = this.keep(packed, errorLike(data, packed.exportRef && resolveExport(packed.exportRef)));
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
        return this.keep(packed, this.canonicalObject(reviverOf(packed)(packed.data as never) as object));
    }
  }

  /** The object that this thread has for it already. Two that are sent arrive as two, also if they are views of the same words. */
  private canonicalObject(made: object): object {
    const one = canonicalObject(made);
    if (this.objects.has(one)) return made;
    this.objects.add(one);
    return one;
  }

  private reviveExtended(packed: Packed): object {
    const { base, fields } = packed.data as { base: object; fields: object };
    const isPrimitive = this.packed.has(base);
    const self = this.keep(
      packed,
      isPrimitive ? (reviverOf(base as Packed)((base as Packed).data as never) as object) : base,
    );
    if (!isPrimitive) this.restore(base);
    this.restoreFields(fields, self);
    return Object.setPrototypeOf(self, found(packed.exportRef as ExportRef).prototype as object) as object;
  }

  private keep<T extends object>(packed: Packed, value: T): T {
    this.seen.set(packed, value);
    return value;
  }
}

function found(exportRef: ExportRef): Callable & { prototype?: unknown } {
  const member = resolveExport(exportRef);
  if (member === undefined) throw notLoaded(exportRef.name, exportRef.url);
  return member;
}

function reviverOf({ kind, moduleUrl }: Packed): (data: never) => unknown {
  const known = realm.kinds.get(kind);
  if (known === undefined) throw notLoaded(kind, moduleUrl);
  return known.revive;
}

function notLoaded(what: string, url: string | undefined): ThreadError {
  return new ThreadError(
    `core: ${what} is not known in this thread; import ${url ?? "the package that defines it"} here`,
  );
}
