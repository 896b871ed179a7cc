/**
 * Which object stands for which primitive in this thread, of the primitives that have travelled: what comes home is the object that was sent,
 * so that threads can compare primitives by `===`, and have them as keys. Objects that have not travelled are not here, as making a lock must
 * cost nothing.
 *
 *     words, kind → for each line the object that lives there
 *
 * Only slabs have such lists: a thread has one view of a slab, whichever message brings it, but a new one of memory of the user's. The
 * kind is needed as a condition and its own lock live on one line. An object is held as long as its slab is, which keeps the words
 * themselves for as long. The tempting `WeakRef` for each would keep all objects until the event loop has a turn, which a main that
 * blocks never gives it, and take longer than all the rest.
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

/** An object of this prototype is nothing but a primitive of its kind; one of a class below has fields of its own. */
export function registerObjects(prototype: object, kind: string): void {
  known.kindOf.set(prototype, kind);
}

/** Those in a slab; undefined if the words are not of one. */
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

/** The object of the primitive that begins here, if it has travelled. Words of one line may be parted by hand. */
export function objectAt(objects: Objects | undefined, at: number): Words | undefined {
  const object = objects?.[lineOf(at)];
  return object?.at === at ? object : undefined;
}

/** From now on this object stands for the primitive. */
export function putObject<P extends Words>(objects: Objects | undefined, primitive: P): P {
  if (objects !== undefined) objects[lineOf(primitive.at)] = primitive;
  return primitive;
}

/** This object travels: what comes home is this one, though there may be others of the same words. */
export function rememberObject(primitive: object): void {
  const kind = known.kindOf.get(Object.getPrototypeOf(primitive) as object);
  if (kind === undefined) return;
  putObject(objectsOf((primitive as Words).words, kind), primitive as Words);
}

/** The object that this thread has for the same words already, or else this one, from now on. Anything but a primitive is returned as it is. */
export function canonicalObject<T extends object>(made: T): T {
  const kind = known.kindOf.get(Object.getPrototypeOf(made) as object);
  if (kind === undefined) return made;
  const primitive = made as unknown as Words;
  const objects = objectsOf(primitive.words, kind);
  return (objectAt(objects, primitive.at) ?? putObject(objects, primitive)) as unknown as T;
}
