/** Runs the program of each row of docs/runtimes.md in a thread of a page. */
import { PAGE_CAPABILITIES } from "../runtimes/pages.ts";
import type { Found } from "../runtimes/verdicts.ts";
import type { Browser } from "./driver.ts";
import { serve } from "./served.ts";

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
      const sees = typeof result === "string" ? result.replace(/^no: /, "") : (errors[0] ?? "no answer");
      const details = [...errors, ...logs].join("\n");
      found.push(sees === "yes" ? { name: title, state: "pass" } : { name: title, state: "fail", sees, details });
    }
  } finally {
    await site.close();
  }
  return found;
}
