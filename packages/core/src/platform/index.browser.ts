/** Stands in for index.ts in the build for browsers: the table has one row. */
import { browser } from "./browser.js";
import type { Platform } from "./platform.js";

export const platform: Platform = browser;
