/**
 * Cuts words for a primitive from WebAssembly memory, or from a slab of this thread.
 *
 * A slab is one SharedArrayBuffer for many primitives, a cache line each, so that neighbours do not slow each other down.
 * Nothing is ever freed by hand: only the engine knows whether another thread or a message still refers to a buffer, and
 * it collects a slab when nobody does.
 *
 * Each slab of a thread is twice as large as the one before, so that ten thousand locks live in ten buffers rather than in 160: every buffer
 * costs objects, and microseconds whenever a message takes it to a thread. But a slab lives as long as the last of its primitives, so there is
 * a largest one: more than that no survivor keeps. It is as large as it takes for the system to zero its pages only when they are
 * first written to: words that nobody has used yet take no memory.
 */
import { ThreadError } from "../errors.js";
import { brand, LEAST_SLAB_WORDS, LINE_BYTES, oneViewOf, WORD_BYTES } from "./slab-header.js";
import { allocateAtHome } from "./wasm-memory.js";
import { viewOf, type Words } from "./words.js";

const LINE_WORDS = LINE_BYTES / WORD_BYTES;
const LARGEST_SLAB_WORDS = (128 << 10) / WORD_BYTES;
/** In the smallest slab. */
const ROOM_WORDS = LEAST_SLAB_WORDS - LINE_WORDS;

/** That from which the next primitives of this thread are cut; none at first. */
let slab: Int32Array = new Int32Array(0);
/** The index of the first word in it that is free. */
let release = 0;

/** Zeroed words for a primitive: at home, if there is room, or else from this thread's slab. They begin on a cache line of their own. */
export function allocatePrimitive(bytes: number): Words {
  return allocateAtHome(inLines(bytes)) ?? allocate(bytes);
}

/** Cuts zeroed words from this thread's slab; they begin on a cache line of their own. */
export function allocate(bytes: number): Words {
  const count = inLines(bytes);
  const at = release;
  if (count > ROOM_WORDS || at + count > slab.length) return allocateElsewhere(count);
  release = at + count;
  return { words: slab, at };
}

/** In a new slab; or in a buffer of their own, if the smallest slab would not hold so many words. */
function allocateElsewhere(count: number): Words {
  if (count > ROOM_WORDS) return { words: viewOf(newSharedMemory(count * WORD_BYTES)), at: 0 };
  slab = newSlab(Math.max(LEAST_SLAB_WORDS, Math.min(slab.length * 2, LARGEST_SLAB_WORDS)) * WORD_BYTES);
  release = LINE_WORDS + count;
  return { words: slab, at: LINE_WORDS };
}

/** Zeroed memory for many primitives, of which the first two words are taken. */
export function newSlab(bytes: number): Int32Array {
  const words = viewOf(newSharedMemory(bytes));
  return oneViewOf(brand(words));
}

/** @throws ThreadError where the platform withholds it */
export function newSharedMemory(bytes: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer === "function") return new SharedArrayBuffer(bytes);
  throw new ThreadError(
    "core: there is no shared memory here; serve the page with Cross-Origin-Opener-Policy: same-origin and " +
      "Cross-Origin-Embedder-Policy: require-corp, so that it has SharedArrayBuffer",
  );
}

/** Words on whole lines. In whole numbers, as V8 would do fractions as floats, which takes as long as all the rest. */
function inLines(bytes: number): number {
  return ((bytes + LINE_BYTES - 1) >> 6) << 4;
}
