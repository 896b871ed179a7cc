/** How often, how long, and at which points a row is measured. */
import type { Contestant, Point, Row } from "./row.js";

/** The options of the command line, for all rows. */
export interface Plan {
  readonly rounds?: number | undefined;
  readonly ms?: number | undefined;
  /** Only the first points of each axis, this many. */
  readonly points?: number | undefined;
}

export interface Schedule {
  /** The duration of a turn. */
  readonly ms: number;
  /** How many turns of each contestant count. */
  readonly rounds: number;
  /** The duration of a contestant's warm-up at a point; 0 for a process that lives for a single turn. */
  readonly warmUpMs: (point: Point | undefined, contestant: Contestant) => number;
  readonly points: readonly (Point | undefined)[];
}

const DEFAULT_MS = 60;
const DEFAULT_ROUNDS = 7;
/** 150 ms: a guess at the start of a process, for the remaining time. */
export const START_MS = 150;

export function scheduleOf(row: Row, plan: Plan): Schedule {
  const ms = plan.ms ?? row.ms ?? DEFAULT_MS;
  return {
    ms,
    rounds: plan.rounds ?? row.rounds ?? DEFAULT_ROUNDS,
    warmUpMs: (point, { kind }) => {
      if (row.fresh === true) return 0;
      const isLong = plan.ms === undefined && kind === "js"; // C and CPython do not compile at run time
      return Math.max(ms, isLong ? (row.warmUpMs?.(point) ?? 0) : 0);
    },
    points: row.axis?.points.slice(0, plan.points) ?? [undefined],
  };
}

export function takesPart(contestant: Contestant, point: Point | undefined): boolean {
  return contestant.upTo === undefined || point === undefined || Number(point) <= contestant.upTo;
}

/** The expected duration of a row, in ms. */
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
