/**
 * Shared memory that is cut into lines, each of them a cache line, for many primitives. The first line of a slab says that it is one, and
 * gives it a number, so that the same primitive has the same address in the reports of all threads, and two in different slabs have
 * different ones.
 */

export const LINE_BYTES = 64;
export const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT;

const BRAND = 0;
const NUMBER = 1;
const SLAB = 0x534c4142; // "SLAB"

/** Makes a slab of them. */
export function brand(words: Int32Array): Int32Array {
  words[BRAND] = SLAB;
  words[NUMBER] = Math.floor(Math.random() * 2 ** 31);
  return words;
}

/** The number of the slab; undefined if it is none. */
export function numberOf(words: Int32Array): number | undefined {
  return words[BRAND] === SLAB ? words[NUMBER] : undefined;
}
