/**
 * The WebAssembly memory: the memory of a program's first primitives. The main thread makes it, and
 * all its descendants get it.
 *
 * V8 calls a builtin for each operation of `Atomics`, which doubles the time of the atomic
 * instruction. In a WebAssembly function, V8 emits the instruction alone. A call of such a function
 * is almost free, if V8 knows the function and its memory while it compiles the caller. So there is
 * a single memory, and its functions are constants of this module.
 *
 * The functions here behave like those of `Atomics` on any words, and are faster on this memory. So
 * no other code has to know the place of a primitive. Without the memory (a browser, Bun, a worker
 * older than this module, `THREADING_WASM=0`) they call the functions of `Atomics`. The models run
 * without it, because a model sees no step of WebAssembly.
 *
 * The memory is never freed, and so it is bounded: when it is full, primitives are cut from slabs;
 * see allocate.ts. Its first line is the header of a slab, with two more words. TYPE says that this
 * is WebAssembly memory. USED is the index of the next unused word; all threads move it by atomic
 * additions.
 */
import { platform } from "../platform/index.js";
import { LINE_BYTES, numberOf, WORD_BYTES, writeHeader } from "./slab-header.js";

/** Pages of 64 KiB: 1 MiB, room for 16 000 locks. */
const PAGES = 16;

const KEY = "@x/core wasm memory 1";

/** The platform's number of the main thread. */
const MAIN = 0;

const USED = 2;
const TYPE = 3;
const WASM = 0x5741534d; // "WASM"

/**
 * (module
 *   (import "" "" (memory 16 16 shared))
 *   (func (export "load") (param i32) (result i32)
 *     (i32.atomic.load (local.get 0)))
 *   (func (export "and") (param i32 i32) (result i32)
 *     (i32.atomic.rmw.and (local.get 0) (local.get 1)))
 *   (func (export "compareExchange") (param i32 i32 i32) (result i32)
 *     (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2))))
 */
const MODULE =
  "AGFzbQEAAAABEwNgAX8Bf2ACf38Bf2ADf39/AX8CBwEAAAIDEBADBAMAAQIHIAMEbG9hZAAAA2FuZAABD2NvbXBhcmVFeGNoYW5nZQACCiIDCAAgAP4QAgALCgAgACAB/iwCAAsMACAAIAEgAv5IAgAL";

interface Instructions {
  readonly load: (address: number) => number;
  readonly and: (address: number, value: number) => number;
  readonly compareExchange: (address: number, expected: number, replacement: number) => number;
}

/** The memory of the main thread; the main thread makes it. Undefined if the engine has none. */
function memoryOfProgram(): WebAssembly.Memory | undefined {
  if (typeof WebAssembly !== "object") return undefined; // `node --jitless` has none
  if (!platform.hasFastWasm() || platform.env("THREADING_WASM") === "0") return undefined;
  const existing = platform.getEnvironmentData(KEY) as WebAssembly.Memory | undefined;
  if (existing !== undefined || platform.nativeId() !== MAIN) return existing;
  try {
    const made = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const words = new Int32Array(made.buffer);
    writeHeader(words);
    words[USED] = LINE_BYTES / WORD_BYTES;
    words[TYPE] = WASM;
    platform.setEnvironmentData(KEY, made);
    return made;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // V8 reserves gigabytes of addresses, and a process may lack them
    throw error;
  }
}

interface Operations {
  /** `Atomics.load` */
  readonly load: (words: Int32Array, index: number) => number;
  /** `Atomics.and` */
  readonly and: (words: Int32Array, index: number, value: number) => number;
  /** `Atomics.compareExchange` */
  readonly compareExchange: (words: Int32Array, index: number, expected: number, replacement: number) => number;
}

/** The instructions on this memory; undefined if a security policy forbids compiling. */
function instructionsOn(memory: WebAssembly.Memory): Instructions | undefined {
  try {
    const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { "": { "": memory } });
    return exports as unknown as Instructions;
  } catch {
    return undefined;
  }
}

/**
 * A function, because bundlers turn the constants of a module into variables, and V8 would read
 * them at each call.
 *
 * @param wasmWords undefined without instructions: then all words take the functions of `Atomics`
 */
function operationsOn(
  wasmWords: Int32Array | undefined,
  { load, and, compareExchange }: Partial<Instructions>,
): Operations {
  return {
    load: (words, index) => (words === wasmWords ? load!(index << 2) : Atomics.load(words, index)),
    and: (words, index, value) => (words === wasmWords ? and!(index << 2, value) : Atomics.and(words, index, value)),
    compareExchange: (words, index, expected, replacement) =>
      words === wasmWords
        ? compareExchange!(index << 2, expected, replacement)
        : Atomics.compareExchange(words, index, expected, replacement),
  };
}

const memory = memoryOfProgram();
/** The view of the memory; undefined without it. */
export const wasmWords: Int32Array | undefined = memory && new Int32Array(memory.buffer);

const instructions = memory && instructionsOn(memory);
const operations = operationsOn(instructions && wasmWords, instructions ?? {});

/**
 * `Atomics.load`, with the same effects and the same order in memory; faster on WebAssembly memory.
 * For primitives of your own:
 *
 *     isOpen(): boolean { return load(this.words, this.at) === OPEN; }
 */
export const load: Operations["load"] = operations.load;
/** `Atomics.and`, likewise. */
export const and: Operations["and"] = operations.and;
/** `Atomics.compareExchange`, likewise. */
export const compareExchange: Operations["compareExchange"] = operations.compareExchange;

/** Is the last line taken? Lines are never freed, so no later call has to look. */
let isFull = false;

/** Cuts `count` zeroed words, which are whole lines; undefined without memory, or without room. */
export function allocateWasm(count: number): { readonly words: Int32Array; readonly at: number } | undefined {
  if (wasmWords === undefined || isFull) return undefined;
  const room = wasmWords.length - Atomics.load(wasmWords, USED);
  if (count > room) {
    isFull = room < LINE_BYTES / WORD_BYTES;
    return undefined;
  }
  const at = Atomics.add(wasmWords, USED, count);
  return at + count <= wasmWords.length ? { words: wasmWords, at } : undefined;
}

/**
 * This thread's view of the WebAssembly memory, if `words` is another view of it, from a message.
 */
export function asWasmWords(words: Int32Array): Int32Array | undefined {
  return words[TYPE] === WASM && wasmWords !== undefined && numberOf(words) === numberOf(wasmWords)
    ? wasmWords
    : undefined;
}
