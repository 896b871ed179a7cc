/** New shared memory, and the error of a place without it. */
import { ThreadError } from "../errors.js";

/** @throws ThreadError if there is no `SharedArrayBuffer` here: a page that is not isolated, or an old browser */
export function newSharedMemory(bytes: number): SharedArrayBuffer {
  checkSharedMemory();
  return new SharedArrayBuffer(bytes);
}

/**
 * Shared memory of `bytes` bytes, which can grow to `maxBytes`.
 *
 * @throws ThreadError if there is no `SharedArrayBuffer`, or if it cannot grow; RangeError if the
 *   system has too few addresses
 */
export function newGrowableMemory(bytes: number, maxBytes: number): SharedArrayBuffer {
  checkSharedMemory();
  const memory = new SharedArrayBuffer(bytes, { maxByteLength: maxBytes });
  if (memory.growable) return memory;
  throw new ThreadError("core: shared memory cannot grow here; use a runtime from 2023 or later");
}

/** @throws ThreadError as {@link newSharedMemory} */
export function checkSharedMemory(): void {
  if (typeof SharedArrayBuffer === "function") return;
  const cure = globalThis.crossOriginIsolated
    ? "use Chrome 92, Firefox 79, Safari 15.2 or later"
    : "serve the page over https with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: " +
      "require-corp; see https://github.com/x-threading/threading/blob/main/docs/isolation.md";
  throw new ThreadError(`core: there is no SharedArrayBuffer here; ${cure}`);
}
