import { afterAll, describe, expect, it } from "vitest";
import { removeCompiled } from "../src/commands.js";
import { GOALS, MEAN } from "../src/goals.js";
import { findRows, loadRow } from "../src/rows.js";
import { runRow } from "../src/run.js";
import { scripted, environment } from "./environment.js";

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

/** Runs every row as briefly as possible, so that each row still works. The figures mean nothing. */
describe("every row runs", () => {
  it.each(rows)("%s", { timeout: 60_000 }, async (name, url) => {
    const job = { name, url, row: await loadRow(url) };
    const { points } = await runRow(job, { rounds: 1, ms: 1, points: 1 }, environment(scripted()));
    for (const { contestant, samples, problem } of points.flatMap(({ entries }) => entries)) {
      if (problem?.kind === "missing" && contestant !== "ours") continue;
      expect({ contestant, problem, samples: samples.length }).toEqual({ contestant, problem: undefined, samples: 1 });
    }
  });
});
