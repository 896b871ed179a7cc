/**
 * The layout of a value as bytes, which `encode` writes and `decode` reads.
 *
 *   bytes   FLAGS; if FLAGS says so, then 4 bytes, the number of these bytes, 4 bytes, the number of tails,
 *           and 4 bytes for the length of each; then the value; if FLAGS says so, then the numbers of shared
 *           memory in it, and the number of its parcel: 8 bytes each, a float, and 4 bytes, how many
 *   tails   the bytes of large buffers, which are copied without a stop from their place to another
 *   value   a byte below SMALL: a tag, and its parts in the table; SMALL + n: the integer n, 0 to 127
 *   size    an integer, 0 or more: 7 bits a byte, the lowest first; the last byte is below 128
 *   float   8 bytes, in the order of the machine, because all threads run on it
 *   text    LATIN1, size, a byte per character; or UTF16, size, 2 bytes per character
 *
 *   UNDEFINED, NULL, TRUE, FALSE    nothing
 *   INT                             4 bytes, the lowest first
 *   FLOAT, DATE                     a float
 *   BIGINT64                        8 bytes, in the order of the machine
 *   BIGINT                          0, or 1 if it is negative; a text, its hexadecimal digits
 *   LATIN1, UTF16                   the rest of a text
 *   LIST, LIST_WITH_FIELDS          size, the items; then the fields, as in OBJECT
 *   SPARSE                          stands for the first hole and all later items of a list: size, then for
 *                                   each item that is there: size, its index; a value
 *   OBJECT                          size, then for each field: a text, a value
 *   MAP, SET                        size, then each key and value, or each item
 *   REGEXP                          two texts: source and flags
 *   BOXED                           a value: the primitive value
 *   BUFFER                          size, the bytes
 *   RESIZABLE                       size, the most bytes; size, the bytes
 *   VIEW                            a byte, its class; size, the offset; size, the length; a value, its buffer
 *   SHARED                          a value: the number of the memory; 0 is memory that all threads have
 *   AGAIN                           size: the number of an earlier object
 *   TAILED                            nothing: stands for a buffer whose bytes are the next tail
 *
 * Objects are numbered in the order of their tags, from 0. A message without AGAIN needs no numbers
 * in the reader, and FLAGS says so. The objects of a parcel have the first numbers, before any tag: they
 * are moved beside the bytes, so each of them is AGAIN wherever it stands.
 */

/** A bit of FLAGS: some object stands in the value more than once. */
export const HAS_AGAIN = 1;
/** A bit of FLAGS: the value names shared memory, and its numbers follow the value. */
export const NAMES_MEMORY = 2;
/** A bit of FLAGS: the last of these numbers is that of a parcel. */
export const NAMES_PARCEL = 4;
/** A bit of FLAGS: the value has tails. */
export const HAS_TAILS = 8;

export const UNDEFINED = 0;
export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
export const INT = 4;
export const FLOAT = 5;
export const BIGINT64 = 6;
export const BIGINT = 7;
export const LATIN1 = 8;
export const UTF16 = 9;
export const LIST = 10;
export const LIST_WITH_FIELDS = 11;
export const SPARSE = 12;
export const OBJECT = 13;
export const MAP = 14;
export const SET = 15;
export const DATE = 16;
export const REGEXP = 17;
export const BOXED = 18;
export const BUFFER = 19;
export const RESIZABLE = 20;
export const VIEW = 21;
export const SHARED = 22;
export const AGAIN = 23;
export const TAILED = 24;
export const SMALL = 128;

/** Do bytes with these FLAGS name shared memory? */
export function namesMemory(flags: number): boolean {
  return (flags & NAMES_MEMORY) !== 0;
}

/** The numbers of the shared memory that these bytes name, each once, and then that of their parcel; none for 0. */
export function namesIn(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0 || !namesMemory(bytes[0]!)) return NONE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - COUNT_BYTES;
  const count = end < 0 ? 0 : view.getUint32(end, true);
  if (count * NAME_BYTES > end) return NONE; // these are not the bytes of a value
  return Array.from({ length: count }, (_, i) => view.getFloat64(end - (count - i) * NAME_BYTES, true));
}

/** Do the bytes of a value with these FLAGS name a parcel? */
export function namesParcel(flags: number): boolean {
  return (flags & NAMES_PARCEL) !== 0;
}

/** The number of the parcel that these bytes name; undefined if they name none. */
export function parcelIn(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || (bytes[0]! & NAMES_PARCEL) === 0) return undefined;
  return namesIn(bytes).at(-1);
}

/** The numbers of the shared memory that these bytes name, without their parcel. */
export function memoryNamesIn(bytes: Uint8Array): readonly number[] {
  const names = namesIn(bytes);
  return parcelIn(bytes) === undefined ? names : names.slice(0, -1);
}

/** The bytes behind the value, for so many names. */
export function bytesOfNames(count: number): number {
  return count === 0 ? 0 : count * NAME_BYTES + COUNT_BYTES;
}

/** The bytes between FLAGS and the value, for so many tails. */
export function bytesOfTails(count: number): number {
  return count === 0 ? 0 : (2 + count) * WORD_BYTES;
}

/** The lengths of the tails of these bytes. */
export function tailLengthsIn(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0 || (bytes[0]! & HAS_TAILS) === 0) return NONE;
  const view = new DataView(bytes.buffer, bytes.byteOffset + 1, bytes.length - 1);
  return Array.from({ length: view.getUint32(WORD_BYTES, true) }, (_, i) => view.getUint32((2 + i) * WORD_BYTES, true));
}

const WORD_BYTES = 4;
export const NAME_BYTES = 8;
const COUNT_BYTES = 4;
const NONE: readonly number[] = [];

/** The classes of views; the number of a class is its index. An older runtime lacks the last. */
export const VIEWS: readonly string[] = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DataView", "Float16Array"],
];

/** A float or a 64-bit integer, and its bytes. Marked pure, so that a bundle without `encode` and `decode` leaves them out. */
const buffer: ArrayBuffer = /* @__PURE__ */ new ArrayBuffer(8);
export const float: Float64Array = /* @__PURE__ */ new Float64Array(buffer);
export const int64: BigInt64Array = /* @__PURE__ */ new BigInt64Array(buffer);
export const eight: Uint8Array = /* @__PURE__ */ new Uint8Array(buffer);
