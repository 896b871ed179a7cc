/** How often, how long, and where a row is measured. */
import type { Contestant, Point, Row } from "./row.js";

/** What the command line changes, for all rows. */
export interface Plan {
  readonly rounds?: number | undefined;
  readonly ms?: number | undefined;
  /** Only the first so many points of each axis. */
  readonly points?: number | undefined;
}

export interface Schedule {
  /** How long a turn takes. */
  readonly ms: number;
  /** How often everybody has a turn that counts. */
  readonly rounds: number;
  /** How long somebody warms up at a point before that; 0 for a process that is started for each turn, as it cannot be warm. */
  readonly warmUpMs: (point: Point | undefined, contestant: Contestant) => number;
  readonly points: readonly (Point | undefined)[];
}

const DEFAULT_MS = 60;
const DEFAULT_ROUNDS = 7;
/** How long a process takes to start: a guess, for the time that is left. */
export const START_MS = 150;

export function scheduleOf(row: Row, plan: Plan): Schedule {
  const ms = plan.ms ?? row.ms ?? DEFAULT_MS;
  return {
    ms,
    rounds: plan.rounds ?? row.rounds ?? DEFAULT_ROUNDS,
    warmUpMs: (point, { kind }) => {
      if (row.fresh === true) return 0;
      const isLong = plan.ms === undefined && kind === "js"; // what is in C or in CPython is not compiled as it runs
      return Math.max(ms, isLong ? (row.warmUpMs?.(point) ?? 0) : 0);
    },
    points: row.axis?.points.slice(0, plan.points) ?? [undefined],
  };
}

export function takesPart(contestant: Contestant, point: Point | undefined): boolean {
  return contestant.upTo === undefined || point === undefined || Number(point) <= contestant.upTo;
}

/** About how many ms a row takes. */
export function expectedMs(row: Row, plan: Plan): number {
  const { ms, rounds, warmUpMs, points } = scheduleOf(row, plan);
  const all = Object.values(row.contestants);
  const processMs = (point: Point | undefined, contestant: Contestant): number =>
    row.fresh === true ? rounds * (START_MS + ms) : START_MS + warmUpMs(point, contestant) + rounds * ms;
  const perProcess = points.flatMap((point) =>
    all.filter((one) => takesPart(one, point)).map((one) => processMs(point, one)),
  );
  return perProcess.reduce((sum, ms) => sum + ms, 0);
}
