import { CancelledError, Future, Pool } from "@x/executor";
import { LONG, thrownBy, until, watchdog } from "@x/testkit";
import { ThreadError } from "@x/thread";
import { TimeoutError } from "@x/core";
import { availableParallelism } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { BEGUN, COUNT, errorOf, newFlags, newGate, open, range, rejectedBy } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

function pool(...args: ConstructorParameters<typeof Pool>): Pool {
  const made = new Pool(...args);
  onTestFinished(async () => {
    made.terminate();
    await made.joinAsync();
  });
  return made;
}

describe("Pool", () => {
  it("P001: has as many workers as there are cores, at most; 0 is a RangeError", () => {
    expect(String(pool())).toContain(`of ${availableParallelism()}`);
    expect(String(pool(3))).toContain("of 3");
    expect(thrownBy(() => new Pool(0))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => new Pool("3" as never))).toBeInstanceOf(TypeError);
  });

  it("P002: apply calls the function, and returns its result", () => {
    expect(pool(2).apply(w.add, [1, 2])).toBe(3);
    expect(pool(2).apply(w.nothing)).toBeUndefined();
    expect(thrownBy(() => pool(1).apply(w.fail, ["bad"]))).toMatchObject({ message: "bad" });
  });

  it("P003, P004, P015: applyAsync returns a future, which tells its state and takes callbacks", async () => {
    const threads = pool(1);
    const flags = newGate();
    const future = threads.applyAsync(w.stand, [flags, 5]);
    expect(future).toBeInstanceOf(Future);
    expect([future.done(), thrownBy(() => future.exception(0))]).toEqual([false, expect.any(TimeoutError)]);
    const called = new Promise((resolve) => future.addDoneCallback((it) => resolve(it.result(0))));
    open(flags);
    expect([await future, await called]).toEqual([5, 5]);
  });

  it("P014: a result that is not there in time is a TimeoutError", () => {
    const flags = newGate();
    expect(thrownBy(() => pool(1).applyAsync(w.stand, [flags]).result(5))).toBeInstanceOf(TimeoutError);
  });

  it.each([
    ["map", (it: Pool, ...rest: [never, never, number?]) => it.map(...rest)],
    ["mapAsync", (it: Pool, ...rest: [never, never, number?]) => it.mapAsync(...rest)],
  ] as const)("P005: %s returns all results in order, by chunks", async (_, map) => {
    const threads = pool(2);
    expect(await map(threads, w.square as never, range(50) as never)).toEqual(range(50).map((n) => n * n));
    expect(await map(threads, w.square as never, new Set([1, 2]) as never, 1)).toEqual([1, 4]);
    expect(await map(threads, w.square as never, [] as never)).toEqual([]);
    expect(await errorOf(() => map(threads, w.square as never, [1] as never, 0))).toBeInstanceOf(RangeError);
    expect(await errorOf(() => map(threads, w.square as never, 5 as never))).toBeInstanceOf(TypeError);
    expect(await errorOf(() => map(threads, 5 as never, [] as never))).toBeInstanceOf(TypeError);
  });

  it("P005: a chunk of map is a fourth of a worker's share", () => {
    const threads = pool(2, { maxTasksPerWorker: 1 });
    const idents = threads.map(w.identOf, range(16)); // 16 / (2 * 4) calls a task, and each task has a worker of its own
    expect(new Set(idents).size).toBe(8);
  });

  it.each([
    ["map", (it: Pool, flags: Int32Array) => it.map(new w.CountUnless(flags, 1) as never, range(6), 1)],
    ["mapAsync", (it: Pool, flags: Int32Array) => it.mapAsync(new w.CountUnless(flags, 1) as never, range(6), 1)],
  ] as const)("P006: %s throws the first error, after all calls have ended", async (_, map) => {
    const flags = newFlags();
    expect(await errorOf(() => map(pool(2), flags))).toMatchObject({ message: "1 is bad" });
    expect(flags[COUNT]).toBe(5);
  });

  it("P007: imap gives the results in order, and goes on after an error", () => {
    const results = pool(2).imap(new w.CountUnless(newFlags(), 1) as never, range(4));
    expect(results.next().value).toBe(0);
    expect(thrownBy(() => results.next())).toMatchObject({ message: "1 is bad" });
    expect([...results]).toEqual([2, 3]);
  });

  it("P007, P018: imap reads its iterable a little ahead, so it may be endless; an iterable that throws ends it there", () => {
    let taken = 0;
    function* endless(): Generator<number, void, void> {
      for (;;) yield taken++;
    }
    const results = pool(2).imap(w.square, endless());
    expect([results.next().value, results.next().value]).toEqual([0, 1]);
    expect(taken).toBeLessThan(10);
    results.return!();
    function* bad(): Generator<number, void, void> {
      yield 1;
      throw new RangeError("no more");
    }
    const until2 = pool(2).imap(w.square, bad());
    expect(until2.next().value).toBe(1);
    expect(thrownBy(() => until2.next())).toMatchObject({ message: "no more" });
    expect(thrownBy(() => pool(2).map(w.square, bad()))).toMatchObject({ message: "no more" });
  });

  it("P008: imapUnordered gives the results as they are done", () => {
    const flags = newGate();
    const results = pool(2).imapUnordered(new w.StandingIf(flags, 0) as never, range(2));
    expect(results.next().value).toBe(1);
    open(flags);
    expect([...results]).toEqual([0]);
  });

  it("P007, P008: the awaited forms do the same, and take async iterables", async () => {
    async function* source(): AsyncGenerator<number, void, void> {
      yield* range(5);
    }
    const threads = pool(2);
    for (const map of ["imapAsync", "imapUnorderedAsync"] as const) {
      const results: number[] = [];
      for await (const result of threads[map](w.square, source(), 2)) results.push(result);
      expect(results.sort((a, b) => a - b)).toEqual([0, 1, 4, 9, 16]);
    }
  });

  it("P009: starmap takes the arguments of each call from an item", async () => {
    const threads = pool(2);
    const items: [number, number][] = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    expect(threads.starmap(w.add, items)).toEqual([3, 7, 11]);
    expect(await threads.starmapAsync(w.add, items, 2)).toEqual([3, 7, 11]);
    expect(thrownBy(() => threads.starmap(w.add, [5] as never))).toBeInstanceOf(TypeError);
  });

  it("P010: join waits for the end after close, and is a ThreadError before it", async () => {
    const threads = pool(2);
    const flags = newFlags();
    for (const _ of range(10)) threads.applyAsync(w.count, [flags]);
    expect(thrownBy(() => threads.join())).toMatchObject({ message: expect.stringContaining("still running") });
    expect(await rejectedBy(() => threads.joinAsync())).toBeInstanceOf(ThreadError);
    threads.close();
    threads.join();
    expect(flags[COUNT]).toBe(10);
    await threads.joinAsync();
  });

  it("P011: terminate ends the workers at once", async () => {
    const threads = pool(1);
    const flags = newGate();
    const [running, pending] = [threads.applyAsync(w.stand, [flags]), threads.applyAsync(w.nothing)];
    until(() => flags[BEGUN] === 1);
    threads.terminate();
    expect(await running.exceptionAsync(LONG)).toBeInstanceOf(ThreadError);
    expect(thrownBy(() => pending.result(LONG))).toBeInstanceOf(CancelledError);
    threads.join();
  });

  it("P012: using waits for all calls", async () => {
    const flags = newFlags();
    const threads = new Pool(1);
    for (const _ of range(3)) threads.applyAsync(w.count, [flags]);
    threads[Symbol.dispose]();
    expect(flags[COUNT]).toBe(3);
    const others = new Pool(1);
    others.applyAsync(w.count, [flags]);
    await others[Symbol.asyncDispose]();
    expect(flags[COUNT]).toBe(4);
  });

  it("P013: after close every call is a ThreadError", async () => {
    const threads = pool(1);
    threads.close();
    for (const call of [
      () => threads.apply(w.nothing),
      () => threads.applyAsync(w.nothing),
      () => threads.map(w.square, [1]),
      () => threads.mapAsync(w.square, [1]),
      () => threads.starmap(w.add, [[1, 2]]),
      () => threads.starmapAsync(w.add, [[1, 2]]),
      () => threads.imap(w.square, [1]),
      () => threads.imapUnordered(w.square, [1]),
      () => threads.imapAsync(w.square, [1]),
      () => threads.imapUnorderedAsync(w.square, [1]),
    ])
      expect(await errorOf(call)).toMatchObject({
        name: "ThreadError",
        message: expect.stringContaining("not running"),
      });
  });

  it("P016: a worker ends after maxTasksPerWorker, and another takes its place", () => {
    const threads = pool(1, { maxTasksPerWorker: 2 });
    const idents = range(6).map(() => threads.apply(w.identOf, []));
    expect(new Set(idents).size).toBe(3);
  });

  it("P001: the initializer runs in each worker", () => {
    const threads = pool(1, { initializer: w.initialize, initargs: ["ready"] });
    expect(threads.apply(w.readState)).toBe("ready");
  });

  it("P017: a result that cannot travel is an error that names the place", () => {
    const threads = pool(1);
    expect(thrownBy(() => threads.apply(w.makeFunction))).toMatchObject({
      message: expect.stringContaining("deep[0]"),
    });
    expect(threads.apply(w.square, [2])).toBe(4);
  });
});
