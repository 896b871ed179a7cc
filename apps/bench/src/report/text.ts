/** Renders a run for the terminal. */
import Table from "cli-table3";
import pc from "picocolors";
import type { Verdict } from "../verdict.js";
import { cellsOf, headsOf, linesOf, type Measured, VERDICT_HEADS, verdictCells } from "./report.js";

const COLOURS = { met: pc.green, short: pc.red, unmeasured: pc.yellow, failed: pc.red };

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const plain = { style: { head: [], border: [], compact: true } };
  const made = new Table({ head: heads.map((head) => pc.dim(head)), ...plain });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** A row's table and notes. */
export function rowText(measured: Measured): string {
  const { row, result } = measured;
  const cells = linesOf(measured).map((line) => {
    const own = cellsOf(line);
    return line.contestant === "ours" ? own.map((cell) => pc.bold(cell)) : own;
  });
  return [
    `\n${pc.bold(pc.cyan(result.name))}  ${row.title}`,
    table(headsOf(row), cells),
    ...(result.repeated > 0 ? [pc.dim(`other load disturbed turns: ${result.repeated} were taken again`)] : []),
    ...result.notes.map((note) => pc.yellow(note)),
  ].join("\n");
}

function verdictRow(name: string, unit: string, verdict: Verdict): string[] {
  const cells = verdictCells(verdict, unit);
  const judgement = cells.pop() ?? "";
  return [name, ...cells, COLOURS[verdict.outcome](judgement)];
}

/** All goals of all measured rows. */
export function verdictText(rows: readonly Measured[]): string {
  const lines = rows.flatMap(({ row, verdicts }) =>
    verdicts.map((verdict) => verdictRow(verdict.row, row.unit, verdict)),
  );
  return `\n${table(["", ...VERDICT_HEADS], lines)}`;
}
