/**
 * The table of platforms. Each difference between Node, Deno, Bun and browsers is a method of
 * {@link Platform}, and each platform is a row. No other file asks where it runs.
 */
import { browser } from "./browser.js";
import { bun } from "./bun.js";
import { deno } from "./deno.js";
import { node } from "./node.js";
import type { Platform } from "./platform.js";

/** The row of the current platform. */
export const platform: Platform = [deno, bun, node, browser].find((row) => row.isHere()) as Platform;
