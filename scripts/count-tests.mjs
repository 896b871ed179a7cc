// Adds up the results of all test runs in .results, and names each failed test. Fails if a test
// failed or a run is missing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RESULTS = join(ROOT, ".results");

/**
 * The folders below .results, each with what its run leaves out of all packages and apps; see .ci/run.
 *
 * @type {Record<string, string[]>}
 */
const RUNS = { "": [], node24: ["bench", "soak"] };

/** The folders with tests that each run has; each names its file of results. The page's tests run once, in browsers. */
const tested = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name, "package.json")))
  .filter((file) => existsSync(file))
  .filter((file) =>
    Object.keys(JSON.parse(readFileSync(file, "utf8")).scripts ?? {}).some((name) => /^test(:examples)?$/.test(name)),
  )
  .map((file) => basename(join(file, "..")));

const expected = [
  ...Object.entries(RUNS).flatMap(([run, leftOut]) =>
    tested.filter((name) => !leftOut.includes(name)).map((name) => join(run, `${name}.json`)),
  ),
  "repo.json",
  "runtimes.json",
  "consumers.json",
  "browsers.json",
  "bundlers.json",
  "web.json",
];
const found = existsSync(RESULTS)
  ? readdirSync(RESULTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
  : [];

/** The first lines of an error. */
const LINES = 12;

/**
 * Prints each failed test of a result with its first error, and each file that failed before its tests began.
 *
 * @param {string} run
 * @param {{ testResults?: { name: string, status: string, message?: string,
 *   assertionResults?: { status: string, fullName: string, failureMessages?: string[] }[] }[] }} result
 */
function printFailures(run, { testResults = [] }) {
  for (const file of testResults) {
    const failed = (file.assertionResults ?? []).filter((test) => test.status === "failed");
    for (const test of failed) printFailure(`${run}: ${test.fullName}`, test.failureMessages?.[0] ?? "no message");
    if (file.status === "failed" && failed.length === 0) printFailure(`${run}: ${file.name}`, file.message ?? "");
  }
}

/**
 * @param {string} title
 * @param {string} message
 */
function printFailure(title, message) {
  console.log(`FAILED: ${title}`);
  for (const line of message.trim().split("\n").slice(0, LINES)) console.log(`    ${line}`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of found) {
  const result = JSON.parse(readFileSync(join(RESULTS, name), "utf8"));
  if (typeof result.numPassedTests !== "number") continue; // something else, of another tool
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  total.skipped += result.numPendingTests ?? 0;
  printFailures(name.replace(/\.json$/, ""), result);
}
const missing = expected.filter((name) => !found.includes(name));
for (const name of missing) console.log(`NOT RUN: ${name.replace(/\.json$/, "")}`);
console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0 || missing.length > 0) process.exitCode = 1;
