/**
 * Where a primitive lives: some 32-bit words of shared memory, cut from a slab or adopted from the user.
 *
 * A slab is one SharedArrayBuffer for many primitives, a cache line each, so that neighbours do not slow each other down.
 * Nothing is ever freed by hand: only the engine knows whether another thread or a message still refers to a buffer, and
 * it collects a slab when nobody does.
 *
 * Each slab of a thread is twice as large as the one before, so that ten thousand locks live in ten buffers rather than in 160: every buffer
 * costs objects, and microseconds whenever a message takes it to a thread. But a slab lives as long as the last of its primitives, so there is
 * a largest one: more than that no survivor keeps. It is as large as it takes for the system to zero its pages only when they are
 * first written to: words that nobody has used yet take no memory.
 */
import { describe } from "./check.js";
import { allocateAtHome, asHome } from "./home.js";
import { brand, LINE_BYTES, numberOf, WORD_BYTES } from "./slab.js";

/** Memory of the user's for a primitive to live in. */
export interface Placement {
  /** Shared memory: a `SharedArrayBuffer`, or the buffer of a shared `WebAssembly.Memory`. */
  readonly buffer: SharedArrayBuffer;
  /** Where in it, in bytes; a multiple of 4. Default 0. */
  readonly byteOffset?: number | undefined;
}

/** Words in shared memory: a view, and the index in it of the first. */
export interface Words {
  readonly words: Int32Array;
  readonly at: number;
}

/** Words that another thread has sent, as a placement that need not be checked. */
export class Place implements Words, Placement {
  /** Unlike `instanceof` asks no proxy, which may have been revoked, or lie. */
  static is(value: unknown): value is Place {
    return typeof value === "object" && value !== null && #sent in value;
  }

  readonly #sent = true;

  constructor(
    readonly words: Int32Array,
    readonly at: number,
  ) {}

  get buffer(): SharedArrayBuffer {
    return this.words.buffer as SharedArrayBuffer;
  }

  get byteOffset(): number {
    return this.at * WORD_BYTES;
  }
}

const FIRST_SLAB_BYTES = 4 << 10;
const LARGEST_SLAB_BYTES = 128 << 10;
/** Hexadecimal digits that tell where in a slab, or at home. */
const SLAB_DIGITS = 5;

let slab: Int32Array | undefined;
let slabBytes = 0;
let used = 0;

/** Zeroed words for a primitive: at home, if there is room, or else from this thread's slab. They begin on a cache line of their own. */
export function allocatePrimitive(bytes: number): Words {
  return allocateAtHome(inLines(bytes)) ?? allocate(bytes);
}

/** Cuts zeroed words from this thread's slab; they begin on a cache line of their own. */
export function allocate(bytes: number): Words {
  const size = inLines(bytes);
  if (size > FIRST_SLAB_BYTES - LINE_BYTES) return { words: viewOf(new SharedArrayBuffer(size)), at: 0 };
  if (slab === undefined || used + size > slabBytes) {
    slabBytes = slab === undefined ? FIRST_SLAB_BYTES : Math.min(slabBytes * 2, LARGEST_SLAB_BYTES);
    slab = newSlab(slabBytes);
    used = LINE_BYTES;
  }
  const at = used / WORD_BYTES;
  used += size;
  return { words: slab, at };
}

/** Zeroed memory for many primitives, of which the first two words are taken. */
export function newSlab(bytes: number): Int32Array {
  return brand(viewOf(new SharedArrayBuffer(bytes)));
}

function inLines(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

/** Where the words live, for reports: the offset in the user's buffer, or behind the number of the slab. */
export function addressOf({ words, at }: Words): string {
  const offset = (at * WORD_BYTES).toString(16);
  const number = numberOf(words);
  if (number === undefined) return `0x${offset.padStart(4, "0")}`;
  return `0x${number.toString(16)}${offset.padStart(SLAB_DIGITS, "0")}`;
}

/**
 * Views the words that the user placed somewhere.
 *
 * @throws TypeError if it is not shared memory, or the offset no number; RangeError if the words would not fit there
 */
export function adopt(placement: Placement, bytes: number, who: string): Words {
  const { buffer, byteOffset } = checkPlacement(placement, who);
  if (typeof byteOffset !== "number") {
    throw new TypeError(`${who}: byteOffset must be a number of bytes, got ${describe(byteOffset)}`);
  }
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % WORD_BYTES !== 0) {
    throw new RangeError(
      `${who}: byteOffset must be a multiple of ${WORD_BYTES}, 0 or more, got ${describe(byteOffset)}`,
    );
  }
  if (byteOffset + bytes > buffer.byteLength) {
    throw new RangeError(
      `${who}: ${bytes} bytes from byteOffset ${byteOffset} do not fit into a buffer of ${buffer.byteLength} bytes`,
    );
  }
  return { words: viewOf(buffer), at: byteOffset / WORD_BYTES };
}

/** Reads what is there once: a getter may say something else the second time. */
function checkPlacement(placement: unknown, who: string): { buffer: SharedArrayBuffer; byteOffset: unknown } {
  if (typeof placement !== "object" || placement === null || !("buffer" in placement)) {
    throw new TypeError(`${who}: expected { buffer, byteOffset } or nothing, got ${describe(placement)}`);
  }
  const { buffer, byteOffset = 0 } = placement as { buffer: unknown; byteOffset?: unknown };
  if (!isSharedMemory(buffer))
    throw new TypeError(`${who}: buffer must be a SharedArrayBuffer, got ${describe(buffer)}`);
  return { buffer, byteOffset };
}

/**
 * Is it shared memory, of whatever realm? A proxy of some, or what only calls itself so, would give a view of something else, so ask
 * for its bytes by the getter that only shared memory answers.
 */
function isSharedMemory(value: unknown): value is SharedArrayBuffer {
  try {
    return Reflect.get(SharedArrayBuffer.prototype, "byteLength", value) >= 0;
  } catch {
    return false;
  }
}

/** One view per buffer, so that primitives of one slab share it. A buffer that has grown since gets a longer one. */
const views = new WeakMap<SharedArrayBuffer, Int32Array>();

function viewOf(buffer: SharedArrayBuffer): Int32Array {
  const length = Math.floor(buffer.byteLength / WORD_BYTES);
  let view = views.get(buffer);
  if (view === undefined || view.length < length) {
    view = new Int32Array(buffer, 0, length);
    view = asHome(view) ?? view;
    views.set(buffer, view);
  }
  return view;
}
