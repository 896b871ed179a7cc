/**
 * A cell: words that hold one value of any kind.
 *
 * Words
 *   CURRENT   bit 0       the slot of the value, A or B
 *             bits 1..4   its kind
 *             bits 5..31  the number of changes, wrapping
 *             (followed by its async epoch)
 *   SLOT_A    two words: an integer of 32 bits, and nothing; any other number, as the two halves of a float;
 *             or the offset and the length of a block of the heap, with the bytes of any other value
 *   SLOT_B    likewise
 *   all by the owner of a guard, but for the async epoch; zeroed words are `undefined`
 *
 * Invariants
 *   1. A change writes the other slot, and takes effect by its store to CURRENT. If a thread dies
 *      before the store, the value is unchanged. If it dies after the store, the block of the old
 *      value may be lost.
 *   2. A number is read without the lock. CURRENT changes with every change of the value. A reader
 *      reads CURRENT, the slot, and CURRENT again. If CURRENT is unchanged, the value is whole:
 *      // T1 reads the first half of slot A; T2 writes B; T3 writes A; T1 reads the second half of
 *      // another number: CURRENT has changed twice, and T1 reads again.
 *      A wrong result needs a reader to stop between two loads for exactly a multiple of 2^27 changes.
 */
import { WAITED_ON_WORDS } from "@x/core";
import {
  compareExchange,
  decodeValue,
  dropMemories,
  load,
  type Memories,
  memoriesIn,
  namesIn,
  storing,
} from "@x/core/internal";
import { encodeShared } from "./encoding.js";
import type { Heap } from "./heap.js";

const SLOTS = WAITED_ON_WORDS;
const SLOT_WORDS = 2;

/** The size of a cell, in words. */
export const CELL_WORDS: number = SLOTS + 2 * SLOT_WORDS;

const KIND_SHIFT = 1;
const KIND_MASK = 15;
const ONE_CHANGE = 32;

/** An integer has a kind of its own: it is a single word, and so quicker to read and to write. */
const INTEGER = 4;
const NUMBER = 5;
const NOTHING = 6;
/** Values with bytes: see PLAIN and PACKED of core. */
const BYTES = 7;

/** The values without bytes, by kind. */
const CONSTANTS: readonly unknown[] = [undefined, null, false, true];

const HALVES = /* @__PURE__ */ new Int32Array(2);
const FLOAT = /* @__PURE__ */ new Float64Array(HALVES.buffer);

/** Stands for a value with bytes. */
export const HAS_BYTES: unique symbol = Symbol("has bytes");
/** Stands for the value of an emptied cell. */
export const ABSENT: unique symbol = Symbol("absent");

const slotOf = (current: number): number => current & 1;
const kindOf = (current: number): number => (current >> KIND_SHIFT) & KIND_MASK;

/** A value read from a cell: simple, or its bytes, copied out of the heap. */
export interface Seen {
  readonly current: number;
  readonly simple: unknown;
  readonly bytes: Uint8Array | undefined;
  /** The memory named by the bytes. */
  readonly memories?: Memories;
}

/** A value on its way in. */
export interface Incoming {
  readonly kind: number;
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
  /** The numbers of the memory kept for the bytes, if they name any. */
  readonly names?: readonly number[] | undefined;
}

/** Empties a cell. */
export const EMPTIED: Incoming = { kind: NOTHING, number: 0, bytes: undefined };

/**
 * @param heap where the value will be stored; undefined if it is only compared
 * @throws TypeError, with this name, if the value cannot travel
 */
export function incomingOf(value: unknown, name: string | (() => string), heap: Heap | undefined): Incoming {
  if (typeof value === "number") return { kind: isInteger(value) ? INTEGER : NUMBER, number: value, bytes: undefined };
  const constant = CONSTANTS.indexOf(value);
  if (constant >= 0) return { kind: constant, number: 0, bytes: undefined };
  const { kind, bytes, names } = encodeShared(value, typeof name === "string" ? name : name(), heap?.memory);
  return { kind: BYTES + kind, number: 0, bytes: bytes.slice(), names }; // other code of this thread may encode during the wait
}

/** Do the bytes of the value name shared memory? */
export function namesMemoryIn({ bytes }: Incoming): boolean {
  return bytes !== undefined && namesIn(bytes).length > 0;
}

/** Runs an operation to store this value. If it throws, the value is not stored. */
export function storingIn<R>(heap: Heap, { kind, bytes, names }: Incoming, store: () => R): R {
  return bytes === undefined || names === undefined
    ? store()
    : storing(heap.memory, [{ kind: kind - BYTES, bytes, names }], store);
}

/** The value was not stored after all. */
export function notStored(heap: Heap, { names }: Incoming): void {
  if (names !== undefined) dropMemories(heap.memory, names);
}

/** Replaces the value. Under the guard. @throws ThreadError if the heap is full: nothing has changed */
export function write(words: Int32Array, cell: number, heap: Heap, { kind, number, bytes }: Incoming): void {
  const was = words[cell]!;
  const slot = 1 - slotOf(was);
  const index = cell + SLOTS + slot * SLOT_WORDS;
  if (kind === INTEGER) store(words, index, number);
  else if (kind >= NUMBER && kind !== NOTHING) {
    if (bytes === undefined) FLOAT[0] = number;
    else {
      HALVES[0] = heap.put(bytes);
      HALVES[1] = bytes.length;
    }
    store(words, index, HALVES[0]!);
    store(words, index + 1, HALVES[1]!);
  }
  const changes = (was & -ONE_CHANGE) + ONE_CHANGE;
  store(words, cell, changes | (kind << KIND_SHIFT) | slot);
  if (!hasBytes(kindOf(was))) return;
  const old = cell + SLOTS + slotOf(was) * SLOT_WORDS;
  heap.free(words[old]!, words[old + 1]!);
}

/** Was the cell emptied? Without the guard. */
export function isAbsent(words: Int32Array, cell: number): boolean {
  return kindOf(load(words, cell)) === NOTHING;
}

/** The value, if it needs no bytes; else {@link HAS_BYTES}, or {@link ABSENT}. Without the guard. */
export function simpleIn(words: Int32Array, cell: number): unknown {
  for (;;) {
    const current = load(words, cell);
    const kind = kindOf(current);
    if (kind < INTEGER) return CONSTANTS[kind];
    if (kind > NUMBER) return kind === NOTHING ? ABSENT : HAS_BYTES;
    const index = cell + SLOTS + slotOf(current) * SLOT_WORDS;
    const first = load(words, index);
    if (kind === INTEGER) {
      if (load(words, cell) === current) return first;
      continue;
    }
    HALVES[0] = first;
    HALVES[1] = load(words, index + 1);
    if (load(words, cell) === current) return FLOAT[0];
  }
}

/** The value. Under the guard. */
export function seenIn(words: Int32Array, cell: number, heap: Heap): Seen {
  const current = words[cell]!;
  const simple = simpleIn(words, cell);
  if (simple !== HAS_BYTES) return { current, simple, bytes: undefined };
  const index = cell + SLOTS + slotOf(current) * SLOT_WORDS;
  const bytes = heap.read(words[index]!, words[index + 1]!);
  return { current, simple, bytes, memories: memoriesIn(bytes) }; // under the guard, while the bytes are there
}

/** The value itself. Without the guard, because decoding may take long. */
export function restored({ current, simple, bytes, memories }: Seen): unknown {
  return bytes === undefined ? simple : decodeValue({ kind: kindOf(current) - BYTES, bytes, memories });
}

/** Is the value read from a cell an equal copy of this value? */
export function isCopyOf({ current, simple, bytes }: Seen, value: unknown, incoming: Incoming): boolean {
  if (bytes === undefined) return Object.is(simple, value);
  const others = incoming.bytes;
  return (
    kindOf(current) === incoming.kind &&
    bytes.length === others!.length &&
    bytes.every((byte, index) => byte === others![index])
  );
}

function hasBytes(kind: number): boolean {
  return kind >= BYTES;
}

/** Is it an integer of 32 bits? -0 is none. */
function isInteger(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/**
 * An atomic store of the owner. Atomic, because readers have no lock: invariant 2. `compareExchange` is
 * the fastest atomic store. It succeeds, because no other thread writes.
 */
function store(words: Int32Array, index: number, value: number): void {
  compareExchange(words, index, words[index]!, value);
}
