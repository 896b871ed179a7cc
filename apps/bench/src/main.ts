/** The command line: measures rows, reports, and checks the goals. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { GOALS } from "./goals.js";
import { procWatch } from "./load.js";
import { describeMachine } from "./machine.js";
import { expectedMs, type Plan } from "./plan.js";
import { progress } from "./progress.js";
import { html } from "./report/html.js";
import { markdown } from "./report/markdown.js";
import { limitsOf, runtimesPage } from "./report/runtimes.js";
import type { Measured, Report } from "./report/report.js";
import { rowText, verdictText } from "./report/text.js";
import { findRows, loadRow } from "./rows.js";
import { type Job, runRow } from "./run.js";
import { type Runtime, runtimeAt } from "./runtime.js";
import { fallsShort, judge } from "./verdict.js";

const TURN_TIMEOUT_MS = 20_000;
/** How much of a run is for repeating disturbed turns. After that, disturbed turns count. */
const REPEAT_MS = 90_000;

interface Options extends Plan {
  readonly list?: true;
  readonly json?: true;
  readonly html?: string;
  readonly markdown?: string;
  readonly gate?: true;
  readonly node?: string;
  readonly beside?: string;
  readonly runtimes?: readonly string[];
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Give a whole number from 1.");
  return number;
}

const program = new Command("npm run bench --")
  .description("Measures this library side by side with its rivals. Read the ratios, on a quiet machine.")
  .argument("[rows...]", "the rows: a name, or a part of names, such as lock or pingpong (default: all)")
  .option("--list", "list the rows, and measure nothing")
  .option("--json", "print JSON, with every sample, instead of tables")
  .option("--html <file>", "write a self-contained page with charts")
  .option("--markdown <file>", "write a page like docs/performance.md")
  .option("--node <file>", "measure with this Node: the path of its binary")
  .option("--beside <file>", "the output of --json with another Node, to print beside this run")
  .addOption(
    new Option(
      "--runtimes <files...>",
      "measure ours and the limit with each of these binaries of Node, Deno and Bun, one after another; --markdown writes a page like docs/performance-runtimes.md",
    ).conflicts(["node", "beside", "html", "gate"]),
  )
  .option("--gate", "exit with 1 if a goal (src/goals.ts) is not met")
  .option("--rounds <n>", "how many turns each contestant has, in every row", count)
  .option("--ms <n>", "how many ms a turn takes, in every row", count)
  .option("--points <n>", "measure only the first n points of each axis", count);

/** Finds rows by their names, or by parts of a name between hyphens. */
function chosen(all: ReadonlyMap<string, string>, wanted: readonly string[]): Map<string, string> {
  const matches = (name: string, what: string): boolean => name === what || `-${name}-`.includes(`-${what}-`);
  for (const what of wanted) {
    if (![...all.keys()].some((name) => matches(name, what)))
      program.error(`there is no row "${what}"; --list lists them`);
  }
  return new Map([...all].filter(([name]) => wanted.length === 0 || wanted.some((what) => matches(name, what))));
}

async function jobsOf(rows: ReadonlyMap<string, string>): Promise<Job[]> {
  return Promise.all([...rows].map(async ([name, url]) => ({ name, url, row: await loadRow(url) })));
}

/** The arguments that change the measurement. */
function commandFor(wanted: readonly string[], { rounds, ms, points }: Plan): string {
  const changes = Object.entries({ rounds, ms, points }).filter(([, value]) => value !== undefined);
  const args = [...wanted, ...changes.map(([name, value]) => `--${name} ${value}`)];
  return ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
}

async function measureAll(
  jobs: readonly Job[],
  plan: Plan,
  runtime: Runtime,
  onRow: (measured: Measured) => void,
): Promise<Omit<Report, "command">> {
  const machine = describeMachine(runtime);
  const begin = performance.now();
  const bar = progress(jobs.reduce((sum, { row }) => sum + expectedMs(row, plan), 0));
  const environment = {
    watch: procWatch,
    runtime,
    repeatMs: REPEAT_MS,
    timeoutMs: TURN_TIMEOUT_MS,
    onRound: bar.onRound,
    onProgress: bar.onProgress,
  };
  const rows: Measured[] = [];
  try {
    for (const job of jobs) {
      const result = await runRow(job, plan, environment);
      const verdicts = (GOALS[job.name] ?? []).map((goal) => judge(goal, job.row, result));
      const measured = { row: job.row, result, verdicts };
      rows.push(measured);
      bar.hide();
      onRow(measured);
    }
  } finally {
    bar.hide();
  }
  return { machine, seconds: (performance.now() - begin) / 1000, rows };
}

/** The output of `--json`. */
function readReport(file: string): Report {
  const report = JSON.parse(readFileSync(file, "utf8")) as Partial<Report>;
  if (report.machine === undefined || report.rows === undefined)
    program.error(`${file} is not what npm run --silent bench -- --json prints`);
  return report as Report;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.error(`wrote ${relative(process.cwd(), file)}`);
}

/** Measures with several runtimes, one after another. */
async function measureRuntimes(
  jobs: readonly Job[],
  wanted: readonly string[],
  options: Options,
  runtimes: readonly Runtime[],
): Promise<void> {
  const all: Report[] = [];
  for (const runtime of runtimes) {
    console.error(`${runtime.name}, ${runtime.version}`);
    const measured = await measureAll(limitsOf(jobs), options, runtime, (row) => {
      if (options.json !== true) console.log(rowText(row));
    });
    all.push({ command: commandFor(wanted, options), ...measured });
  }
  if (options.json === true) console.log(JSON.stringify(all, undefined, 2));
  if (options.markdown !== undefined) {
    const file = resolve(options.markdown);
    write(file, await runtimesPage(all, runtimes, file));
  }
}

async function main(wanted: readonly string[], options: Options): Promise<void> {
  const beside = options.beside === undefined ? undefined : readReport(options.beside);
  const jobs = await jobsOf(chosen(findRows(), wanted));
  if (options.list === true) {
    const width = Math.max(...jobs.map(({ name }) => name.length));
    for (const { name, row } of jobs) console.log(`${name.padEnd(width)}  ${pc.dim(row.title)}`);
    return;
  }
  if (options.runtimes !== undefined) return measureRuntimes(jobs, wanted, options, options.runtimes.map(runtimeAt));
  const measured = await measureAll(jobs, options, runtimeAt(options.node ?? process.execPath), (row) => {
    if (options.json !== true) console.log(rowText(row));
  });
  const report: Report = { command: commandFor(wanted, options), ...measured, ...(beside && { beside }) };
  if (options.json === true) console.log(JSON.stringify(report, undefined, 2));
  else if (options.gate === true) console.log(verdictText(report.rows));
  if (options.html !== undefined) write(resolve(options.html), html(report));
  if (options.markdown !== undefined) {
    const file = resolve(options.markdown);
    write(file, await markdown(report, file));
  }
  const verdicts = report.rows.flatMap((row) => row.verdicts);
  if (options.gate === true && fallsShort(verdicts)) {
    console.error(pc.red("the gate stays shut: a goal is not met"));
    process.exitCode = 1;
  }
}

// After a signal, exit normally, so that compiled files are removed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

program.action(main);
await program.parseAsync();
