/** What works in pages: rows of docs/runtimes.md. Each runs a program of scripts/runtimes/probes in a thread of a page. */
import { CAPABILITIES, type Capability, type Expected } from "../runtimes/capabilities.ts";
import type { Limit } from "../runtimes/verdicts.ts";
import type { Browser } from "./driver.ts";
import type { BrowserId } from "./installed.ts";
import { serve } from "./served.ts";
import type { Found } from "./suites.ts";

/** The programs that need nothing of Node. */
export const PROGRAMS: readonly string[] = [
  ...["blocking.mjs", "awaited.mjs", "targets.mjs", "results.mjs", "arguments.mjs", "errors.mjs", "rejection.mjs"],
  ...["nested.mjs", "many.mjs", "leftovers.mjs", "shared.mjs", "stack-size.mjs", "owner-died.mjs"],
  ...["terminate-ends.mjs", "terminated-waiter.mjs", "deadlocks.mjs"],
];

/** Of their arguments, these need Node: process.exit, and a limit of memory. */
const OF_NODE = ["exit", "memory"];

export const PAGE_CAPABILITIES: readonly Capability[] = CAPABILITIES.filter(
  ({ program, args = [] }) => PROGRAMS.includes(program) && !args.some((arg) => OF_NODE.includes(arg)),
);

const TOP_LEVEL: Expected = {
  sees: "an error at the top level of a module; it works in a function",
  why: "A thread of a page evaluates its modules before it knows of its program.",
};
const STACK: Expected = {
  sees: "ThreadError: thread: the stack size cannot be chosen on this platform; leave it at 0",
  why: "The runtime ignores the stack size of a worker, so the library refuses it.",
};

/** What a page shows instead, by the title of the row. */
const LIMITS: Readonly<Record<string, Partial<Readonly<Record<BrowserId, Expected>>>>> = {
  "`sharedGlobals()`, `Local`": { chromium: TOP_LEVEL, firefox: TOP_LEVEL },
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

/** Milliseconds for a program. */
const LIMIT_MS = 60_000;

/** Runs the program of each row. */
export async function runCapabilities(browser: Browser, folder: string): Promise<Found[]> {
  const found: Found[] = [];
  const site = await serve(folder);
  try {
    for (const { title, program, args = [] } of PAGE_CAPABILITIES) {
      const query = new URLSearchParams([["program", program], ...args.map((arg) => ["arg", arg])]);
      const { result, errors, logs } = await browser.visit(`${site.url}/probe.html?${query.toString()}`, {
        limit: LIMIT_MS,
      });
      const sees = typeof result === "string" ? seenIn(result) : (errors[0] ?? "no answer");
      const details = [...errors, ...logs].join("\n");
      found.push(sees === "yes" ? { name: title, state: "pass" } : { name: title, state: "fail", sees, details });
    }
  } finally {
    await site.close();
  }
  return found;
}

/** The effect for the user. */
function seenIn(answer: string): string {
  return /this Web Worker is no thread/.test(answer) ? TOP_LEVEL.sees : answer.replace(/^no: /, "");
}
