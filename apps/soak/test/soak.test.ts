/** Runs random programs for ten seconds, and shows that they can fail. */
import { describe, expect, it } from "vitest";
import { planOf, fuzzTaskCount } from "../src/plan.js";
import { FUZZ_TASKS_MAX } from "../src/shared-state.js";
import { notRun, sparedKills } from "../src/spared-kills.js";
import { stress } from "./stress-command.js";

describe("random programs", { timeout: 210_000 }, () => {
  it("end and lose nothing, whichever thread dies; a run says how no thread dies on this runtime", async () => {
    const { status, stdout, stderr } = await stress(["--seconds", "10"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^[1-9]\d* programs of \d+ threads/);
    expect(stdout).toMatch(/\ndeaths: [1-9]/);
    const left = notRun(sparedKills());
    expect(stdout.split("\nlost: 0\n")[1]).toBe(left === undefined ? "" : `${left}\n`);
  });

  it("spare a runtime the deaths that it cannot give to one thread alone", () => {
    expect(sparedKills({ node: "20.19.5" }).kills).toEqual([]);
    expect(sparedKills({ node: "24.1.0" }).kills).toEqual(["out of memory"]);
    expect(sparedKills({ node: "24.1.0", bun: "1.4.5" }).why).toMatch(/^Bun/);
    expect(sparedKills({ node: "24.1.0", deno: "2.9.6" }).kills).toEqual(["out of memory", "terminate"]);
  });

  it("of queues lose and double no item, whichever thread dies", async () => {
    const { status, stdout, stderr } = await stress(["--queues", "--seconds", "10"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^[1-9]\d* programs of \d+ threads and [1-9]\d* items\ndeaths: [1-9]/);
    expect(stdout).toMatch(/\nlost: 0, doubled: 0\n$/);
  });

  it("of executors settle each future once, and run no task twice, whichever thread dies", async () => {
    const { status, stdout, stderr } = await stress(["--executors", "--seconds", "10"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^[1-9]\d* programs of \d+ submitters and [1-9]\d* tasks\ndeaths: [1-9]/);
    expect(stdout).toMatch(/\nlost: 0, doubled: 0\n$/);
  });

  it("lose nothing if a thread dies whose tasks are inside of locks", async () => {
    // A dead thread once went on with its tasks, inside of a lock that another thread had got.
    const { status, stdout, stderr } = await stress(["--seed", "1237763301", "--seconds", "5"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\n *[1-9]\d* {2}throw, /);
    expect(stdout).toMatch(/\nlost: 0\n/);
  });

  it("leave out the deaths of --without, and are the same otherwise", () => {
    for (let seed = 0; seed < 200; seed++) {
      const [all, spared] = [planOf(seed, true), planOf(seed, true, ["terminate"])];
      expect(spared.fuzzThreads.some(({ death }) => death?.kill === "terminate")).toBe(false);
      const fuzzThreads = all.fuzzThreads.map(({ tasks, death }) =>
        death?.kill === "terminate" || !death ? { tasks } : { tasks, death },
      );
      expect(spared).toEqual({ ...all, fuzzThreads });
    }
  });

  it("are the same for the same seed, and differ for other seeds", () => {
    expect(planOf(7, true)).toEqual(planOf(7, true));
    const programs = Array.from({ length: 1000 }, (_, seed) => planOf(seed, true));
    expect(new Set(programs.map((plan) => JSON.stringify({ ...plan, seed: 0 }))).size).toBeGreaterThan(990);
    expect(Math.max(...programs.map(fuzzTaskCount))).toBeLessThanOrEqual(FUZZ_TASKS_MAX);
  });

  it("fail if a promise is broken, and print the command that runs the program again", async () => {
    const { status, stdout, stderr } = await stress(["--seconds", "20", "--no-kills"], "no-limit.mjs");
    expect(stderr).toMatch(
      /Broken: \d+ have one of \d+ permits \(fuzz task \d+ of fuzz thread \d+, step \d+, holding a permit\)/,
    );
    expect(stderr).toMatch(/The program of seed (\d+) has failed .*\n {2}npm run stress -- --seed \1 --no-kills\n$/);
    expect([status, stdout]).toEqual([1, ""]);
  });

  it.each([
    ["comes out twice", "doubled-items.mjs", /items came out twice/],
    ["is lost", "lost-items.mjs", /items are lost/],
  ])("of queues fail if an item %s, and print the seed", async (_, preload, message) => {
    const { status, stdout, stderr } = await stress(["--queues", "--seconds", "20"], preload);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/ {2}npm run stress -- --seed \d+ --queues\n$/);
    expect([status, stdout]).toEqual([1, ""]);
  });

  it("fail if a program does not end, and print what each fuzz task waits for", async () => {
    const { status, stdout, stderr } = await stress(["--seconds", "20", "--limit", "6"], "lost-wake-up.mjs");
    expect(stderr).toMatch(/not ended after 6 s:\n(fuzz task \d+, step \d+: .*\n)+/);
    expect(stderr).toMatch(/: waiting for a Condition 0\n/);
    expect(stderr).toMatch(/ {2}npm run stress -- --seed \d+\n$/);
    expect([status, stdout]).toEqual([1, ""]);
  });
});

describe("the command", () => {
  it("prints its options for --help", async () => {
    const { status, stdout } = await stress(["--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--seconds N");
  });

  it.each([
    ["--seconds=soon"],
    ["--seed=-1"],
    ["--seed=1.5"],
    ["--what"],
    ["--without=age"],
    ["too many"],
    ["--deaths=9"],
    ["--memory=9 --only=all"],
  ])("refuses %s", async (arg) => {
    const { status, stderr } = await stress(arg.split(/ (?=--)/));
    expect(status).toBe(2);
    expect(stderr).toContain("npm run stress");
  });
});
