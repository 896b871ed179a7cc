/** The record that stands for a value on its way, and the registry of the kinds of objects that rebuild themselves from one. */
import { ThreadError } from "../errors.js";
import { globalSlot } from "../global-slot.js";
import type { DeathAction } from "../wait/death-action.js";
import type { ExportRef } from "./expose.js";

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

export const FUNCTION = "@x/core function";
export const INSTANCE = "@x/core instance";
/** An object of an exposed class below a built-in one, or below a primitive: that, and its own fields. */
export const EXTENDED = "@x/core extended";
export const FILE = "@x/core file";
export const ERROR = "@x/core error";
/** A primitive, by its number in the manifest, and a list of primitives. */
export const NUMBERED = "@x/core numbered";
export const LIST = "@x/core list";

/** An object that says itself how it travels. */
export interface Packable {
  [PACK](): Packed;
}

/** A kind of object that travels as data and is rebuilt. */
interface Kind {
  /** The URL of the module that registers the kind. */
  readonly moduleUrl: string;
  readonly revive: (data: never) => unknown;
}

/** How to rebuild what other threads packed, and the module that can, by kind. */
const kinds = /* @__PURE__ */ globalSlot("kinds 1", () => new Map<string, Kind>());

/** Lets `unpack` rebuild objects of this kind. `moduleUrl` is the `import.meta.url` of the module that calls this. */
export function registerKind<D>(kind: string, moduleUrl: string, revive: (data: D) => unknown): void {
  kinds.set(kind, { moduleUrl, revive });
}

/** The record of an object of a registered kind. */
export function packedAs(kind: string, data: unknown): Packed {
  return { kind, moduleUrl: kinds.get(kind)?.moduleUrl, data };
}

/** Has the module that registers the kind been loaded? */
export function isKnownKind(kind: string): boolean {
  return kinds.has(kind);
}

/**
 * What rebuilds an object of this kind.
 *
 * @throws ThreadError if the module that registers the kind has not been loaded
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
