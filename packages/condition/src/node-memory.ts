/**
 * Memory for conditions and the nodes of their queues, in slabs that this thread's conditions
 * share.
 *
 * A slab holds one cache line of its own, then conditions; its second half holds the nodes of all
 * these conditions.
 */
import type { MemoryPlacement } from "@x/core";
import { newSlab } from "@x/core/internal";
import { COUNTER, LIMIT } from "./wait-queue.js";

const SLAB_BYTES = 2 ** 20;
const SLAB_WORDS = SLAB_BYTES / Int32Array.BYTES_PER_ELEMENT;
const SLAB_LINE = 16;
const SLAB_NODES = SLAB_WORDS / 2;
/** The word of the slab that holds the end of the nodes allocated so far. */
const SLAB_COUNTER = 2;
/**
 * The slab takes no more conditions once its nodes reach this index, so that those it has still
 * find room.
 */
const SLAB_FULL = SLAB_NODES + SLAB_NODES / 2;

let slab: Int32Array | undefined;
let used = 0;

/**
 * Allocates `words` words from this thread's slab for a condition whose queue begins `queueAt`
 * words into them.
 */
export function allocateFromSlab(
  words: number,
  queueAt: number,
): MemoryPlacement & { readonly buffer: SharedArrayBuffer } {
  if (slab === undefined || used + words > SLAB_NODES || Atomics.load(slab, SLAB_COUNTER) > SLAB_FULL) {
    slab = newSlab(SLAB_BYTES);
    slab[SLAB_COUNTER] = SLAB_NODES;
    used = SLAB_LINE;
  }
  slab[used + queueAt + COUNTER] = SLAB_COUNTER;
  slab[used + queueAt + LIMIT] = SLAB_WORDS;
  const byteOffset = used * Int32Array.BYTES_PER_ELEMENT;
  used += words;
  return { buffer: slab.buffer as SharedArrayBuffer, byteOffset };
}
