/** Deaths that another supervisor sees, each test in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LONG } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 3 * LONG });

const PROGRAMS = fileURLToPath(new URL("foreign-deaths.programs.mjs", import.meta.url));

/** The promise is one second on an idle machine. */
const SOON = 3000;

interface Outcome {
  readonly name: string;
  readonly thread?: string;
  readonly isHeld?: boolean;
  readonly ms: number;
}

async function outcomeOf(...args: readonly string[]): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAMS, ...args], { timeout: 2 * LONG });
  return JSON.parse(stdout) as Outcome;
}

const DIED = { name: "OwnerDiedError", isHeld: true };

describe.concurrent("a lock of a dead thread of a foreign worker", () => {
  describe.each(["main", "main with threads", "thread", "worker"])("goes to a waiter: %s", (who) => {
    it.each([
      ["throws", "acquire"],
      ["throws", "acquireAsync"],
      ["exits", "acquire"],
      ["terminated", "acquireAsync"],
    ])("(%s) in %s", async (how, form) => {
      const { ms, ...rest } = await outcomeOf(who, how, form);
      expect(rest).toMatchObject(DIED);
      expect(ms).toBeLessThan(SOON);
    });
  });

  it.each(["0", "20"])("goes to a newcomer %s ms before the death or later", async (delay) => {
    for (const form of ["acquire", "acquireAsync"]) {
      expect(await outcomeOf("main with threads", "throws", form, delay)).toMatchObject(DIED);
    }
  });

  it("names its holder in the error, where threads are known", async () => {
    expect(await outcomeOf("main with threads", "terminated", "acquire")).toMatchObject({ thread: "holder" });
  });
});

describe.concurrent("a lock of a foreign worker that has started threads", () => {
  it.each([
    ["root exits", "acquire"],
    ["root exits", "acquireAsync"],
    ["root fails", "acquire"],
  ])("goes to main if the worker ends (%s) while it holds the lock: in %s", async (how, form) => {
    expect(await outcomeOf("main with threads", how, form)).toMatchObject(DIED);
    expect(await outcomeOf("main", how, form)).toMatchObject(DIED);
  });
});

describe.concurrent("a barrier with a dead party of a foreign worker", () => {
  it.each(["wait", "waitAsync"])("breaks for main, in %s", async (form) => {
    expect(await outcomeOf("main at a barrier", "", form)).toMatchObject({ name: "BrokenBarrierError" });
  });
});
