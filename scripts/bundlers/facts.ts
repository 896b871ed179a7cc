/** What a fixture and a build say, as the result of a check. */
import type { Check, Found } from "../consumers/checks.ts";
import { tail } from "../runtimes/child.ts";
import { TITLES } from "../runtimes/runtimes.ts";
import { BuildError, type Output } from "./builds.ts";

/** A check, and the cell of the table that it is for. */
export interface BundlerCheck extends Check {
  readonly column: Column;
}

/** The columns of the tables, in their order; a table has those that it has checks for. */
export const COLUMNS = {
  build: "no warning, one copy",
  warnings: "no warning",
  node20: TITLES.node20,
  node24: TITLES.node24,
  deno: TITLES.deno,
  bun: TITLES.bun,
  chromium: "Chromium",
  firefox: "Firefox",
  server: "server for developers",
} as const;
export type Column = keyof typeof COLUMNS;

/** Bytes of all code in the minified outputs, by part and row. */
export const sizes = new Map<string, number>();
export const sizeKey = (part: string, row: string): string => `${part}: ${row}`;

/** A build that fails is the result of each check of its output. */
export async function tried(check: () => Promise<Found>): Promise<Found> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { state: "fail", sees: "it is not built", details: error.message };
  }
}

/** @param copies of the library: one in a program, one in the file of a page and one in that of its workers */
export function wellBuilt({ warnings, copies: found }: Output, copies: number): Found {
  if (warnings !== undefined) return { state: "fail", sees: "the bundler warns", details: tail(warnings, 40) };
  if (found >= 1 && found <= copies) return { state: "pass" };
  return { state: "fail", sees: `there are ${found} copies of the library` };
}

/** How many of a fixture's lines are no "ok"; undefined: none. */
export function wrongIn(lines: readonly string[]): string | undefined {
  const wrong = lines.filter(isWrong);
  return wrong.length === 0 ? undefined : `${wrong.length} of ${lines.length} facts do not hold`;
}

/** The first of them, because mostly all have one cause. */
export function firstWrong(lines: readonly string[]): string[] {
  return lines.filter(isWrong).slice(0, 4);
}

const isWrong = (line: string): boolean => !line.startsWith("ok: ");
