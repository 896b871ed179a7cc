/** The table of platforms for threads; see core's platform/index.ts. */
import { platform } from "@x/core/internal";
import { browser } from "./browser.js";
import { bun } from "./bun.js";
import { deno } from "./deno.js";
import { node } from "./node.js";
import type { ThreadPlatform } from "./thread-platform.js";

const ROWS = { browser, bun, deno, node };

/**
 * All copies of this package in a thread use the same row, because only the maker of a port knows the
 * port. Raise the number for each change that older copies would misread.
 */
const KEY = Symbol.for("@x/thread platform 1");

const row: ThreadPlatform = ((globalThis as { [KEY]?: ThreadPlatform })[KEY] ??= ROWS[platform.name]);

/** The platform row of this thread. */
export function host(): ThreadPlatform {
  return row;
}
