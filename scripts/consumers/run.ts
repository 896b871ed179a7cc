/** Runs checks, prints how each went, and counts them: the common part of test:consumers and test:bundlers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import { inOrder } from "../in-order.ts";
import { wholeNumber } from "../options.ts";
import { ROOT } from "../packages.ts";
import { isBad, judge, type Judged, WORDS } from "../runtimes/verdicts.ts";
import type { Check, Part } from "./checks.ts";
import { makeEnvironment, NotInstalled } from "./environment.ts";
import { keepFolders } from "./tools.ts";

/** The options of such a command. */
export interface RunOptions {
  readonly parts: readonly Part[];
  readonly grep: string;
  readonly jobs: number;
  readonly keep?: true;
}

/** A command with these options. */
export function commandFor(name: string, about: string, parts: readonly Part[]): Command {
  const names = parts.map(({ name }) => name);
  const partsIn = (text: string): Part[] =>
    text.split(",").map((name) => {
      const part = parts.find((part) => part.name === name);
      if (part === undefined) throw new InvalidArgumentError(`There are ${names.join(", ")}.`);
      return part;
    });
  return new Command(`npm run ${name} --`)
    .description(`${about}:\n\n${parts.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join("\n")}`)
    .addOption(
      new Option("--parts <parts>", `some of ${names.join(",")}`).argParser(partsIn).default([...parts], "all"),
    )
    .option("--grep <text>", "only checks with this text in their name or row of the summary", "")
    .option("--jobs <n>", "how many checks run at a time", wholeNumber, availableParallelism())
    .option("--keep", "keep the folders, and print where they are");
}

function tell(text: string): void {
  console.log(text);
}

/** The result of a check, or the reason why it did not run. */
export type Made =
  Judged<string> | { readonly part: string; readonly runtime: string; readonly name: string; readonly notRun: string };

/**
 * Runs the checks, prints a summary, and writes the counts to .results/`results`.json. The process
 * exits with 1 if a check failed or did not run.
 */
export async function runParts({ parts, grep, jobs, keep }: RunOptions, results: string): Promise<Made[]> {
  const environment = makeEnvironment(tell);
  const all = parts.flatMap((part) =>
    part
      .checks(environment)
      .filter(({ on, name }) => `${on}: ${name}`.includes(grep))
      .map((check) => ({ part, check })),
  );
  environment.installAhead(all.flatMap(({ check }) => check.needs));
  let done = 0;
  const made = await inOrder(
    all.map(({ part, check }) => async () => {
      const begun = performance.now();
      const made = await make(part, check, environment);
      const seconds = Math.round((performance.now() - begun) / 1000);
      tell(`${String(++done).padStart(3)} of ${all.length}  ${wordFor(made)}  ${nameOf(made)} (${seconds} s)`);
      if (isWrong(made)) tell(explained(made));
      return made;
    }),
    jobs,
  );
  printSummary(parts, made);
  writeCounts(made, results);
  if (keep === true) tell(`The folders: ${keepFolders()}`);
  if (made.length === 0) tell("There is no such check.");
  if (made.length === 0 || made.some(isWrong)) process.exitCode = 1;
  return made;
}

async function make(part: Part, check: Check, environment: ReturnType<typeof makeEnvironment>): Promise<Made> {
  const result = { part: part.name, runtime: check.on, name: check.name };
  try {
    await environment.ready(check.needs);
    return judge({ ...result, ...(await check.run()) }, part.limits);
  } catch (error) {
    if (error instanceof NotInstalled) return { ...result, notRun: error.message };
    return judge({ ...result, state: "fail", sees: "it could not be made", details: String(error) }, []);
  }
}

function wordFor(made: Made): string {
  return "notRun" in made ? "NOT RUN" : WORDS[made.verdict];
}

function nameOf({ runtime, name }: Made): string {
  return `${runtime}: ${name}`;
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

function printSummary(parts: readonly Part[], made: readonly Made[]): void {
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
    if ("verdict" in one && one.verdict === "expected") tell(`as expected not: ${nameOf(one)}: ${one.limit!.why}`);
  for (const one of made) if (isWrong(one)) tell(`${wordFor(one)}: ${one.part}: ${nameOf(one)}`);
}

/** The results for scripts/count-tests.mjs, in vitest's format. */
function writeCounts(made: readonly Made[], results: string): void {
  const count = (...words: string[]): number => made.filter((one) => words.includes(wordFor(one))).length;
  const folder = join(ROOT, ".results");
  mkdirSync(folder, { recursive: true });
  const assertionResults = made.map((one) => ({
    status: isWrong(one) ? "failed" : wordFor(one) === WORDS.ok ? "passed" : "pending",
    fullName: nameOf(one),
    ...(isWrong(one) && { failureMessages: [explained(one)] }),
  }));
  const counts = {
    numPassedTests: count(WORDS.ok),
    numFailedTests: count(WORDS.unexpected, WORDS.stale, "NOT RUN"),
    numPendingTests: count(WORDS.skipped, WORDS.expected),
    testResults: [{ name: results, status: made.some(isWrong) ? "failed" : "passed", assertionResults }],
  };
  writeFileSync(join(folder, `${results}.json`), JSON.stringify({ ...counts, results: made }, null, 2));
}
