/** Numbers of shared memory, by which values as bytes name it. */
import { ThreadError } from "../errors.js";
import { viewOf } from "../memory/words.js";
import { plainWords } from "../memory/plain-memory.js";
import { wasmWords } from "../memory/wasm-memory.js";

/** The memory of the program, from which all threads cut their first primitives. */
const PROGRAM = 0;

/** The number of this memory, the same in all threads of the program; undefined if it has none. */
export function numberOfMemory(memory: SharedArrayBuffer): number | undefined {
  const known = wasmWords ?? plainWords();
  return known !== undefined && viewOf(memory) === known ? PROGRAM : undefined;
}

/**
 * The memory of a number.
 *
 * @throws ThreadError if this thread does not know it
 */
export function memoryOfNumber(number: number): SharedArrayBuffer {
  const known = wasmWords ?? plainWords();
  if (number === PROGRAM && known !== undefined) return known.buffer as SharedArrayBuffer;
  throw new ThreadError(
    "core: the bytes hold shared memory that this thread does not know; pass it to the thread as an argument",
  );
}
