import { describe, expect, it } from "vitest";
import type { Goal } from "../src/goals.js";
import type { Point, Row } from "../src/row.js";
import type { RowResult } from "../src/run.js";
import type { Problem } from "../src/contestant-process.js";
import { goalInWords } from "../src/report/report.js";
import { fallsShort, judge, type Verdict } from "../src/verdict.js";

const row = { unit: "ns", better: "less" } as Row;

/** The samples of each contestant at each point, or its problem. */
type Told = Record<string, number[] | Problem>;

function result(...points: Told[]): RowResult {
  const pointResults = points.map((told, i) => ({
    point: i + 1,
    entries: Object.entries(told).map(([contestant, what]) => {
      if (!Array.isArray(what)) return { contestant, samples: [], problem: what };
      return { contestant, samples: what.map((value) => ({ value })) };
    }),
  }));
  return { name: "row", points: pointResults, turns: 0, repeated: 0, disturbed: 0, notes: [], seconds: 0 };
}

const judged = (goal: Goal, ...points: Told[]): Verdict => judge({ at: 1, ...goal }, row, result(...points));

describe("a goal", () => {
  it.each<[string, Goal, number, "met" | "short"]>([
    ["speed, reached", { is: "speed", against: "rival", gate: 4 }, 4, "met"],
    ["speed, missed", { is: "speed", against: "rival", gate: 4.1 }, 4, "short"],
    ["cost, kept", { is: "cost", against: "rival", gate: 0.25 }, 0.25, "met"],
    ["cost, exceeded", { is: "cost", against: "rival", gate: 0.2 }, 0.25, "short"],
    ["at most, kept", { is: "at most", gate: 10 }, 10, "met"],
    ["at most, exceeded", { is: "at most", gate: 9 }, 10, "short"],
    ["at least, reached", { is: "at least", gate: 10 }, 10, "met"],
    ["at least, missed", { is: "at least", gate: 11 }, 10, "short"],
  ])("%s", (_, goal, measured, outcome) => {
    expect(judged(goal, { ours: [10, 10], rival: [40, 40] })).toMatchObject({ measured, outcome });
  });

  it("without a gate is never missed, and shows its moonshot", () => {
    const goal: Goal = { is: "speed", against: "rival", moonshot: 5 };
    expect(judged(goal, { ours: [10], rival: [40] })).toMatchObject({ outcome: "met", moonshot: false });
    expect(judged(goal, { ours: [10], rival: [60] })).toMatchObject({ outcome: "met", moonshot: true });
  });

  it("against several rivals is against the fastest present", () => {
    const goal: Goal = { is: "cost", against: ["slow", "fast", "absent"], gate: 1 };
    const absent: Problem = { kind: "missing", why: "not installed" };
    expect(judged(goal, { ours: [10], slow: [40], fast: [5], absent })).toMatchObject({
      measured: 2,
      outcome: "short",
    });
  });

  it("for all points is for their geometric mean", () => {
    const goal: Goal = { is: "speed", against: "rival", gate: 2, at: "mean" };
    const verdict = judged(goal, { ours: [1], rival: [1] }, { ours: [1], rival: [4] });
    expect(verdict).toMatchObject({ measured: 2, outcome: "met" });
  });

  it("cannot be checked if the rival is missing, and says why", () => {
    const goal: Goal = { is: "speed", against: "rival", gate: 2 };
    const verdict = judged(goal, { ours: [1], rival: { kind: "missing", why: "there is no gcc here" } });
    expect(verdict).toMatchObject({ outcome: "unmeasured", why: "rival: there is no gcc here" });
  });

  it("cannot be checked at a point that was left out", () => {
    expect(judged({ is: "at most", gate: 2, at: 9 }, { ours: [1] })).toMatchObject({ outcome: "unmeasured" });
  });

  it.each(["ours", "rival"])("fails where %s failed", (contestant) => {
    const told: Told = { ours: [1], rival: [1], [contestant]: { kind: "failed", why: "it hangs" } };
    expect(judged({ is: "speed", against: "rival", gate: 1 }, told)).toMatchObject({
      outcome: "failed",
      why: `${contestant}: it hangs`,
    });
  });

  it("fails if ours is missing: ours must run on every machine", () => {
    expect(judged({ is: "at most", gate: 1 }, { ours: { kind: "missing", why: "?" } }).outcome).toBe("failed");
  });
});

it("a goal names its point, a number or a word", () => {
  const inWords = (at: Point): string => goalInWords({ is: "cost", against: "rival", at }, "ns");
  expect([20_000, "mean", "1 and 1"].map(inWords)).toEqual([
    "× the cost of rival, at 20,000",
    "× the cost of rival, mean of all",
    "× the cost of rival, at 1 and 1",
  ]);
});

describe("the gate", () => {
  const verdict = (outcome: Verdict["outcome"]): Verdict => ({ row: "row", goal: { is: "at most", gate: 1 }, outcome });

  it("opens if all checked goals are met", () => {
    expect(fallsShort([verdict("met"), verdict("unmeasured")])).toBe(false);
  });

  it.each(["short", "failed"] as const)("stays shut if one is %s", (outcome) => {
    expect(fallsShort([verdict("met"), verdict(outcome)])).toBe(true);
  });
});
