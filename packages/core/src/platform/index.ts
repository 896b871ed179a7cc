/**
 * The one table of platforms. No other file asks where it runs: what differs between Node (with Deno and Bun, which have its
 * modules) and browsers is a method of {@link Platform}, and each platform is a row.
 */
import { browser } from "./browser.js";
import { node } from "./node.js";
import type { Platform } from "./platform.js";

export const platform: Platform = node.isHere() ? node : browser;
