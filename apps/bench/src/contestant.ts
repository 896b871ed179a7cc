/**
 * The process of a contestant in JavaScript. Each line on stdin is a number of milliseconds: it
 * measures for so long, and answers.
 */
import { createInterface } from "node:readline";
import { type JsContestant, type Measure, Missing, type Point } from "./row.js";
import { loadRow } from "./rows.js";

const [row, contestant, point] = process.argv.slice(2) as [string, string, string];

function answer(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Missing || (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
}

async function ready(): Promise<Measure> {
  const { contestants } = await loadRow(row);
  const one = contestants[contestant] as JsContestant;
  return one.setup(JSON.parse(point) as Point, { row, contestant });
}

try {
  const measure = await ready();
  answer("ready");
  for await (const line of createInterface(process.stdin)) answer(await measure(Number(line)));
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  answer(isMissing(error) ? { missing: why } : { failed: why });
}
process.exit();
