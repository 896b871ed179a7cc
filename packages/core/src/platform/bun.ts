/// <reference types="node" />
/** The row of Bun: the row of Node, with the differences of Bun. */
import { node } from "./node.js";
import type { Platform } from "./platform.js";

/** Milliseconds: the longest delay of a timer in Bun. */
const INTERVAL_MAX = 2 ** 31 - 1;

export const bun: Platform = {
  ...node,
  isHere: () => "Bun" in globalThis && node.isHere(),
  name: "bun",
  keepAlive,
  hasFastWasm: () => false, // JavaScriptCore compiles `Atomics` to plain instructions as well
};

let awaiting = 0;
let anchor: ReturnType<typeof setInterval> | undefined;
const { setInterval: startInterval } = globalThis; // read before a test can replace it; other realms may have none

/**
 * As in Node, but by a timer. A port keeps a worker of Bun alive, but then its event loop does not
 * settle the promises of `Atomics.waitAsync`.
 */
function keepAlive(by: number): void {
  awaiting += by;
  anchor ??= startInterval(() => undefined, INTERVAL_MAX);
  if (awaiting > 0) anchor.ref();
  else anchor.unref();
}
