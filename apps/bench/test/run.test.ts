import { describe, expect, it } from "vitest";
import { expectedMs, scheduleOf, START_MS } from "../src/plan.js";
import { c, js } from "../src/row.js";
import { runRow } from "../src/run.js";
import { fixture, scripted, environment } from "./environment.js";

const ONE_MS = { ms: 1 };

describe("disturbed turns", () => {
  it("are repeated until they are undisturbed, and counted", async () => {
    const watch = scripted(1, 1, 0, 1);
    const result = await runRow(await fixture("counting"), ONE_MS, environment(watch));
    expect(result).toMatchObject({ turns: 12, repeated: 3, disturbed: 0, notes: [] });
  });

  it("count in the end, the least disturbed first, with a note", async () => {
    const watch = scripted(0.9, 0.5, 0.7, 0.8);
    const { points, ...result } = await runRow(await fixture("counting"), ONE_MS, environment(watch));
    expect(result).toMatchObject({ turns: 12, repeated: 3, disturbed: 1 });
    expect(result.notes).toEqual(["1 of 12 turns count although other load disturbed them"]);
    // Turn 0 warms up, 1 to 4 were disturbed; the second contestant begins the first round.
    expect(points[0]?.entries[1]?.samples.map(({ value }) => value)).toEqual([2, 5, 6]);
  });

  it("are not repeated when the run has no time left for it", async () => {
    const result = await runRow(await fixture("counting"), ONE_MS, environment(scripted(1, 1), { repeatMs: 0 }));
    expect(result).toMatchObject({ turns: 12, repeated: 0, disturbed: 2 });
  });

  it("go unnoticed on a platform without load figures, with a note", async () => {
    const blind = { ...scripted(), blind: "no eyes" };
    const { notes } = await runRow(await fixture("counting"), ONE_MS, environment(blind));
    expect(notes).toEqual(["disturbed turns go unnoticed: no eyes"]);
  });
});

describe("a row", () => {
  it("measures each contestant at each point, once per round, after a warm-up", async () => {
    const { points } = await runRow(await fixture("counting"), ONE_MS, environment(scripted()));
    const samples = (point: number): object[] => [1, 2, 3].map((value) => ({ value, point }));
    expect(points).toEqual(
      [1, 2].map((point) => ({
        point,
        entries: ["ours", "rival"].map((contestant) => ({ contestant, samples: samples(point) })),
      })),
    );
  });

  it("warms each contestant up for the row's time at each point, at least for a turn", async () => {
    const job = await fixture("timing");
    const { points } = await runRow(job, {}, environment(scripted()));
    const turns = points.map(({ entries: [ours] }) => ours!.samples.map(({ value, warmUp }) => [value, warmUp]));
    expect(turns).toEqual([[[2, 2]], [[2, 30]]]);
    expect(expectedMs(job.row, {})).toBe(2 * START_MS + (2 + 2) + (30 + 2));
    const { points: short } = await runRow(job, ONE_MS, environment(scripted()));
    expect(short.map(({ entries: [ours] }) => ours!.samples[0]!["warmUp"])).toEqual([1, 1]);
  });

  it("warms compiled contestants up for a turn only", async () => {
    const { warmUpMs } = scheduleOf((await fixture("timing")).row, {});
    expect(warmUpMs(30, c("any.c"))).toBe(2);
    expect(
      warmUpMs(
        30,
        js(() => () => 0),
      ),
    ).toBe(30);
  });

  it("notes that other programs leave it too few cores", async () => {
    const crowd = scripted();
    const watch = {
      ...crowd,
      during: async (...all: Parameters<typeof crowd.during>) => ({ ...(await crowd.during(...all)), others: 1e6 }),
    };
    const { notes } = await runRow(await fixture("counting"), ONE_MS, environment(watch as typeof crowd));
    expect(notes[0]).toMatch(/^wants 1 of the \d+ cores for itself, and at first found 0.0 free$/);
  });
});
