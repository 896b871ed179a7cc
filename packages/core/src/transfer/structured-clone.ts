/**
 * What structured clone makes of an object. It copies what it knows, refuses some of what it does not, and empties the rest without a
 * word: of an object whose class has methods, getters or internal state it leaves the own fields, or `{}`. What it knows differs from
 * runtime to runtime. So nothing here goes by the name that an object bears, which anything may bear: plain data is known by its prototype,
 * containers by their internal state, and of all else a clone is made, to see what becomes of it.
 */
import { functionName, ifItThrows } from "../check.js";
import { platform } from "../platform/index.js";

export type Shape =
  /** Nothing but its own enumerable fields. */
  | "plain"
  | "list"
  | "map"
  | "set"
  | "error"
  /** Structured clone copies it whole; nothing of ours is inside. */
  | "native"
  /** Structured clone would leave its own fields, and lose its class. */
  | "instance"
  /** Structured clone refuses it. */
  | "refused"
  | "proxy";

export const { toString } = Object.prototype as { toString: (this: unknown) => string };

/** Of an object without a {@link PACK} method of its own. */
export function shapeOf(value: object): Shape {
  if (platform.isProxy(value)) return "proxy";
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
  return cloned(value, isRoot);
}

/**
 * Of what nothing else is known: asks. What structured clone copies whole has its state inside; an object that has some in its own fields is
 * not asked, as they would be cloned, too, and to clone a port that was closed ends a process of Node by a segmentation fault.
 */
function cloned(value: object, isRoot: boolean): Shape {
  if (className(value) === "MessagePort") return "refused";
  if (!isRoot && Object.entries(value).some(([name, field]) => name !== "constructor" && field instanceof Object))
    return "instance";
  let clone: object;
  try {
    clone = platform.clone(value) as object;
  } catch {
    return "refused";
  }
  if (isRootPrototype(Object.getPrototypeOf(clone) as object | null)) return isRoot ? "plain" : "instance";
  return className(clone) === className(value) || RENAMED.test(className(value)) ? "native" : "instance";
}

/** Classes of a platform that arrive as one above them: Node's keys are of one class more than Bun's, and its buffers are arrays. */
const RENAMED = /KeyObject$|^File$|^Buffer$/;

/** Is it the prototype of plain data: none, or the `Object.prototype` of some realm? Test runners give each file a realm of its own. */
export function isRootPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Is it of the built-in class itself, of whatever realm, rather than of one below, whose methods would be lost? */
function keepsClass(value: object, prototype: object, links: number): boolean {
  const own = Object.getPrototypeOf(value) as object | null;
  if (own === prototype) return true;
  let count = 0;
  for (let link = own; link !== null; link = Object.getPrototypeOf(link) as object | null) count++;
  return count <= links;
}

/** `Math`, `JSON`, a module: what they hold is no data, and would be left behind. */
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

/** Has it the internal state that this getter reads? */
function has(prototype: object, getter: string, value: object): boolean {
  return ifItThrows(false, () => typeof Reflect.get(prototype, getter, value) === "number");
}

export function isDate(value: object): value is Date {
  if (!(value instanceof Date) && toString.call(value) !== "[object Date]") return false;
  return ifItThrows(false, () => typeof Date.prototype.getTime.call(value) === "number");
}

/** A view of bytes that are there. Of one without any, the bytes may have gone to another thread. */
function isFullView(value: object): boolean {
  return ArrayBuffer.isView(value) && ifItThrows(0, () => value.byteLength) > 0;
}

function isBuffer(value: object): boolean {
  const { Buffer } = globalThis as { Buffer?: { prototype: object } };
  return Buffer !== undefined && Object.getPrototypeOf(value) === Buffer.prototype;
}

/** Of whatever realm; or made the old way, by a prototype that is an error. Other objects may call themselves one. */
function isError(value: object): value is Error {
  if (value instanceof Error || isDOMException(value)) return true;
  return !(Symbol.toStringTag in value) && toString.call(value) === "[object Error]";
}

export function isDOMException(value: object): boolean {
  return typeof DOMException === "function" && value instanceof DOMException;
}

/** More items than this, and it is worth to ask the platform whether there are fields beside them. */
const MANY = 64;

const NONE: readonly string[] = [];

/** The names of what an array has beside its items: `index` and `groups` of a match. */
export function fieldsOfList(list: readonly unknown[]): readonly string[] {
  if (list.length > MANY && platform.hasOnlyItems(list)) return NONE;
  const keys = Object.keys(list);
  let end = keys.length;
  while (end > 0 && !isIndex(keys[end - 1]!)) end--;
  return end === keys.length ? NONE : keys.slice(end); // the names of items come first
}

export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return index !== 2 ** 32 - 1 && String(index) === key;
}

/** Does the error say that structured clone refused something? */
export function isCloneError(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === "DataCloneError";
}

export function className(value: object): string {
  const Class = ifItThrows<unknown>(undefined, () => value.constructor);
  return typeof Class === "function" ? functionName(Class) : "";
}
