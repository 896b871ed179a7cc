import { TimeoutError } from "@x/core";
import { ThreadError } from "@x/thread";
import { BAD_TIMEOUTS, LONG, SHORT, thrownBy, until, untilAsync, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import { BEGUN, COUNT, drain, errorOf, FORMS, newFlags, newGate, open, pool, range, rejectedBy } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

/** Counts what is taken from it, and its closings. */
class Source implements Iterable<number> {
  taken = 0;
  closed = 0;
  constructor(readonly length: number = Infinity) {}
  *[Symbol.iterator](): Generator<number, void, void> {
    try {
      while (this.taken < this.length) yield this.taken++;
    } finally {
      this.closed++;
    }
  }
}

/** Lets the awaited form take what it may. */
const settle = (ms: number = SHORT): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(FORMS)("map, %s", (name, form) => {
  it("F041: gives the results in the order of the arguments, and stops with the shortest iterable", async () => {
    const executor = pool(3);
    expect(await drain(form.map(executor, w.square, [range(20)]))).toEqual(range(20).map((n) => n * n));
    expect(await drain(form.map(executor, w.add, [[1, 2, 3], new Set([10, 20])] as never))).toEqual([11, 22]);
    expect(await drain(form.map(executor, w.square, [[]]))).toEqual([]);
    expect(await drain(form.map(executor, w.nothing, []))).toEqual([]);
  });

  it("F041: closes the other iterables when the shortest ends", async () => {
    const endless = new Source();
    expect(await drain(form.map(pool(1), w.add, [[1, 2], endless] as never, { buffersize: 5 }))).toEqual([1, 3]);
    expect(endless.closed).toBe(1);
  });

  it("F043, F044: a call's error comes in its place, and the iterator goes on with the next result", async () => {
    const results = await drain(form.map(pool(2), w.failIf<number>, [[2, 2, 2, 2], range(4)] as never));
    expect(results).toEqual([0, 1, { error: expect.objectContaining({ message: "2 is bad" }) }, 3]);
  });

  it("F044: return ends the iterator, cancels the calls that have not begun, and closes the iterable", async () => {
    const executor = pool(1);
    const flags = newGate();
    const source = new Source(10);
    const iterator = form.map(executor, standAt(flags), [source] as never, { buffersize: 5 });
    await untilAsync(() => flags[BEGUN] === 1);
    await settle();
    await iterator.return();
    expect(source.closed).toBe(1);
    open(flags);
    await form.shutdown(executor);
    expect(flags[BEGUN]).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("F046: a TimeoutError of the function is an error of its call alone", async () => {
    const iterator = form.map(
      pool(1),
      w.timeOutIf,
      [
        [1, 1, 1],
        [0, 1, 2],
      ] as never,
      { timeout: LONG },
    );
    expect(await drain(iterator)).toEqual([0, { error: expect.objectContaining({ message: "the task's own" }) }, 2]);
  });

  it("F047: after the timeout next throws TimeoutError, and calls that have not begun never run", async () => {
    for (const timeout of [0, SHORT]) {
      const executor = pool(1);
      const flags = newGate();
      const busy = executor.submit(w.stand, flags);
      until(() => flags[BEGUN] === 1);
      const iterator = form.map(executor, w.count, [[flags, flags]], { timeout });
      expect(await rejectedBy(() => iterator.next())).toBeInstanceOf(TimeoutError);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      open(flags);
      await form.result(busy);
      await form.shutdown(executor);
      expect(flags[COUNT]).toBe(0);
    }
  });

  it("F048: chunks give the same results", async () => {
    const executor = pool(3);
    for (const chunksize of [1, 2, 7, 100]) {
      for (const ordered of [true, false]) {
        const results = (await drain(form.map(executor, w.square, [range(20)], { chunksize, ordered }))) as number[];
        expect(ordered ? results : results.sort((a, b) => a - b)).toEqual(range(20).map((n) => n * n));
      }
    }
    expect(await drain(form.map(executor, w.squareAsync, [range(5)], { chunksize: 2 }))).toEqual([0, 1, 4, 9, 16]);
  });

  it("F048: a chunk is one task", async () => {
    const executor = pool({ maxWorkers: 3, maxTasksPerWorker: 1 });
    const idents = (await drain(form.map(executor, w.identOf, [range(6)], { chunksize: 3 }))) as number[];
    expect(new Set(idents).size).toBe(2);
    expect(new Set(idents.slice(0, 3)).size).toBe(1);
  });

  it("F049: in a chunk, too, each call's error comes in its place", async () => {
    const results = await drain(
      form.map(pool(1), w.failIf<number>, [Array(5).fill(1), range(5)] as never, { chunksize: 3 }),
    );
    expect(results).toEqual([0, { error: expect.any(RangeError) as Error }, 2, 3, 4]);
  });

  it("F050, F053: reads no more of the iterable than buffersize, until results are taken", async () => {
    const executor = pool(2);
    const source = new Source();
    const iterator = form.map(executor, w.square, [source], { buffersize: 2 });
    await untilAsync(() => source.taken >= 2);
    await settle();
    expect(source.taken).toBe(2);
    expect((await iterator.next()).value).toBe(0);
    await untilAsync(() => source.taken >= 3);
    await settle();
    expect(source.taken).toBe(3);
    await iterator.return();
    expect(source.closed).toBe(1);
  });

  it("F051, F048: a wrong buffersize or chunksize is refused at the call", () => {
    const executor = pool(1);
    for (const option of ["buffersize", "chunksize"]) {
      for (const [value, Class] of [
        ...([
          [0, RangeError],
          [-1, RangeError],
          [2.5, RangeError],
          [NaN, RangeError],
        ] as const),
        ...([
          ["foo", TypeError],
          [null, TypeError],
          [{}, TypeError],
        ] as const),
      ])
        expect(thrownBy(() => form.map(executor, w.square, [[1]], { [option]: value }))).toBeInstanceOf(Class);
    }
    expect(thrownBy(() => form.map(executor, w.square, [[1]], { concurrency: 2 } as never))).toHaveProperty(
      "message",
      'executor: there is no option "concurrency"; write buffersize',
    );
    expect(thrownBy(() => form.map(executor, w.square, [[1]], { ordered: 1 } as never))).toBeInstanceOf(TypeError);
    for (const [timeout, Class] of BAD_TIMEOUTS)
      expect(thrownBy(() => form.map(executor, w.square, [[1]], { timeout: timeout as never }))).toBeInstanceOf(Class);
  });

  it("F052: each buffersize gives the same results, of several iterables, too", async () => {
    const executor = pool(2);
    for (const buffersize of [1, 2, 10, 20]) {
      for (const chunksize of [1, 3]) {
        const options = { buffersize, chunksize };
        expect(await drain(form.map(executor, w.square, [range(10)], options))).toEqual(range(10).map((n) => n * n));
        expect(await drain(form.map(executor, w.add, [range(10), new Source()] as never, options))).toEqual(
          range(10).map((n) => 2 * n),
        );
        expect(await drain(form.map(executor, w.square, [[]], options))).toEqual([]);
        expect(await drain(form.map(executor, w.nothing, [], options))).toEqual([]);
      }
    }
  });

  it("F055: unordered results come as they are done", async () => {
    const executor = pool(2);
    const flags = newGate();
    const iterator = form.map(
      executor,
      w.standIf,
      [
        [flags, flags],
        [1, 1],
        [1, 2],
      ] as never,
      { ordered: false },
    );
    expect((await iterator.next()).value).toBe(2);
    open(flags);
    expect((await iterator.next()).value).toBe(1);
    expect((await iterator.next()).done).toBe(true);
  });

  it("an argument that cannot travel is an error in its place", async () => {
    const results = await drain(form.map(pool(1), w.echo as (x: unknown) => unknown, [[1, () => 1, 3]]));
    expect(results).toEqual([[1], { error: expect.any(TypeError) as Error }, [3]]);
  });

  it("an iterable that throws ends the map at that place", async () => {
    function* source(): Generator<number> {
      yield 1;
      yield 2;
      throw new RangeError("no more");
    }
    for (const options of [{}, { buffersize: 1 }, { chunksize: 2 }]) {
      const iterator = form.map(pool(1), w.square, [source()], options);
      expect(await drain(iterator)).toEqual([1, 4, { error: expect.objectContaining({ message: "no more" }) }]);
    }
  });

  it("what is no function, or no iterable, is refused at the call", () => {
    const executor = pool(1);
    expect(thrownBy(() => form.map(executor, 5 as never, [[1]]))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => form.map(executor, w.square, [5] as never))).toHaveProperty(
      "message",
      expect.stringMatching(/^executor: map(Async)? takes iterables, such as arrays, got 5/),
    );
    expect(thrownBy(() => form.map(executor, Math.abs.bind(null), [[1]]))).toBeInstanceOf(TypeError);
  });

  it("a function from its text, and an object with call, are called, too", async () => {
    const executor = pool(1);
    expect(await drain(form.map(executor, (x: number) => x + 1, [[1, 2]]))).toEqual([2, 3]);
    expect(await drain(form.map(executor, new w.Multiplier(3) as never, [[1, 2]]))).toEqual([3, 6]);
    expect(await drain(form.map(executor, (x: number) => x + 1, [[1, 2, 3]], { chunksize: 2 }))).toEqual([2, 3, 4]);
  });

  it("F056: of an executor that is shut down is a ThreadError", async () => {
    const executor = pool(1);
    await form.shutdown(executor);
    const error = await errorOf(() => form.map(executor, w.square, [[1]]).next());
    expect(error).toBeInstanceOf(ThreadError);
  });
});

describe("map", () => {
  it("F042: submits all calls at once, without a look at the results", () => {
    const executor = pool(1);
    const flags = newFlags();
    executor.map(w.count, [flags, flags, flags]);
    until(() => flags[COUNT] === 3);
  });

  it("F038: all results are computed, although the executor is shut down meanwhile", () => {
    const executor = pool(2);
    const results = executor.map(w.square, range(50));
    executor.shutdown({ wait: false });
    expect([...results]).toEqual(range(50).map((n) => n * n));
  });

  it("F056: of an executor that is shut down throws at the call", () => {
    const executor = pool(1);
    executor.shutdown();
    expect(thrownBy(() => executor.map(w.square, [1]))).toBeInstanceOf(ThreadError);
  });

  it("F050: with buffersize ends at the shutdown, after the results of the calls before it", () => {
    const executor = pool(1);
    const results = executor.map(w.square, range(5), { buffersize: 2 });
    expect(results.next().value).toBe(0);
    executor.shutdown();
    expect([results.next().value, results.next().value]).toEqual([1, 4]);
    expect(thrownBy(() => results.next())).toBeInstanceOf(ThreadError);
    expect(results.next().done).toBe(true);
  });

  it("refuses an async iterable, and names mapAsync", () => {
    async function* source(): AsyncGenerator<number> {}
    expect(thrownBy(() => pool(1).map(w.square, source() as never))).toHaveProperty(
      "message",
      expect.stringContaining("use mapAsync"),
    );
  });
});

describe("F055: mapAsync", () => {
  it("takes async iterables, and ends by for await", async () => {
    async function* source(): AsyncGenerator<number, void, void> {
      for (const n of range(10)) {
        await settle(0);
        yield n;
      }
    }
    const results: number[] = [];
    for await (const result of pool(2).mapAsync(w.add, source(), range(20))) results.push(result);
    expect(results).toEqual(range(10).map((n) => 2 * n));
  });

  it("submits twice as many calls as can run at once, unless buffersize says otherwise", async () => {
    const flags = newGate();
    const source = new Source();
    const iterator = pool(3).mapAsync(standAt(flags), source);
    await untilAsync(() => source.taken >= 6);
    await settle();
    expect(source.taken).toBe(6);
    open(flags);
    await iterator.return!();
  });

  it("does not wait for an iterable to yield before it gives the results that are there", async () => {
    const never = new Promise<void>(() => undefined);
    async function* source(): AsyncGenerator<number, void, void> {
      yield 3;
      await never;
    }
    for (const ordered of [true, false]) {
      const iterator = pool(1).mapAsync(w.square, source(), { ordered });
      expect((await iterator.next()).value).toBe(9);
      await iterator.return!(); // not held up by the iterable either
    }
  });

  it("rejects with the reason of an abort, and cancels what has not begun", async () => {
    const executor = pool(1);
    const flags = newGate();
    const controller = new AbortController();
    const iterator = executor.mapAsync(standAt(flags), new Source(), { signal: controller.signal });
    const next = iterator.next();
    await untilAsync(() => flags[BEGUN] === 1);
    controller.abort(new Error("enough"));
    expect(await rejectedBy(() => next)).toMatchObject({ message: "enough" });
    expect((await iterator.next()).done).toBe(true);
    open(flags);
    await executor.shutdownAsync();
    expect(flags[BEGUN]).toBe(1);
  });

  it("answers calls of next at the same time in order", async () => {
    const iterator = pool(2).mapAsync(w.square, range(4));
    const steps = await Promise.all(range(5).map(() => iterator.next()));
    expect(steps.map(({ value }) => value as unknown).slice(0, 4)).toEqual([0, 1, 4, 9]);
    expect(steps[4]).toEqual({ done: true, value: undefined });
  });
});

function standAt(flags: Int32Array): (x: unknown) => unknown {
  return new w.Standing(flags) as never;
}
