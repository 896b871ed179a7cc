/** The thread of owner-deaths.test.ts. */
import { expose } from "@x/core";

export function awaitDeath() {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

expose(import.meta, { awaitDeath });
