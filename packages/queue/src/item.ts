/** Items as bytes, and back. */
import { type Envelope, unpack } from "@x/core";
import {
  decode,
  decodeEnvelope,
  dropMemories,
  encodeValue,
  finderIn,
  type Memories,
  memoriesIn,
  memoriesInAsync,
  namesIn,
  PLAIN,
  whyUnreadable,
} from "@x/core/internal";
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
  /** The numbers of the memory that is kept for it, if it names any. */
  readonly names: readonly number[] | undefined;
  /** Its key in a priority queue. */
  readonly key: Key | undefined;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * @param memory the memory of the queue. The memory that the item names is kept until the item is taken, or
 *   until `notPut`
 * @throws TypeError if the item cannot travel, or has no bytes
 */
export function encodeItem(item: unknown, key: Key | undefined, memory: SharedArrayBuffer): Encoded {
  if (typeof item === "number" && (item | 0) === item && !Object.is(item, -0))
    return { kind: INTEGER, integer: item, bytes: NO_BYTES, names: undefined, key };
  const { kind, bytes, names } = encodeValue(item, "item", "queue", memory);
  return { kind, integer: 0, bytes, names, key };
}

/** The item was not put. */
export function notPut({ names }: Encoded, memory: SharedArrayBuffer): void {
  if (names !== undefined) dropMemories(memory, names);
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

/** Why this thread could not read the item, so that it may not take it; undefined if it can. */
export function whyUnreadableItem({ bytes }: Taken, isAwaited: boolean): Error | undefined {
  return bytes && whyUnreadable(bytes, isAwaited);
}

/** Decodes an item that has left a queue with this memory. Without the lock, because others may use it meanwhile. */
export function arrived(taken: Taken, memory: SharedArrayBuffer): Arrived {
  const { kind, integer, bytes } = taken;
  if (bytes === undefined) return { item: integer, envelope: undefined };
  return decoded(kind, bytes, memoriesIn(bytes), memory);
}

/** {@link arrived} for tasks. */
export async function arrivedAsync(taken: Taken, memory: SharedArrayBuffer): Promise<Arrived> {
  const { kind, bytes } = taken;
  if (bytes === undefined || namesIn(bytes).length === 0) return arrived(taken, memory);
  return decoded(kind, bytes, await memoriesInAsync(bytes), memory);
}

function decoded(kind: number, bytes: Uint8Array, memories: Memories, memory: SharedArrayBuffer): Arrived {
  const result =
    kind === PLAIN
      ? { item: decode(bytes, finderIn(memories)), envelope: undefined }
      : { item: undefined, envelope: decodeEnvelope(bytes, memories) };
  if (memories !== undefined) dropMemories(memory, namesIn(bytes));
  scratch ??= new Uint8Array(bytes.buffer);
  return result;
}

/** @throws ThreadError if a module is not loaded in this thread */
export function itemOf<T>({ item, envelope }: Arrived): T {
  return (envelope === undefined ? item : unpack(envelope)) as T;
}
