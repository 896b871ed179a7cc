/**
 * Shared memory that is cut into lines, each of them a cache line, for many primitives. The first line of a slab says that it is one, and
 * gives it a number, so that the same primitive has the same address in the reports of all threads, and two in different slabs have
 * different ones. It also lets a thread know a slab again: each message that brings one brings another object for its memory.
 */
import { globalSlot } from "../global-slot.js";

export const LINE_BYTES = 64;
export const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

const BRAND = 0;
const NUMBER = 1;
/** Two more random words, behind those that home uses: by all three a slab is known again. */
const MORE = 4;
const SLAB = 0x534c4142; // "SLAB"

/** Makes a slab of them. */
export function brand(words: Int32Array): Int32Array {
  words[BRAND] = SLAB;
  for (const at of [NUMBER, MORE, MORE + 1]) words[at] = Math.floor(Math.random() * 2 ** 31);
  return words;
}

/** So many words has the smallest slab. */
export const LEAST_SLAB_WORDS: number = (4 << 10) / WORD_BYTES;

/** The views of slabs that this thread has, by what the slabs call themselves. */
const slabs = /* @__PURE__ */ globalSlot("slabs 1", () => new Map<string, WeakRef<Int32Array>>());

const forgotten = new FinalizationRegistry((key: string) => {
  if (slabs.get(key)?.deref() === undefined) slabs.delete(key);
});

/** The view of this slab that the thread had first, whichever message has brought it again; of what is no slab, that view itself. */
export function oneViewOf(words: Int32Array): Int32Array {
  if (words.length < LEAST_SLAB_WORDS || words[BRAND] !== SLAB) return words;
  const key = `${words[NUMBER]} ${words[MORE]} ${words[MORE + 1]}`;
  const known = slabs.get(key)?.deref();
  if (known?.length === words.length) return known;
  slabs.set(key, new WeakRef(words));
  forgotten.register(words, key);
  return words;
}

/** The number of the slab; undefined if it is none. */
export function numberOf(words: Int32Array): number | undefined {
  return words[BRAND] === SLAB ? words[NUMBER] : undefined;
}
