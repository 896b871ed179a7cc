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
import { platform } from "../platform/index.js";
import {
  type Envelope,
  ERROR,
  EXTENDED,
  FILE,
  FUNCTION,
  INSTANCE,
  LIST,
  NUMBERED,
  PACK,
  type Packable,
  type Packed,
  reviverOf,
} from "./envelope.js";
import { type Callable, type ExportRef, exportRefOf, isInFile } from "./expose.js";
import { define, type Fields } from "./fields.js";
import { rememberObject } from "./known-objects.js";
import { partsOfError } from "./packed-error.js";
import { type Bare, isBare, Manifest } from "./primitive-table.js";
import { checkNoPrivateFields } from "./private-fields.js";
import { cannotTravel, notExposedClass, refusal } from "./refusal.js";
import { className, fieldsOfList, isDate, isIndex, isMap, isSet, type Shape, shapeOf } from "./structured-clone.js";

/** How many primitives travel as they say themselves; more than these in a message have a manifest, which is not worth it for one. */
const FEW = 8;

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
