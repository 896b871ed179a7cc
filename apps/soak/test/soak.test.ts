/** Runs random programs for ten seconds, and shows that they can fail. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fakeDeaths } from "../src/faked-deaths.js";
import { planOf, fuzzTaskCount } from "../src/plan.js";
import { FUZZ_TASKS_MAX } from "../src/shared-state.js";
import { notRun, sparedKills } from "../src/spared-kills.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `npm run stress` with the arguments. `preload` is a module of this folder: it breaks
 * something in every thread.
 */
function stress(args: readonly string[], preload?: string): Promise<Ran> {
  const NODE_OPTIONS = preload === undefined ? "" : `--import=${new URL(preload, import.meta.url).href}`;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, NODE_OPTIONS }, timeout: 90_000 });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
  });
}

describe("random programs", { timeout: 100_000 }, () => {
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

describe("the memory of the process", { timeout: 100_000 }, () => {
  it("does not grow over threads, timers, deaths and barriers", async () => {
    const { status, stdout, stderr } = await stress(["--memory", "3000"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const kind of ["threads", "timers", "deaths", "barriers"])
      expect(stdout).toMatch(new RegExp(`^${kind} `, "m"));
  });

  it("is reported if it grows", async () => {
    const { status, stderr } = await stress(["--memory", "3000"], "leaks-all.mjs");
    expect(stderr).toMatch(/^rss has grown by \d+\.\d MiB in the last third of \d+ threads$/m);
    expect(status).toBe(1);
  });
});

describe("the supervisor's memory over deaths of faked workers", { timeout: 100_000 }, () => {
  const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

  it("does not grow", async () => {
    expect(await fakeDeaths(3000, FLAGS)).toBeUndefined();
  });

  it("is reported for each room that keeps something of a dead thread", async () => {
    const rooms = [
      { file: "workers.ts", replace: "workerRecords.delete(record);", by: "" },
      { file: "workers.ts", replace: "clients.delete(mine);", by: "" },
      { file: "workers.ts", replace: "removeBlockedWait(mine);", by: "" },
      { file: "death-actions.ts", replace: "deathActions.delete(ident);", by: "" },
      { file: "worker-ends.ts", replace: "deathReports.delete(entry.ident);", by: "" },
      { file: "timers.ts", replace: "  pending.delete(ident);\n  waiting", by: "  waiting" },
    ];
    const fault = await fakeDeaths(200, FLAGS, rooms);
    expect(fault?.replace(/\d+/g, "N")).toBe(
      "after N faked deaths the supervisor still holds N workers besides the spare, N clients besides main and the spare, " +
        "N death actions, N death reports, N blocked waits, N delayed threads",
    );
  });

  it("is reported if a thread stays that its dead starter has not started", async () => {
    const fault = await fakeDeaths(200, FLAGS, [
      { file: "worker-ends.ts", replace: "  endUnbegun(client, worker);\n", by: "" },
    ]);
    expect(fault).toMatch(/^the supervisor of the faked deaths has ended with exit code 1$/);
  });

  it.concurrent.each([
    { keeps: "all death records", n: 2000, file: "death-records.ts", breakages: [["> RECORDS_MAX", "< 0"]] },
    { keeps: "all outcomes", n: 2000, file: "outcomes.ts", breakages: [["if (!isTooMuch) break;", "break;"]] },
    {
      ...{ keeps: "the requests for unknown outcomes", n: 6000, file: "outcomes.ts" },
      breakages: [["if (!waiting.delete(reply)) return;", ""]],
    },
    {
      ...{ keeps: "the channels of a refused worker", n: 9000, file: "workers.ts" },
      breakages: [
        ["host().close(request.starter);", ""],
        ["    host().close(mine);\n    throw error;", "    throw error;"],
      ],
    },
  ])("is reported if it keeps $keeps", async ({ n, file, breakages }) => {
    const fault = await fakeDeaths(
      n,
      FLAGS,
      breakages.map(([replace = "", by = ""]) => ({ file, replace, by })),
    );
    expect(fault).toMatch(/^heap has grown by \d+\.\d MiB in the last third of \d+ faked deaths$/);
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
