/**
 * Runs a file of tests: run.js FILE RESULTS [PATTERN]. RESULTS gets a line of JSON at the beginning
 * and at the end of each test: if this process hangs or dies, they name the test.
 */
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { startTests, type Test, type VitestRunner } from "@vitest/runner";
import { getTests } from "@vitest/runner/utils";
import { config } from "./index.js";

const [file, results, pattern] = process.argv.slice(2) as [string, string, string | undefined];
config.root = process.cwd();
if (pattern !== undefined) config.testNamePattern = new RegExp(pattern);

function log(line: object): void {
  appendFileSync(results, `${JSON.stringify(line)}\n`);
}

function titleOf(test: Test): string {
  return test.fullTestName;
}

const runner: VitestRunner = {
  config,
  importFile: (path) => import(pathToFileURL(path).href),
  onBeforeRunTask: (test) => log({ begins: titleOf(test) }),
  onAfterRunTask: (test) => log({ ended: titleOf(test), ...stateOf(test) }),
};

function stateOf(test: Test): { state: string; errors: string[] } {
  const errors = (test.result?.errors ?? []).map(({ message, stack }) => `${message}\n${stack ?? ""}`);
  return { state: test.result?.state ?? test.mode, errors };
}

const [ran] = await startTests([{ filepath: file }], runner);
const skipped = getTests(ran!).filter((test) => test.result === undefined || test.mode === "skip");
for (const test of skipped) log({ ended: titleOf(test), state: "skip", errors: [] });
for (const error of ran!.result?.errors ?? []) log({ broken: String(error.stack ?? error.message ?? error) });
log({ finished: file });
process.exit(0);
