/** Random programs in which threads die, in a page: see apps/soak, and pages/soak.ts. */
import type { SoakOptions } from "../../apps/soak/src/rounds.ts";
import { tail } from "../runtimes/child.ts";
import type { Browser } from "./driver.ts";
import { serve } from "./served.ts";
import type { Found } from "../runtimes/verdicts.ts";

/** Milliseconds for a program. Chromium takes two seconds for each `terminate`. */
const PROGRAM_MS = 60_000;
/** Milliseconds for the answer with the waits of all threads. */
const DUMP_MS = 5000;
/** Milliseconds between two looks at the lines. */
const LOOK_MS = 50;

type Line = { readonly begins: number } | { readonly report: string } | { readonly failed: string };

export interface Soaked {
  readonly found: Found;
  /** The counts of a run without a failure. */
  readonly report?: string;
}

/** Runs programs for so many seconds, or the program of a seed again and again. */
export async function soak(
  browser: Browser,
  folder: string,
  seconds: number,
  seed: number | undefined,
): Promise<Soaked> {
  const lines: Line[] = [];
  let heard = performance.now();
  const site = await serve(folder, {
    onPost: (_, body) => {
      heard = performance.now();
      lines.push(JSON.parse(body) as Line);
    },
  });
  try {
    // A page has no memory limit of its own that a thread could run out of.
    const options: SoakOptions = { seconds, seed, kills: true, without: ["out of memory"], limit: PROGRAM_MS };
    const query = new URLSearchParams({ options: JSON.stringify(options) });
    const page = await browser.open(`${site.url}/soak.html?${query.toString()}`);
    const isOver = (): boolean => lines.some((line) => !("begins" in line));
    while (!isOver() && performance.now() - heard < PROGRAM_MS) await pause(LOOK_MS);
    const last = lines.at(-1);
    const begun = lines.flatMap((line) => ("begins" in line ? [line.begins] : [])).filter((its) => its >= 0);
    const name = "random programs end and lose nothing, whichever thread dies";
    const { errors, failed, logs } = page.said;
    if (last !== undefined && "report" in last && errors.length === 0) {
      await page.close();
      return { found: { name, state: "pass" }, report: last.report };
    }
    const stuck = isOver() ? [] : [await page.evaluate("dump()", DUMP_MS).catch(String)];
    await page.close();
    const again = `npm run test:browsers -- --only ${browser.id} --parts soak --seed ${begun.at(-1)}`;
    const sees = `the program of seed ${begun.at(-1)} ${isOver() ? "has failed" : `has not ended after ${PROGRAM_MS / 1000} s`}; again: ${again}`;
    const said = last !== undefined && "failed" in last ? [last.failed] : [];
    const details = tail([...said, ...errors, ...failed, ...logs, ...stuck].join("\n"), 100);
    return { found: { name, state: "fail", sees, details } };
  } finally {
    await site.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
