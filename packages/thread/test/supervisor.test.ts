/** The supervisor dies, cannot start, or makes spare workers; each test has a process of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { type How, node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const PROGRAMS = fileURLToPath(new URL("supervisor.programs.mjs", import.meta.url));

/** The limit in ms on a busy machine; alone each program takes less than a second. */
const SOON = 5000;

function program(name: string, args: readonly string[] = [], how: How = {}) {
  return node([PROGRAMS, name, ...args], how);
}

/** The output of the program, parsed as JSON. */
async function said(name: string, args: readonly string[] = [], how: How = {}): Promise<Record<string, unknown>> {
  const { code, out, err } = await program(name, args, how);
  expect([code, out], err).toEqual([0, expect.stringMatching(/\n$/)]);
  return JSON.parse(out) as Record<string, unknown>;
}

/** Writes a module with this text into the folder of results. */
function preload(name: string, text: string): string {
  const folder = fileURLToPath(new URL("../../../.results/preloads/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.cjs`, text);
  return `${folder}${name}.cjs`;
}

const DEAD = { name: "ThreadError", message: expect.stringContaining("the supervisor") as string };

describe.concurrent("main, after the supervisor died without a message,", () => {
  it.each(["result", "wait", "start", "shared", "dump", "resultAsync", "waitAsync"])(
    "sees the death in %s",
    async (where) => {
      const { ms, later, ...outcome } = await said("dies", ["silent", where]);
      expect(outcome).toEqual({ ...DEAD, isAlive: false });
      expect(ms).toBeLessThan(SOON);
      expect(later).toEqual(DEAD);
    },
  );

  it.each(["join", "joinAsync"])("sees in %s that the thread has ended", async (where) => {
    expect(await said("dies", ["silent", where])).toMatchObject({ value: true, later: DEAD, isAlive: false });
  });

  it.each(["acquire", "acquireAsync"])("sees in %s that the owner has died", async (where) => {
    const outcome = await said("dies", ["silent", where]);
    expect(outcome).toMatchObject({ name: "OwnerDiedError", cause: DEAD.message, later: DEAD });
    expect(outcome["message"]).toContain("Thread-1 (holds) died");
  });

  it("does not wait for dead threads at the end of the process", async () => {
    const { code, err } = await program("diesAtTheEnd", ["silent"]);
    expect(code).toBe(0);
    expect(err).toContain("1 thread has died with it");
  });
});

describe.concurrent("main, after the supervisor died of an error,", () => {
  it.each(["result", "wait", "start", "resultAsync", "waitAsync"])(
    "sees it as the cause of the error of %s",
    async (where) => {
      const { ms, ...outcome } = await said("dies", ["fault", where]);
      expect(outcome).toMatchObject({ ...DEAD, cause: expect.stringContaining("null") as string, isAlive: false });
      expect(ms).toBeLessThan(SOON);
    },
  );

  it("continues a sleep", async () => {
    const { ms, ...outcome } = await said("dies", ["fault", "sleep"]);
    expect(outcome).toEqual({ later: expect.objectContaining(DEAD) as object, isAlive: false });
    expect(ms).toBeGreaterThanOrEqual(999);
  });
});

const REFUSED = { name: "ThreadError", message: expect.stringContaining("can't start new thread") as string };

describe.concurrent(`start throws "can't start new thread" with the cause`, () => {
  it.each([
    ["throws", "throw new Error('not for workers')", "not for workers"],
    ["changes the directory", "process.chdir('/')", "process.chdir() is not supported in workers"],
    ["exits", "process.exit(3)", "process.exit(3)"],
  ])("if a preload %s in workers", async (name, text, cause) => {
    const file = preload(name.replaceAll(" ", "-"), `if (!require("node:worker_threads").isMainThread) ${text};`);
    const [first, second] = (await said("startsTwice", [], {
      env: { NODE_OPTIONS: `--require ${JSON.stringify(file)}` },
    })) as unknown as object[];
    for (const outcome of [first, second]) {
      expect(outcome).toEqual({ ...REFUSED, cause: expect.stringContaining(cause) as string });
    }
  });

  it.each(["first", "later"])(
    "if the working directory is gone at the %s start, and succeeds after a change to another directory",
    async (when) => {
      const [lost, last] = (await said("homeless", [when])) as unknown as object[];
      expect(lost).toEqual({ ...REFUSED, cause: expect.stringContaining("ENOENT") as string });
      expect(last).toEqual({ value: 64 });
    },
  );

  it.each(["0", "3", "6", "7", "8"])(
    "if only %s files can be opened, and succeeds when there are more",
    async (left) => {
      const [lost, last] = (await said("crowded", [left], { ulimit: "-n 128" })) as unknown as object[];
      if (left === "0") expect(lost).toEqual({ ...REFUSED, cause: expect.stringContaining("EMFILE") as string });
      else expect(JSON.stringify(lost)).toMatch(/EMFILE|"value":49/); // some versions of Node open fewer files
      expect(last).toEqual({ value: 64 });
    },
  );
});

it.skipIf(availableParallelism() < 2)(
  "spares boot while starts follow each other, however long a boot takes",
  async () => {
    const text = `if (!require("node:worker_threads").isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);`;
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(preload("slow", text))}` };
    expect(await said("startsInARow", [], { env })).toEqual([expect.any(Boolean), true, true, true, true]);
  },
);

it("a preload in NODE_OPTIONS for workers runs in threads, and the variable is unchanged", async () => {
  const file = preload("marks", "globalThis.marked = true;");
  const text = `const { Thread } = require("@x/thread");
    const target = () => [globalThis.marked, process.env.NODE_OPTIONS];
    console.log(JSON.stringify(new Thread({ target }).start().result()), process.env.NODE_OPTIONS);`;
  const options = `--require ${JSON.stringify(file)}`; // the path of the folder may contain spaces
  const { out } = await node(["-e", text], { env: { NODE_OPTIONS: options } });
  expect(out).toBe(`${JSON.stringify([true, options])} ${options}\n`);
});

describe.concurrent("a full or closed standard error", () => {
  it.each(["/dev/full", "&-"])("%s: threads fail, and others start", async (stderr) => {
    const { last } = await said("failing", ["3", "10"], { stderr });
    expect(last).toEqual({ value: 49 });
  });
});

describe("the supervisor's memory", () => {
  const MIB = 2 ** 20;

  it("is bounded when threads die of large errors: it survives with a small heap, and a blocked thread holds no errors", async () => {
    // The process grows by 80 to 260 MiB, depending on the version of Node, both with 12 and with 192 errors. Stored errors would add to it.
    const [errors, bytes] = [48, 8 * MIB];
    const { grown, last } = await said("failing", [String(errors), String(bytes)], {
      flags: ["--max-old-space-size=64"],
    });
    expect(last).toEqual({ value: 49 });
    expect(grown).toBeLessThan(errors * bytes);
  });

  it("is bounded in main as well: a main that always blocks keeps no ended threads and no results", async () => {
    const { code, out } = await program("results", ["150", String(MIB)], { flags: ["--max-old-space-size=64"] });
    expect([code, out]).toEqual([0, `${150 * MIB}\n`]);
  });

  it("takes linear time for many death actions of a thread", async () => {
    const { out } = await program("wills", ["5000"]);
    expect(Number(out)).toBeLessThan(SOON);
  });
});
