/** Placements, memory that the user supplies for a primitive, and their checks. */
import { checkKeys, describe } from "../check.js";
import { checkSharedMemory } from "./shared-memory.js";
import { WORD_BYTES } from "./slab-header.js";
import { viewOf, type Words } from "./words.js";

/** The user's memory for a primitive. */
export interface MemoryPlacement {
  /** Shared memory: a `SharedArrayBuffer`, or the buffer of a shared `WebAssembly.Memory`. */
  readonly buffer: SharedArrayBuffer;
  /** The offset in the buffer, in bytes; a multiple of 4. Default 0. */
  readonly byteOffset?: number | undefined;
}

/** A placement that another thread has sent: it needs no checks. */
export class TrustedPlacement implements Words, MemoryPlacement {
  /**
   * Is it a trusted placement? By a private field, because `instanceof` would ask a proxy, which
   * may lie or throw.
   */
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

/**
 * Allows any fields beside the memory of a handle, for a class with a `share()` of its own. A
 * placement by hand may not have them.
 */
export const WHAT_WAS_SHARED = "what was shared";

/** The possible fields of a placement beside its memory. */
export type MoreFields = readonly string[] | typeof WHAT_WAS_SHARED;

/**
 * The words of a placement.
 *
 * @param more the other fields that the placement may have; {@link WHAT_WAS_SHARED} if only the class
 *   knows them
 * @throws TypeError if it is not shared memory, the offset no number, or a field unknown; RangeError if
 *   the words do not fit there
 */
export function adopt(placement: MemoryPlacement, bytes: number, packageName: string, more: MoreFields = []): Words {
  const { buffer, byteOffset } = checkPlacement(placement, packageName, more);
  if (typeof byteOffset !== "number") {
    throw new TypeError(`${packageName}: byteOffset must be a number of bytes, got ${describe(byteOffset)}`);
  }
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % WORD_BYTES !== 0) {
    throw new RangeError(
      `${packageName}: byteOffset must be a multiple of ${WORD_BYTES}, 0 or more, got ${describe(byteOffset)}`,
    );
  }
  if (byteOffset + bytes > buffer.byteLength) {
    throw new RangeError(
      `${packageName}: ${bytes} bytes from byteOffset ${byteOffset} do not fit into a buffer of ${buffer.byteLength} bytes`,
    );
  }
  return { words: viewOf(buffer), at: byteOffset / WORD_BYTES };
}

/** Checks the fields, and reads each once: a getter may return another value the second time. */
function checkPlacement(
  placement: unknown,
  packageName: string,
  more: MoreFields,
): { buffer: SharedArrayBuffer; byteOffset: unknown } {
  if (typeof placement !== "object" || placement === null || !("buffer" in placement)) {
    throw new TypeError(`${packageName}: expected { buffer, byteOffset } or nothing, got ${describe(placement)}`);
  }
  // A view, a WebAssembly.Memory and a trusted placement have a buffer, but their fields are no
  // options.
  if (!ArrayBuffer.isView(placement) && !TrustedPlacement.is(placement) && Object.keys(placement).length > 0) {
    if (more !== WHAT_WAS_SHARED) checkKeys(placement, ["buffer", "byteOffset", ...more, "kind"], packageName);
    else if (!("kind" in placement)) checkKeys(placement, ["buffer", "byteOffset", "kind"], packageName);
  }
  const { buffer, byteOffset = 0 } = placement as { buffer: unknown; byteOffset?: unknown };
  checkSharedMemory();
  if (!isSharedMemory(buffer))
    throw new TypeError(`${packageName}: buffer must be a SharedArrayBuffer, got ${describe(buffer)}`);
  return { buffer, byteOffset };
}

/**
 * Is it shared memory, of any realm? Asks by a getter that works only on shared memory, because a
 * proxy, or another object with its `toStringTag`, would give a view of something else.
 */
export function isSharedMemory(value: unknown): value is SharedArrayBuffer {
  try {
    return Reflect.get(SharedArrayBuffer.prototype, "byteLength", value) >= 0;
  } catch {
    return false;
  }
}
