/**
 * Tries the packed packages with users' tools:
 *
 *     npm run test:consumers
 *     npm run test:consumers -- --parts types,jest
 *     npm run test:consumers -- --grep "preserve-symlinks" --keep
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { ROOT } from "../../test/packages.ts";
import { isBad, judge, type Judged } from "../runtimes/verdicts.ts";
import type { Check, Part } from "./checks.ts";
import { PARTS } from "./parts.ts";
import { makeEnvironment, NotInstalled } from "./environment.ts";
import { keepFolders } from "./tools.ts";

const PART_NAMES = PARTS.map(({ name }) => name);

function partsIn(text: string): Part[] {
  return text.split(",").map((name) => {
    const part = PARTS.find((part) => part.name === name);
    if (part === undefined) throw new InvalidArgumentError(`There are ${PART_NAMES.join(", ")}.`);
    return part;
  });
}

const {
  parts = PARTS,
  grep,
  jobs,
  keep,
} = new Command("npm run test:consumers --")
  .description(
    `Installs exact versions of compilers, test runners and runtimes from npm (into a cache outside the workspace), installs the packed packages in fresh folders beside them, and tries these there:\n\n` +
      PARTS.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join("\n"),
  )
  .option("--parts <parts>", `some of ${PART_NAMES.join(",")} (default: all)`, partsIn)
  .option("--grep <text>", "only checks with this text in their name or row of the summary", "")
  .option("--jobs <n>", "how many checks run at a time", Number, availableParallelism())
  .option("--keep", "keep the folders, and print where they are")
  .parse()
  .opts<{ parts?: readonly Part[]; grep: string; jobs: number; keep?: true }>();

function tell(text: string): void {
  console.log(text);
}

/** The result of a check, or the reason why it did not run. */
type Made =
  Judged<string> | { readonly part: string; readonly runtime: string; readonly name: string; readonly notRun: string };

async function make(part: Part, check: Check): Promise<Made> {
  const begun = performance.now();
  const result = { part: part.name, runtime: check.on, name: check.name };
  let made: Made;
  try {
    environment.ready(check.needs);
    made = judge({ ...result, ...(await check.run()) }, part.limits);
  } catch (error) {
    made =
      error instanceof NotInstalled
        ? { ...result, notRun: error.message }
        : judge({ ...result, state: "fail", sees: "it could not be made", details: String(error) }, []);
  }
  done++;
  const seconds = Math.round((performance.now() - begun) / 1000);
  tell(`${String(done).padStart(3)} of ${all.length}  ${wordFor(made)}  ${check.on}: ${check.name} (${seconds} s)`);
  if (isWrong(made)) tell(explained(made));
  return made;
}

const WORDS = { ok: "ok", skipped: "skipped", expected: "as expected not", stale: "STALE", unexpected: "FAILED" };

function wordFor(made: Made): string {
  return "notRun" in made ? "NOT RUN" : WORDS[made.verdict];
}

function isWrong(made: Made): boolean {
  return "notRun" in made || isBad(made);
}

function explained(made: Made): string {
  if ("notRun" in made) return `  ${made.notRun}`;
  if (made.verdict === "stale") return `  passes, though this is expected not to: ${made.limit!.why}`;
  const expected = made.limit === undefined ? "" : `  expected: ${made.limit.why}\n`;
  return `  ${made.sees}\n${expected}${(made.details ?? "").replace(/^/gm, "    ")}`;
}

/** Runs all checks, a few at a time, in order. */
async function inOrder<T>(tasks: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tasks.length) {
      const i = next++;
      results[i] = await tasks[i]!();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, worker));
  return results;
}

function printSummary(made: readonly Made[]): void {
  const table = new Table({ head: ["", "", "checks"], style: { head: [], border: [] } });
  const reasons = new Set<string>();
  for (const part of parts) {
    const rows = new Map<string, Made[]>();
    for (const one of made.filter((one) => one.part === part.name))
      rows.set(one.runtime, [...(rows.get(one.runtime) ?? []), one]);
    for (const [row, made] of rows) {
      const words = made.map(wordFor);
      const counts = [...new Set(words)].map((word) => `${words.filter((other) => other === word).length} ${word}`);
      table.push([part.name, row, counts.join(", ")]);
    }
  }
  for (const one of made) if ("notRun" in one) reasons.add(`NOT RUN: ${one.runtime}: ${one.notRun}`);
  tell(`\n${table.toString()}`);
  for (const reason of reasons) tell(reason);
  for (const one of made)
    if ("verdict" in one && one.verdict === "expected")
      tell(`as expected not: ${one.runtime}: ${one.name}: ${one.limit!.why}`);
  for (const one of made) if (isWrong(one)) tell(`${wordFor(one)}: ${one.part}: ${one.runtime}: ${one.name}`);
}

/** The results for scripts/count-tests.mjs, in vitest's format. */
function writeCounts(made: readonly Made[]): void {
  const count = (...words: string[]): number => made.filter((one) => words.includes(wordFor(one))).length;
  const folder = join(ROOT, ".results");
  mkdirSync(folder, { recursive: true });
  const counts = {
    numPassedTests: count(WORDS.ok),
    numFailedTests: count(WORDS.unexpected, WORDS.stale, "NOT RUN"),
    numPendingTests: count(WORDS.skipped, WORDS.expected),
  };
  writeFileSync(join(folder, "consumers.json"), JSON.stringify({ ...counts, results: made }, null, 2));
}

const environment = makeEnvironment(tell);
const all = parts.flatMap((part) =>
  part
    .checks(environment)
    .filter(({ on, name }) => `${on}: ${name}`.includes(grep))
    .map((check) => ({ part, check })),
);
let done = 0;
const made = await inOrder(
  all.map(
    ({ part, check }) =>
      () =>
        make(part, check),
  ),
  jobs,
);
printSummary(made);
writeCounts(made);
if (keep === true) tell(`The folders: ${keepFolders()}`);
if (made.length === 0) tell("There is no such check.");
process.exitCode = made.length === 0 || made.some(isWrong) ? 1 : 0;
