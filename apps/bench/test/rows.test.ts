import { afterAll, describe, expect, it } from "vitest";
import { removeCompiled } from "../src/commands.js";
import { GOALS, MEAN } from "../src/goals.js";
import { findRows, loadRow } from "../src/rows.js";
import { runRow } from "../src/run.js";
import type { Watch } from "../src/load.js";
import { environment } from "./environment.js";

const rows = [...findRows()];

afterAll(removeCompiled);

describe.each(Object.entries(GOALS))("the goals of %s", (name, goals) => {
  it("name the row, its contestants, and its points", async () => {
    const url = findRows().get(name);
    expect(url).toBeDefined();
    const { axis, contestants } = await loadRow(url!);
    for (const goal of goals) {
      const against = "against" in goal ? [goal.against].flat() : [];
      expect(Object.keys(contestants)).toEqual(expect.arrayContaining(against));
      expect([undefined, MEAN, ...(axis?.points ?? [])]).toContain(goal.at);
    }
  });
});

const TURN_MS = 30;

/** Their turns have a fixed amount of work: they start threads, or make locks. */
const FIXED = ["many-memory", "thread-cold", "thread-live", "thread-memory"];

/**
 * Runs every row as briefly as possible, so that each row still works. The figures mean nothing. A contestant that ends its
 * turn early would not get warm in a long warm-up.
 */
describe("every row runs, and uses its turns", () => {
  it.each(rows)("%s", { timeout: 60_000 }, async (name, url) => {
    const job = { name, url, row: await loadRow(url) };
    const took: number[] = [];
    const watch: Watch = {
      blind: undefined,
      async during(_, turn) {
        const begin = performance.now();
        const result = await turn();
        took.push(performance.now() - begin);
        return { result, others: 0, disturbed: false };
      },
    };
    const { points } = await runRow(job, { rounds: 1, ms: TURN_MS, points: 1 }, environment(watch));
    for (const { contestant, samples, problem } of points.flatMap(({ entries }) => entries)) {
      if (problem?.kind === "missing" && contestant !== "ours") continue;
      expect({ contestant, problem, samples: samples.length }).toEqual({ contestant, problem: undefined, samples: 1 });
    }
    if (!FIXED.includes(name)) expect(Math.min(...took)).toBeGreaterThanOrEqual(TURN_MS - 1);
  });
});
