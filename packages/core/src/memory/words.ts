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
import { checkKeys, describe } from "../check.js";
import { ThreadError } from "../errors.js";
import { allocateAtHome, asHome } from "./wasm-memory.js";
import type { Words } from "../global-slot.js";
import { brand, LEAST_SLAB_WORDS, LINE_BYTES, numberOf, oneViewOf, WORD_BYTES } from "./slab-header.js";

export type { Words } from "../global-slot.js";

/** Memory of the user's for a primitive to live in. */
export interface MemoryPlacement {
  /** Shared memory: a `SharedArrayBuffer`, or the buffer of a shared `WebAssembly.Memory`. */
  readonly buffer: SharedArrayBuffer;
  /** Where in it, in bytes; a multiple of 4. Default 0. */
  readonly byteOffset?: number | undefined;
}

/** Words that another thread has sent, as a placement that need not be checked. */
export class TrustedPlacement implements Words, MemoryPlacement {
  /** Unlike `instanceof` asks no proxy, which may have been revoked, or lie. */
  static is(value: unknown): value is TrustedPlacement {
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

const LINE_WORDS = LINE_BYTES / WORD_BYTES;
const LARGEST_SLAB_WORDS = (128 << 10) / WORD_BYTES;
/** In the smallest slab. */
const ROOM_WORDS = LEAST_SLAB_WORDS - LINE_WORDS;
/** Hexadecimal digits that tell where in a slab, or at home. */
const SLAB_DIGITS = 5;

/** That from which the next primitives of this thread are cut; none at first. */
let slab: Int32Array = new Int32Array(0);
/** The index of the first word in it that is free. */
let release = 0;

/** Zeroed words for a primitive: at home, if there is room, or else from this thread's slab. They begin on a cache line of their own. */
export function allocatePrimitive(bytes: number): Words {
  return allocateAtHome(inLines(bytes)) ?? allocate(bytes);
}

/** Cuts zeroed words from this thread's slab; they begin on a cache line of their own. */
export function allocate(bytes: number): Words {
  const count = inLines(bytes);
  const at = release;
  if (count > ROOM_WORDS || at + count > slab.length) return allocateElsewhere(count);
  release = at + count;
  return { words: slab, at };
}

/** In a new slab; or in a buffer of their own, if the smallest slab would not hold so many words. */
function allocateElsewhere(count: number): Words {
  if (count > ROOM_WORDS) return { words: viewOf(newSharedMemory(count * WORD_BYTES)), at: 0 };
  slab = newSlab(Math.max(LEAST_SLAB_WORDS, Math.min(slab.length * 2, LARGEST_SLAB_WORDS)) * WORD_BYTES);
  release = LINE_WORDS + count;
  return { words: slab, at: LINE_WORDS };
}

/** Zeroed memory for many primitives, of which the first two words are taken. */
export function newSlab(bytes: number): Int32Array {
  const words = viewOf(newSharedMemory(bytes));
  return oneViewOf(brand(words));
}

/** @throws ThreadError where the platform withholds it */
export function newSharedMemory(bytes: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer === "function") return new SharedArrayBuffer(bytes);
  throw new ThreadError(
    "core: there is no shared memory here; serve the page with Cross-Origin-Opener-Policy: same-origin and " +
      "Cross-Origin-Embedder-Policy: require-corp, so that it has SharedArrayBuffer",
  );
}

/** Words on whole lines. In whole numbers, as V8 would do fractions as floats, which takes as long as all the rest. */
function inLines(bytes: number): number {
  return ((bytes + LINE_BYTES - 1) >> 6) << 4;
}

/** Where the words live, for reports: the offset in the user's buffer, or behind the number of the slab. */
export function addressOf({ words, at }: Words): string {
  const offset = (at * WORD_BYTES).toString(16);
  const number = numberOf(words);
  if (number === undefined) return `0x${offset.padStart(4, "0")}`;
  return `0x${number.toString(16)}${offset.padStart(SLAB_DIGITS, "0")}`;
}

/** A handle may have any fields beside its memory: they are what a `share()` says that is not ours. A placement by hand may not. */
export const WHAT_WAS_SHARED = "what was shared";

/** Which fields a placement may have besides its memory. */
export type MoreFields = readonly string[] | typeof WHAT_WAS_SHARED;

/**
 * Views the words that the user placed somewhere.
 *
 * @param more which other fields the placement of such a primitive may have; {@link WHAT_WAS_SHARED} if only its class knows
 * @throws TypeError if it is not shared memory, the offset no number, or a field unknown; RangeError if the words would not fit there
 */
export function adopt(placement: MemoryPlacement, bytes: number, who: string, more: MoreFields = []): Words {
  const { buffer, byteOffset } = checkPlacement(placement, who, more);
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
function checkPlacement(
  placement: unknown,
  who: string,
  more: MoreFields,
): { buffer: SharedArrayBuffer; byteOffset: unknown } {
  if (typeof placement !== "object" || placement === null || !("buffer" in placement)) {
    throw new TypeError(`${who}: expected { buffer, byteOffset } or nothing, got ${describe(placement)}`);
  }
  // A view, a WebAssembly.Memory, or a place that a message brought, is no list of options, but has a buffer all the same.
  if (!ArrayBuffer.isView(placement) && !TrustedPlacement.is(placement) && Object.keys(placement).length > 0) {
    if (more !== WHAT_WAS_SHARED) checkKeys(placement, ["buffer", "byteOffset", ...more, "kind"], who);
    else if (!("kind" in placement)) checkKeys(placement, ["buffer", "byteOffset", "kind"], who);
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
    view = asHome(view) ?? oneViewOf(view);
    views.set(buffer, view);
  }
  return view;
}
