/** The platform row for threads, or a clear error where threads cannot be started. */
import { ThreadError } from "@x/core";
import { platform } from "@x/core/internal";
import { browser } from "./browser.js";
import { bun } from "./bun.js";
import { deno } from "./deno.js";
import { node } from "./node.js";
import type { ThreadPlatform } from "./thread-platform.js";

const ROWS = { browser, bun, deno, node };

/**
 * One row for all copies of this package in a thread, because only the row that made a port knows
 * it. Raise the number for each change that older copies would misread.
 */
const KEY = Symbol.for("@x/thread platform 1");

/** The platform row; undefined where this library cannot start threads. */
export const threadPlatform = ((globalThis as { [KEY]?: ThreadPlatform | undefined })[KEY] ??= ROWS[platform.name]);

/** @throws ThreadError where this library cannot start threads */
export function host(): ThreadPlatform {
  if (threadPlatform !== undefined) return threadPlatform;
  throw new ThreadError(
    "thread: threads cannot be started here; they need Node's worker_threads (the primitives of @x/lock, @x/event and " +
      "@x/semaphore work in Web Workers that you start yourself)",
  );
}
