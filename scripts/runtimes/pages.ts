/** What works in pages: rows of docs/runtimes.md, and what a page shows instead. */
import { CAPABILITIES, type Capability, type Expected } from "./capabilities.ts";
import type { Limit } from "./verdicts.ts";

/** Columns of every table, in this order. */
export const BROWSER_IDS = ["chromium", "firefox"] as const;
export type BrowserId = (typeof BROWSER_IDS)[number];

/** The names of the browsers, without their versions. */
export const BROWSER_NAMES: Readonly<Record<BrowserId, string>> = { chromium: "Chromium", firefox: "Firefox" };

/** The programs that need nothing of Node. */
export const PROGRAMS: readonly string[] = [
  ...["blocking.mjs", "awaited.mjs", "targets.mjs", "results.mjs", "arguments.mjs", "errors.mjs", "rejection.mjs"],
  ...[
    "memory-awaited.mjs",
    "nested.mjs",
    "many.mjs",
    "leftovers.mjs",
    "shared.mjs",
    "stack-size.mjs",
    "owner-died.mjs",
  ],
  ...["terminate-ends.mjs", "terminated-waiter.mjs", "deadlocks.mjs"],
];

/** Of their arguments, these need Node: process.exit, and a limit of memory. */
const OF_NODE = ["exit", "memory"];

export const PAGE_CAPABILITIES: readonly Capability[] = CAPABILITIES.filter(
  ({ program, args = [] }) => PROGRAMS.includes(program) && !args.some((arg) => OF_NODE.includes(arg)),
);

const STACK: Expected = {
  sees: "ThreadError: thread: the stack size cannot be chosen on this platform; leave it at 0",
  why: "The runtime ignores the stack size of a worker, so the library refuses it.",
};

/** What a page shows instead, by the title of the row. */
const LIMITS: Readonly<Record<string, Partial<Readonly<Record<BrowserId, Expected>>>>> = {
  "`stackSize(bytes)`": { chromium: STACK, firefox: STACK },
};

export function expectedInPage(title: string, id: BrowserId): Expected | undefined {
  return LIMITS[title]?.[id];
}

export const PAGE_LIMITS: readonly Limit<BrowserId>[] = Object.entries(LIMITS).flatMap(([title, byId]) =>
  Object.entries(byId).map(([id, expected]) => ({
    ...expected,
    on: [id as BrowserId],
    name: new RegExp(`^${title.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")}$`),
  })),
);
