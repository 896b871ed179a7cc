/** Runs the repository's own tests on a runtime: by the shim everywhere, or by vitest. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Ended, tail, troubleOf } from "./child.ts";
import type { Runtime } from "./runtimes.ts";
import type { Line } from "./shim/runner.ts";
import type { Site } from "./site.ts";
import type { Found } from "./verdicts.ts";

/** The limits in milliseconds: a file of tests by the shim, and all files by vitest. */
const FILE_MS = 180_000;
const ALL_MS = 600_000;

/** Runs each file in its own process, by the shim. */
export async function runByShim(runtime: Runtime, site: Site, files: readonly string[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const file of files) found.push(...(await runFile(runtime, site, file)));
  return found;
}

async function runFile(runtime: Runtime, site: Site, file: string): Promise<Found[]> {
  const results = join(site.folder, `results-${runtime.id}.jsonl`);
  rmSync(results, { force: true });
  const plain = file.replace(/\.ts$/, ".js");
  const args = [join(site.plain, plain), results];
  const program = { file: join(site.plain, "node_modules/vitest/run.js"), args, flags: [] };
  const ended = await runtime.run(program, { cwd: site.plain, limit: FILE_MS });
  return outcomesOf(file, results, ended);
}

/** The shim's lines for a file. They may be incomplete. */
function outcomesOf(file: string, results: string, ended: Ended): Found[] {
  const lines = existsSync(results) ? readFileSync(results, "utf8").trimEnd().split("\n") : [];
  const read = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
  return resultsOf(file, read, troubleOf(ended) ?? "ended before its tests", () =>
    tail(`${ended.out}\n${ended.err}`, 40),
  );
}

/**
 * The results of a file's tests, from the shim's lines. If the lines are not complete, the tests
 * that had begun have failed by `trouble`; without one, the file has.
 */
export function resultsOf(file: string, lines: readonly Line[], trouble: string, details: () => string): Found[] {
  const found: Found[] = [];
  const open = new Set<string>();
  let isFinished = false;
  for (const line of lines) {
    if (line.begins !== undefined) open.add(line.begins);
    if (line.broken !== undefined) found.push({ name: file, state: "fail", sees: "broken", details: line.broken });
    isFinished ||= line.finished !== undefined;
    if (line.ended === undefined) continue;
    open.delete(line.ended);
    found.push(of(`${file} > ${line.ended}`, line.state!, line.errors ?? []));
  }
  if (isFinished) return found;
  for (const name of open.size === 0 ? [file] : [...open].map((title) => `${file} > ${title}`))
    found.push({ name, state: "fail", sees: trouble, details: details() });
  return found;
}

function of(name: string, state: string, errors: readonly string[]): Found {
  if (state === "pass") return { name, state };
  if (state === "fail") return { name, state, sees: errors[0]?.split("\n")[0] ?? "", details: errors.join("\n") };
  return { name, state: "skip" };
}

/** Runs all files together, by vitest. */
export async function runByVitest(runtime: Runtime, site: Site, files: readonly string[]): Promise<Found[]> {
  const results = join(site.folder, `results-${runtime.id}.json`);
  rmSync(results, { force: true });
  const flags = ["run", "--reporter=verbose", "--reporter=json", `--outputFile.json=${results}`];
  const program = { file: join(site.written, "node_modules/vitest/vitest.mjs"), args: [...flags, ...files] };
  const ended = await runtime.run(program, { cwd: site.written, limit: ALL_MS });
  if (!existsSync(results)) {
    const sees = troubleOf(ended) ?? "vitest wrote no results";
    return [{ name: "vitest", state: "fail", sees, details: tail(`${ended.out}\n${ended.err}`, 60) }];
  }
  const { testResults } = JSON.parse(readFileSync(results, "utf8")) as { testResults: FileResult[] };
  const found = testResults.flatMap(({ name, message, assertionResults, status }) => {
    const file = name.slice(site.written.length + 1);
    const tests = assertionResults.map(({ ancestorTitles, title, status, failureMessages }) =>
      of([file, ...ancestorTitles, title].join(" > "), STATES[status] ?? status, failureMessages),
    );
    const isBroken = status === "failed" && tests.every(({ state }) => state !== "fail");
    return isBroken ? [...tests, { name: file, state: "fail" as const, sees: "broken", details: message }] : tests;
  });
  const isSilent = ended.code !== 0 && found.every(({ state }) => state !== "fail");
  const details = tail(`${ended.out}\n${ended.err}`, 60);
  const error = { name: "vitest", state: "fail" as const, sees: troubleOf(ended) ?? "exit code 0", details };
  return isSilent ? [...found, error] : found;
}

interface FileResult {
  name: string;
  status: string;
  message: string;
  assertionResults: { ancestorTitles: string[]; title: string; status: string; failureMessages: string[] }[];
}

const STATES: Readonly<Record<string, string>> = { passed: "pass", failed: "fail" };

/** Files of tests, by their paths in the repository. */
export function filesOf(site: Site, wanted: RegExp): string[] {
  return ["packages", "apps"]
    .flatMap((group) =>
      readdirSync(join(site.written, group), { recursive: true, encoding: "utf8" }).map((name) => join(group, name)),
    )
    .filter((file) => wanted.test(file))
    .sort();
}
