/**
 * A ring: records of bytes in shared memory, from one writer to one reader. The reader needs no turn
 * of its event loop, so a blocked thread can read. The writer never waits: the memory grows.
 *
 * Words of the header
 *   TAIL   the number of words ever written; a reader in its event loop waits here
 *   HEAD   the number of words ever read
 *   BASE   the value of TAIL when the ring was last empty: the next record is at the start
 *
 * A record is its length in bytes, its kind, and its bytes, rounded up to words.
 *
 *   word   from     to                by       when
 *   TAIL   n        n + record size   writer   the record is complete; wakes the reader
 *   HEAD   n        n + record size   reader   the record is copied
 *   BASE   any      TAIL              writer   HEAD equals TAIL, before the next record
 *
 * Invariants
 *   1. The writer writes only behind TAIL, and the reader reads only between HEAD and TAIL.
 *   2. BASE changes only while HEAD equals TAIL, and before the TAIL of the record that needs it. So
 *      the reader reads TAIL, then BASE:
 *      // the reader reads BASE; the writer finds the ring empty, changes BASE, and writes a record;
 *      // the reader finds the record by TAIL, and looks for it at the old place.
 *   3. Each word has one writer. So if a thread dies between two operations, the
 *      complete records can be read, and the incomplete record does not exist.
 *   4. The memory never shrinks and never moves, and a view of it grows with it. So the reader needs
 *      no news of a grown ring.
 */
import { awaitChange } from "../wait/wait-async.js";
import { wakeSleepers } from "../wait/wake.js";

const TAIL = 0;
const HEAD = 1;
const BASE = 2;
const HEADER = 4;
/** The words of a record before its bytes: its length and its kind. */
const FRAME = 2;

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const FIRST_BYTES = 1 << 10;

/** 64 MiB: reserved, not used. The system gives memory at the first write. */
const MAX_BYTES = 64 << 20;

/** A record, in memory of the reader's own. */
export interface RingRecord {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** The memory of a new, empty ring. */
export function newRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MAX_BYTES });
}

/** Appends a record, and wakes the reader. Returns false if the ring has no room for it. */
export function writeRecord(ring: SharedArrayBuffer, kind: number, bytes: Uint8Array): boolean {
  const words = new Int32Array(ring); // grows with the ring
  const tail = Atomics.load(words, TAIL);
  const size = sizeOf(bytes.length);
  if (Atomics.load(words, HEAD) === tail) Atomics.store(words, BASE, tail);
  const at = HEADER + ((tail - Atomics.load(words, BASE)) | 0);
  if (!hasRoom(ring, (at + size) * WORD_BYTES)) return false;
  words[at] = bytes.length;
  words[at + 1] = kind;
  new Uint8Array(ring, (at + FRAME) * WORD_BYTES, bytes.length).set(bytes);
  Atomics.store(words, TAIL, (tail + size) | 0);
  wakeSleepers(words, TAIL);
  return true;
}

function hasRoom(ring: SharedArrayBuffer, end: number): boolean {
  if (end <= ring.byteLength) return true;
  if (end > ring.maxByteLength) return false;
  ring.grow(Math.min(ring.maxByteLength, Math.max(end, 2 * ring.byteLength)));
  return true;
}

/** Takes the oldest record; undefined if the ring is empty. */
export function readRecord(ring: SharedArrayBuffer): RingRecord | undefined {
  const words = new Int32Array(ring);
  const head = Atomics.load(words, HEAD);
  if (Atomics.load(words, TAIL) === head) return undefined;
  const at = HEADER + ((head - Atomics.load(words, BASE)) | 0);
  const length = words[at] as number;
  const kind = words[at + 1] as number;
  const bytes = new Uint8Array(ring, (at + FRAME) * WORD_BYTES, length).slice();
  Atomics.store(words, HEAD, (head + sizeOf(length)) | 0);
  return { kind, bytes };
}

/**
 * Resolves after the next record, or after {@link wakeReader}; undefined if a record is there. A
 * reader keeps at most one such promise pending.
 */
export function nextRecord(ring: SharedArrayBuffer): Promise<unknown> | undefined {
  const words = new Int32Array(ring);
  return awaitChange(words, TAIL, Atomics.load(words, HEAD));
}

/** Wakes a reader that is about to stop reading: its pending promise would keep the memory alive. */
export function wakeReader(ring: SharedArrayBuffer): void {
  wakeSleepers(new Int32Array(ring), TAIL);
}

/** The size in words of a record of so many bytes. */
function sizeOf(length: number): number {
  return FRAME + ((length + WORD_BYTES - 1) >> 2);
}
