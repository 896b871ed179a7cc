/**
 * Packs a value for `postMessage`, which copies by structured clone. Structured clone knows no
 * primitives, classes or functions. `pack` replaces them by records, at any depth, and `unpack`
 * restores them.
 *
 *   primitives, other kinds      data; the class of the kind rebuilds them (a view of the same words)
 *   exposed functions, classes   the URL of their module, and their name
 *   objects of an exposed class  their own enumerable fields; the constructor does not run again
 *   errors                       class, message, stack, cause, code and all other own fields
 *   everything else              by structured clone, if it copies the value whole; see structured-clone.ts
 *
 * An envelope has the value, with a `Packed` record in place of each replaced object, and the list
 * of these records. Structured clone keeps identity within a message. So the receiver finds the
 * records without a mark in the user's data, and a value without replacements travels unchanged.
 */
import { describe, functionName, ifItThrows } from "../check.js";
import { values } from "../platform/values.js";
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
import { type PlainPrimitive, isPlainPrimitive, PrimitiveTable } from "./primitive-table.js";
import { checkNoPrivateFields } from "./private-fields.js";
import { report } from "./creation-events.js";
import { cannotTravel, notExposedClass, refusal } from "./refusal.js";
import { className, fieldsOfList, isDate, isIndex, isMap, isSet, type Shape, shapeOf } from "./structured-clone.js";

/**
 * Up to 8 primitives of a message travel by a record each; more share a primitive table, which does
 * not pay off for a few.
 */
const FEW = 8;

/**
 * Makes a value ready for `postMessage`. The value itself is not changed, and is copied only if
 * something in it must be replaced.
 *
 *     worker.postMessage(pack({ lock, jobs: new Map([[1, square]]) }));
 *
 * @param name the name of the value in error messages: `args`, then `args[0].callback`
 * @throws TypeError if a part of the value cannot travel, with its place and the cure: a function or an
 *   object of a class that is not exposed; a symbol, a promise, a stream, or any other object that
 *   structured clone refuses or strips
 */
export function pack(value: unknown, name: string = "value"): Envelope {
  return packMoving(value, name, NONE);
}

const NONE: readonly object[] = [];

/** {@link pack} for a value with objects that are moved: they travel as they are, whatever they are. */
export function packMoving(value: unknown, name: string, moved: readonly object[]): Envelope {
  const seen = new Set<object>();
  for (const object of moved) seen.add(object);
  if (travelsAsItIs(value, seen)) return { value, parts: [] };
  return new Packing(moved).pack(value, name);
}

/**
 * Does structured clone copy the whole value correctly? The common case, in which nothing is copied
 * here.
 */
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
      return !isFile(value) && exportRefOfClass(value) === undefined;
    default:
      return false;
  }
}

function fieldsTravel(names: readonly string[], fields: Fields, seen: Set<object>): boolean {
  for (const name of names) if (!travelsAsItIs(fields[name], seen)) return false;
  return true;
}

/** Has it a PACK method? A revoked proxy throws, and has none. */
function packsItself(value: object): value is Packable {
  return values.isProxy(value) ? ifItThrows(false, () => PACK in value) : PACK in value;
}

/** Is it a file? Some runtimes clone a file as a blob, which has no name. */
function isFile(value: object): value is File {
  return typeof File === "function" && value instanceof File;
}

/** The module and the name of the class of `value`; undefined if it is not exposed. */
function exportRefOfClass(value: object): ExportRef | undefined {
  const Class: unknown = value.constructor;
  const isInstance = typeof Class === "function" && Object.getPrototypeOf(value) === Class.prototype;
  return isInstance ? exportRefOf(Class as Callable) : undefined;
}

class Packing {
  private readonly parts: Packed[] = [];
  /** Each visited object, with its replacement, or itself. */
  private readonly seen = new Map<object, unknown>();
  /** The primitives packed before the primitive table was made. */
  private readonly few: [PlainPrimitive, Packed][] = [];
  private table: PrimitiveTable | undefined;
  /** Is a field of an error being packed? An error must arrive, with any field. */
  private isOfError = false;

  constructor(moved: readonly object[]) {
    for (const object of moved) this.seen.set(object, object);
  }

  pack(value: unknown, path: string): Envelope {
    const replaced = this.replace(value, path);
    return {
      value: replaced,
      parts: this.table === undefined ? this.parts : [this.table.packed(), ...this.parts],
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
        return exportRefOfClass(value) === undefined ? value : this.packObject(value, shape, path);
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
    report(value);
    if (isPlainPrimitive(value)) return this.part(value, this.packPlainPrimitive(value));
    const base = value[PACK]();
    const registered = registeredAbove(value);
    if (registered === undefined) {
      rememberObject(value);
      return this.part(value, base);
    }
    const exportRef = exportRefOfClass(value);
    if (exportRef === undefined) throw notExposedClass(path, className(value));
    checkNoPrivateFields(value.constructor as Callable, path, registered);
    this.parts.push(base);
    const known = Object.keys(reviverOf(base)(base.data as never) as object);
    const names = Object.keys(value).filter((name) => !known.includes(name));
    return this.packExtended(value, exportRef, names, path, () => base);
  }

  /**
   * An object of an exposed subclass of a built-in class or a primitive: the base, and the object's
   * own fields.
   */
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

  private packPlainPrimitive(value: PlainPrimitive & Packable): Packed {
    if (this.table !== undefined || this.few.length === FEW) return this.numbered(value);
    const packed = value[PACK]();
    rememberObject(value);
    this.few.push([value, packed]);
    return packed;
  }

  private numbered(primitive: PlainPrimitive): Packed {
    return { kind: NUMBERED, data: this.tableOfPrimitives().numberOf(primitive) };
  }

  /**
   * The primitive table. The first call makes it, and moves the primitives with a record of their
   * own into it.
   */
  private tableOfPrimitives(): PrimitiveTable {
    if (this.table === undefined) {
      this.table = new PrimitiveTable();
      for (const [primitive, packed] of this.few)
        Object.assign(packed, { moduleUrl: undefined }, this.numbered(primitive));
    }
    return this.table;
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
        `expose it in the module that defines it: expose({ ${name} })`,
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
      value.length > FEW && names.length === 0 && isPlainPrimitive(value[0])
        ? this.tableOfPrimitives().numbersOf(value)
        : undefined;
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

  /** An object of a class: packed if the class is exposed, refused otherwise. */
  private packObject(value: object, shape: Shape, path: string): unknown {
    const exportRef = exportRefOfClass(value);
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
    // As a slice, because Bun's `postMessage` sends the name of a whole file, and not the rest.
    return this.part(file, { kind: FILE, data: { bytes: file.slice(0, file.size, type), name, type, lastModified } });
  }

  /**
   * Records the copy of a container before its items are visited, because an item may refer to the
   * container.
   */
  private keep<T extends object>(original: object, copy: T): T {
    this.seen.set(original, copy);
    return copy;
  }

  private packFields<T extends object>(names: readonly string[], from: Fields, path: string, into: T): T {
    for (const name of names) define(into, name, this.replace(from[name], `${path}.${name}`));
    return into;
  }

  private packError(error: Error): Packed {
    const exportRef = exportRefOfClass(error);
    const { data, names } = partsOfError(error, exportRef !== undefined);
    const packed = this.part(error, { kind: ERROR, exportRef, data });
    for (const name of names) define(data.fields, name, this.packErrorField(error, name));
    return packed;
  }

  /**
   * An error must arrive, with any field: an object without an exposed class travels by its fields,
   * any other value as text.
   */
  private packErrorField(error: Error, name: string): unknown {
    const [parts, visited, isOfError] = [this.parts.length, this.seen.size, this.isOfError];
    let field: unknown;
    this.isOfError = true;
    try {
      field = (error as unknown as Record<string, unknown>)[name];
      return this.replace(field, name);
    } catch {
      // The objects visited in this field are half packed: forget them, so that another field packs
      // them again.
      this.parts.length = parts;
      for (const half of [...this.seen.keys()].slice(visited)) this.seen.delete(half);
      return describe(field);
    } finally {
      this.isOfError = isOfError;
    }
  }
}

/**
 * The registered class that the class of this object extends; undefined if the object is of the
 * registered class itself.
 */
function registeredAbove(value: object): Callable | undefined {
  const Class = ifItThrows<unknown>(undefined, () => value.constructor);
  if (typeof Class !== "function" || !("KIND" in Class)) return undefined;
  let registered: object = Class;
  while (!Object.hasOwn(registered, "KIND")) registered = Object.getPrototypeOf(registered) as object;
  return registered === Class ? undefined : (registered as Callable);
}

/**
 * Checks that another thread can import the module: a program from the command line is in no file.
 */
function checkInFile(exportRef: ExportRef, path: string, what: string): void {
  if (isInFile(exportRef)) return;
  const cure = "save the program in a file, which other threads can import";
  throw cannotTravel(path, `${what}, exposed by a program that stands in no file, ${exportRef.url}`, cure);
}

function isUnexposed(field: unknown): boolean {
  return typeof field === "function" && exportRefOf(field as Callable) === undefined;
}

/**
 * The error for a function in a field: it cannot be exposed, because each object has another
 * function.
 */
function inField(path: string, name: string, className: string): TypeError {
  return cannotTravel(path, "a function in a field", `make it a method of class ${className}, ${name}() { … }`);
}

/** Throws if a field of this object is a function that is not exposed. */
export function checkNoFunctions(fields: object, path: string, className: string): void {
  const own = Object.entries(fields).find(([, field]) => isUnexposed(field));
  if (own !== undefined) throw inField(`${path}.${own[0]}`, own[0], className);
}
