/**
 * The first line of a slab: a magic number, a random id, and the number by which values as bytes name
 * it, see memory-numbers.ts.
 *
 * By the id, a primitive has the same address in the reports of all threads, and two primitives in
 * different slabs have different addresses. A thread also recognises a slab by it, because each
 * message brings a new object for the same memory.
 */
import { globalSlot } from "../global-slot.js";

export const LINE_BYTES = 64;
export const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

const MAGIC = 0;
const NUMBER = 1;
/** Two more random words, after the words of WebAssembly memory's header. All three make the id. */
const MORE = 4;
const SLAB = 0x534c4142; // "SLAB"

/** Where a slab has its number, as a 64-bit integer: behind the id. */
export const SLAB_NUMBER: number = (MORE + 2) * WORD_BYTES;

/** Writes the header of a slab. */
export function writeHeader(words: Int32Array): Int32Array {
  words[MAGIC] = SLAB;
  for (const at of [NUMBER, MORE, MORE + 1]) words[at] = Math.floor(Math.random() * 2 ** 31);
  return words;
}

/** 4 KiB, a page: the size of the smallest slab, in words. */
export const LEAST_SLAB_WORDS: number = (4 << 10) / WORD_BYTES;

/** The views of slabs in this thread, by id. */
const slabs = /* @__PURE__ */ globalSlot("slabs 1", () => new Map<string, WeakRef<Int32Array>>());

const forgotten = new FinalizationRegistry((key: string) => {
  if (slabs.get(key)?.deref() === undefined) slabs.delete(key);
});

/**
 * The first view of this slab in this thread, because later messages bring other views; `words`
 * itself if it is no slab.
 */
export function oneViewOf(words: Int32Array): Int32Array {
  if (words.length < LEAST_SLAB_WORDS || words[MAGIC] !== SLAB) return words;
  const key = `${words[NUMBER]} ${words[MORE]} ${words[MORE + 1]}`;
  const known = slabs.get(key)?.deref();
  if (known?.length === words.length) return known;
  slabs.set(key, new WeakRef(words));
  forgotten.register(words, key);
  return words;
}

/** Is it the memory of a slab? */
export function isSlabMemory(memory: SharedArrayBuffer): boolean {
  return memory.byteLength >= LEAST_SLAB_WORDS * WORD_BYTES && new Int32Array(memory, MAGIC, 1)[0] === SLAB;
}

/** The first random word of the slab's id; undefined if `words` is no slab. */
export function numberOf(words: Int32Array): number | undefined {
  return words[MAGIC] === SLAB ? words[NUMBER] : undefined;
}
