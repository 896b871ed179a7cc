/** Workers end without returning, at any point of a task. */
import { CancelledError, type ThreadPoolExecutor } from "@x/executor";
import { LONG, pauseAsync, SHORT, thrownBy, untilAsync, watchdog } from "@x/testkit";
import { enumerate, terminate, Thread, ThreadError } from "@x/thread";
import { beforeEach, describe, expect, it } from "vitest";
import {
  BEGUN,
  COUNT,
  DEATHS,
  DIED_BY,
  errorOf,
  FORMS,
  newFlags,
  newGate,
  open,
  pool,
  quiet,
  range,
} from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

/**
 * The longest time in ms from a death to the news of it. A task hears of it within some milliseconds. A thread
 * that blocks hears of it after 200 ms, because the supervisor knows of its wait from then on.
 */
const SOON = 1000;

/** Chromium takes two seconds to end a worker that blocks. */
const ENDS_IN = /Chrome/.test(globalThis.navigator?.userAgent ?? "") ? 2000 : 0;

/** Two of three are soon, or the first: the machine may stop any process for a second. */
async function expectSoon(once: () => Promise<number>, soon: number = SOON): Promise<void> {
  const took = [await once()];
  if (took[0]! > soon) took.push(await once(), await once());
  took.sort((a, b) => a - b);
  expect(took[took.length >> 1]).toBeLessThan(soon);
}

beforeEach(quiet);

describe.each(FORMS)("a worker that dies, %s", (kindOfForm, form) => {
  it.each(DEATHS)("F089, F090: fails its task with the cause, soon: by %s", async (kind) => {
    await expectSoon(async () => {
      const executor = pool(2);
      const flags = newGate();
      const future = executor.submit(w.die, kind, flags);
      await untilAsync(() => flags[BEGUN] === 1);
      const start = performance.now();
      open(flags);
      const error = (await form.exception(future)) as Error;
      const took = performance.now() - start;
      expect(error).toBeInstanceOf(ThreadError);
      expect(error.message).toMatch(/^executor: \S+_0 died while it ran /);
      expect((error.cause as Error).message).toMatch(DIED_BY[kind]);
      expect(await errorOf(() => form.result(future))).toBe(error);
      return took;
    });
  });

  it.each(["stands", "computes", "awaits"] as const)(
    "F090: that another thread terminates fails its task, soon: as it %s",
    async (state) => {
      let victims = 0;
      const targets = { stands: w.stand, computes: w.computeUntilOpen, awaits: w.standAsync };
      await expectSoon(async () => {
        const executor = pool({ maxWorkers: 1, threadNamePrefix: `Victim${++victims}` });
        const flags = newGate();
        const future = executor.submit(targets[state], flags, 0);
        await untilAsync(() => flags[BEGUN] === 1);
        const victim = enumerate().find(({ name }) => name === `Victim${victims}_0`)!;
        const start = performance.now();
        terminate(victim);
        expect(await form.exception(future)).toBeInstanceOf(ThreadError);
        const took = performance.now() - start;
        expect(await form.result(executor.submit(w.square, 3))).toBe(9);
        return took;
      }, SOON + ENDS_IN);
    },
  );

  it("F090: that another thread terminates lets a submit that waits for room go on, soon", async () => {
    const executor = pool({ maxWorkers: 1, maxPending: 1, threadNamePrefix: "Full" });
    const flags = newGate();
    const running = executor.submit(w.stand, flags);
    await untilAsync(() => flags[BEGUN] === 1);
    const pending = executor.submit(w.square, 2);
    const start = performance.now();
    terminate(enumerate().find(({ name }) => name === "Full_0")!);
    const last = (await form.submit(executor, w.square, 3)).future;
    expect(performance.now() - start).toBeLessThan(2 * SOON + ENDS_IN); // another worker starts meanwhile
    expect([await form.result(pending), await form.result(last)]).toEqual([4, 9]);
    expect(await form.exception(running)).toBeInstanceOf(ThreadError);
  });

  it("F090: is told by a future that has travelled, soon", async () => {
    const [executor, other] = [pool(1), pool(1)];
    const flags = newGate();
    const [kind] = DEATHS;
    const future = executor.submit(w.die, kind, flags);
    const asked = other.submit(kindOfForm === "blocked" ? w.nameOfError : w.nameOfErrorAsync, { future }, flags);
    await untilAsync(() => flags[BEGUN] === 2);
    const start = performance.now();
    open(flags);
    expect(await form.result(asked)).toBe("ThreadError");
    expect(performance.now() - start).toBeLessThan(2 * SOON);
    expect(await form.exception(future)).toBeInstanceOf(ThreadError);
  });

  it("F094: is named in the error, with how it died", async () => {
    const executor = pool({ maxWorkers: 1, threadNamePrefix: "Mortal" });
    const [kind] = DEATHS;
    const error = (await form.exception(executor.submit({ target: w.die, args: [kind], name: "the deed" }))) as Error;
    expect(error.message).toContain("Mortal_0");
    expect(error.message).toContain("the deed");
    expect((error.cause as Error).message).toMatch(DIED_BY[kind]);
  });

  it("F089: is replaced, and the other tasks go on", async () => {
    const executor = pool(2);
    const flags = newFlags();
    const futures = range(40).map((n) =>
      n % 10 === 3 ? executor.submit(w.die, DEATHS[0]) : executor.submit(w.count, flags),
    );
    for (const [n, future] of futures.entries()) {
      const error = await form.exception(future);
      if (n % 10 === 3) expect(error).toBeInstanceOf(ThreadError);
      else expect(error).toBeUndefined();
    }
    expect(flags[COUNT]).toBe(36);
    expect(executor.stats().workers).toBeGreaterThan(0);
  });

  it("F089: with all others leaves an executor that still runs tasks", async () => {
    const executor = pool(2);
    const flags = newGate();
    const dying = [executor.submit(w.die, DEATHS[0], flags), executor.submit(w.die, DEATHS[0], flags)];
    await untilAsync(() => flags[BEGUN] === 2);
    const pending = executor.submit(w.square, 3);
    open(flags);
    expect(await form.result(pending)).toBe(9);
    for (const future of dying) expect(await form.exception(future)).toBeInstanceOf(ThreadError);
  });

  it("F090: while its submitter waits for several futures lets the wait return", async () => {
    const executor = pool(2);
    const futures = [executor.submit(w.die, DEATHS[0]), executor.submit(w.square, 2)];
    const { done } = await form.wait(futures);
    expect(done.size).toBe(2);
    const first = form.asCompleted([executor.submit(w.die, DEATHS[0])]);
    expect((await first.next())!.future.exception(0)).toBeInstanceOf(ThreadError);
  });

  it("F090: fails each call of its chunk in a map, and the map goes on", async () => {
    const executor = pool(1);
    const iterator = form.map(executor, w.dieIf, [[1, 1, 1, 1], range(4), Array(4).fill(DEATHS[0])] as never);
    expect((await iterator.next()).value).toBe(0);
    expect(await errorOf(() => iterator.next())).toBeInstanceOf(ThreadError);
    expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([2, 3]);
  });

  it("F090: with large arguments, or large results on their way, hangs nothing", async () => {
    const executor = pool(1);
    const large = new Uint8Array(3e6).fill(7);
    const dying = executor.submit(w.dieWith, large, DEATHS[0]);
    const after = executor.submit(w.lengthOf, large);
    expect(await form.exception(dying)).toBeInstanceOf(ThreadError);
    expect(await form.result(after)).toBe(3e6);
    const results = range(6).map(() => executor.submit(w.makeBytes, 1e6));
    const last = executor.submit(w.die, DEATHS[0]);
    expect(await form.exception(last)).toBeInstanceOf(ThreadError);
    for (const future of results) expect((await form.result(future)).length).toBe(1e6);
  });

  it("F093: before and during a shutdown lets it return", async () => {
    const executor = pool(2);
    const flags = newGate();
    await form.exception(executor.submit(w.die, DEATHS[0]));
    const dying = executor.submit(w.die, DEATHS[0], flags);
    await untilAsync(() => flags[BEGUN] === 1);
    const pending = range(5).map((n) => executor.submit(w.square, n));
    executor.shutdown({ wait: false });
    open(flags);
    expect(await form.shutdown(executor, { timeout: LONG })).toBe(true);
    expect(dying.exception(0)).toBeInstanceOf(ThreadError);
    expect(pending.map((future) => future.result(0))).toEqual([0, 1, 4, 9, 16]);
  });

  it("F092: lives on after a result that cannot travel, which names the place", async () => {
    const executor = pool(1);
    const error = (await form.exception(executor.submit(w.makeFunction))) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain("deep[0]");
    expect(await form.result(executor.submit(w.square, 3))).toBe(9);
  });

  it("F090: lives on after an argument that cannot be rebuilt there, and a result that cannot be rebuilt here", async () => {
    const executor = pool(1);
    const error = await form.exception(executor.submit(w.echo, w.makeUnbuildable()));
    expect(error).toBeInstanceOf(ThreadError);
    expect(await errorOf(() => form.result(executor.submit(w.makeUnbuildable)))).toBeInstanceOf(ThreadError);
    expect(await form.result(executor.submit(w.square, 3))).toBe(9);
  });

  it("F096: by terminate fails the running tasks, and cancels the pending ones", async () => {
    const executor = pool(2);
    const flags = newGate();
    const running = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
    await untilAsync(() => flags[BEGUN] === 2);
    const pending = range(5).map(() => executor.submit(w.nothing));
    executor.terminate();
    for (const future of running) expect(await form.exception(future)).toBeInstanceOf(ThreadError);
    for (const future of pending) expect(await errorOf(() => form.exception(future))).toBeInstanceOf(CancelledError);
    expect(await form.shutdown(executor, { timeout: LONG })).toBe(true);
    expect(thrownBy(() => executor.submit(w.nothing))).toBeInstanceOf(ThreadError);
  });
});

describe("terminate", () => {
  it("of an idle executor ends its workers, and stats counts them no more", async () => {
    const executor = pool({ maxWorkers: 1, threadNamePrefix: "Counted" });
    executor.submit(w.square, 2).result(LONG);
    executor.terminate();
    await untilAsync(() => executor.stats().workers === 0);
  });
});

describe("a worker", () => {
  it("F095: ends after maxTasksPerWorker tasks, and another takes its place", () => {
    const executor = pool({ maxWorkers: 1, maxTasksPerWorker: 3 });
    const idents = range(9).map(() => executor.submit(w.identOf, 0).result(LONG));
    expect(new Set(idents).size).toBe(3);
    expect(new Set(idents.slice(0, 3)).size).toBe(1);
  });

  it("F098: has module state of its own", () => {
    const executor = pool(1);
    executor.submit(w.initialize, "there").result(LONG);
    expect([w.readState(), executor.submit(w.readState).result(LONG)]).not.toEqual(["there", "there"]);
    expect(executor.submit(w.readState).result(LONG)).toBe("there");
  });

  it("F026, F090: that dies is seen by an awaited future though nobody else looks", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.die, DEATHS[0], flags);
    const told = future.exceptionAsync(LONG);
    setTimeout(() => open(flags), SHORT);
    expect(await told).toBeInstanceOf(ThreadError);
  });
});

/** Ends a thread that has reserved a worker. The news of the death wakes no later wait. */
async function reserveAndDie(executor: ThreadPoolExecutor): Promise<void> {
  const flags = newGate();
  const dying = new Thread({ target: w.submitAndStand, args: [executor, flags] }).start();
  await untilAsync(() => flags[BEGUN] === 1);
  terminate(dying);
  expect(await dying.joinAsync(LONG)).toBe(true);
  await pauseAsync(SHORT);
}

describe.each(FORMS)("a submitter that dies before it starts the worker that it has reserved, %s", (_, form) => {
  it.each([
    ["another starts it", {}],
    ["another finds room, and starts it", { maxPending: 1 }],
  ])("leaves no task without a worker: %s", async (_, options) => {
    const executor = pool({ maxWorkers: 1, ...options });
    await reserveAndDie(executor);
    const { future } = await executor.submitAsync(w.square, 3);
    expect(await form.result(future)).toBe(9);
  });

  it("leaves no executor that does not end", async () => {
    const executor = pool(1);
    await reserveAndDie(executor);
    expect(await form.shutdown(executor, { timeout: LONG })).toBe(true);
  });
});
