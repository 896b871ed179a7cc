/** Values of any kind as bytes, and back: plain values by the codec, all others by their envelope. */
import type { Envelope } from "./envelope.js";
import { decode } from "./decode.js";
import { encode, partThatIsNotBytes } from "./encode.js";
import { memoryOfNumber, numberOfMemory } from "./memory-numbers.js";
import { pack } from "./pack.js";
import { unpack } from "./unpack.js";

/** The bytes are those of the value. */
export const PLAIN = 0;
/** The bytes are those of the value's envelope, because `pack` has replaced a part of it. */
export const PACKED = 1;

/** A value as bytes. */
export interface EncodedValue {
  /** {@link PLAIN} or {@link PACKED}. */
  readonly kind: number;
  /** Valid until this thread encodes the next value. */
  readonly bytes: Uint8Array;
}

/**
 * @param name the value's name in error messages
 * @throws TypeError, which names the place in the value, if it cannot travel, or has no bytes
 */
export function encodeValue(value: unknown, name: string, packageName: string): EncodedValue {
  const bytes = encode(value, numberOfMemory);
  if (bytes !== undefined) return { kind: PLAIN, bytes };
  const { value: packed, parts } = pack(value, name);
  const all = encode([packed, parts], numberOfMemory);
  if (all !== undefined) return { kind: PACKED, bytes: all };
  throw hasNoBytes(value, name, packageName);
}

/** @throws ThreadError if this thread has not loaded a module of the value, or does not know its memory */
export function decodeValue({ kind, bytes }: EncodedValue): unknown {
  return kind === PLAIN ? decode(bytes, memoryOfNumber) : unpack(decodeEnvelope(bytes));
}

/** The envelope of a {@link PACKED} value. @throws ThreadError if this thread does not know its memory */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const [value, parts] = decode(bytes, memoryOfNumber) as [unknown, Envelope["parts"]];
  return { value, parts };
}

/** The error for a value without bytes: names the innermost part that has none. */
function hasNoBytes(value: unknown, path: string, packageName: string, seen: unknown[] = []): TypeError {
  seen.push(value);
  for (const [place, member] of membersOf(value, path))
    if (!seen.includes(member) && !hasBytes(member)) return hasNoBytes(member, place, packageName, seen);
  const { value: packed, parts } = pack(value);
  const part = partThatIsNotBytes([packed, parts], numberOfMemory);
  const what = Object.prototype.toString.call(part).slice(8, -1);
  const cure =
    what === "SharedArrayBuffer"
      ? "hand shared memory, and what lies in it, to each thread as an argument"
      : "send what it stands for";
  return new TypeError(`${packageName}: ${path} is or holds a ${what}, which has no bytes; ${cure}`);
}

function hasBytes(value: unknown): boolean {
  const { value: packed, parts } = pack(value);
  return encode([packed, parts], numberOfMemory) !== undefined;
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
