/** The data of a run, and the wording that all reports share. */
import type { Goal } from "../goals.js";
import type { Machine } from "../machine.js";
import type { Point, Row } from "../row.js";
import type { PointResult, RowResult } from "../run.js";
import type { Entry } from "../contestant-process.js";
import { type Spread, spreadOf, timesAsGood } from "../statistics.js";
import { type Outcome, values, type Verdict } from "../verdict.js";

export interface Measured {
  readonly row: Row;
  readonly result: RowResult;
  readonly verdicts: readonly Verdict[];
}

export interface Report {
  /** The arguments of the command line. */
  readonly command: string;
  readonly machine: Machine;
  readonly seconds: number;
  readonly rows: readonly Measured[];
  /** Another run, with another Node. */
  readonly beside?: Report;
}

/** A row at a point, in short: our value, and the ratios to C and Python. */
export interface Brief {
  readonly name: string;
  readonly point?: Point;
  readonly unit: string;
  readonly cells: readonly string[];
}

/** The first and the last point. */
export function briefPoints({ points }: RowResult): readonly PointResult[] {
  return points.filter((_, i, { length }) => i === 0 || i === length - 1);
}

/** Every row at the first and the last point of its axis. */
export function briefsOf({ rows }: Report): Brief[] {
  return rows.flatMap(({ row, result }) => {
    return briefPoints(result).map((at): Brief => {
      const where = at.point === undefined ? {} : { point: at.point };
      return { name: result.name, ...where, unit: row.unit, cells: briefCells(row, at) };
    });
  });
}

function briefCells(row: Row, at: PointResult): string[] {
  const ours = at.entries.find(({ contestant }) => contestant === "ours");
  const against = (kind: "c" | "python"): string => {
    const rival = at.entries.find(({ contestant }) => row.contestants[contestant]?.kind === kind);
    return rival === undefined ? "" : ratioOf(row, ours, rival).replace(/ \(.*/, "");
  };
  const own = ours === undefined ? "" : lineOf(row, at, ours).median;
  return [own, against("python"), against("c")];
}

/** `Node 24`, the short form. */
export function nodeOf({ machine }: Report): string {
  return `Node ${/^v(\d+)/.exec(machine["Node"] ?? "")?.[1] ?? "of an unknown version"}`;
}

/** The machine and the extent of the run. */
export function factsOf({ machine, seconds, rows }: Report): [string, string][] {
  const sum = (key: "turns" | "repeated" | "disturbed"): string =>
    short(rows.reduce((all, { result }) => all + result[key], 0));
  return [
    ...Object.entries(machine),
    ["the run took", `${short(seconds / 60)} minutes`],
    [
      "turns",
      `${sum("turns")}; ${sum("repeated")} taken again and ${sum("disturbed")} left as they were, because of other load`,
    ],
  ];
}

/** A number with three significant digits. */
export function short(number: number): string {
  if (number === 0 || !Number.isFinite(number)) return String(number);
  const magnitude = Math.floor(Math.log10(Math.abs(number)));
  return number.toLocaleString("en", { maximumFractionDigits: Math.max(0, 2 - magnitude), useGrouping: true });
}

const bounds = ({ low, high }: Spread): string => `${short(low)} – ${short(high)}`;

/** A contestant at a point, in words. */
export interface Line {
  readonly contestant: string;
  readonly point?: Point;
  readonly median: string;
  readonly spread: string;
  /** How many times as good we are. */
  readonly ratio: string;
  readonly also: readonly string[];
}

/** A line of a row's table. */
export function lineOf(row: Row, { point, entries }: PointResult, entry: Entry): Line {
  const where = point === undefined ? {} : { point };
  const metrics = Object.keys(row.also ?? {});
  if (entry.problem !== undefined) {
    const { kind, why } = entry.problem;
    const text = `${kind}: ${why.split("\n")[0]}`;
    return { contestant: entry.contestant, ...where, median: text, spread: "", ratio: "", also: metrics.map(() => "") };
  }
  const ours = entries.find(({ contestant }) => contestant === "ours");
  const own = spreadOf(values(entry));
  return {
    contestant: entry.contestant,
    ...where,
    median: short(own.median),
    spread: entry.samples.length > 1 ? bounds(own) : "",
    ratio: ratioOf(row, ours, entry),
    also: metrics.map((metric) => {
      const values = entry.samples.map((sample) => sample[metric]).filter((number) => number !== undefined);
      return values.length === 0 ? "" : short(spreadOf(values).median);
    }),
  };
}

function ratioOf(row: Row, ours: Entry | undefined, entry: Entry): string {
  if (ours === undefined || ours === entry || ours.problem !== undefined) return "";
  const ratio = timesAsGood(values(ours), values(entry), row.better);
  if (!Number.isFinite(ratio.median)) return ""; // 0 has no ratio
  return `${short(ratio.median)}${entry.samples.length > 1 ? ` (${bounds(ratio)})` : ""}`;
}

/** The heads of a row's table. */
export function headsOf(row: Row): string[] {
  const also = Object.entries(row.also ?? {}).map(([metric, unit]) => (unit === "" ? metric : `${metric}, ${unit}`));
  const [point] = [row.axis?.name].filter((name) => name !== undefined);
  return [...(point === undefined ? [] : [point]), "", row.unit, "middle half", "we are × as good", ...also];
}

/** The cells of a line, under {@link headsOf}. */
export function cellsOf({ contestant, point, median, spread, ratio, also }: Line): string[] {
  return [
    ...(point === undefined ? [] : [typeof point === "number" ? short(point) : point]),
    contestant,
    median,
    spread,
    ratio,
    ...also,
  ];
}

/** All lines of a row. */
export function linesOf({ row, result }: Measured): Line[] {
  return result.points.flatMap((point) => point.entries.map((entry) => lineOf(row, point, entry)));
}

const against = (goal: Goal): string =>
  "against" in goal ? (typeof goal.against === "string" ? goal.against : "the fastest pool") : "";

/** The target of a goal, without its bounds. */
export function goalInWords(goal: Goal, unit: string): string {
  const point = typeof goal.at === "number" ? short(goal.at) : goal.at;
  const at = point === undefined ? "" : `, ${point === "mean" ? "mean of all" : `at ${point}`}`;
  if (goal.is === "speed") return `× as good as ${against(goal)}${at}`;
  if (goal.is === "cost") return `× the cost of ${against(goal)}${at}`;
  return `${unit}${at}`;
}

/** A bound of a goal. */
export function boundInWords(goal: Goal, bound: number | undefined): string {
  if (bound === undefined) return "";
  return `${goal.is === "cost" || goal.is === "at most" ? "≤" : "≥"} ${short(bound)}`;
}

export const OUTCOMES: Readonly<Record<Outcome, string>> = {
  met: "met",
  short: "falls short",
  unmeasured: "not measured",
  failed: "failed",
};

/** The row of a goal in a table: goal, gate, moonshot, measured, verdict. */
export function verdictCells(verdict: Verdict, unit: string): string[] {
  const { goal, measured, outcome, moonshot, why } = verdict;
  const word = goal.gate === undefined && outcome === "met" ? "" : OUTCOMES[outcome];
  const words = [word, moonshot === undefined ? "" : moonshot ? "moonshot met" : "moonshot missed", why ?? ""];
  return [
    goalInWords(goal, unit),
    boundInWords(goal, goal.gate),
    boundInWords(goal, goal.moonshot),
    measured === undefined ? "" : short(measured),
    words.filter((one) => one !== "").join("; "),
  ];
}

/** The heads over {@link verdictCells}. */
export const VERDICT_HEADS: readonly string[] = ["goal", "gate", "moonshot", "measured", ""];
