/** Compares a result with the goals. */
import { type Goal, MEAN } from "./goals.js";
import type { Row } from "./row.js";
import type { PointResult, RowResult } from "./run.js";
import type { Entry } from "./contestant-process.js";
import { geometricMean, timesAsGood, spreadOf } from "./statistics.js";

/**
 * Unmeasured: a rival is not on this machine, or the point was left out. Failed: a contestant
 * should have been measured.
 */
export type Outcome = "met" | "short" | "unmeasured" | "failed";

export interface Verdict {
  readonly row: string;
  readonly goal: Goal;
  readonly outcome: Outcome;
  /** In the unit of the goal. */
  readonly measured?: number;
  readonly moonshot?: boolean;
  /** Why it was not measured. */
  readonly why?: string;
}

/** Thrown if a goal cannot be checked. */
class Unjudged extends Error {
  constructor(
    readonly outcome: "unmeasured" | "failed",
    why: string,
  ) {
    super(why);
  }
}

export const values = (entry: Entry): number[] => entry.samples.map(({ value }) => value);

/** Is a smaller number better? */
const wantsLess = ({ is }: Goal): boolean => is === "cost" || is === "at most";

function find({ entries }: PointResult, contestant: string): Entry {
  const entry = entries.find((one) => one.contestant === contestant);
  if (entry === undefined) throw new Unjudged("unmeasured", `${contestant} takes no part`);
  const { problem } = entry;
  if (problem !== undefined) {
    // Ours must work on every machine; a rival's programs may be missing.
    const outcome = problem.kind === "missing" && contestant !== "ours" ? "unmeasured" : "failed";
    throw new Unjudged(outcome, `${contestant}: ${problem.why}`);
  }
  return entry;
}

function timesAsGoodAs(point: PointResult, contestant: string, better: Row["better"]): number {
  return timesAsGood(values(find(point, "ours")), values(find(point, contestant)), better).median;
}

/** How many times as good as the best rival. Missing rivals do not count. */
function timesAsGoodAsBest(point: PointResult, contestants: readonly string[], better: Row["better"]): number {
  const present = contestants.filter((name) => point.entries.some((one) => one.contestant === name && !one.problem));
  if (present.length === 0) throw new Unjudged("unmeasured", `none of ${contestants.join(", ")} was measured`);
  return Math.min(...present.map((name) => timesAsGoodAs(point, name, better)));
}

function measure(goal: Goal, point: PointResult, better: Row["better"]): number {
  switch (goal.is) {
    case "speed":
      return timesAsGoodAs(point, goal.against, better);
    case "cost":
      return 1 / timesAsGoodAsBest(point, [goal.against].flat(), better);
    default:
      return spreadOf(values(find(point, "ours"))).median;
  }
}

function pointsOf(goal: Goal, { points }: RowResult): readonly PointResult[] {
  if (goal.at === MEAN) return points;
  const found = points.filter(({ point }) => point === goal.at);
  if (found.length === 0) throw new Unjudged("unmeasured", `not measured at ${goal.at}`);
  return found;
}

function holds(goal: Goal, measured: number, bound: number): boolean {
  return wantsLess(goal) ? measured <= bound : measured >= bound;
}

/** Checks a goal of a row. */
export function judge(goal: Goal, row: Row, result: RowResult): Verdict {
  const about = { row: result.name, goal };
  try {
    const each = pointsOf(goal, result).map((point) => measure(goal, point, row.better));
    const measured = each.length === 1 ? each[0]! : geometricMean(each);
    return {
      ...about,
      measured,
      outcome: goal.gate === undefined || holds(goal, measured, goal.gate) ? "met" : "short",
      ...(goal.moonshot !== undefined && { moonshot: holds(goal, measured, goal.moonshot) }),
    };
  } catch (error) {
    if (error instanceof Unjudged) return { ...about, outcome: error.outcome, why: error.message };
    throw error;
  }
}

/** Does the gate fail? */
export function fallsShort(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ outcome }) => outcome === "short" || outcome === "failed");
}
