/** What becomes of a lock whose holder dies where another supervisor sees it; each in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LONG } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 3 * LONG });

const PROGRAMS = fileURLToPath(new URL("foreign-deaths.programs.mjs", import.meta.url));

/** Promised within a second, on a machine that is not busy. */
const SOON = 3000;

interface Told {
  readonly name: string;
  readonly thread?: string;
  readonly isHeld?: boolean;
  readonly ms: number;
}

async function told(...args: readonly string[]): Promise<Told> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAMS, ...args], { timeout: 2 * LONG });
  return JSON.parse(stdout) as Told;
}

const DIED = { name: "OwnerDiedError", isHeld: true };

describe.concurrent("a lock whose holder was started by a worker of the user's, and died", () => {
  describe.each(["main", "main with threads", "thread", "worker"])("goes to a waiter: %s", (who) => {
    it.each([
      ["throws", "acquire"],
      ["throws", "acquireAsync"],
      ["exits", "acquire"],
      ["terminated", "acquireAsync"],
    ])("(%s) in %s", async (how, form) => {
      const { ms, ...rest } = await told(who, how, form);
      expect(rest).toMatchObject(DIED);
      expect(ms).toBeLessThan(SOON);
    });
  });

  it.each(["0", "20"])("goes to one who comes %s ms before it dies, or after that", async (delay) => {
    for (const form of ["acquire", "acquireAsync"]) {
      expect(await told("main with threads", "throws", form, delay)).toMatchObject(DIED);
    }
  });

  it("is told by the name of its holder, where threads are known", async () => {
    expect(await told("main with threads", "terminated", "acquire")).toMatchObject({ thread: "holder" });
  });
});

describe.concurrent("a lock of a worker of the user's that has had threads", () => {
  it.each([
    ["root exits", "acquire"],
    ["root exits", "acquireAsync"],
    ["root fails", "acquire"],
  ])("goes to main when the worker ends (%s) while it holds it: in %s", async (how, form) => {
    expect(await told("main with threads", how, form)).toMatchObject(DIED);
    expect(await told("main", how, form)).toMatchObject(DIED);
  });
});

describe.concurrent("a barrier a party of which was started by a worker of the user's, and died", () => {
  it.each(["wait", "waitAsync"])("is broken for main, in %s", async (form) => {
    expect(await told("main at a barrier", "", form)).toMatchObject({ name: "BrokenBarrierError" });
  });
});
