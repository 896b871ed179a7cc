/** Items as bytes, and back. */
import { type Envelope, pack, unpack } from "@x/core";
import { decode, encode, memoryOfNumber, numberOfMemory, partThatIsNotBytes } from "@x/core/internal";
import type { Key } from "./key.js";

/** The bytes are those of the item. */
export const PLAIN = 0;
/** The bytes are those of the item's envelope, because `pack` has replaced a part of it. */
export const PACKED = 1;
/** The item is a 32-bit integer, and needs no bytes. */
export const INTEGER = 2;

/** An item on its way into a queue. */
export interface Encoded {
  readonly kind: number;
  /** The item, if it is an integer. */
  readonly integer: number;
  /** Its bytes, valid until the next item is encoded. */
  readonly bytes: Uint8Array;
  /** What a priority queue orders it by. */
  readonly key: Key | undefined;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * @throws TypeError if the item cannot travel, or has no bytes
 */
export function encodeItem(item: unknown, key: Key | undefined): Encoded {
  if (typeof item === "number" && (item | 0) === item && !Object.is(item, -0))
    return { kind: INTEGER, integer: item, bytes: NO_BYTES, key };
  const bytes = encode(item, numberOfMemory);
  if (bytes !== undefined) return { kind: PLAIN, integer: 0, bytes, key };
  const { value, parts } = pack(item, "item");
  const packed = encode([value, parts], numberOfMemory);
  if (packed !== undefined) return { kind: PACKED, integer: 0, bytes: packed, key };
  throw notBytes(item, partThatIsNotBytes([value, parts], numberOfMemory));
}

function notBytes(item: unknown, part: unknown): TypeError {
  const what = Object.prototype.toString.call(part).slice(8, -1);
  const cure =
    what === "SharedArrayBuffer"
      ? "hand shared memory, and what lies in it, to each thread as an argument"
      : "send what it stands for";
  const place = pathTo(part, item, "item") ?? "item";
  return new TypeError(`queue: ${place} is a ${what}, which has no bytes, and a queue carries bytes; ${cure}`);
}

/** Where `part` stands in `value`; undefined if it is in an object that travels by a record. */
function pathTo(part: unknown, value: unknown, path: string, seen = new Set<unknown>()): string | undefined {
  if (value === part) return path;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  const isList = Array.isArray(value);
  if (value instanceof Map || value instanceof Set) {
    for (const item of value) {
      const found = pathTo(part, item, `${path}.…`, seen);
      if (found !== undefined) return found;
    }
  }
  for (const [name, field] of Object.entries(value)) {
    const found = pathTo(part, field, isList ? `${path}[${name}]` : `${path}.${name}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An item as it leaves the memory. */
export interface Taken {
  readonly kind: number;
  /** The item, if it is an integer. */
  readonly integer: number;
  readonly bytes: Uint8Array | undefined;
}

/** The bytes of an item that has left the queue; undefined while an item is being decoded. */
let scratch: Uint8Array | undefined = /* @__PURE__ */ new Uint8Array(4096);

/** Memory for the bytes of an item that is being taken. */
export function takenBytes(length: number): Uint8Array {
  const whole = scratch !== undefined && scratch.length >= length ? scratch : new Uint8Array(length);
  if (whole === scratch) scratch = undefined;
  return whole.subarray(0, length);
}

/** An item that has left the queue. */
export interface Arrived {
  readonly item: unknown;
  /** The envelope of the item, if `pack` has replaced a part of it. */
  readonly envelope: Envelope | undefined;
}

/** Decodes an item. Without the lock, because others may use it meanwhile. */
export function arrived({ kind, integer, bytes }: Taken): Arrived {
  if (bytes === undefined) return { item: integer, envelope: undefined };
  const value = decode(bytes, memoryOfNumber);
  scratch ??= new Uint8Array(bytes.buffer);
  if (kind === PLAIN) return { item: value, envelope: undefined };
  const [packed, parts] = value as [unknown, Envelope["parts"]];
  return { item: undefined, envelope: { value: packed, parts } };
}

/** @throws ThreadError if a module is not loaded in this thread */
export function itemOf<T>({ item, envelope }: Arrived): T {
  return (envelope === undefined ? item : unpack(envelope)) as T;
}
