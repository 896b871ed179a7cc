/**
 * The known objects: one object per primitive in this thread, for primitives that have travelled. A
 * primitive that comes back arrives as the same object. So a thread can compare primitives by `===`,
 * and use them as keys. Objects that have not travelled are not listed, because making a
 * lock must cost nothing.
 *
 *     words, kind → the object of each line
 *
 * Only primitives in slabs are listed, because a thread has a single view of a slab, but a new view
 * of user memory per message. The kind is a key, because a condition and its own lock share a line.
 * An object lives as long as its slab. A `WeakRef` per object is tempting; but it keeps all objects
 * until the event loop has a turn, which never comes in a blocked main thread, and it takes longer
 * than all the rest.
 */
import { globalSlot } from "../global-slot.js";
import type { Words } from "../memory/words.js";
import { LINE_BYTES, numberOf, WORD_BYTES } from "../memory/slab-header.js";

/** The objects of one kind in one slab, by line. */
export type Objects = (Words | undefined)[];

const known = /* @__PURE__ */ globalSlot("known objects 1", () => ({
  /** By their words and kind. */
  objects: new WeakMap<Int32Array, Map<string, Objects>>(),
  /** The kind of the primitives that have this prototype. */
  kindOf: new WeakMap<object, string>(),
}));

const LINE_WORDS = LINE_BYTES / WORD_BYTES;

/**
 * Registers the prototype of a kind. An object of a subclass is not listed, because it has fields
 * of its own.
 */
export function registerObjects(prototype: object, kind: string): void {
  known.kindOf.set(prototype, kind);
}

/** The known objects of a kind in a slab; undefined if `words` is no slab. */
export function objectsOf(words: Int32Array, kind: string): Objects | undefined {
  let kinds = known.objects.get(words);
  if (kinds === undefined) {
    if (numberOf(words) === undefined) return undefined;
    kinds = new Map<string, Objects>();
    known.objects.set(words, kinds);
  }
  let objects = kinds.get(kind);
  if (objects === undefined) kinds.set(kind, (objects = []));
  return objects;
}

function lineOf(at: number): number {
  return Math.floor(at / LINE_WORDS);
}

/**
 * The known object of the primitive at `at`. A user may place several primitives on a line, so it
 * checks `at`.
 */
export function objectAt(objects: Objects | undefined, at: number): Words | undefined {
  const object = objects?.[lineOf(at)];
  return object?.at === at ? object : undefined;
}

/** Makes this object the known object of its primitive. */
export function putObject<P extends Words>(objects: Objects | undefined, primitive: P): P {
  if (objects !== undefined) objects[lineOf(primitive.at)] = primitive;
  return primitive;
}

/** This object travels: makes it the known object, even if there are others over the same words. */
export function rememberObject(primitive: object): void {
  const kind = known.kindOf.get(Object.getPrototypeOf(primitive) as object);
  if (kind === undefined) return;
  putObject(objectsOf((primitive as Words).words, kind), primitive as Words);
}

/** Forgets an object that has travelled in vain: else its slab would keep it. */
export function forgetObject(primitive: object): void {
  const kind = known.kindOf.get(Object.getPrototypeOf(primitive) as object);
  if (kind === undefined) return;
  const { words, at } = primitive as Words;
  const objects = known.objects.get(words)?.get(kind);
  if (objects !== undefined && objectAt(objects, at) === primitive) objects[lineOf(at)] = undefined;
}

/**
 * The known object for the same words; if there is none, `made` becomes it. Other values are
 * returned unchanged.
 */
export function knownObject<T extends object>(made: T): T {
  const kind = known.kindOf.get(Object.getPrototypeOf(made) as object);
  if (kind === undefined) return made;
  const primitive = made as unknown as Words;
  const objects = objectsOf(primitive.words, kind);
  return (objectAt(objects, primitive.at) ?? putObject(objects, primitive)) as unknown as T;
}
