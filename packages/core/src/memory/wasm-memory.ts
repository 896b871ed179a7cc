/**
 * Home: the memory in which a program's first primitives live. It is WebAssembly's, made by the main thread, and inherited by all threads
 * that descend from it.
 *
 * V8 calls a builtin for each operation of `Atomics`, which takes about as long again as the atomic instruction itself. In a WebAssembly
 * function it writes the instruction alone; and a call of such a function costs next to nothing where V8 knows, while it compiles the
 * caller, which function and whose memory it is. Hence one memory, and functions that are constants of this module.
 *
 * The functions here do what those of `Atomics` do, on any words, faster on those of home. So nothing else has to know where a
 * primitive lives; and where there is no home (a browser, a worker that is older than this module, `THREADING_WASM=0`) they are those of
 * `Atomics`. That is also what the models check, as they see no other steps.
 *
 * Home is never given back, and bounded therefore; once it is full, primitives live in slabs, see memory/words.ts. Its first line is like that of
 * a slab, and says besides, in MARK, that this is home, and in USED where the next words are to be cut, which all threads move by atomic
 * additions.
 */
import { platform } from "../platform/index.js";
import { brand, LINE_BYTES, numberOf, WORD_BYTES } from "./slab-header.js";

/** Of 64 KiB each: room for sixteen thousand locks. */
const PAGES = 16;

const KEY = "@x/core home 1";

/** The main thread's number. */
const MAIN = 0;

const USED = 2;
const MARK = 3;
const HOME = 0x484f4d45; // "HOME"

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

/** The memory that this thread inherited; if it is the main thread, a new one for all. Undefined if this engine cannot. */
function memoryOfProgram(): WebAssembly.Memory | undefined {
  if (typeof WebAssembly !== "object") return undefined; // `node --jitless` has none
  if (!platform.hasFastWasm() || platform.env("THREADING_WASM") === "0") return undefined;
  const inherited = platform.getEnvironmentData(KEY) as WebAssembly.Memory | undefined;
  if (inherited !== undefined || platform.nativeId() !== MAIN) return inherited;
  try {
    const made = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const words = new Int32Array(made.buffer);
    brand(words);
    words[USED] = LINE_BYTES / WORD_BYTES;
    words[MARK] = HOME;
    platform.setEnvironmentData(KEY, made);
    return made;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // V8 reserves gigabytes of addresses for it, and a process may be short of them
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

/** In the scope of a function, as the bundler makes variables of the constants of a module, which V8 then has to read each time. */
function operationsOn(home: Int32Array, memory: WebAssembly.Memory): Operations {
  const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { "": { "": memory } });
  const { load, and, compareExchange } = exports as unknown as Instructions;
  return {
    load: (words, index) => (words === home ? load(index << 2) : Atomics.load(words, index)),
    and: (words, index, value) => (words === home ? and(index << 2, value) : Atomics.and(words, index, value)),
    compareExchange: (words, index, expected, replacement) =>
      words === home
        ? compareExchange(index << 2, expected, replacement)
        : Atomics.compareExchange(words, index, expected, replacement),
  };
}

/** Undefined where a policy forbids to compile: the functions of `Atomics` do the same. */
function fastOperations(home: Int32Array, memory: WebAssembly.Memory): Operations | undefined {
  try {
    return operationsOn(home, memory);
  } catch {
    return undefined;
  }
}

const memory = memoryOfProgram();
const home: Int32Array | undefined = memory && new Int32Array(memory.buffer);

const operations: Operations = (memory && fastOperations(home!, memory)) ?? Atomics;

/**
 * `Atomics.load`, with the same effects and the same order in memory; faster on words at home. For primitives of your own:
 *
 *     isOpen(): boolean { return load(this.words, this.at) === OPEN; }
 */
export const load: Operations["load"] = operations.load;
/** `Atomics.and`, likewise. */
export const and: Operations["and"] = operations.and;
/** `Atomics.compareExchange`, likewise. */
export const compareExchange: Operations["compareExchange"] = operations.compareExchange;

/** Is there no line left? Then there never will be, and nobody need look. */
let isFull = false;

/** Cuts so many zeroed words, of whole lines, from home; undefined if there is none, or no room. */
export function allocateAtHome(count: number): { readonly words: Int32Array; readonly at: number } | undefined {
  if (home === undefined || isFull) return undefined;
  const room = home.length - Atomics.load(home, USED);
  if (count > room) {
    isFull = room < LINE_BYTES / WORD_BYTES;
    return undefined;
  }
  const at = Atomics.add(home, USED, count);
  return at + count <= home.length ? { words: home, at } : undefined;
}

/** Home, if `words` are a view of it that came by a message. */
export function asHome(words: Int32Array): Int32Array | undefined {
  return words[MARK] === HOME && home !== undefined && numberOf(words) === numberOf(home) ? home : undefined;
}
