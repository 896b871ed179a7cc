/**
 * One plain memory of the program, from which each thread cuts its primitives. For browsers: there a
 * blocked thread receives no memory that is new to it. So a primitive can reach it only in memory
 * that all threads know.
 *
 * Like WebAssembly memory, it is never freed, and so it is bounded. Its first line is the header of a
 * slab, with one more word: USED is the index of the next unused word, moved by atomic additions.
 */
import { platform } from "../platform/index.js";
import { cutPrimitivesBy, newSlab } from "./allocate.js";
import { LINE_BYTES, WORD_BYTES } from "./slab-header.js";
import { viewOf, type Words } from "./words.js";

const KEY = "@x/core plain memory 1";

/** 1 MiB: room for 16 000 locks. */
const BYTES = 1 << 20;

const USED = 2;

let memory: Int32Array | undefined;

/** Makes this thread cut its primitives from the memory of the program. `@x/thread` calls it. */
export function adoptPlainMemory(): void {
  if (memory !== undefined) return;
  const existing = platform.getEnvironmentData(KEY) as SharedArrayBuffer | undefined;
  memory = existing === undefined ? newSlab(BYTES) : viewOf(existing);
  if (existing === undefined) {
    Atomics.store(memory, USED, LINE_BYTES / WORD_BYTES);
    platform.setEnvironmentData(KEY, memory.buffer);
  }
  cutPrimitivesBy(cut);
}

/** Cuts `count` zeroed words, which are whole lines; undefined without room. */
function cut(count: number): Words | undefined {
  const words = memory as Int32Array;
  if (Atomics.load(words, USED) + count > words.length) return undefined;
  const at = Atomics.add(words, USED, count);
  return at + count <= words.length ? { words, at } : undefined;
}

/** The view of the plain memory; undefined if this thread has not adopted it. */
export function plainWords(): Int32Array | undefined {
  return memory;
}
