/** Where a primitive lives: some 32-bit words of shared memory, and their printable address. */
import { numberOf, oneViewOf, WORD_BYTES } from "./slab-header.js";
import { asHome } from "./wasm-memory.js";

/** Words in shared memory: a view, and the index in it of the first. */
export interface Words {
  /** The view; it may hold those of others as well. */
  readonly words: Int32Array;
  /** The index of the first. */
  readonly at: number;
}

/** Hexadecimal digits that tell where in a slab, or at home. */
const SLAB_DIGITS = 5;

/** Where the words live, for reports: the offset in the user's buffer, or behind the number of the slab. */
export function addressOf({ words, at }: Words): string {
  const offset = (at * WORD_BYTES).toString(16);
  const number = numberOf(words);
  if (number === undefined) return `0x${offset.padStart(4, "0")}`;
  return `0x${number.toString(16)}${offset.padStart(SLAB_DIGITS, "0")}`;
}

/** One view per buffer, so that primitives of one slab share it. A buffer that has grown since gets a longer one. */
const views = new WeakMap<SharedArrayBuffer, Int32Array>();

/** The view of this buffer. */
export function viewOf(buffer: SharedArrayBuffer): Int32Array {
  const length = Math.floor(buffer.byteLength / WORD_BYTES);
  let view = views.get(buffer);
  if (view === undefined || view.length < length) {
    view = new Int32Array(buffer, 0, length);
    view = asHome(view) ?? oneViewOf(view);
    views.set(buffer, view);
  }
  return view;
}
