/**
 * Cuts words for a primitive from WebAssembly memory, or from a slab of this thread.
 *
 * A slab is a SharedArrayBuffer for many primitives. Each has a cache line of its own, because
 * neighbours on a line would slow each other down. The library never frees words: only the engine
 * knows whether a thread or a message still refers to a buffer, and it collects an unused slab.
 *
 * Each slab of a thread is twice as large as the slab before. So ten thousand locks take 10 buffers
 * rather than 160; each buffer costs objects, and microseconds per message. One live primitive
 * keeps its whole slab alive, so slabs stop growing at 128 KiB. At that size the system zeroes a
 * page at its first write, so unused words cost no memory.
 */
import { LEAST_SLAB_WORDS, LINE_BYTES, oneViewOf, WORD_BYTES, writeHeader } from "./slab-header.js";
import { allocateWasm } from "./wasm-memory.js";
import { newSharedMemory } from "./shared-memory.js";
import { viewOf, type Words } from "./words.js";

const LINE_WORDS = LINE_BYTES / WORD_BYTES;
const LARGEST_SLAB_WORDS = (128 << 10) / WORD_BYTES;
/** The words of the smallest slab that primitives can use. */
const ROOM_WORDS = LEAST_SLAB_WORDS - LINE_WORDS;

/** The current slab of this thread; empty at first. */
let slab: Int32Array = new Int32Array(0);
/** The index of its first unused word. */
let next = 0;

/** Cuts from the memory of the program. */
let cutPrimitive: (count: number) => Words | undefined = allocateWasm;

/** Replaces WebAssembly memory: see plain-memory.ts. */
export function cutPrimitivesBy(cut: typeof cutPrimitive): void {
  cutPrimitive = cut;
}

/**
 * Zeroed words for a primitive, on a cache line of their own: from WebAssembly memory, or from a
 * slab if that is full.
 */
export function allocatePrimitive(bytes: number): Words {
  return cutPrimitive(inLines(bytes)) ?? allocate(bytes);
}

/** Zeroed words from this thread's slab, on a cache line of their own. */
export function allocate(bytes: number): Words {
  const count = inLines(bytes);
  const at = next;
  if (count > ROOM_WORDS || at + count > slab.length) return allocateElsewhere(count);
  next = at + count;
  return { words: slab, at };
}

/**
 * Words from a new slab, or in a buffer of their own, if they do not fit into the smallest slab.
 */
function allocateElsewhere(count: number): Words {
  if (count > ROOM_WORDS) return { words: viewOf(newSharedMemory(count * WORD_BYTES)), at: 0 };
  slab = newSlab(Math.max(LEAST_SLAB_WORDS, Math.min(slab.length * 2, LARGEST_SLAB_WORDS)) * WORD_BYTES);
  next = LINE_WORDS + count;
  return { words: slab, at: LINE_WORDS };
}

/** A new slab: zeroed memory for many primitives, with its header in the first line. */
export function newSlab(bytes: number): Int32Array {
  const words = viewOf(newSharedMemory(bytes));
  return oneViewOf(writeHeader(words));
}

/**
 * The number of words, rounded up to whole lines. By shifts, because V8 divides as floats, which
 * would double the time.
 */
function inLines(bytes: number): number {
  return ((bytes + LINE_BYTES - 1) >> 6) << 4;
}
