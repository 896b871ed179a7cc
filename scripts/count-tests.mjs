// Adds up what every run of tests wrote to .results, and says it in one line. Fails if a test failed, or if a run is missing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RESULTS = join(ROOT, ".results");

/** The folders below .results that hold a run each of all packages and apps, and of the repository itself. */
const RUNS = ["", "node24"];

/** What has tests: its file of results bears its name. */
const tested = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name, "package.json")))
  .filter((file) => existsSync(file))
  .filter((file) =>
    Object.keys(JSON.parse(readFileSync(file, "utf8")).scripts ?? {}).some((name) => /^test\b/.test(name)),
  )
  .map((file) => basename(join(file, "..")));

const expected = [
  ...RUNS.flatMap((run) => [...tested, "house"].map((name) => join(run, `${name}.json`))),
  "runtimes.json",
  "consumers.json",
];
const found = existsSync(RESULTS)
  ? readdirSync(RESULTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"))
  : [];

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of found) {
  const result = JSON.parse(readFileSync(join(RESULTS, name), "utf8"));
  if (typeof result.numPassedTests !== "number") continue; // something else, of another tool
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  total.skipped += result.numPendingTests ?? 0;
}
const missing = expected.filter((name) => !found.includes(name));
for (const name of missing) console.log(`NOT RUN: ${name.replace(/\.json$/, "")}`);
console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0 || missing.length > 0) process.exitCode = 1;
