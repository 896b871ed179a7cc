/// <reference types="node" />
/** The row of Bun: that of Node, but for what Bun does otherwise. */
import { node } from "./node.js";
import type { Platform } from "./platform.js";

/** The longest that a timer of Bun runs. */
const INTERVAL_MAX = 2 ** 31 - 1;

export const bun: Platform = {
  ...node,
  isHere: () => "Bun" in globalThis && node.isHere(),
  name: "bun",
  keepAlive,
  hasFastWasm: () => false, // its engine writes the instructions into `Atomics` as well
};

let awaiting = 0;
let anchor: ReturnType<typeof setInterval> | undefined;
const { setInterval: startInterval } = globalThis; // before a test can put a fake one in its place; other realms may have none

/** As that of Node, by a timer: a port keeps a worker of Bun from ending, but its event loop does not settle what `Atomics.waitAsync` gave. */
function keepAlive(by: number): void {
  awaiting += by;
  anchor ??= startInterval(() => undefined, INTERVAL_MAX);
  if (awaiting > 0) anchor.ref();
  else anchor.unref();
}
