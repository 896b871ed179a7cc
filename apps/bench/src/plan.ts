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
  /** And how often before that. A process that is started for each turn cannot be warm. */
  readonly warmups: number;
  readonly points: readonly (Point | undefined)[];
}

const DEFAULT_MS = 60;
const DEFAULT_ROUNDS = 7;
/** How long a process takes to start: a guess, for the time that is left. */
export const START_MS = 150;

export function scheduleOf(row: Row, plan: Plan): Schedule {
  return {
    ms: plan.ms ?? row.ms ?? DEFAULT_MS,
    rounds: plan.rounds ?? row.rounds ?? DEFAULT_ROUNDS,
    warmups: row.fresh === true ? 0 : 1,
    points: row.axis?.points.slice(0, plan.points) ?? [undefined],
  };
}

export function takesPart(contestant: Contestant, point: Point | undefined): boolean {
  return contestant.upTo === undefined || point === undefined || Number(point) <= contestant.upTo;
}

/** About how many ms a row takes. */
export function expectedMs(row: Row, plan: Plan): number {
  const { ms, rounds, warmups, points } = scheduleOf(row, plan);
  const all = Object.values(row.contestants);
  const seats = points.reduce((sum: number, point) => sum + all.filter((one) => takesPart(one, point)).length, 0);
  return seats * (row.fresh === true ? rounds * (START_MS + ms) : START_MS + (warmups + rounds) * ms);
}
