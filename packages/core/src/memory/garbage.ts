/**
 * Tells the engine of shared memory that is garbage. V8 does not count shared memory as the garbage of a
 * thread, so a thread that drops a thousand buffers of 1 MiB would keep them until it has made as much
 * other garbage. It does count plain buffers. So for each 32 MiB of shared memory, this makes a plain buffer
 * of that size, and drops it; without a write it takes no room. Measured with buffers of 1 MiB: 80 to 300 MiB
 * instead of 2 GiB.
 */
import { ifItThrows } from "../check.js";

const STEP_BYTES = 32 << 20;

let untold = 0;

/** This thread may have dropped, or will soon drop, shared memory of this size. */
export function expectGarbage(bytes: number): void {
  untold += bytes;
  if (untold < STEP_BYTES) return;
  untold = 0;
  ifItThrows(undefined, () => new ArrayBuffer(STEP_BYTES)); // without addresses for it, the engine has collected already
}
