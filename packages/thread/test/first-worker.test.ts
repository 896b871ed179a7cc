/**
 * The first thread, whose worker main makes itself: its deaths and its options. Each test has a process of its own,
 * because each process has one first thread.
 */
import { fileURLToPath } from "node:url";
import { runOutOfMemory } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";
import { type How, node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const PROGRAMS = fileURLToPath(new URL("first-worker.programs.mjs", import.meta.url));

/** The longest time in ms from a death to the news of it. On an idle machine it takes at most 300. */
const SOON = 2000;

async function ran(name: string, args: readonly string[] = [], how: How = {}) {
  return node([PROGRAMS, name, ...args], how);
}

/** The output of the program, parsed as JSON. */
async function said<T = Record<string, unknown>>(name: string, args?: readonly string[], how?: How): Promise<T> {
  const { code, out, err } = await ran(name, args, how);
  expect([code, out], err).toEqual([0, expect.stringMatching(/\n$/)]);
  return JSON.parse(out) as T;
}

const OWNER_DIED = "lock: t died while it held this lock; the data under it may be half changed";

/** What main is told of the death: as the error of the thread, and as its cause. */
function told(where: string, { name, message }: { name: string; message: string }): object {
  return where === "acquire" ? { name: "OwnerDiedError", message: OWNER_DIED, cause: message } : { name, message };
}

const ENDS: Readonly<Record<string, { name: string; message: string }>> = {
  error: { name: "RangeError", message: "thrown" },
  timer: { name: "RangeError", message: "in a timer" },
  rejection: { name: "RangeError", message: "not handled" },
  exit: { name: "ThreadError", message: "thread: t ended by process.exit(3)" },
};

const WAITS = ["result", "acquire", "resultAsync"];
const EACH = Object.keys(ENDS).flatMap((how) => WAITS.map((where) => ({ how, where })));

describe.concurrent("the death of the first thread", () => {
  it.each(EACH)("reaches main in $where: $how", async ({ how, where }) => {
    const { took, ...outcome } = await said("dies", [how, where, "0"]);
    expect(outcome).toEqual({ ...told(where, ENDS[how]!), isAlive: false, next: { value: 5 }, made: 2 });
    expect(took).toBeLessThan(SOON);
  });

  it.each(EACH)("reaches main after a long wait in $where: $how", async ({ how, where }) => {
    const { took, ...outcome } = await said("dies", [how, where, "500"]);
    expect(outcome).toEqual({ ...told(where, ENDS[how]!), isAlive: false, next: { value: 5 }, made: 2 });
    expect(took).toBeLessThan(SOON);
  });

  it.each(WAITS)("for lack of memory reaches main in %s", { timeout: 5 * TIMEOUT_MS }, async (where) => {
    const flags = ["--max-old-space-size=64"];
    const ended = await runOutOfMemory(async () => {
      const ended = await ran("dies", ["memory", where, "0"], { flags });
      return { ...ended, status: ended.signal ?? ended.code, stderr: ended.err };
    });
    if (ended === undefined) return; // Node 24 has aborted the process each time
    const { took, ...outcome } = JSON.parse(ended.out) as Record<string, unknown>;
    expect(outcome).toMatchObject(told(where, { name: "ThreadError", message: "thread: t ran out of memory" }));
    expect(outcome).toMatchObject({ isAlive: false, next: { value: 5 }, made: 2 });
    expect(took).toBeLessThan(SOON);
  });

  it("without a report has the cause that main sees in its event loop", async () => {
    expect(await said("dies", ["reallyExit", "resultAsync", "0"])).toMatchObject({
      message: "thread: t ended by process.exit(4)",
      isAlive: false,
    });
  });
});

const TERMINATED = { name: "ThreadError", message: "thread: t was terminated" };

describe.concurrent("terminate by another thread", () => {
  const each = ["loop", "blocks", "waits", "awaits"].flatMap((how) =>
    WAITS.flatMap((where) => ["0", "400"].map((ms) => ({ how, where, ms }))),
  );

  it.each(each)("ends the first thread ($how) while main waits in $where, after $ms ms", async ({ how, where, ms }) => {
    const { took, ...outcome } = await said("terminated", [how, where, ms]);
    expect(outcome).toEqual({ ...told(where, TERMINATED), isAlive: false });
    expect(took).toBeLessThan(SOON);
  });

  it.each([
    ["blocks", "computes"],
    ["blocks", "blocks"],
    ["awaits", "computes"],
  ])("ends the first thread (%s) while main %s by itself", async (how, where) => {
    expect(await said("terminatedBehind", [how, where])).toMatchObject({ wasAlive: false, isAlive: false });
  });

  it.each(["computes", "blocks"])(
    "ends the first thread in a loop at the next wait of main, if main %s by itself",
    async (where) => {
      expect(await said("terminatedBehind", ["loop", where])).toMatchObject({ isAlive: false });
    },
  );

  it.each(["loop", "blocks"])("ends the first thread (%s) though main has ended", async (how) => {
    expect(await ran("terminatedAtTheEnd", [how, "returns"])).toMatchObject({ code: 0, out: "", err: "" });
    expect(await ran("terminatedAtTheEnd", [how, "exit"])).toMatchObject({ code: 5, out: "", err: "" });
    expect(await ran("terminatedAtTheEnd", [how, "error"])).toMatchObject({ code: 1, out: "" });
  });
});

describe.concurrent("terminate by main", () => {
  it.each(["loop", "blocks"].flatMap((how) => ["computes", "blocks"].map((where) => [how, where] as const)))(
    "ends the first thread (%s) at once, though main %s by itself afterwards",
    async (how, where) => {
      const { took, ...outcome } = await said("terminatedByMain", [how, where]);
      expect(outcome).toEqual({ isAlive: false, joined: true });
      expect(took).toBeLessThan(SOON);
    },
  );

  it("by a signal tells its reason", async () => {
    expect(await said("aborted")).toEqual({
      name: "ThreadError",
      message: "thread: t was terminated, because its signal was aborted",
      cause: "no need",
    });
  });
});

describe.concurrent("the worker of the first thread", () => {
  it("runs later threads, and exits if something is left in its event loop", async () => {
    expect(await said("again")).toEqual([true, true, false]);
  });

  it("has the options and arguments of the program", async () => {
    expect(await said("options", ["a"], { flags: ["--stack-trace-limit=7", "--no-warnings"] })).toEqual([
      ["--no-warnings"],
      ["options", "a"],
    ]);
  });

  it("has the size of stack that was chosen", async () => {
    expect(await said("deep", ["0"])).toEqual({ name: "RangeError" });
    expect(await said("deep", ["67108864"])).toEqual({ value: 50_000 });
  });

  it.each([
    ["moved", "7 0\n"],
    ["startsAsync", "5\n"],
    ["raw", "raised\n"],
    ["nested", "number\n"],
  ])("runs each kind of thread: %s", async (name, out) => {
    expect(await ran(name)).toMatchObject({ code: 0, out, err: "" });
  });
});

describe.concurrent("the first start", () => {
  it.each(["blocked", "async"])("throws if the supervisor dies as it boots, and the next succeeds: %s", async (how) => {
    const [lost, next] = await said<object[]>("supervisorFails", [how]);
    expect(lost).toMatchObject({
      name: "ThreadError",
      message: expect.stringMatching(
        /^thread: can't start new thread: the supervisor, .* has died as it booted/,
      ) as string,
    });
    expect(next).toEqual({ value: 6 });
  });

  it("throws if the system refuses the supervisor, and the next succeeds", async () => {
    expect(await said("refused", ["0"])).toEqual([
      { name: "ThreadError", message: "thread: can't start new thread: no more workers", cause: "no more workers" },
      { value: 6 },
    ]);
  });

  it("takes a worker of the supervisor if the system refuses one to main", async () => {
    expect(await said("refused", ["1"])).toEqual([{ value: 5 }, { value: 6 }]);
  });
});
