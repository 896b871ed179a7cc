/**
 * Runs a file of tests: run.js FILE RESULTS [PATTERN]. RESULTS gets a line of JSON at the beginning
 * and at the end of each test: if this process hangs or dies, they name the test.
 */
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { config } from "./index.js";
import { runFile } from "./runner.js";

const [file, results, pattern] = process.argv.slice(2) as [string, string, string | undefined];
config.root = process.cwd();
if (pattern !== undefined) config.testNamePattern = new RegExp(pattern);

await runFile(
  file,
  () => import(pathToFileURL(file).href),
  (line) => appendFileSync(results, `${JSON.stringify(line)}\n`),
);
process.exit(0);
