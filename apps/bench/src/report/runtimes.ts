/** Renders a run with several runtimes as docs/performance-runtimes.md. */
import { format, resolveConfig } from "prettier";
import type { Entry } from "../contestant-process.js";
import type { Row } from "../row.js";
import type { Job, PointResult } from "../run.js";
import type { Runtime } from "../runtime.js";
import { timesAsGood } from "../statistics.js";
import { values } from "../verdict.js";
import { table } from "./markdown.js";
import { briefPoints, factsOf, lineOf, type Report, short } from "./report.js";

/** A cost of so many times the first runtime's is a cliff. */
const CLIFF = 3;

/** The contestant by hand, in JavaScript: it shows what the runtime costs. */
function limitOf({ contestants }: Row): string | undefined {
  return Object.keys(contestants).find((name) => /^(raw |new Worker)/.test(name));
}

/** The rows with two contestants: ours, and the limit. */
export function limitsOf(jobs: readonly Job[]): Job[] {
  return jobs.map((job) => {
    const { ours, ...others } = job.row.contestants;
    const limit = limitOf(job.row);
    return { ...job, row: { ...job.row, contestants: { ours, ...(limit && { [limit]: others[limit]! }) } } };
  });
}

const INTRODUCTION = `The same rows as in [Performance](performance.md), on several runtimes, one after another. **ours** is this library. The limit is
JavaScript by hand: raw Atomics, or a bare worker. Behind each figure stands how many times it costs what it costs on the first runtime. So if
both ours and the limit cost three times as much, it is the runtime; if only ours does, it is this library.`;

/** A contestant's cost as a multiple of its cost in the first runtime. Undefined if there is none. */
function costOf(row: Row, at: Entry | undefined, first: Entry | undefined): number | undefined {
  if (at === undefined || first === undefined || at.samples.length === 0 || first.samples.length === 0)
    return undefined;
  const cost = timesAsGood(values(first), values(at), row.better).median;
  return Number.isFinite(cost) ? cost : undefined;
}

interface Cell {
  readonly text: string;
  readonly cost: number | undefined;
}

interface Line {
  readonly name: string;
  readonly heads: readonly string[];
  readonly cells: readonly Cell[];
  readonly isOurs: boolean;
}

function linesOf(all: readonly Report[]): Line[] {
  const [first] = all;
  return first!.rows.flatMap(({ row, result }) =>
    briefPoints(result).flatMap(({ point, entries }) =>
      entries.map(({ contestant }): Line => {
        const found = all.map((report) => entryAt(report, result.name, point, contestant));
        return {
          name: result.name,
          isOurs: contestant === "ours",
          heads: [point === undefined ? "" : String(point), row.unit, contestant],
          cells: found.map((one) => ({
            text: one === undefined ? "" : lineOf(row, one.at, one.entry).median,
            cost: costOf(row, one?.entry, found[0]?.entry),
          })),
        };
      }),
    ),
  );
}

function entryAt(
  { rows }: Report,
  name: string,
  point: PointResult["point"],
  contestant: string,
): { readonly at: PointResult; readonly entry: Entry } | undefined {
  const at = rows.find(({ result }) => result.name === name)?.result.points.find((one) => one.point === point);
  const entry = at?.entries.find((one) => one.contestant === contestant);
  return at && entry && { at, entry };
}

/** The lines of ours with a cliff, and what the limit costs there. */
function cliffs(lines: readonly Line[], runtimes: readonly Runtime[]): string {
  const found = lines.flatMap((line, i) =>
    line.cells.flatMap(({ cost = 0 }, which) => {
      if (!line.isOurs || cost <= CLIFF) return [];
      const limit = lines[i + 1];
      const theirs = limit?.isOurs === false ? limit.cells[which]?.cost : undefined;
      // The row tells what limits it on every runtime.
      const where = [
        `[\`${line.name}\`](performance.md#${line.name})`,
        line.heads[0] && `at ${line.heads[0]}`,
        `on ${runtimes[which]!.name}`,
      ];
      const rest = theirs === undefined ? "" : `; ${limit!.heads[2]}: ${short(theirs)}×`;
      return [`- ${where.filter((part) => part !== "").join(" ")}: ${short(cost)}×${rest}`];
    }),
  );
  return found.length === 0 ? `No row of ours costs more than ${CLIFF} times as much.` : found.join("\n");
}

/** @param file the target; its path decides the format */
export async function runtimesPage(
  all: readonly Report[],
  runtimes: readonly Runtime[],
  file: string,
): Promise<string> {
  const lines = linesOf(all);
  const [first] = runtimes;
  const heads = ["", "at", "", "", ...runtimes.flatMap(({ name }, i) => (i === 0 ? [name] : [name, "×"]))];
  const rows = lines.map(({ name, heads: own, cells, isOurs }) => [
    isOurs ? `\`${name}\`` : "",
    ...own,
    ...cells.flatMap(({ text, cost }, i) => (i === 0 ? [text] : [text, cost === undefined ? "" : short(cost)])),
  ]);
  const facts = factsOf(all[0]!).filter(([name]) => !/^(Node|Deno|Bun|gcc|Python|turns|the run took)$/.test(name));
  const parts = [
    "# Performance on other runtimes",
    `\`${all[0]!.command} --runtimes …\` wrote this page on the machine below. Nothing here is written by hand.`,
    INTRODUCTION,
    "## The machine",
    table(["", ""], [...facts, ...runtimes.map(({ name, version }): [string, string] => [name, version])]),
    "## Cliffs",
    `What of ours costs more than ${CLIFF} times as much as on ${first!.name}:`,
    cliffs(lines, runtimes),
    "## The rows",
    table(heads, rows),
  ];
  return format(parts.join("\n\n"), { ...(await resolveConfig(file)), parser: "markdown" });
}
