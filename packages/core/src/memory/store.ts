/**
 * Blocks of any size in one growable shared memory. A queue stores its items in them.
 *
 * Words of the head, in the words of the primitive that has the store; zeroed words are an empty
 * store
 *   BYTES      the length of the memory that has been made ready, in bytes; 0 before the first growth
 *   END        the offset of the first byte that no block has; 0 before the first block
 *   FIRST_FREE + c   the first free block of size class c, 0 to 26; NO_BLOCK if there is none
 *   all by the owner of the primitive's lock, as the blocks themselves; plain memory
 * Words of the memory before the first block, so that threads recognise the memory
 *   MAGIC      that it is the memory of a store
 *   HAS_LEFT   1 after a handle with the memory has left a thread by a message
 *   NUMBER     two words, by which values as bytes name the memory: see memory-numbers.ts; 0 before the
 *              first of them
 * A block of class c takes 16 << c bytes. Its name is its offset in bytes, a multiple of 16.
 *   word 0 of a free block   the next free block of the class; NO_BLOCK at the end
 *
 * Invariants
 *   1. A block is free, or belongs to its allocator. It keeps its class for ever, so no block is
 *      ever moved, split or joined.
 *   2. Each of `allocate` and `free` takes effect by its last store, to END or to FIRST_FREE. The owner of
 *      the lock may die at any point, and the next owner goes on without a repair:
 *      // T1 dies before that store: nothing has changed.
 *      // T1 dies after it, while nothing refers to the block: the block is lost, and nothing else.
 *   3. The memory is at least END bytes long, because a thread grows it before it moves END.
 *   4. A thread's views may be shorter than the memory:
 *      // T1 and T2 have views of 64 KiB; T1 grows the memory to 128 KiB, and allocates a block at
 *      // the old end; T2 reads it: undefined, without an error.
 *      So: `refresh` after every acquisition of the lock. Not at each access, because a block may lie
 *      on both sides of the old end.
 *   5. No view is longer than BYTES says, because the owner may die between the growth and BYTES:
 *      // T1 grows the memory to 128 KiB, and dies; T3, new, takes a view of all of it, and
 *      // allocates a block at 100 KiB; T2 sees the old BYTES, keeps its view of 64 KiB, and reads
 *      // undefined there.
 */
import { ThreadError } from "../errors.js";
import { values } from "../platform/values.js";
import { newGrowableMemory } from "./shared-memory.js";

const BYTES = 0;
const END = 1;
const FIRST_FREE = 2;
const CLASSES = 27;

/** The size of a store's head, in words. */
export const STORE_WORDS: number = FIRST_FREE + CLASSES;

/** Stands for "no block". No block begins at offset 0. */
export const NO_BLOCK = 0;

const LEAST_BLOCK = 16;
const WORD_BYTES = 4;
/** The offset of the first block, behind the words that name the memory. */
const FIRST_BLOCK = LEAST_BLOCK;

const MAGIC = 0;
const HAS_LEFT = 1;
const STORE = 0x53544f52; // "STOR"

/** Where the memory of a store has its number, as a 64-bit integer. */
export const STORE_NUMBER = 8;

/** 64 KiB: the length of the memory at first. A program may have thousands of small stores. */
const FIRST_BYTES = 64 << 10;

/** 1 GiB: offsets are 32-bit integers. Browsers may refuse to reserve more. */
export const STORE_BYTES_MAX: number = 2 ** 30;

/** Up to 48 bytes a loop is faster than a call of `set` with a new view. */
const FEW = 48;

/** Up to 256 bytes a loop over words is faster: 55 bytes take 10 ns, and 20 to 100 ns in any other way. */
const FEW_IN_WORDS = 256;

/** Memory for a store, which grows up to `maxBytes`. It takes room only as it grows. */
export function newStoreMemory(maxBytes: number): SharedArrayBuffer {
  const memory = newGrowableMemory(Math.min(FIRST_BYTES, maxBytes), maxBytes);
  headOf(memory)[MAGIC] = STORE;
  return memory;
}

/** Is it the memory of a store? */
export function isStoreMemory(memory: SharedArrayBuffer): boolean {
  return memory.byteLength >= FIRST_BLOCK && headOf(memory)[MAGIC] === STORE;
}

/** A handle with the memory leaves this thread by a message: from now on no thread can tell which threads have it. */
export function markLeft(memory: SharedArrayBuffer): void {
  if (isStoreMemory(memory)) Atomics.store(headOf(memory), HAS_LEFT, 1);
}

export function hasLeft(memory: SharedArrayBuffer): boolean {
  return Atomics.load(headOf(memory), HAS_LEFT) === 1;
}

function headOf(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, HAS_LEFT + 1);
}

/** The number of the smallest class whose blocks have `bytes` bytes. */
function classOf(bytes: number): number {
  return bytes <= LEAST_BLOCK ? 0 : 28 - Math.clz32(bytes - 1);
}

/**
 * From 1 KiB on a copy goes by way of a stage if the two places differ modulo 8: then V8 copies shared memory byte by
 * byte, and else by words. Measured for 1 MiB: 440 µs byte by byte, 50 µs by words, 45 µs from plain memory to plain memory.
 */
const MANY = 1 << 10;

/** 64 KiB: the stage stays in the cache. */
const STAGE_BYTES = 64 << 10;
const WORD = 8;

let stage: Uint8Array | undefined;

function isAskew(at: number, { byteOffset }: Uint8Array): boolean {
  return ((at ^ byteOffset) & (WORD - 1)) !== 0;
}

/** Does a word begin at this offset? */
function isAligned(offset: number): boolean {
  return (offset & (WORD_BYTES - 1)) === 0;
}

function writeByStage(bytes: Uint8Array, to: number, from: Uint8Array): void {
  const whole = (stage ??= new Uint8Array(STAGE_BYTES + WORD));
  for (let done = 0; done < from.length; done += STAGE_BYTES) {
    const part = from.subarray(done, done + STAGE_BYTES);
    const staged = whole.subarray(to & (WORD - 1), (to & (WORD - 1)) + part.length);
    staged.set(part);
    bytes.set(staged, to + done);
  }
}

function readByStage(bytes: Uint8Array, from: number, into: Uint8Array): void {
  const whole = (stage ??= new Uint8Array(STAGE_BYTES + WORD));
  for (let done = 0; done < into.length; done += STAGE_BYTES) {
    const length = Math.min(STAGE_BYTES, into.length - done);
    const staged = whole.subarray(from & (WORD - 1), (from & (WORD - 1)) + length);
    staged.set(bytes.subarray(from + done, from + done + length));
    into.set(staged, done);
  }
}

/** A view of a store. Call its methods only under the lock. */
export class Store {
  /** The memory as words, up to the length that this thread knows. */
  words!: Int32Array;
  /** The same memory as bytes. */
  bytes!: Uint8Array;
  /** Why the memory did not grow when it had to; for error messages. */
  #refusal = "";

  /**
   * @param head the words that hold the head
   * @param at the index of the head's first word
   * @param memory zeroed memory of `newStoreMemory`, or the memory of the same store in another thread
   */
  constructor(
    private readonly head: Int32Array,
    private readonly at: number,
    readonly memory: SharedArrayBuffer,
  ) {
    this.#view();
  }

  /** Extends the views to memory that other threads have added. Call it after every acquisition of the lock. */
  refresh(): void {
    if (this.head[this.at + BYTES]! > this.bytes.length) this.#view();
  }

  /** A block of at least `bytes` bytes, which are not zeroed; NO_BLOCK if the memory is full. */
  allocate(bytes: number): number {
    if (bytes > STORE_BYTES_MAX) return NO_BLOCK;
    const { head, at } = this;
    const size = classOf(bytes);
    const first = head[at + FIRST_FREE + size]!;
    if (first === NO_BLOCK) return this.#allocateAtEnd(LEAST_BLOCK << size);
    head[at + FIRST_FREE + size] = this.words[first >> 2]!;
    return first;
  }

  /** Frees a block that was allocated for `bytes` bytes. */
  free(freed: number, bytes: number): void {
    const { head, at } = this;
    const list = at + FIRST_FREE + classOf(bytes);
    this.words[freed >> 2] = head[list]!;
    head[list] = freed;
  }

  /** How full the memory is; for error messages. */
  get usage(): string {
    return `${this.head[this.at + END]!} of ${this.memory.maxByteLength} bytes are in use${this.#refusal}`;
  }

  /**
   * Copies `from` into the memory, to offset `to`.
   *
   * @param words the words of the plain memory that begins where `from` begins; makes the copy of a few bytes faster
   */
  write(to: number, from: Uint8Array, words?: Int32Array): void {
    const { bytes } = this;
    if (words !== undefined && from.length <= FEW_IN_WORDS && isAligned(to)) {
      const whole = from.length >> 2;
      for (let i = 0; i < whole; i++) this.words[(to >> 2) + i] = words[i]!;
      for (let i = whole << 2; i < from.length; i++) bytes[to + i] = from[i]!;
    } else if (from.length > MANY && isAskew(to, from)) writeByStage(bytes, to, from);
    else if (from.length > MANY) values.copyBytes(from, 0, from.length, bytes, to);
    else if (from.length > FEW) bytes.set(from, to);
    else for (let i = 0; i < from.length; i++) bytes[to + i] = from[i]!;
  }

  /**
   * Copies `into.length` bytes out of the memory, from offset `from`.
   *
   * @param words the words of the plain memory that begins where `into` begins; makes the copy of a few bytes faster
   */
  read(from: number, into: Uint8Array, words?: Int32Array): void {
    const { bytes } = this;
    const { length } = into;
    if (words !== undefined && length <= FEW_IN_WORDS && isAligned(from)) {
      const whole = length >> 2;
      for (let i = 0; i < whole; i++) words[i] = this.words[(from >> 2) + i]!;
      for (let i = whole << 2; i < length; i++) into[i] = bytes[from + i]!;
      return;
    }
    // `slice` of shared memory copies byte by byte, at a third of a millisecond per MiB.
    if (length > MANY && isAskew(from, into)) readByStage(bytes, from, into);
    else if (length > MANY) values.copyBytes(bytes, from, from + length, into, 0);
    else if (length > FEW) into.set(bytes.subarray(from, from + length));
    else for (let i = 0; i < length; i++) into[i] = bytes[from + i]!;
  }

  #allocateAtEnd(size: number): number {
    const { head, at } = this;
    const block = head[at + END]! || FIRST_BLOCK;
    const end = block + size;
    if (end > this.bytes.length && !this.#grow(end)) return NO_BLOCK;
    head[at + END] = end;
    return block;
  }

  /** Makes the memory at least `bytes` long, and usually twice as long as before, up to its maximum. */
  #grow(bytes: number): boolean {
    const { memory } = this;
    const { maxByteLength } = memory;
    if (bytes > maxByteLength) return false;
    // A thread may have died after it had grown the memory, and before it wrote BYTES.
    if (memory.byteLength < bytes) {
      try {
        memory.grow(Math.min(maxByteLength, Math.max(bytes, 2 * memory.byteLength)));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.#refusal = `; the system refuses more: ${error.message}`;
        return false;
      }
    }
    this.head[this.at + BYTES] = memory.byteLength & -WORD_BYTES;
    this.#view();
    return true;
  }

  /** Views with a length, because views that follow the memory's length are five times slower. */
  #view(): void {
    const { memory } = this;
    const length = this.head[this.at + BYTES]! || Math.min(memory.byteLength, FIRST_BYTES) & -WORD_BYTES;
    if (length < LEAST_BLOCK) throw new ThreadError(`core: a store needs a memory of ${LEAST_BLOCK} bytes or more`);
    this.words = new Int32Array(memory, 0, length >> 2);
    this.bytes = new Uint8Array(memory, 0, length);
  }
}
