/**
 * Writes to standard error for the supervisor. It must not block there, because it sees no deaths
 * meanwhile. A failed write must not end it: the disk may be full, the terminal gone, the reader
 * stopped. The rest of an incomplete write follows later. A text is dropped if more than 1 MiB
 * would wait.
 */
import { platform } from "@x/core/internal";
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
