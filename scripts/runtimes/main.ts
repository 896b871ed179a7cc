/**
 * Proves the packages on every runtime of the README:
 *
 *     npm run test:runtimes
 *     npm run test:runtimes -- --only node24,deno --parts first,capabilities
 *     npm run test:runtimes -- --write
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { inOrder } from "../in-order.ts";
import { listOf, wholeNumber } from "../options.ts";
import { ROOT } from "../packages.ts";
import { checkDocument, writeDocument } from "./document.ts";
import { type Part, PARTS } from "./parts.ts";
import { type Id, IDS, prepare, type Runtime, TITLES } from "./runtimes.ts";
import { makeSite, type Site } from "./site.ts";
import { explained, isBad, judge, type Judged, summed } from "./verdicts.ts";

const PART_NAMES = PARTS.map(({ name }) => name);

/** The parts left out by default. */
const SPARED = PARTS.filter(({ spared }) => spared !== undefined)
  .map(({ name, spared }) => `${name} on ${Object.keys(spared!).join(", ")}`)
  .join("; ");

const program = new Command("npm run test:runtimes --")
  .description(
    `Installs exact versions of the runtimes from npm (into a cache outside the workspace), installs the packed packages in a fresh folder, and runs there on each runtime:\n\n` +
      PARTS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join("\n"),
  )
  .option("--only <runtimes>", `some of ${IDS.join(",")}`, listOf(IDS), [...IDS])
  .option("--parts <parts>", `some of ${PART_NAMES.join(",")} (default: all but ${SPARED})`, listOf(PART_NAMES))
  .option("--jobs <n>", "how many runtimes run at a time", wholeNumber, availableParallelism())
  .option("--write", "write docs/runtimes.md from the results, instead of comparing it")
  .option("--keep", "keep the folder with the installed packages, and print where it is");

/** The part that starts a thread: if it fails, the runtime's other parts do not run. */
const FIRST = PARTS[0]!;

/** The runtimes side by side, because most tests wait half of the time; then the parts that need both cores. */
async function runAll(ids: readonly Id[], partsOf: (id: Id) => readonly Part[], site: Site): Promise<Judged[]> {
  const runtimes = ids.map((id) => prepare(id, log));
  const partsFor = (runtime: Runtime, isAlone: boolean): Part[] =>
    partsOf(runtime.id).filter(({ alone = false, name }) => alone === isAlone && name !== FIRST.name);
  const runs = runtimes.map((runtime) => () => runOn(runtime, [FIRST, ...partsFor(runtime, false)], site));
  const all = await inOrder(runs, jobs);
  for (const [i, runtime] of runtimes.entries())
    if (startsThreads(all[i]!)) all[i]!.push(...(await runOn(runtime, partsFor(runtime, true), site)));
  return all.flat();
}

async function runOn(runtime: Runtime, parts: readonly Part[], site: Site): Promise<Judged[]> {
  const all: Judged[] = [];
  for (const part of parts) {
    all.push(...(await runPart(part, runtime, site)));
    if (startsThreads(all)) continue;
    log(`${TITLES[runtime.id]}: no thread starts; nothing else is tried`);
    break;
  }
  return all;
}

function startsThreads(all: readonly Judged[]): boolean {
  return !all.some((one) => one.part === FIRST.name && isBad(one));
}

async function runPart(part: Part, runtime: Runtime, site: Site): Promise<Judged[]> {
  const begun = performance.now();
  const found = await part.run(runtime, site);
  const judged = found.map((found) => judge({ ...found, runtime: runtime.id, part: part.name }, part.limits));
  log(`${runtime.title}: ${part.name}: ${summed(judged)} (${Math.round((performance.now() - begun) / 1000)} s)`);
  for (const bad of judged.filter(isBad)) log(explained(bad));
  return judged;
}

function log(text: string): void {
  console.log(text);
}

function printSummary(all: readonly Judged[], ids: readonly Id[], partsOf: (id: Id) => readonly Part[]): void {
  const reasons = new Set<string>();
  const table = new Table({ head: ["", ...ids.map((id) => TITLES[id])], style: { head: [], border: [] } });
  for (const part of new Set([FIRST, ...(names === undefined ? PARTS : ids.flatMap(partsOf))])) {
    const cells = ids.map((id) => {
      const judged = all.filter((one) => one.runtime === id && one.part === part.name);
      if (judged.length > 0) return summed(judged).replaceAll(", ", "\n");
      if (!partsOf(id).includes(part))
        reasons.add(`NOT RUN: ${part.name} on ${TITLES[id]}: ${part.spared?.[id]} (--parts ${part.name} runs it)`);
      return "NOT RUN";
    });
    table.push([part.name, ...cells]);
  }
  log(`\n${table.toString()}`);
  for (const reason of reasons) log(reason);
}

/** The results for scripts/count-tests.mjs, in vitest's format. */
function writeCounts(all: readonly Judged[]): void {
  const count = (...verdicts: Judged["verdict"][]): number =>
    all.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const folder = join(ROOT, ".results");
  mkdirSync(folder, { recursive: true });
  const counts = {
    numPassedTests: count("ok"),
    numFailedTests: count("unexpected", "stale"),
    numPendingTests: count("skipped", "expected"),
  };
  writeFileSync(join(folder, "runtimes.json"), JSON.stringify({ ...counts, results: all }, null, 2));
}

const {
  only,
  parts: names,
  jobs,
  write,
  keep,
} = program.parse().opts<{
  only: Id[];
  parts?: string[];
  jobs: number;
  write?: true;
  keep?: true;
}>();
/** The requested parts; by default all, except the parts left out on the runtime. */
function partsOf(id: Id): readonly Part[] {
  return PARTS.filter(({ name, spared }) => (names === undefined ? spared?.[id] === undefined : names.includes(name)));
}
const site = makeSite();
try {
  const all = await runAll(only, partsOf, site);
  printSummary(all, only, partsOf);
  writeCounts(all);
  const bad = all.filter(isBad);
  for (const { runtime, part, name, sees, verdict } of bad)
    log(`${TITLES[runtime]}: ${part}: ${name}: ${verdict === "stale" ? "passes, its limit is stale" : sees}`);
  const isDocumented = write === true ? await writeDocument(all, log) : await checkDocument(all, log);
  if (bad.length > 0 || !isDocumented) process.exitCode = 1;
} finally {
  if (keep === true) log(`The folder: ${site.folder}`);
  else site.remove();
}
