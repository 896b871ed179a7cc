/** Where threads can be had: the row of {@link platform}, or a clear error. */
import { platform, ThreadError } from "@x/core";
import { bun } from "./bun.js";
import { deno } from "./deno.js";
import { node } from "./node.js";
import type { ThreadPlatform } from "./thread-platform.js";

const ROWS = { browser: undefined, bun, deno, node };

/**
 * One for all copies of this package in this thread: a port is known to the row that has made it. Raise the number for a change that older
 * copies would get wrong.
 */
const KEY = Symbol.for("@x/thread platform 1");

/** The row of threads; undefined where this library cannot start any. */
export const threadPlatform = ((globalThis as { [KEY]?: ThreadPlatform | undefined })[KEY] ??= ROWS[platform.name]);

/** @throws ThreadError where this library cannot start threads */
export function host(): ThreadPlatform {
  if (threadPlatform !== undefined) return threadPlatform;
  throw new ThreadError(
    "thread: threads cannot be started here; they need Node's worker_threads (the primitives of @x/lock, @x/event and " +
      "@x/semaphore work in Web Workers that you start yourself)",
  );
}

/** The file that every worker of this library runs. */
export function workerURL(): string {
  // Written as one expression, bundlers would take it for an asset of their own and emit a second copy.
  const here = () => import.meta.url;
  return new URL("./worker.js", here()).href;
}
