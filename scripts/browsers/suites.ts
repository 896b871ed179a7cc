/** Runs files of tests in a page of a browser; see pages/page.ts. */
import { tail } from "../runtimes/child.ts";
import type { Line } from "../runtimes/shim/runner.ts";
import { resultsOf } from "../runtimes/suites.ts";
import type { Found } from "../runtimes/verdicts.ts";
import { startsThreads } from "./bundle.ts";
import type { Browser } from "./driver.ts";
import { serve } from "./served.ts";

/** Milliseconds for a file of tests, and for the time between two lines of its results. */
const FILE_MS = 120_000;
const SILENCE_MS = 40_000;
/** Milliseconds between two looks at the lines. */
const LOOK_MS = 50;

/**
 * Runs a file of tests. A page that says nothing for long hangs: the tests that had begun have
 * failed.
 *
 * @param folder the bundle
 * @param only a pattern of titles
 */
export async function runInPage(browser: Browser, folder: string, file: string, only?: string): Promise<Found[]> {
  const lines: Line[] = [];
  let trouble: string | undefined;
  let heard = performance.now();
  const site = await serve(folder, {
    onPost: (path, body) => {
      heard = performance.now();
      if (path === "/told") lines.push(JSON.parse(body) as Line);
      else trouble = (JSON.parse(body) as { died: string }).died;
    },
  });
  try {
    const query = new URLSearchParams({
      file,
      ...(startsThreads(file) && { threads: "" }),
      ...(only !== undefined && { only }),
    });
    const page = await browser.open(`${site.url}/?${query.toString()}`);
    const begun = performance.now();
    while (trouble === undefined && lines.at(-1)?.finished === undefined) {
      const now = performance.now();
      if (now - heard > SILENCE_MS) trouble = `HANG: no news for ${SILENCE_MS / 1000} s`;
      if (now - begun > FILE_MS) trouble = `HANG after ${FILE_MS / 1000} s`;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const { errors, logs, failed } = page.said;
    await page.close();
    return resultsOf(file, lines, trouble ?? "", () => tail([...errors, ...failed, ...logs].join("\n"), 40));
  } finally {
    await site.close();
  }
}
