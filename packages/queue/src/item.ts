/** Items as bytes, and back. */
import { type Envelope, unpack } from "@x/core";
import {
  beginFetch,
  decodeCopy,
  decodeEnvelope,
  dropMemories,
  encodeValue,
  type Fetch,
  finderIn,
  type Memories,
  memoriesIn,
  memoriesInAsync,
  memoryNamesIn,
  movedIn,
  namesIn,
  type Parcel,
  parcelIn,
  PLAIN,
  Scratch,
  type Tails,
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
  /** Its large buffers, valid as long. */
  readonly tails: Tails;
  /** The numbers of the memory that is kept for it, if it names any. */
  readonly names: readonly number[] | undefined;
  /** Its key in a priority queue. */
  readonly key: Key | undefined;
  /** The objects that move with it, at its put. */
  readonly parcel: Parcel | undefined;
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * @param memory the memory of the queue. The memory that the item names is kept until the item is taken, or
 *   until `notPut`
 * @param transfer the objects that move with the item
 * @throws TypeError if the item cannot travel, or has no bytes
 */
export function encodeItem(
  item: unknown,
  key: Key | undefined,
  memory: SharedArrayBuffer,
  transfer?: readonly object[],
): Encoded {
  if (typeof item === "number" && (item | 0) === item && !Object.is(item, -0) && transfer === undefined)
    return {
      kind: INTEGER,
      integer: item,
      bytes: NO_BYTES,
      tails: undefined,
      names: undefined,
      key,
      parcel: undefined,
    };
  const { kind, bytes, tails, names, parcel } = encodeValue(item, "item", "queue", memory, transfer, true);
  return { kind, integer: 0, bytes, tails, names, key, parcel };
}

/** The item with bytes of its own, because other code runs before it is stored. */
export function kept(item: Encoded): Encoded {
  return { ...item, bytes: item.bytes.slice(), tails: item.tails?.map((tail) => tail.slice()) };
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
  readonly tails?: Tails;
  /** What it names, on its way to this thread. */
  fetch?: Fetch | undefined;
}

/** An integer that has left its queue. */
export function integerTaken(integer: number): Taken {
  return { kind: INTEGER, integer, bytes: undefined };
}

const scratch = /* @__PURE__ */ new Scratch();

/** Memory for the bytes of an item that is being taken. */
export function takenBytes(length: number): Uint8Array {
  return scratch.take(length);
}

/** The words of this memory; undefined if it is not the memory that is used again. */
export function takenWords(bytes: Uint8Array): Int32Array | undefined {
  return scratch.wordsOf(bytes);
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

/** Does the item name shared memory, or objects that were moved? */
export function hasNames({ bytes }: Taken): boolean {
  return bytes !== undefined && namesIn(bytes).length > 0;
}

/** Were objects moved with the item? */
export function hasParcel({ bytes }: Taken): boolean {
  return bytes !== undefined && parcelIn(bytes) !== undefined;
}

/** Asks for what the item names. It belongs to this thread from now on. */
export function fetchFor(taken: Taken, isAwaited: boolean): void {
  taken.fetch = taken.bytes && beginFetch(taken.bytes, isAwaited);
}

/** Decodes an item that has left a queue with this memory. Without the lock, because others may use it meanwhile. */
export function arrived(taken: Taken, memory: SharedArrayBuffer): Arrived {
  const { kind, integer, bytes, tails } = taken;
  if (bytes === undefined) return { item: integer, envelope: undefined };
  try {
    return decoded(kind, bytes, tails, memoriesIn(bytes, taken.fetch), memory);
  } finally {
    scratch.giveBack(bytes);
  }
}

/** {@link arrived} for tasks. */
export async function arrivedAsync(taken: Taken, memory: SharedArrayBuffer): Promise<Arrived> {
  const { kind, bytes, tails } = taken;
  if (bytes === undefined || namesIn(bytes).length === 0) return arrived(taken, memory);
  try {
    return decoded(kind, bytes, tails, await memoriesInAsync(bytes, taken.fetch), memory);
  } finally {
    scratch.giveBack(bytes);
  }
}

function decoded(
  kind: number,
  bytes: Uint8Array,
  tails: Tails,
  memories: Memories,
  memory: SharedArrayBuffer,
): Arrived {
  const result =
    kind === PLAIN
      ? { item: decodeCopy(bytes, finderIn(memories), movedIn(bytes, memories), tails), envelope: undefined }
      : { item: undefined, envelope: decodeEnvelope(bytes, memories, tails) };
  if (memories !== undefined) dropMemories(memory, memoryNamesIn(bytes));
  return result;
}

/** @throws ThreadError if a module is not loaded in this thread */
export function itemOf<T>({ item, envelope }: Arrived): T {
  return (envelope === undefined ? item : unpack(envelope)) as T;
}
