/**
 * Changes the sources, one place at a time, and runs the tests that should notice. A survivor needs
 * a reason in docs/survivors.json. Fails without one, and for a reason whose mutant was killed or
 * is gone.
 *
 *     npm run mutation -- lock semaphore
 *     npm run mutation -- --file packages/core/src/sync/synchronizer.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { explained, keyOf, LIST, mutantsOf, readList, ROOT, staleOf } from "./mutation/mutants.mjs";
import { Sandbox } from "./mutation/sandbox.mjs";
import { PACKAGES, sourcesOf, suitesFor } from "./mutation/suites.mjs";

/** @typedef {import("./mutation/mutants.mjs").Mutant} Mutant */
/** @typedef {import("./mutation/sandbox.mjs").Verdict} Verdict */
/** @typedef {Mutant & Verdict} Outcome */

const OUTCOMES = join(ROOT, ".results/mutation.json");

/** The limit of a mutant, as a multiple of the time without a change. */
const SLOWER = 4;
const SLACK_MS = 15_000;
const DRY_RUN_MS = 600_000;

const program = new Command("npm run mutation --")
  .description(
    "Changes the sources, one place at a time, and runs the tests that should notice. Takes some seconds per change.",
  )
  .argument("[packages...]", `packages to change: ${PACKAGES.join(", ")} (default: all)`)
  .option("--file <file...>", "only these source files")
  .option(
    "--again <text>",
    'only mutants whose last outcome was "untried", "survived", or a failed test with this text in its name',
  )
  .option("--list", "list the mutants, and run no tests")
  .option(
    "--concurrency <n>",
    "how many mutants to test at the same time",
    count,
    Math.max(1, Math.floor(availableParallelism() / 2)),
  );

/** @param {string} text */
function count(text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It has to be a whole number from 1.");
  return number;
}

/** @returns {Map<string, Outcome>} the last outcome of each mutant, by key */
function readOutcomes() {
  try {
    return new Map(JSON.parse(readFileSync(OUTCOMES, "utf8")));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return new Map();
    throw error;
  }
}

/** @param {Map<string, Outcome>} outcomes */
function writeOutcomes(outcomes) {
  mkdirSync(dirname(OUTCOMES), { recursive: true });
  writeFileSync(OUTCOMES, JSON.stringify([...outcomes], undefined, 1));
}

/** @param {readonly string[]} files */
function chosen(files) {
  const known = PACKAGES.flatMap(sourcesOf);
  const strange = files.find((file) => !known.includes(file));
  if (strange !== undefined) program.error(`there is no source file ${strange}`);
  return files;
}

/**
 * Runs the tests without a change: they must pass, and their time sets the limits.
 *
 * @param {Sandbox} sandbox
 * @param {readonly string[]} files
 */
async function limitsOf(sandbox, files) {
  /** @type {Map<string, number>} */
  const bySuites = new Map();
  for (const file of files) {
    const suites = suitesFor(file);
    const key = suites.join();
    if (bySuites.has(key)) continue;
    const { status, by = "the time was up", ms } = await sandbox.try(undefined, suites, DRY_RUN_MS);
    if (status !== "survived") throw new Error(`mutation: without any change there fails ${by}`);
    console.error(`${file}: its tests take ${(ms / 1000).toFixed(1)} s`);
    bySuites.set(key, SLOWER * ms + SLACK_MS);
  }
  return (/** @type {string} */ file) => bySuites.get(suitesFor(file).join()) ?? DRY_RUN_MS;
}

/**
 * @param {readonly Mutant[]} mutants
 * @param {number} concurrency
 * @param {(outcome: Outcome) => void} onOutcome
 */
async function tryAll(mutants, concurrency, onOutcome) {
  const bar = new SingleBar({
    ...{ format: "{bar} {value}/{total}  {duration_formatted}, {eta_formatted} left", stream: process.stderr },
    ...{ noTTYOutput: true, notTTYSchedule: 60_000, clearOnComplete: true, hideCursor: true, barsize: 24 },
  });
  const sandboxes = Array.from({ length: concurrency }, () => new Sandbox());
  const end = () => sandboxes.forEach((sandbox) => sandbox.close());
  process.once("SIGINT", () => (end(), process.exit(130)));
  try {
    const limitOf = await limitsOf(/** @type {Sandbox} */ (sandboxes[0]), [
      ...new Set(mutants.map(({ file }) => file)),
    ]);
    const queue = [...mutants];
    bar.start(mutants.length, 0);
    const work = async (/** @type {Sandbox} */ sandbox) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        onOutcome({ ...mutant, ...(await sandbox.try(mutant, suitesFor(mutant.file), limitOf(mutant.file))) });
        bar.increment();
      }
    };
    await Promise.all(sandboxes.map(work));
  } finally {
    bar.stop();
    end();
  }
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {Map<string, string>} why
 */
function table(outcomes, why) {
  const heads = ["", "mutants", "killed", "by time", "invalid", "explained", "unexplained"];
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const row = (/** @type {string} */ name, /** @type {readonly Outcome[]} */ of) => {
    const number = (/** @type {string} */ status) => of.filter((outcome) => outcome.status === status).length;
    const survivors = of.filter(({ status }) => status === "survived");
    const explained = survivors.filter((mutant) => why.has(keyOf(mutant))).length;
    return [
      ...[name, of.length, number("killed"), number("timeout"), number("invalid")],
      ...[explained, survivors.length - explained],
    ];
  };
  const table = new Table({ head: heads, style: { head: [], border: [] }, colAligns: ["left"] });
  table.push(
    ...files.map((file) =>
      row(
        file,
        outcomes.filter((outcome) => outcome.file === file),
      ),
    ),
  );
  table.push(row("all", outcomes));
  return table.toString();
}

/** @param {{ file: string, in: string, line: string, mutation: string }} place */
const textOf = ({ file, in: where, line, mutation }) => `${file}, ${where}\n    ${line}\n    ${mutation}`;

/** @param {string} key */
const toldOf = (key) => {
  const [file, where, line, mutation] = JSON.parse(key);
  return textOf({ file, in: where, line, mutation });
};

async function main() {
  program.parse();
  const { file, again, list = false, concurrency } = program.opts();
  const unknown = program.args.find((name) => !PACKAGES.includes(name));
  if (unknown !== undefined) program.error(`there is no package "${unknown}" to change: ${PACKAGES.join(", ")}`);
  const packages = program.args.length > 0 || file !== undefined ? program.args : PACKAGES;
  const files = chosen([...new Set([...packages.flatMap(sourcesOf), ...(file ?? [])])]);
  const before = readOutcomes();
  const all = (await Promise.all(files.map((name) => mutantsOf(name)))).flat();
  const lastTime = (/** @type {Mutant} */ mutant) => {
    const { status = "untried", by = "" } = before.get(keyOf(mutant)) ?? {};
    return `${status}: ${by}`;
  };
  const mutants = again === undefined ? all : all.filter((mutant) => lastTime(mutant).includes(again));
  if (list) return mutants.forEach((mutant) => console.log(textOf(mutant)));

  const explanations = readList();
  const why = explained(explanations);
  /** @type {Outcome[]} */
  const outcomes = [];
  await tryAll(mutants, concurrency, (outcome) => {
    outcomes.push(outcome);
    writeOutcomes(before.set(keyOf(outcome), outcome));
    if (outcome.status === "survived" && !why.has(keyOf(outcome))) console.log(`survives: ${textOf(outcome)}`);
  });

  console.log(table(outcomes, why));
  const lived = new Set(outcomes.filter(({ status }) => status === "survived").map(keyOf));
  const died = outcomes.filter((mutant) => why.has(keyOf(mutant)) && !lived.has(keyOf(mutant)));
  const stale = await staleOf(explanations);
  for (const mutant of died) console.error(`mutation: no longer survives, take it off ${LIST}: ${textOf(mutant)}`);
  for (const key of stale) console.error(`mutation: is gone, take it off ${LIST}: ${toldOf(key)}`);
  const unexplained = [...lived].filter((key) => !why.has(key));
  for (const key of unexplained) console.error(`mutation: write a test, or explain in ${LIST}: ${toldOf(key)}`);
  if (died.length + stale.length + unexplained.length > 0) process.exitCode = 1;
}

await main();
