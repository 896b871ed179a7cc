import { asCompleted, asCompletedAsync, CancelledError, Future, type ReturnWhen, wait, waitAsync } from "@x/executor";
import { BAD_TIMEOUTS, LONG, SHORT, thrownBy, timed, until, watchdog } from "@x/testkit";
import { TimeoutError } from "@x/core";
import { describe, expect, it } from "vitest";
import { errorOf, FORMS, newGate, open, pool, range, rejectedBy } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

describe.each(FORMS)("wait, %s", (_, form) => {
  it("F077: returns the done and the others as two sets; a future that is there twice counts once", async () => {
    const executor = pool(2);
    const flags = newGate();
    const [quick, slow] = [executor.submit(w.square, 2), executor.submit(w.stand, flags)];
    function* futures(): Generator<Future<unknown>> {
      yield* [slow, quick, quick, slow];
    }
    const first = await form.wait(futures(), LONG, "FIRST_COMPLETED");
    expect([[...first.done], [...first.notDone]]).toEqual([[quick], [slow]]);
    open(flags);
    const all = await form.wait(new Set([quick, slow]));
    expect([all.done.size, all.done.has(slow), all.notDone.size]).toEqual([2, true, 0]);
  });

  it("F077: FIRST_COMPLETED returns at once if a future is done already", async () => {
    const executor = pool(2);
    const flags = newGate();
    const done = executor.submit(w.nothing);
    await form.result(done);
    const slow = executor.submit(w.stand, flags);
    const { done: found } = await form.wait([slow, done], LONG, "FIRST_COMPLETED");
    expect([...found]).toEqual([done]);
  });

  it("F079: FIRST_EXCEPTION returns as soon as a future fails, and at once if one has", async () => {
    const executor = pool(2);
    const [flags, failing] = [newGate(), newGate()];
    const slow = executor.submit(w.stand, flags);
    const bad = executor.submit(w.standAndFail, failing, "bad");
    setTimeout(() => open(failing), SHORT);
    if (form.result === FORMS[0][1].result) open(failing); // the event loop does not turn
    const first = await form.wait([slow, bad], LONG, "FIRST_EXCEPTION");
    expect([[...first.done], [...first.notDone]]).toEqual([[bad], [slow]]);
    const again = await form.wait([slow, bad], LONG, "FIRST_EXCEPTION");
    expect(again.done.has(bad)).toBe(true);
    expect(bad.exception(0)).toMatchObject({ message: "bad" });
  });

  it("F079: FIRST_EXCEPTION does not count a cancelled future, and waits for all without failures", async () => {
    const executor = pool(1);
    const flags = newGate();
    const [first, second] = [executor.submit(w.stand, flags, 1), executor.submit(w.square, 2)];
    expect(second.cancel()).toBe(true);
    const early = await form.wait([first, second], SHORT, "FIRST_EXCEPTION");
    expect([[...early.done], [...early.notDone]]).toEqual([[second], [first]]);
    open(flags);
    const all = await form.wait([first, second], LONG, "FIRST_EXCEPTION");
    expect([all.done.size, all.notDone.size]).toEqual([2, 0]);
  });

  it("F080: after the timeout returns what is done by then, without an error", async () => {
    const executor = pool(2);
    const flags = newGate();
    const [quick, slow] = [executor.submit(w.nothing), executor.submit(w.stand, flags)];
    await form.result(quick);
    for (const timeout of [0, SHORT]) {
      const { done, notDone } = await form.wait([quick, slow], timeout);
      expect([[...done], [...notDone]]).toEqual([[quick], [slow]]);
    }
  });

  it("F080: a wrong timeout is refused before anything happens", async () => {
    for (const [timeout, Class] of BAD_TIMEOUTS)
      expect(await errorOf(() => form.wait([], timeout as never))).toBeInstanceOf(Class);
  });

  it("F081: no futures are two empty sets, at once", async () => {
    for (const when of ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"] as const) {
      const { done, notDone } = await form.wait([], LONG, when);
      expect([done.size, notDone.size]).toEqual([0, 0]);
    }
  });

  it("F081: another returnWhen is a TypeError, and so is what is no future", async () => {
    expect(await errorOf(() => form.wait([], 0, "ALL" as ReturnWhen))).toMatchObject({
      name: "TypeError",
      message: 'executor: returnWhen must be "ALL_COMPLETED", "FIRST_COMPLETED" or "FIRST_EXCEPTION", got "ALL"',
    });
    for (const futures of [5, [1], null, new Future()])
      expect(await errorOf(() => form.wait(futures as never, 0))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/^executor: wait(Async)? takes /),
      });
  });

  it("F082: a cancelled future is done at once, while its worker is busy", async () => {
    const executor = pool(1);
    const flags = newGate();
    const [, waiting] = [executor.submit(w.stand, flags), executor.submit(w.nothing)];
    waiting.cancel();
    const { done } = await form.wait([waiting], 0);
    expect([...done]).toEqual([waiting]);
    expect((await form.asCompleted([waiting], 0).next())?.future).toBe(waiting);
  });

  it("F083: returns although a hundred futures finish at the same moment", async () => {
    const executor = pool(4);
    for (let round = 0; round < 10; round++) {
      const futures = range(100).map((n) => executor.submit(w.square, n));
      const { done, notDone } = await form.wait(futures);
      expect([done.size, notDone.size]).toEqual([100, 0]);
    }
  });

  it("F028: waits for futures of several executors", async () => {
    const [one, other] = [pool(1), pool(1)];
    const flags = newGate();
    const [slow, quick] = [one.submit(w.stand, flags, 1), other.submit(w.square, 3)];
    const first = await form.wait([slow, quick], LONG, "FIRST_COMPLETED");
    expect([...first.done]).toEqual([quick]);
    open(flags);
    const all = await form.wait([slow, quick]);
    expect(all.done.size).toBe(2);
  });

  it("a wait that is over leaves nothing behind in the futures", async () => {
    const executor = pool(1);
    const flags = newGate();
    const slow = executor.submit(w.stand, flags);
    for (let n = 0; n < 50; n++) await form.wait([slow], 0);
    open(flags);
    expect((await form.wait([slow])).done.size).toBe(1);
  });
});

describe.each(FORMS)("asCompleted, %s", (_, form) => {
  it("F084: yields each future once, as it is done, and first what is done already", async () => {
    const [executor, other] = [pool(2), pool(1)];
    const [first, second] = [newGate(), newGate()];
    const done = executor.submit(w.nothing);
    await form.result(done);
    const [a, b] = [executor.submit(w.stand, first, "a"), other.submit(w.stand, second, "b")];
    const iterator = form.asCompleted([b, a, done, a, b]);
    expect((await iterator.next())?.future).toBe(done);
    open(second);
    expect((await iterator.next())?.future).toBe(b);
    open(first);
    expect((await iterator.next())?.future).toBe(a);
    expect(await iterator.next()).toBeUndefined();
    expect(await iterator.next()).toBeUndefined();
  });

  it("F085: throws TimeoutError when not all are done in time, after those that are", async () => {
    const executor = pool(2);
    const flags = newGate();
    const quick = [executor.submit(w.nothing), executor.submit(w.nothing)];
    await form.wait(quick);
    const slow = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
    for (const timeout of [0, SHORT]) {
      const iterator = form.asCompleted([...slow, ...quick], timeout);
      const found = [(await iterator.next())!.future, (await iterator.next())!.future];
      expect(new Set(found)).toEqual(new Set(quick));
      const error = await rejectedBy(() => iterator.next());
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toContain("2 (of 4) futures unfinished");
      expect(await iterator.next()).toBeUndefined();
    }
  });

  it("F085: the timeout counts from the call, not from each next", async () => {
    const executor = pool(1);
    const flags = newGate();
    const slow = executor.submit(w.stand, flags);
    const timeout = 2 * SHORT;
    let quickest = Infinity; // if it counted from next, no next would be quicker than the timeout
    for (let attempt = 0; attempt < 10 && quickest >= timeout; attempt++) {
      const iterator = form.asCompleted([slow], timeout);
      await new Promise((resolve) => setTimeout(resolve, timeout + 10));
      const start = performance.now();
      expect(await rejectedBy(() => iterator.next())).toBeInstanceOf(TimeoutError);
      quickest = Math.min(quickest, performance.now() - start);
    }
    expect(quickest).toBeLessThan(timeout);
  });

  it("F085: a wrong timeout is refused at the call", () => {
    for (const [timeout, Class] of BAD_TIMEOUTS)
      expect(thrownBy(() => form.asCompleted([], timeout as never))).toBeInstanceOf(Class);
    expect(thrownBy(() => form.asCompleted([5] as never))).toBeInstanceOf(TypeError);
  });

  it("F084: no futures are an end at once", async () => {
    expect(await form.asCompleted([]).next()).toBeUndefined();
  });
});

describe("F087: the awaited forms", () => {
  it("of wait let the event loop turn, and reject with the reason of an abort", async () => {
    const executor = pool(1);
    const flags = newGate();
    const slow = executor.submit(w.stand, flags);
    const controller = new AbortController();
    const waiting = waitAsync([slow], { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), SHORT);
    expect(await rejectedBy(() => waiting)).toMatchObject({ message: "enough" });
    expect(await rejectedBy(() => waitAsync([slow], { signal: controller.signal }))).toMatchObject({
      message: "enough",
    });
    expect(slow.done()).toBe(false);
  });

  it("of wait take milliseconds, too, and refuse other options", async () => {
    expect((await waitAsync([new Future()], 0)).notDone.size).toBe(1);
    expect(await rejectedBy(() => waitAsync([], { when: 1 } as never))).toBeInstanceOf(TypeError);
  });

  it("of asCompleted end by for await, and reject with the reason of an abort", async () => {
    const executor = pool(2);
    const futures = range(20).map((n) => executor.submit(w.square, n));
    const results: number[] = [];
    for await (const { future } of asCompletedAsync(futures)) results.push(await future);
    expect(results.sort((a, b) => a - b)).toEqual(range(20).map((n) => n * n));
    const signal = AbortSignal.abort(new Error("enough"));
    expect(await rejectedBy(() => asCompletedAsync([new Future()], { signal }).next())).toMatchObject({
      message: "enough",
    });
  });

  it("of asCompleted answer calls of next at the same time, each with another future", async () => {
    const executor = pool(2);
    const futures = range(3).map((n) => executor.submit(w.square, n));
    const iterator = asCompletedAsync(futures);
    const steps = await Promise.all(range(4).map(() => iterator.next()));
    expect(new Set(steps.slice(0, 3).map(({ value }) => value?.future))).toEqual(new Set(futures));
    expect(steps[3]).toEqual({ done: true, value: undefined });
  });
});

describe("asCompleted", () => {
  it("F084: is a loop over futures, which may end early", () => {
    const executor = pool(2);
    const flags = newGate();
    const futures = [executor.submit(w.stand, flags), executor.submit(w.square, 3)];
    for (const future of asCompleted(futures, LONG)) {
      expect(future.result(0)).toBe(9);
      break;
    }
    expect(futures[0]!.done()).toBe(false);
  });

  it("F082: yields a future that is cancelled while it waits", async () => {
    const executor = pool(1);
    const flags = newGate();
    const [, waiting] = [executor.submit(w.stand, flags), executor.submit(w.nothing)];
    setTimeout(() => waiting.cancel(), SHORT);
    const step = await asCompletedAsync([waiting], LONG).next();
    expect(step.value?.future).toBe(waiting);
    expect(thrownBy(() => waiting.result(0))).toBeInstanceOf(CancelledError);
  });
});

describe("wait and asCompleted", () => {
  it("F083: take time in proportion to the number of futures: 2,000 within two seconds", () => {
    const executor = pool(2);
    const once = (count: number): number => {
      const futures = range(count).map((n) => executor.submit(w.square, n));
      return timed(() => {
        expect(wait(futures, LONG).done.size).toBe(count);
        expect([...asCompleted(futures, 0)].length).toBe(count);
      });
    };
    const quickest = (count: number): number => Math.min(...range(5).map(() => once(count)));
    const [some, many] = [quickest(2000), quickest(16_000)];
    expect(some).toBeLessThan(LONG / 5);
    // 8 times as many; a look at all of them after each would take 64 times as long.
    expect(many).toBeLessThan(25 * Math.max(some, 1));
  });

  it("work within a task, for the futures that it has submitted", () => {
    // The pool of the test has one worker, and the task makes its own.
    const executor = pool(1);
    expect(executor.submit(w.mapWithin, [1, 2, 3]).result(LONG)).toEqual([1, 4, 9]);
  });

  it("F084: futures made by hand are done when they are set", async () => {
    const future = new Future<number>();
    setTimeout(() => future.setResult(5), SHORT);
    const { done } = await waitAsync([future], LONG);
    expect([...done][0]!.result(0)).toBe(5);
    until(() => future.done());
    expect(wait([future], 0).done.size).toBe(1);
  });
});
