/**
 * What the supervisor writes to standard error. It must not wait there, as it sees no death meanwhile, nor die of what goes wrong: the disk may be
 * full, the terminal gone, the reader asleep. What cannot be written at once is written later, as far as it is not too much.
 */
import { platform } from "@x/core";
import { host } from "../platform/host.js";

const WAITING_BYTES = 1 << 20;
const AGAIN_MS = 10;

let waiting: Uint8Array[] = [];

export function say(text: string): void {
  const bytes = new TextEncoder().encode(text);
  const before = waiting.reduce((sum, { length }) => sum + length, 0);
  if (before > 0 && before + bytes.length > WAITING_BYTES) return;
  waiting.push(bytes);
  if (before === 0) write();
}

function write(): void {
  while (waiting.length > 0) {
    const [first, ...rest] = waiting as [Uint8Array, ...Uint8Array[]];
    const written = host().writeErrorNow(first);
    if (written === undefined) waiting = [];
    else if (written < first.length) {
      waiting[0] = first.subarray(written);
      return void platform.setTimer(write, AGAIN_MS);
    } else waiting = rest;
  }
}
