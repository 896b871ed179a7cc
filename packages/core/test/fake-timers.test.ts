/** Fake timers and stopped clocks: blocking waits use real time, tasks use the timers of the program. */
import { mock } from "node:test";
import { allocate, block, Deadline, type Steps, suspend, wake } from "@x/core";
import { clock } from "@x/core/internal";
import { expectDuration, runScript, watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();
afterEach(() => {
  vi.useRealTimers();
  mock.timers.reset();
  vi.restoreAllMocks();
});

const { words, at } = allocate(8);

/** How often steps ran again after a wait. */
let sleeps = 0;

/** Waits for the end of the deadline. */
function* steps(deadline: Deadline): Steps<void> {
  for (; !deadline.expired(); sleeps++) yield { words, index: at, value: 0, deadline };
}

function timedByRealClock(body: () => void): number {
  const begun = clock.now();
  body();
  return clock.now() - begun;
}

/** A task, and whether it has ended. */
function task(ms: number): { readonly ended: Promise<void>; readonly hasEnded: () => boolean } {
  let hasEnded = false;
  const ended = suspend(steps(Deadline.ofTask(ms))).finally(() => (hasEnded = true));
  return { ended, hasEnded: () => hasEnded };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe("a blocking wait", () => {
  it.each([
    ["Vitest's fake timers", () => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "Date"] })],
    ["Node's mock timers", () => mock.timers.enable({ apis: ["setTimeout", "Date"] })],
    ["a stopped performance.now", () => void vi.spyOn(performance, "now").mockReturnValue(performance.now())],
    ["a performance.now that runs ahead", () => void vi.spyOn(performance, "now").mockReturnValue(1e9)],
    ["a replaced performance", () => void vi.stubGlobal("performance", { now: () => 0, timeOrigin: 0 })],
  ])("ends in time under %s", (_, install) => {
    install();
    expectDuration(
      timedByRealClock(() => block(steps(Deadline.after(60)), "test", "the twin")),
      60,
    );
    vi.unstubAllGlobals();
  });
});

describe("a wait of a task", () => {
  it("ends by real timers if it began with them, whatever is installed meanwhile", async () => {
    const { ended } = task(20);
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    await new Promise((resolve) => setImmediate(resolve));
    await ended;
  });

  it("ends when the fake clock reaches its deadline, not before", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout", "Date"] });
    const { ended, hasEnded } = task(1000);
    await vi.advanceTimersByTimeAsync(999);
    await settle();
    expect(hasEnded()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
  });

  it.each([100, 1000])("ends by fake timers on a real clock, after %i ms", async (ms) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { ended, hasEnded } = task(ms);
    mock.timers.tick(ms - 50);
    await settle();
    expect(hasEnded()).toBe(false);
    mock.timers.tick(50);
    await ended;
  });

  it("ends by real timers on a stopped clock", async () => {
    vi.spyOn(performance, "now").mockReturnValue(performance.now());
    await task(20).ended;
  });

  it("does not end by a needless wake, even if the real clock is past its deadline", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { ended, hasEnded } = task(5);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    for (sleeps = 0; sleeps === 0; wake(words, at)) await new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(hasEnded()).toBe(false);
    mock.timers.tick(5);
    await ended;
  });

  it("lasts longer than the longest timer", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    const { ended, hasEnded } = task(2 ** 32);
    await vi.advanceTimersByTimeAsync(2 ** 32 - 5);
    await settle();
    expect(hasEnded()).toBe(false);
    await vi.advanceTimersByTimeAsync(5);
    await ended;
  });
});

describe("fake timers installed before core is loaded", () => {
  it.each([
    ["assign performance.now", `performance.now = () => 1000;`],
    [
      "replace performance and setTimeout",
      `
      const real = setTimeout;
      globalThis.performance = { now: () => 1000, timeOrigin: 0 };
      globalThis.setTimeout = Object.assign(() => 0, { clock: { _setTimeout: real } });
      `,
    ],
  ])("do not stop a blocking wait if they %s", async (_, install) => {
    const code = `
      ${install}
      const { block, allocate, clock, Deadline } = await import("@x/core/internal");
      const { words, at } = allocate(8);
      function* steps(deadline) { while (!deadline.expired()) yield { words, index: at, value: 0, deadline }; }
      block(steps(Deadline.after(20)), "test", "the twin");
      clock.setTimer(() => console.log("ended"), 1);
    `;
    expect((await runScript(code)).stdout).toBe("ended\n");
  });
});
