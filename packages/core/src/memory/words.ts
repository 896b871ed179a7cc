/** Words of shared memory, and their printable address. */
import { numberOf, oneViewOf, WORD_BYTES } from "./slab-header.js";
import { asWasmWords } from "./wasm-memory.js";

/** The words of a primitive: a view of shared memory, and the index of the first word. */
export interface Words {
  /** The view; it may contain words of other primitives. */
  readonly words: Int32Array;
  /** The index of the first word. */
  readonly at: number;
}

/** The hexadecimal digits of an offset in a slab. */
const SLAB_DIGITS = 5;

/**
 * The address in reports: the offset in the user's buffer, or the number of the slab and the offset
 * in it.
 */
export function addressOf({ words, at }: Words): string {
  const offset = (at * WORD_BYTES).toString(16);
  const number = numberOf(words);
  if (number === undefined) return `0x${offset.padStart(4, "0")}`;
  return `0x${number.toString(16)}${offset.padStart(SLAB_DIGITS, "0")}`;
}

/**
 * One view per buffer, because the primitives of a slab share it. A buffer that has grown gets a
 * longer view.
 */
const views = new WeakMap<SharedArrayBuffer, Int32Array>();

/** The view of this buffer. */
export function viewOf(buffer: SharedArrayBuffer): Int32Array {
  const length = Math.floor(buffer.byteLength / WORD_BYTES);
  let view = views.get(buffer);
  if (view === undefined || view.length < length) {
    view = new Int32Array(buffer, 0, length);
    view = asWasmWords(view) ?? oneViewOf(view);
    views.set(buffer, view);
  }
  return view;
}
