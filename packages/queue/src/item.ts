/** Items as bytes, and back. */
import { type Envelope, unpack } from "@x/core";
import { decode, decodeEnvelope, encodeValue, memoryOfNumber, PLAIN } from "@x/core/internal";
import type { Key } from "./key.js";

/** The item is a 32-bit integer, and needs no bytes. */
export const INTEGER = 2;

/** An item on its way into a queue. */
export interface Encoded {
  /** INTEGER, or a kind of core's value-bytes.ts. */
  readonly kind: number;
  /** The item, if it is an integer. */
  readonly integer: number;
  /** Its bytes, valid until the next item is encoded. */
  readonly bytes: Uint8Array;
  /** Its key in a priority queue. */
  readonly key: Key | undefined;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * @throws TypeError if the item cannot travel, or has no bytes
 */
export function encodeItem(item: unknown, key: Key | undefined): Encoded {
  if (typeof item === "number" && (item | 0) === item && !Object.is(item, -0))
    return { kind: INTEGER, integer: item, bytes: NO_BYTES, key };
  const { kind, bytes } = encodeValue(item, "item", "queue");
  return { kind, integer: 0, bytes, key };
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
  const result =
    kind === PLAIN
      ? { item: decode(bytes, memoryOfNumber), envelope: undefined }
      : { item: undefined, envelope: decodeEnvelope(bytes) };
  scratch ??= new Uint8Array(bytes.buffer);
  return result;
}

/** @throws ThreadError if a module is not loaded in this thread */
export function itemOf<T>({ item, envelope }: Arrived): T {
  return (envelope === undefined ? item : unpack(envelope)) as T;
}
