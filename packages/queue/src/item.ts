/** Items as bytes, and back. */
import { type Envelope, pack, unpack } from "@x/core";
import { decode, encode, partThatIsNotBytes } from "@x/core/internal";

/** The bytes are those of the item. */
export const PLAIN = 0;
/** The bytes are those of the item's envelope, because `pack` has replaced a part of it. */
export const PACKED = 1;
/** The item is a 32-bit integer, and needs no bytes. */
export const INTEGER = 2;

/** An item on its way. */
export interface Encoded {
  readonly kind: number;
  /** The item, if it is an integer. */
  readonly integer: number;
  /** Its bytes, valid until the next item is encoded. */
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/**
 * @throws TypeError if the item cannot travel, or has no bytes
 */
export function encodeItem(item: unknown): Encoded {
  if (typeof item === "number" && (item | 0) === item && !Object.is(item, -0))
    return { kind: INTEGER, integer: item, bytes: NO_BYTES };
  const bytes = encode(item);
  if (bytes !== undefined) return { kind: PLAIN, integer: 0, bytes };
  const { value, parts } = pack(item, "item");
  const packed = encode([value, parts]);
  if (packed !== undefined) return { kind: PACKED, integer: 0, bytes: packed };
  throw notBytes(partThatIsNotBytes([value, parts]));
}

function notBytes(part: unknown): TypeError {
  const what = Object.prototype.toString.call(part).slice(8, -1);
  const cure =
    what === "SharedArrayBuffer"
      ? "give shared memory, and primitives in it, to each thread as an argument"
      : "send what it stands for";
  return new TypeError(`queue: the item holds a ${what}, which has no bytes, and a queue carries bytes; ${cure}`);
}

/** The item of these bytes, or its envelope. */
export function decodeItem(kind: number, bytes: Uint8Array): Arrived {
  const value = decode(bytes);
  if (kind === PLAIN) return { item: value, envelope: undefined };
  const [packed, parts] = value as [unknown, Envelope["parts"]];
  return { item: undefined, envelope: { value: packed, parts } };
}

/** An item that has left the queue. */
export interface Arrived {
  readonly item: unknown;
  /** The envelope of the item, if `pack` has replaced a part of it. */
  readonly envelope: Envelope | undefined;
}

/** @throws ThreadError if a module is not loaded in this thread */
export function itemOf<T>({ item, envelope }: Arrived): T {
  return (envelope === undefined ? item : unpack(envelope)) as T;
}
