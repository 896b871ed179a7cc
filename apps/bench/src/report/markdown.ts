/** Renders a run as docs/performance.md. */
import { format, resolveConfig } from "prettier";
import {
  briefsOf,
  cellsOf,
  factsOf,
  headsOf,
  linesOf,
  nodeOf,
  type Measured,
  type Report,
  short,
  VERDICT_HEADS,
  verdictCells,
} from "./report.js";

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

const escaped = (cell: string): string => cell.replaceAll("|", "\\|");

const INTRODUCTION = `## How to read it

- **Read the ratios.** A time holds for this machine alone. A ratio says how many times as good, as fast or as small, we are as a rival. It was
  measured side by side, in one run, and is much the same on other machines.
- Each contestant has a process of its own. The processes take turns, round by round: while one measures, the others sleep. A turn is repeated
  if other processes were busy on the machine.
- Figures are of warm code: before the first round every contestant measures for a while, until V8 has compiled the code. If that takes long,
  because each of many threads has to compile it for itself, the row gives the cost until then. A process that is started for each turn is
  cold.
- The figure is the median of the rounds, the middle half is the range of the middle 50 % of the rounds, and the ratio is the median of the
  ratios of each round.
- **ours** is this library. **raw Atomics** is JavaScript by hand, without a library and without any checks: the limit. **pthread**, **sem_t**,
  **futex** are C; they show the speed of the system without an engine in between.
- The goals of a row stand below it: \`npm run bench -- --gate\` holds us to the gate, and the moonshot would make us proud.
`;

function section(measured: Measured): string {
  const { row, result, verdicts } = measured;
  const cells = linesOf(measured).map((line) => {
    const own = cellsOf(line);
    return line.contestant === "ours" ? own.map((cell) => (cell === "" ? "" : `**${cell}**`)) : own;
  });
  const goals = verdicts.map((verdict) => verdictCells(verdict, row.unit));
  return [
    `### \`${result.name}\``,
    `${row.title}.`,
    `_What limits it:_ ${row.limit}`,
    table(headsOf(row), cells),
    ...(goals.length === 0 ? [] : [table(VERDICT_HEADS, goals)]),
    ...result.notes.map((note) => `_Note:_ ${note}.`),
  ].join("\n\n");
}

/** How many goals are met, and the rows with an unmet goal. */
function summary(rows: readonly Measured[]): string {
  const verdicts = rows.flatMap((measured) => measured.verdicts);
  const gates = verdicts.filter(({ goal }) => goal.gate !== undefined);
  const moonshots = verdicts.filter(({ goal }) => goal.moonshot !== undefined);
  const shut = gates.filter(({ outcome }) => outcome !== "met");
  const links = [...new Set(shut.map(({ row }) => `[\`${row}\`](#${row})`))];
  return [
    `Of ${gates.length} gates ${gates.length - shut.length} are met`,
    `, and of ${moonshots.length} moonshots ${moonshots.filter(({ moonshot }) => moonshot).length}.`,
    ...(links.length === 0 ? [] : [` Not met, or not measured: ${links.join(", ")}.`]),
  ].join("");
}

/** All rows in short, beside another run. */
function brief(report: Report, beside: Report): string {
  const [ours, theirs] = [briefsOf(report), briefsOf(beside)];
  const heads = [report, beside].flatMap((run) => [nodeOf(run), "× CPython", "× C"]);
  const lines = ours.map(({ name, point, unit, cells }) => {
    const other = theirs.find((one) => one.name === name && one.point === point);
    return [
      `[\`${name}\`](#${name})`,
      point === undefined ? "" : String(point),
      unit,
      ...cells,
      ...(other?.cells ?? ["", "", ""]),
    ];
  });
  return table(["", "at", "", ...heads], lines);
}

/** The other run: its Node, and its date. */
function besideIn({ beside }: Report): string[] {
  if (beside === undefined) return [];
  const disturbed = beside.rows.reduce((sum, { result }) => sum + result.disturbed, 0);
  return [
    `Beside it stands a run with Node ${beside.machine["Node"]} of ${beside.machine["date"]}, other load disturbed ${short(disturbed)} of its turns.`,
  ];
}

/** A warning, if other load disturbed so many turns that the figures cannot be trusted. */
function warning(rows: readonly Measured[]): string[] {
  const sum = (key: "turns" | "disturbed"): number => rows.reduce((all, { result }) => all + result[key], 0);
  const share = sum("disturbed") / Math.max(1, sum("turns"));
  if (share < TRUSTED) return [];
  return [`> **Not to be trusted:** other load disturbed ${short(share * 100)} % of the turns of this run.`];
}

/** The largest share of disturbed turns in a valid run. */
const TRUSTED = 0.05;

const SHORT = `The figure of **ours**, and its ratio to CPython and to C (× as good), at the first and the last point of each row.`;

/** @param file the target; its path decides the format */
export async function markdown(report: Report, file: string): Promise<string> {
  const { rows } = report;
  const parts = [
    `# Performance`,
    `\`${report.command}\` wrote this page on the machine below. Nothing here is written by hand.`,
    INTRODUCTION,
    ...warning(rows),
    "## The machine",
    table(["", ""], factsOf(report)),
    ...besideIn(report),
    ...(report.beside === undefined ? [] : ["## In short", SHORT, brief(report, report.beside)]),
    "## The goals",
    summary(rows),
    "## The rows",
    ...rows.map(section),
  ];
  return format(parts.join("\n\n"), { ...(await resolveConfig(file)), parser: "markdown" });
}
