/**
 * Proves the packages in browsers:
 *
 *     npm run test:browsers
 *     npm run test:browsers -- --only firefox --parts pages
 *     npm run test:browsers -- --files lock --grep "starve"
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { listOf, wholeNumber } from "../options.ts";
import { ROOT } from "../packages.ts";
import { explained, isBad, judge, type Judged, summed } from "../runtimes/verdicts.ts";
import { bundle } from "./bundle.ts";
import { BROWSER_IDS, BROWSER_NAMES, type BrowserId, PAGE_LIMITS } from "../runtimes/pages.ts";
import { runCapabilities } from "./capabilities.ts";
import { type Browser, startBrowser } from "./driver.ts";
import { install } from "./installed.ts";
import { TEST_LIMITS } from "./limits.ts";
import { runScenarios } from "./scenarios.ts";
import { soak } from "./soak.ts";
import type { Found } from "../runtimes/verdicts.ts";
import { measureStarts } from "./starts.ts";
import { runInPage } from "./suites.ts";

const PARTS = ["pages", "capabilities", "conformance", "tests", "core", "soak", "starts"] as const;
type PartName = (typeof PARTS)[number];

/** Tests of the packages. */
const TESTS =
  /^packages\/(core|barrier|condition|event|executor|lock|queue|semaphore|shared|thread|timer|threading)\/test\/[\w.-]+\.test\.ts$/;
/** Tests about processes, files and modules of Node, about WebAssembly memory, about READMEs, and about types alone. */
const NODE_ONLY =
  /\/(readme|piscina|types|browser-build|chunks|fake-timers|transfer|wasm-memory|boot|common|copies|deno-ports|exit|first-worker|guard|idle|import|one-file|supervisor|trace|arguments\.properties|entries|foreign-deaths|isolated|links|lost-changes|memories|module-primitives|names|process|readers|shared-globals|stored-futures)\.test\.ts$/;
const CONFORMANCE = /\bconformance\.test\.ts$/;
const CORE = /^packages\/core\//;

/** What runs only if it is asked for, because it takes long; each with the reason. */
const SPARED: Partial<Readonly<Record<PartName, string>>> = {
  core: "the tests of core take two minutes",
  starts: "it measures, so nothing else should run",
};

/** What this run leaves out. All of it runs in Node. */
const NOT_RUN = [
  "in browsers: tests about Node and READMEs, and the stress tests and the models of all packages",
  "in browsers: the tests of memory inside of values, which blocked threads fetch; part capabilities runs a program that awaits it",
  "WebKitGTK: as Debian builds it, it has no SharedArrayBuffer; see docs/browser.md",
];

const {
  only,
  parts: wanted,
  all,
  files,
  grep,
  seconds,
  seed,
  keep,
} = new Command("npm run test:browsers --")
  .description(
    `Bundles the tests of the packages, and runs them in workers of pages of Debian's browsers; those of threads run in a thread. Installs a browser that is missing, as root on Debian:\n\n` +
      `  pages        pages with and without isolation, old browsers, twenty loads in a row\n` +
      `  capabilities the programs behind the table of docs/runtimes.md\n` +
      `  conformance  the conformance suites\n` +
      `  tests        the other tests, apart from those about Node\n` +
      `  core         the tests of core\n` +
      `  soak         random programs in which threads die\n` +
      `  starts       measures the first start of a page`,
  )
  .option("--only <browsers>", `some of ${BROWSER_IDS.join(",")}`, listOf(BROWSER_IDS), [...BROWSER_IDS])
  .option(
    "--parts <parts>",
    `some of ${PARTS.join(",")} (default: all but ${Object.keys(SPARED).join(",")})`,
    listOf(PARTS),
  )
  .option("--all", "all parts")
  .option("--files <text>", "only files of tests with this text in their path")
  .option("--grep <pattern>", "only tests whose title matches")
  .option("--seconds <number>", "how long random programs run", wholeNumber, 10)
  .option("--seed <number>", "only the random program of this seed, again and again", wholeNumber)
  .option("--keep", "keep the folder with the bundle, and print where it is")
  .parse()
  .opts<{
    only: BrowserId[];
    parts?: PartName[];
    all?: true;
    files?: string;
    grep?: string;
    seconds: number;
    seed?: number;
    keep?: true;
  }>();

const parts = wanted ?? PARTS.filter((part) => all === true || SPARED[part] === undefined);

function log(text: string): void {
  console.log(text);
}

function filesOf(part: PartName): string[] {
  return readdirSync(join(ROOT, "packages"), { recursive: true, encoding: "utf8" })
    .map((name) => `packages/${name}`)
    .filter((file) => TESTS.test(file) && !NODE_ONLY.test(file))
    .filter((file) => partOf(file) === part)
    .filter((file) => files === undefined || file.includes(files))
    .sort();
}

function partOf(file: string): PartName {
  if (CORE.test(file)) return "core";
  return CONFORMANCE.test(file) ? "conformance" : "tests";
}

async function runAll(browser: Browser, folder: string): Promise<Judged<BrowserId>[]> {
  const all: Judged<BrowserId>[] = [];
  const take = (part: PartName, what: string, begun: number, found: readonly Found[]): void => {
    const judged = found.map((one) =>
      judge({ ...one, runtime: browser.id, part }, part === "capabilities" ? PAGE_LIMITS : TEST_LIMITS),
    );
    log(`${browser.title}: ${what}: ${summed(judged)} (${Math.round((performance.now() - begun) / 1000)} s)`);
    for (const bad of judged.filter(isBad)) log(explained(bad));
    all.push(...judged);
  };
  for (const part of parts) {
    if (part === "pages") {
      const begun = performance.now();
      const pattern = grep === undefined ? undefined : new RegExp(grep);
      take(part, part, begun, await runScenarios(browser, folder, pattern));
    }
    if (part === "capabilities" && files === undefined && grep === undefined) {
      const begun = performance.now();
      take(part, part, begun, await runCapabilities(browser, folder));
    }
    if (part === "soak" && files === undefined && grep === undefined) {
      const begun = performance.now();
      const { found, report } = await soak(browser, folder, seconds, seed);
      take(part, part, begun, [found]);
      if (report !== undefined) log(report.replace(/^/gm, "  "));
    }
    if (part === "starts" && files === undefined && grep === undefined) {
      const begun = performance.now();
      const { found, report } = await measureStarts(browser, folder);
      take(part, part, begun, [found]);
      log(report.replace(/^/gm, "  "));
    }
    for (const file of filesOf(part)) {
      const begun = performance.now();
      const found = await runInPage(browser, folder, file, grep);
      // With a pattern, the others are skipped in silence.
      take(part, file, begun, grep === undefined ? found : found.filter(({ state }) => state !== "skip"));
    }
  }
  return all;
}

function printSummary(all: readonly Judged<BrowserId>[], titles: ReadonlyMap<BrowserId, string>): void {
  const table = new Table({ head: ["", ...only.map((id) => titles.get(id) ?? "")], style: { head: [], border: [] } });
  for (const part of parts) {
    const cells = only.map((id) => summed(all.filter((one) => one.runtime === id && one.part === part)));
    table.push([part, ...cells.map((cell) => cell.replaceAll(", ", "\n"))]);
  }
  log(`\n${table.toString()}`);
  const reasons = new Map<string, number>();
  for (const { verdict, limit } of all)
    if (verdict === "expected") reasons.set(limit!.why, (reasons.get(limit!.why) ?? 0) + 1);
  for (const [why, count] of reasons) log(`${count} as expected not: ${why}`);
  for (const text of NOT_RUN) log(`NOT RUN: ${text}`);
  for (const part of PARTS)
    if (!parts.includes(part))
      log(`NOT RUN: ${part}${SPARED[part] === undefined ? "" : `: ${SPARED[part]} (--all runs them)`}`);
  for (const { runtime, name, sees, verdict } of all.filter(isBad))
    log(`${BROWSER_NAMES[runtime]}: ${name}: ${verdict === "stale" ? "passes, its limit is stale" : sees}`);
}

/** The results for scripts/count-tests.mjs, in vitest's format. */
function writeCounts(all: readonly Judged<BrowserId>[]): void {
  const count = (...verdicts: Judged["verdict"][]): number =>
    all.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const assertionResults = all.map((one) => ({
    status: isBad(one) ? "failed" : one.verdict === "ok" ? "passed" : "pending",
    fullName: `${BROWSER_NAMES[one.runtime]}: ${one.name}`,
    ...(isBad(one) && { failureMessages: [explained(one)] }),
  }));
  const folder = join(ROOT, ".results");
  mkdirSync(folder, { recursive: true });
  const counts = {
    numPassedTests: count("ok"),
    numFailedTests: count("unexpected", "stale"),
    numPendingTests: count("skipped", "expected"),
    testResults: [{ name: "browsers", status: all.some(isBad) ? "failed" : "passed", assertionResults }],
  };
  writeFileSync(join(folder, "browsers.json"), JSON.stringify(counts, null, 2));
}

const folder = mkdtempSync(join(tmpdir(), "browsers-"));
try {
  install(only, log);
  for (const warning of await bundle(parts.flatMap(filesOf), folder)) log(`esbuild: ${warning}`);
  const titles = new Map<BrowserId, string>();
  // Side by side, because the tests wait most of the time.
  const runs = await Promise.all(
    only.map(async (id) => {
      const browser = await startBrowser(id, log);
      titles.set(id, browser.title);
      try {
        return await runAll(browser, folder);
      } finally {
        await browser.close();
      }
    }),
  );
  const all = runs.flat();
  printSummary(all, titles);
  writeCounts(all);
  if (all.length === 0) log("There is no such test.");
  if (all.length === 0 || all.some(isBad)) process.exitCode = 1;
} finally {
  if (keep === true) log(`The folder: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
