/**
 * The envelope of a value, its records, and the registry of the kinds that rebuild objects from
 * records.
 */
import { ThreadError } from "../errors.js";
import { globalSlot } from "../global-slot.js";
import type { DeathAction } from "../wait/death-action.js";
import type { ExportRef } from "./expose.js";

/** The method by which an object packs itself. */
export const PACK: unique symbol = Symbol.for("@x/core pack") as never;

/** The record that replaces an object in an envelope. */
export interface Packed {
  /** The kind of the object, as in {@link registerKind}. */
  readonly kind: string;
  /** The URL of the module that registers the kind; none for the kinds of this package. */
  readonly moduleUrl?: string | undefined;
  /** The exposed function, or the exposed class of the object. */
  readonly exportRef?: ExportRef | undefined;
  /** The data from which the kind rebuilds the object. */
  readonly data?: unknown;
  /** An envelope inside of the data; `prepare` loads its modules, too. */
  readonly inner?: Envelope | undefined;
  /**
   * A death action of the receiving thread. It counts from the start of that thread, even before it
   * unpacks.
   */
  readonly deathAction?: DeathAction | undefined;
}

/** A packed value, for `postMessage`. */
export interface Envelope {
  /** The value, with a record in place of each replaced object. */
  readonly value: unknown;
  /** The records, in order. */
  readonly parts: readonly Packed[];
}

export const FUNCTION = "@x/core function";
export const INSTANCE = "@x/core instance";
/**
 * An object of an exposed subclass of a built-in class or a primitive: the base, and the object's
 * own fields.
 */
export const EXTENDED = "@x/core extended";
export const FILE = "@x/core file";
export const ERROR = "@x/core error";
/** A primitive by its number in the primitive table, and a list of primitives. */
export const NUMBERED = "@x/core numbered";
export const LIST = "@x/core list";

const packing = /* @__PURE__ */ globalSlot("packing 1", () => ({ stays: false }));

/** Packs a value for a place where threads read it again and again, such as a shared object. */
export function packToStay<R>(pack: () => R): R {
  const outer = packing.stays;
  packing.stays = true;
  try {
    return pack();
  } finally {
    packing.stays = outer;
  }
}

/** Is an object being packed by {@link packToStay}? Else the record is read once. */
export function isPackedToStay(): boolean {
  return packing.stays;
}

/** An object that packs itself. */
export interface Packable {
  [PACK](): Packed;
}

/** A kind of object: travels as data, and is rebuilt. */
interface Kind {
  /** The URL of the module that registers the kind. */
  readonly moduleUrl: string;
  readonly revive: (data: never) => unknown;
}

/** The registered kinds of this thread, by name. */
const kinds = /* @__PURE__ */ globalSlot("kinds 1", () => new Map<string, Kind>());

/**
 * Lets `unpack` rebuild objects of this kind. `moduleUrl` is the `import.meta.url` of the caller.
 */
export function registerKind<D>(kind: string, moduleUrl: string, revive: (data: D) => unknown): void {
  kinds.set(kind, { moduleUrl, revive });
}

/** The record of an object of a registered kind. */
export function packedAs(kind: string, data: unknown): Packed {
  return { kind, moduleUrl: kinds.get(kind)?.moduleUrl, data };
}

/** Keeps these classes in a bundle, and so the registrations of their kinds, although only messages refer to them. */
export function keepKinds(...classes: readonly object[]): void {
  for (const Class of classes) kept.add(Class);
}

const kept = /* @__PURE__ */ globalSlot("kept kinds 1", () => new Set<object>());

/** Is the module that registers the kind loaded? */
export function isKnownKind(kind: string): boolean {
  return kinds.has(kind);
}

/**
 * The function that rebuilds an object of this kind.
 *
 * @throws ThreadError if the module that registers the kind is not loaded
 */
export function reviverOf({ kind, moduleUrl }: Packed): (data: never) => unknown {
  const known = kinds.get(kind);
  if (known === undefined) throw notLoaded(kind, moduleUrl);
  return known.revive;
}

export function notLoaded(what: string, url: string | undefined): ThreadError {
  return new ThreadError(
    `core: ${what} is not known in this thread; import ${url ?? "the package that defines it"} here`,
  );
}
