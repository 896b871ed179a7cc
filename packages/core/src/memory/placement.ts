/** Memory that the user supplies for a primitive, and its checks. */
import { checkKeys, describe } from "../check.js";
import { WORD_BYTES } from "./slab-header.js";
import { viewOf, type Words } from "./words.js";

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
