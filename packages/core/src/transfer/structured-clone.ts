/**
 * Predicts the effect of structured clone on an object.
 *
 * Structured clone copies some classes whole, refuses others, and silently strips the rest: an
 * object with methods, getters or internal state keeps only its own fields, or arrives as `{}`. The
 * list of classes differs between runtimes. The name of a class proves nothing, because any object
 * may bear it. So plain data is recognised by its prototype, and a container by its internal state.
 * Every other object is cloned for a test, and the clone compared with it.
 */
import { functionName, ifItThrows } from "../check.js";
import { values } from "../platform/values.js";

export type Shape =
  /** An object with own enumerable fields only. */
  | "plain"
  | "list"
  | "map"
  | "set"
  | "error"
  /** Structured clone copies it whole, and it contains nothing to pack. */
  | "native"
  /** Structured clone would copy its own fields, and lose its class. */
  | "instance"
  /** Structured clone refuses it. */
  | "refused"
  | "proxy";

export const { toString } = Object.prototype as { toString: (this: unknown) => string };

/** The shape of an object without a {@link PACK} method. */
export function shapeOf(value: object): Shape {
  if (values.isProxy(value)) return "proxy";
  if (Array.isArray(value)) return keepsClass(value, Array.prototype, 2) ? "list" : "instance";
  const prototype = Object.getPrototypeOf(value) as object | null;
  const isRoot = prototype === Object.prototype || isRootPrototype(prototype);
  if (isRoot && toString.call(value) === "[object Object]") return "plain";
  if (isMap(value)) return keepsClass(value, Map.prototype, 2) ? "map" : "instance";
  if (isSet(value)) return keepsClass(value, Set.prototype, 2) ? "set" : "instance";
  if (isError(value)) return "error";
  if (isDate(value)) return keepsClass(value, Date.prototype, 2) ? "native" : "instance";
  if (isFullView(value)) return keepsClass(value, Uint8Array.prototype, 3) || isBuffer(value) ? "native" : "instance";
  if (isRoot && Symbol.toStringTag in value) return isNamespace(value) ? "refused" : "plain";
  if (prototype === ArrayBuffer.prototype && isWhole(value)) return "native"; // a clone for a test would copy its bytes
  return cloned(value, isRoot);
}

/**
 * The shape of any other object: clones it for a test. An object with objects in its own fields is
 * not cloned, because native classes keep their state inside. Its fields would be cloned, too, and
 * the clone of a closed port ends a process of Node by a segmentation fault.
 */
function cloned(value: object, isRoot: boolean): Shape {
  if (className(value) === "MessagePort") return "refused";
  if (!isRoot && Object.entries(value).some(([name, field]) => name !== "constructor" && field instanceof Object))
    return "instance";
  let clone: object;
  try {
    clone = values.clone(value) as object;
  } catch {
    return "refused";
  }
  if (isRootPrototype(Object.getPrototypeOf(clone) as object | null)) return isRoot ? "plain" : "instance";
  return className(clone) === className(value) || RENAMED.test(className(value)) ? "native" : "instance";
}

/**
 * Platform classes whose clone is of a base class: a key of Node, a file, a `Buffer`, which arrives
 * as a `Uint8Array`.
 */
const RENAMED = /KeyObject$|^File$|^Buffer$/;

/**
 * Is it the prototype of plain data: null, or the `Object.prototype` of any realm? Test runners
 * give each file a realm.
 */
export function isRootPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Is it of the built-in class itself, of any realm? A subclass would lose its methods. */
function keepsClass(value: object, prototype: object, links: number): boolean {
  const own = Object.getPrototypeOf(value) as object | null;
  if (own === prototype) return true;
  let count = 0;
  for (let link = own; link !== null; link = Object.getPrototypeOf(link) as object | null) count++;
  return count <= links;
}

/** Is it `Math`, `JSON` or a module? Its members are no data, and would be lost. */
function isNamespace(value: object): boolean {
  if (!Object.isExtensible(value) && toString.call(value) === "[object Module]")
    return cloned(value, true) === "refused";
  return Object.keys(value).length === 0 && Object.getOwnPropertyNames(value).length > 0;
}

export function isMap(value: object): value is Map<unknown, unknown> {
  return (value instanceof Map || toString.call(value) === "[object Map]") && has(Map.prototype, "size", value);
}

export function isSet(value: object): value is Set<unknown> {
  return (value instanceof Set || toString.call(value) === "[object Set]") && has(Set.prototype, "size", value);
}

/** Has the object the internal state for this getter? */
function has(prototype: object, getter: string, value: object): boolean {
  return ifItThrows(false, () => typeof Reflect.get(prototype, getter, value) === "number");
}

export function isDate(value: object): value is Date {
  if (!(value instanceof Date) && toString.call(value) !== "[object Date]") return false;
  return ifItThrows(false, () => typeof Date.prototype.getTime.call(value) === "number");
}

/**
 * Is it a view of at least a byte? The bytes of an empty view may have been transferred to another
 * thread.
 */
function isFullView(value: object): boolean {
  return ArrayBuffer.isView(value) && ifItThrows(0, () => value.byteLength) > 0;
}

/** Is it a buffer whose bytes are here? */
function isWhole(value: object): boolean {
  return (
    ifItThrows(false, () => typeof Reflect.get(ArrayBuffer.prototype, "byteLength", value) === "number") &&
    ifItThrows(false, () => new Uint8Array(value as ArrayBuffer).length >= 0)
  );
}

function isBuffer(value: object): boolean {
  const { Buffer } = globalThis as { Buffer?: { prototype: object } };
  return Buffer !== undefined && Object.getPrototypeOf(value) === Buffer.prototype;
}

/**
 * Is it an error, of any realm, or with an error as its prototype? A `toStringTag` proves nothing.
 */
function isError(value: object): value is Error {
  if (value instanceof Error || isDOMException(value)) return true;
  return !(Symbol.toStringTag in value) && toString.call(value) === "[object Error]";
}

export function isDOMException(value: object): boolean {
  return typeof DOMException === "function" && value instanceof DOMException;
}

/** From 65 items on, asking the platform for fields is faster than listing all keys. */
const MANY = 64;

const NONE: readonly string[] = [];

/** The names of an array's fields beside its items, such as `index` and `groups` of a match. */
export function fieldsOfList(list: readonly unknown[]): readonly string[] {
  if (list.length > MANY && values.hasOnlyItems(list)) return NONE;
  const keys = Object.keys(list);
  let end = keys.length;
  while (end > 0 && !isIndex(keys[end - 1]!)) end--;
  return end === keys.length ? NONE : keys.slice(end); // the keys of items come first
}

export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return index !== 2 ** 32 - 1 && String(index) === key;
}

/** Is it the error of structured clone for a value that it refuses? */
export function isCloneError(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === "DataCloneError";
}

export function className(value: object): string {
  const Class = ifItThrows<unknown>(undefined, () => value.constructor);
  return typeof Class === "function" ? functionName(Class) : "";
}
