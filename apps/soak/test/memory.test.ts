/** Shows that no memory grows over threads and deaths, and that growth is reported. Each test is a process of its own. */
import { describe, expect, it } from "vitest";
import { fakeDeaths } from "../src/faked-deaths.js";
import { stress } from "./stress-command.js";

describe.concurrent("the memory of the process", { timeout: 210_000 }, () => {
  it("does not grow over threads, timers, deaths, barriers, leavers and submitters", async () => {
    const { status, stdout, stderr } = await stress(["--memory", "3000"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const kind of ["threads", "timers", "deaths", "barriers", "leavers", "submitters"])
      expect(stdout).toMatch(new RegExp(`^${kind} `, "m"));
  });

  it("is reported if it grows", async () => {
    const { status, stderr } = await stress(["--memory", "3000"], "leaks-all.mjs");
    expect(stderr).toMatch(/^rss has grown by \d+\.\d MiB in the last third of \d+ threads$/m);
    expect(status).toBe(1);
  });
});

describe.concurrent("the supervisor's memory over deaths of faked workers", { timeout: 210_000 }, () => {
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

  it.each([
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
