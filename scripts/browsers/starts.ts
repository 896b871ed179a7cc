/** Measures the first start in a page beside that of a bare worker; see pages/starts.ts. */
import type { Found } from "../runtimes/verdicts.ts";
import type { Browser } from "./driver.ts";
import { serve } from "./served.ts";

const LOADS = 15;
const LIMIT_MS = 30_000;

const WHATS = ["bare worker", "thread"] as const;

/** Milliseconds since the page was asked for. */
interface Times {
  /** The page's script runs. */
  readonly begun: number;
  /** The thread, or the worker, runs. */
  readonly runs: number;
}

/** Loads the page again and again, in turns. Returns the medians in words. */
export async function measureStarts(browser: Browser, folder: string): Promise<{ found: Found; report: string }> {
  const all = new Map<string, Times[]>(WHATS.map((what) => [what, []]));
  const site = await serve(folder);
  let sees: string | undefined;
  try {
    for (let load = 0; load < LOADS && sees === undefined; load++) {
      for (const what of WHATS) {
        const url = `${site.url}/starts.html?what=${what}`;
        const { result, errors, failed } = await browser.visit(url, { limit: LIMIT_MS });
        const trouble = [...errors, ...failed];
        if (trouble.length > 0) sees = trouble.join("; ");
        else all.get(what)!.push(result as Times);
      }
    }
  } finally {
    await site.close();
  }
  const lines = [...all].map(([what, times]) => {
    const took = times.map(({ begun, runs }) => runs - begun);
    const whole = times.map(({ runs }) => runs);
    return `${what}: runs ${median(took)} ms after its start, ${median(whole)} ms after the page was asked for`;
  });
  const name = "the first thread of a page runs";
  const found: Found = sees === undefined ? { name, state: "pass" } : { name, state: "fail", sees };
  return { found, report: lines.join("\n") };
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[sorted.length >> 1] ?? NaN).toFixed(0);
}
