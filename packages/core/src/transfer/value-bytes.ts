/** Values of any kind as bytes, and back: plain values by the codec, all others by their envelope. */
import type { Store } from "../memory/store.js";
import { values } from "../platform/values.js";
import { HAS_TAILS, namesMemory, namesParcel, parcelIn, tailLengthsIn } from "./byte-format.js";
import type { Envelope } from "./envelope.js";
import { decodeCopy } from "./decode.js";
import { encode, type Parcel, partThatIsNotBytes, wordsOfEncoded } from "./encode.js";
import {
  checkMovable,
  dropMemories,
  dropNames,
  dropParcel,
  finderIn,
  keepMemories,
  type Memories,
  memoriesIn,
  movedIn,
  newParcel,
  type NumberedMemory,
  numberOfMemory,
  whileNaming,
} from "./memory-numbers.js";
import { packMoving } from "./pack.js";
import { unpack } from "./unpack.js";

/** The bytes are those of the value. */
export const PLAIN = 0;
/** The bytes are those of the value's envelope, because `pack` has replaced a part of it. */
export const PACKED = 1;

/** The bytes of large buffers beside those of a value; undefined if it has none. */
export type Tails = readonly Uint8Array[] | undefined;

/** A value as bytes. */
export interface EncodedValue {
  /** {@link PLAIN} or {@link PACKED}. */
  readonly kind: number;
  /** Not in shared memory. Valid until this thread encodes the next value. */
  readonly bytes: Uint8Array;
  /** Its large buffers. To be written: those of the value, which `writeStored` copies. Read: the copies of `readTails`. */
  readonly tails?: Tails;
  /** The numbers of the memory that is kept for these bytes, if they name any. */
  readonly names?: readonly number[] | undefined;
  /** The memory named by the bytes, found when they were read. */
  readonly memories?: Memories;
  /** What is to be moved, by `depositParcel`, right before these bytes are published. */
  readonly parcel?: Parcel | undefined;
}

/**
 * @param name the value's name in error messages
 * @param container the memory of the store into which the bytes will be written. Then the memory that they
 *   name is kept, until {@link forgetStored}, or `dropMemories` of the names if the bytes are not written
 * @param transfer the objects to move; checked by `checkTransfer`
 * @param mayHaveTails the caller stores the value by `writeStored`, before any other code runs, or keeps copies of its tails
 * @throws TypeError, which names the place in the value, if it cannot travel, or has no bytes; ThreadError if objects
 *   are to be moved, and this worker is no thread of this library
 */
export function encodeValue(
  value: unknown,
  name: string,
  packageName: string,
  container?: SharedArrayBuffer,
  transfer: readonly object[] = NONE,
  mayHaveTails: boolean = false,
): EncodedValue {
  let parcel: Parcel | undefined;
  if (transfer.length > 0) {
    checkMovable(container, packageName);
    parcel = newParcel(transfer);
  }
  const into: Uint8Array[] | undefined = mayHaveTails ? [] : undefined;
  const outer = named;
  named = undefined;
  let kind = PLAIN;
  let bytes: Uint8Array | undefined;
  let mine: NumberedMemory[] | undefined;
  try {
    bytes = encode(value, numberAndNote, parcel, into);
    if (bytes === undefined) {
      named = undefined;
      if (into !== undefined) into.length = 0;
      const { value: packed, parts } = packForBytes(value, name, transfer);
      kind = PACKED;
      bytes = encode([packed, parts], numberAndNote, parcel, into);
    }
    mine = named;
  } finally {
    named = outer;
  }
  if (bytes === undefined) throw new Bytelessness(packageName, parcel).of(value, name);
  // A getter of the value has moved a buffer away after `encode` had met it: nothing is left there to copy.
  if (into?.some(isEmpty) === true) return encodeValue(value, name, packageName, container, transfer);
  const tails = into?.length === 0 ? undefined : into;
  if (mine === undefined || container === undefined)
    return parcel === undefined && tails === undefined ? { kind, bytes } : { kind, bytes, tails, parcel };
  const memories = uniqueIn(mine);
  const copy = bytes.slice(); // a post of the keeper may encode
  keepMemories(container, memories);
  return { kind, bytes: copy, tails, names: memories.map(([number]) => number), parcel };
}

/** The numbered memory in the value that is being encoded. Not in a closure, because a new one for each value takes time. */
let named: NumberedMemory[] | undefined;

function numberAndNote(memory: SharedArrayBuffer): number | undefined {
  const number = numberOfMemory(memory);
  if (number !== undefined && number !== 0) (named ??= []).push([number, memory]);
  return number;
}

function isEmpty({ length }: Uint8Array): boolean {
  return length === 0;
}

function packForBytes(value: unknown, name = "value", moved: readonly object[] = NONE): Envelope {
  return whileNaming(() => packMoving(value, name, moved));
}

const NONE: readonly object[] = [];

function uniqueIn(named: readonly NumberedMemory[]): readonly NumberedMemory[] {
  return named.length === 1 ? named : [...new Map(named)];
}

/** @throws ThreadError if this thread has not loaded a module of the value, or does not know its memory */
export function decodeValue({ kind, bytes, tails, memories = memoriesIn(bytes) }: EncodedValue): unknown {
  if (kind !== PLAIN) return unpack(decodeEnvelope(bytes, memories, tails));
  return decodeCopy(bytes, finderIn(memories), movedIn(bytes, memories), tails);
}

/** The envelope of a {@link PACKED} value. @throws ThreadError if this thread does not know its memory */
export function decodeEnvelope(bytes: Uint8Array, memories: Memories = memoriesIn(bytes), tails?: Tails): Envelope {
  const read = decodeCopy(bytes, finderIn(memories), movedIn(bytes, memories), tails);
  const [value, parts] = read as [unknown, Envelope["parts"]];
  return { value, parts };
}

/** Runs `store`, which stores these values. If it throws, the memory that they name is not kept for them. */
export function storing<R>(container: SharedArrayBuffer, values: readonly EncodedValue[], store: () => R): R {
  try {
    return store();
  } catch (error) {
    for (const { names = [] } of values) dropMemories(container, names);
    throw error;
  }
}

/** How many bytes a value takes in the store. */
export function storedLength({ length }: Uint8Array, tails: Tails): number {
  return tails === undefined ? length : tails.reduce((sum, tail) => sum + WORD - 1 + tail.length, length);
}

/** Copies a value to this offset of the store. */
export function writeStored(store: Store, at: number, bytes: Uint8Array, tails: Tails): void {
  store.write(at, bytes, wordsOfEncoded(bytes));
  if (tails === undefined) return;
  let to = at + bytes.length;
  for (const tail of tails) {
    store.write((to = aligned(to)), tail);
    to += tail.length;
  }
}

/** The length of the bytes, without the tails, of a value that takes `length` bytes at this offset of the store. */
export function lengthWithoutTails(store: Store, at: number, length: number): number {
  if (length === 0 || (store.bytes[at]! & HAS_TAILS) === 0) return length;
  const { bytes } = store;
  return (bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24)) >>> 0;
}

/** Copies of the tails of a value at this offset of the store, whose bytes have been read. */
export function readTails(store: Store, at: number, bytes: Uint8Array): Tails {
  if (bytes.length === 0 || (bytes[0]! & HAS_TAILS) === 0) return undefined;
  let from = at + bytes.length;
  return tailLengthsIn(bytes).map((length) => {
    const tail = values.newBytes(length);
    store.read((from = aligned(from)), tail);
    from += length;
    return tail;
  });
}

/** The tails lie at multiples of 8, because a copy is fast then. */
function aligned(at: number): number {
  return (at + WORD - 1) & -WORD;
}

const WORD = 8;

/** Does the value at this offset of the store, which takes some bytes, name shared memory or a parcel? */
export function namesStored(store: Store, at: number): boolean {
  return namesMemory(store.bytes[at]!);
}

/** Bytes of a value are about to be freed in the store: the memory that they name is not kept for them any more. */
export function forgetStored(store: Store, at: number, length: number): void {
  if (length === 0 || !namesMemory(store.bytes[at]!)) return;
  dropNames(store.memory, bytesAt(store, at, length));
}

/** The parcel that bytes in the store name is dropped, if no thread has taken it. */
export function forgetParcel(store: Store, at: number, length: number): void {
  if (length === 0 || !namesParcel(store.bytes[at]!)) return;
  dropParcel(parcelIn(bytesAt(store, at, length))!);
}

function bytesAt(store: Store, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(lengthWithoutTails(store, at, length));
  store.read(at, bytes);
  return bytes;
}

/** Finds the innermost part of a value that has no bytes. */
class Bytelessness {
  private readonly seen: unknown[] = [];

  constructor(
    private readonly packageName: string,
    private readonly parcel: Parcel | undefined,
  ) {}

  /** The error for this value, which stands at this place. */
  of(value: unknown, path: string): TypeError {
    this.seen.push(value);
    for (const [place, member] of membersOf(value, path))
      if (!this.seen.includes(member) && !this.hasBytes(member)) return this.of(member, place);
    const part = partThatIsNotBytes(this.packed(value), numberOfMemory, this.parcel);
    const what = Object.prototype.toString.call(part).slice(8, -1);
    const cure =
      what === "SharedArrayBuffer"
        ? "hand shared memory, and what lies in it, to each thread as an argument"
        : "send what it stands for";
    return new TypeError(`${this.packageName}: ${path} is or holds a ${what}, which has no bytes; ${cure}`);
  }

  private hasBytes(value: unknown): boolean {
    return encode(this.packed(value), numberOfMemory, this.parcel) !== undefined;
  }

  private packed(value: unknown): unknown {
    const { value: packed, parts } = packForBytes(value, undefined, this.parcel?.objects);
    return [packed, parts];
  }
}

/** The parts of a list, a map, a set or a plain object, with the place of each. Those of a Map or a Set have no name. */
function membersOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  const unnamed = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : undefined;
  if (unnamed !== undefined) return unnamed.map((member) => [`${path}.…`, member]);
  if (Array.isArray(value)) return value.map((member, i) => [`${path}[${i}]`, member]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return [];
  return Object.entries(value).map(([key, field]) => [`${path}.${key}`, field]);
}
