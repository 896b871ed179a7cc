import { BrokenExecutor, CancelledError, type Future, ThreadPoolExecutor } from "@x/executor";
import { LONG, SHORT, thrownBy, until, watchdog } from "@x/testkit";
import { currentThread, enumerate, ThreadError } from "@x/thread";
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import {
  BEGUN,
  COUNT,
  DEATHS,
  DIED_BY,
  FORMS,
  newFlags,
  newGate,
  open,
  pool,
  quiet,
  range,
  rejectedBy,
} from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

const namesLike = (prefix: string): string[] =>
  enumerate()
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix))
    .sort();

describe.each(FORMS)("submit, %s", (_, form) => {
  it("F001: calls the function with the arguments, and returns a future of its result", async () => {
    const executor = pool(2);
    expect(await form.result(executor.submit(w.square, 5))).toBe(25);
    expect(await form.result(executor.submit(w.squareAsync, 5))).toBe(25);
    expect(await form.result(executor.submit(w.echo, 1, "two", [3]))).toEqual([1, "two", [3]]);
    expect(await form.result(executor.submit(w.nothing))).toBeUndefined();
  });

  it("a result arrives whole, whatever the microtasks send that the task has left", async () => {
    const executor = pool(1);
    for (let i = 0; i < 5; i++)
      expect(await form.result(executor.submit(w.leaveMicrotasks, { mine: i }))).toEqual({ mine: i });
  });

  it("F001, F002: keywords of any name are an object, the last argument", async () => {
    const executor = pool(1);
    expect(await form.result(executor.submit(w.add, 1, 2, { times: 3 }))).toBe(9);
    expect(await form.result(executor.submit({ target: w.add, args: [1, 2], kwargs: { times: 3 } }))).toBe(9);
    const names = { self: 1, fn: 2, target: 3, args: 4 };
    expect(await form.result(executor.submit({ target: w.echo, kwargs: names }))).toEqual([names]);
  });

  it("F004: many tasks may be submitted before a result is read", async () => {
    const executor = pool(2);
    const futures = range(300).map((n) => executor.submit(w.square, n));
    for (const [n, future] of futures.entries()) expect(await form.result(future)).toBe(n * n);
  });

  it("F008: a task may submit to its own executor", async () => {
    const executor = pool(2);
    expect(await form.result(executor.submit(w.submitWithin, executor, 4))).toBe(16);
  });

  it("F008: a task that waits for a task behind it in a full executor is told of the deadlock", async () => {
    const executor = pool(1);
    const error = await form.exception(executor.submit(w.submitWithin, executor, 4));
    expect(error).toMatchObject({ name: "DeadlockError" });
  });

  it("F011: calls objects of exposed classes, and functions from their text", async () => {
    const executor = pool(1);
    expect(await form.result(executor.submit({ target: new w.Multiplier(3), args: [5] }))).toBe(15);
    expect(await form.result(executor.submit((x: number, y: number) => x + y, 1, 2))).toBe(3);
  });

  it("F026: a task's error does not end its thread", async () => {
    const executor = pool(1);
    const before = await form.result(executor.submit(w.threadName));
    for (const future of [executor.submit(w.fail, "bad"), executor.submit(w.failAsync, "bad")])
      expect(await form.exception(future)).toMatchObject({ name: "RangeError", message: "bad" });
    expect(await form.result(executor.submit(w.threadName))).toBe(before);
    expect(executor.stats().workers).toBe(1);
  });

  it("a task sees the writes before its submit, and its submitter sees the writes of the task", async () => {
    const executor = pool(2);
    const words = newFlags(64);
    for (let round = 0; round < 100; round++) {
      await form.result(executor.submit(w.write, words, round));
      expect(words.every((word) => word === round)).toBe(true);
    }
  });
});

describe("submit", () => {
  it("F002: without a function is a TypeError", () => {
    const executor = pool(1);
    for (const bad of [undefined, {}, { args: [1] }])
      expect(thrownBy(() => executor.submit(bad as never))).toBeInstanceOf(TypeError);
  });

  it("F003: of what is no function throws TypeError at once", () => {
    const executor = pool(1);
    for (const bad of [5, "square", null, { target: 5 }])
      expect(thrownBy(() => executor.submit(bad as never))).toBeInstanceOf(TypeError);
    expect(executor.stats().pending).toBe(0);
  });

  it("F091: of an argument that cannot travel throws at once, names the place, and the executor goes on", () => {
    const executor = pool(1);
    expect(thrownBy(() => executor.submit(w.echo as never, { deep: [() => 1] } as never))).toMatchObject({
      name: "TypeError",
      message: expect.stringContaining("deep[0]"),
    });
    expect(executor.submit(w.square, 2).result(LONG)).toBe(4);
  });

  it("F007: does not wait, however many tasks are pending", () => {
    const executor = pool(1);
    const flags = newGate();
    const futures = range(5000).map(() => executor.submit(w.stand, flags, 1));
    expect(executor.stats().pending).toBeGreaterThanOrEqual(4999);
    open(flags);
    expect(futures.at(-1)!.result(LONG)).toBe(1);
  });

  it("F007: waits for room with maxPending, blocked and awaited", async () => {
    const executor = pool({ maxWorkers: 1, maxPending: 2 });
    const flags = newGate();
    executor.submit(w.stand, flags);
    until(() => flags[BEGUN] === 1);
    executor.submit(w.nothing);
    executor.submit(w.nothing);
    let submitted = false;
    const waiting = executor.submitAsync(w.square, 3).then(({ future }) => {
      submitted = true;
      return future;
    });
    await new Promise((resolve) => setTimeout(resolve, SHORT));
    expect(submitted).toBe(false);
    open(flags);
    expect(await waiting).toBe(9);
    const futures: Future<number>[] = range(50).map((n) => executor.submit(w.square, n));
    expect(futures.at(-1)!.result(LONG)).toBe(49 * 49);
  });

  it("F007: a task of submitAsync that ends before the promise of its future resolves keeps its result", async () => {
    const executor = pool(1);
    const submitted = executor.submitAsync(w.square, 3); // is in the store by now
    expect(executor.submit(w.square, 4).result(LONG)).toBe(16); // its wait receives the result of the first task, too
    const { future } = await submitted;
    expect(await future.resultAsync(LONG)).toBe(9);
  });

  it("F009: tasks start in the order of their submits", () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    const order = newFlags(100);
    for (const n of range(50)) executor.submit(w.note, order, n);
    open(flags);
    executor.shutdown();
    expect([...order.subarray(1, 51)]).toEqual(range(50));
  });

  it("F012: passes no context of its own thread to the task", () => {
    // A context is of a thread: see Contexts in docs/python.md. The worker's state is its own.
    const executor = pool(1);
    w.initialize("here");
    expect(executor.submit(w.readState).result(LONG)).toBe("nothing");
  });
});

describe("ThreadPoolExecutor", () => {
  it("F013: has as many workers as there are cores, at most", () => {
    const executor = pool();
    const flags = newGate();
    const cores = availableParallelism();
    const futures = range(cores + 3).map(() => executor.submit(w.stand, flags));
    until(() => flags[BEGUN] === cores);
    expect(executor.stats().workers).toBe(cores);
    open(flags);
    for (const future of futures) future.result(LONG);
    expect(flags[BEGUN]).toBe(cores + 3);
  });

  it("F014: a wrong number of workers is refused", () => {
    for (const [max, Class] of [
      ...([
        [0, RangeError],
        [-1, RangeError],
        [1.5, RangeError],
        [NaN, RangeError],
      ] as const),
      ...([
        ["a", TypeError],
        [null, TypeError],
      ] as const),
    ]) {
      expect(thrownBy(() => new ThreadPoolExecutor({ maxWorkers: max as never }))).toBeInstanceOf(Class);
      expect(thrownBy(() => new ThreadPoolExecutor(max as never))).toBeInstanceOf(Class);
    }
    expect(thrownBy(() => new ThreadPoolExecutor({ workers: 3 } as never))).toBeInstanceOf(TypeError);
  });

  it("F015: starts threads one by one as tasks come, never more than maxWorkers", () => {
    const executor = pool(4);
    expect(executor.stats().workers).toBe(0);
    const flags = newGate();
    executor.submit(w.stand, flags);
    expect(executor.stats().workers).toBe(1);
    const futures = range(60).map(() => executor.submit(w.stand, flags));
    until(() => flags[BEGUN] === 4);
    expect(executor.stats().workers).toBe(4);
    open(flags);
    for (const future of futures) future.result(LONG);
    expect(executor.stats().workers).toBe(4);
  });

  it("F015: an idle worker takes the next task, and no new one starts", () => {
    const executor = pool(4);
    for (let n = 0; n < 20; n++) {
      executor.submit(w.nothing).result(LONG);
      until(() => executor.stats().idle === 1); // a worker is idle a moment after its result
    }
    expect(executor.stats().workers).toBe(1);
  });

  it("F017: two tasks at once are run by two threads", () => {
    const executor = pool(2);
    for (let n = 0; n < 20; n++) {
      const flags = newGate();
      executor.submit(w.nothing).result(LONG);
      const both = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
      until(() => flags[BEGUN] === 2);
      open(flags);
      for (const future of both) future.result(LONG);
    }
  });

  it("F018: threads are named by threadNamePrefix and a number", () => {
    const executor = pool({ maxWorkers: 2, threadNamePrefix: "Painter" });
    const flags = newGate();
    const both = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
    until(() => flags[BEGUN] === 2);
    expect(namesLike("Painter")).toEqual(["Painter_0", "Painter_1"]);
    open(flags);
    for (const future of both) future.result(LONG);
    expect(pool(1).submit(w.threadName).result(LONG)).toMatch(/^ThreadPoolExecutor-[\d.]+_0$/);
  });

  it("F019: the initializer runs once in each thread, before its first task", () => {
    const flags = newGate();
    const executor = pool({ maxWorkers: 2, initializer: w.initialize, initargs: ["ready", flags] });
    const both = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
    until(() => flags[BEGUN] === 2);
    open(flags);
    for (const future of both) future.result(LONG);
    for (let n = 0; n < 10; n++) expect(executor.submit(w.readState).result(LONG)).toBe("ready");
    expect(flags[COUNT]).toBe(2);
  });

  it("F020: an initializer that is no function is a TypeError", () => {
    expect(thrownBy(() => new ThreadPoolExecutor({ initializer: 5 as never }))).toBeInstanceOf(TypeError);
  });

  it("F020: an argument of the initializer that cannot travel is named by its place", () => {
    const options = { initializer: w.initialize, initargs: ["ready", { deep: new WeakMap() }] as never };
    expect(String(thrownBy(() => new ThreadPoolExecutor(options)))).toContain("initargs[1].deep is a WeakMap");
  });

  it("F028: two executors are independent", () => {
    const [one, other] = [pool(1), pool(1)];
    const flags = newGate();
    one.submit(w.stand, flags);
    one.shutdown({ wait: false });
    expect(other.submit(w.square, 2).result(LONG)).toBe(4);
  });
});

describe.each(FORMS)("F021: an initializer that throws, %s", (_, form) => {
  it("breaks the executor: pending futures and later submits are told, with the cause", async () => {
    const flags = newGate();
    const executor = pool({ maxWorkers: 2, initializer: w.initializeBadly, initargs: [flags] });
    const futures = [executor.submit(w.square, 1), executor.submit(w.square, 2)];
    open(flags);
    for (const future of futures) {
      const error = await form.exception(future);
      expect(error).toBeInstanceOf(BrokenExecutor);
      expect((error as Error).cause).toMatchObject({ name: "RangeError", message: "cannot begin" });
    }
    expect(thrownBy(() => executor.submit(w.square, 1))).toBeInstanceOf(BrokenExecutor);
    await form.shutdown(executor);
  });
});

describe.each(FORMS)("F021: an initializer that ends its thread, %s", (_, form) => {
  it.each(DEATHS)("breaks the executor, instead of starting threads without end: by %s", async (kind) => {
    quiet();
    const executor = pool({ maxWorkers: 2, initializer: w.die, initargs: [kind] });
    const futures = [executor.submit(w.square, 1), executor.submit(w.square, 2)];
    for (const future of futures) {
      const error = (await form.exception(future)) as Error;
      expect(error).toBeInstanceOf(BrokenExecutor);
      expect((error.cause as Error).message).toMatch(DIED_BY[kind]);
    }
    expect(thrownBy(() => executor.submit(w.square, 1))).toBeInstanceOf(BrokenExecutor);
    await form.shutdown(executor);
  });
});

describe.each(FORMS)("shutdown, %s", (_, form) => {
  it("F029: runs all pending tasks, takes no new ones, and returns when the threads have ended", async () => {
    const executor = pool({ maxWorkers: 2, threadNamePrefix: "Down" });
    const flags = newFlags();
    const futures = range(50).map(() => executor.submit(w.count, flags));
    await form.shutdown(executor);
    expect(flags[COUNT]).toBe(50);
    expect(futures.every((future) => future.done())).toBe(true);
    expect(namesLike("Down")).toEqual([]);
    const error = thrownBy(() => executor.submit(w.nothing));
    expect(error).toBeInstanceOf(ThreadError);
    expect(await rejectedBy(() => executor.submitAsync(w.nothing))).toBeInstanceOf(ThreadError);
  });

  it("F032: with cancelFutures cancels what has not begun", async () => {
    const executor = pool(5);
    const flags = newGate();
    const futures = range(50).map(() => executor.submit(w.stand, flags));
    until(() => flags[BEGUN]! > 0);
    executor.shutdown({ wait: false, cancelFutures: true });
    open(flags);
    await form.shutdown(executor);
    const cancelled = futures.filter((future) => future.cancelled());
    expect(cancelled.length).toBeGreaterThan(20);
    expect(cancelled.length).toBeLessThan(50);
    for (const future of futures) {
      expect(future.done()).toBe(true);
      if (!future.cancelled()) expect(future.exception(0)).toBeUndefined();
    }
  });

  it("F033: with cancelFutures waits for those that run", async () => {
    const executor = pool(1);
    const flags = newGate();
    const running = executor.submit(w.standAsync, flags, 5);
    until(() => flags[BEGUN] === 1);
    const pending = executor.submit(w.nothing);
    executor.shutdown({ wait: false, cancelFutures: true });
    expect([pending.cancelled(), running.done()]).toEqual([true, false]);
    open(flags);
    await form.shutdown(executor);
    expect(running.result(0)).toBe(5);
  });

  it("F034: may be called several times", async () => {
    const executor = pool(1);
    executor.submit(w.nothing);
    for (let n = 0; n < 3; n++) await form.shutdown(executor);
    await form.shutdown(pool(1)); // without a worker
  });

  it("F029: returns when the threads have ended, also those that ended their work before the call", async () => {
    for (let n = 0; n < 20; n++) {
      const executor = pool({ maxWorkers: 2, threadNamePrefix: "Left" });
      await form.result(executor.submit(w.nothing));
      executor.shutdown(false);
      for (const end = performance.now() + LONG; executor.stats().workers > 0;)
        expect(performance.now()).toBeLessThan(end);
      await form.shutdown(executor);
      expect(namesLike("Left")).toEqual([]);
    }
  });

  it("F029: returns false after its timeout, and the tasks go on", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.stand, flags, 1);
    until(() => flags[BEGUN] === 1);
    expect(await form.shutdown(executor, { timeout: SHORT })).toBe(false);
    open(flags);
    expect(await form.shutdown(executor)).toBe(true);
    expect(future.result(0)).toBe(1);
  });
});

describe("shutdown", () => {
  it("F030: with wait: false returns at once, and pending tasks still run", () => {
    const executor = pool(1);
    const flags = newGate();
    const futures = range(5).map(() => executor.submit(w.stand, flags, 1));
    executor.shutdown({ wait: false });
    expect(futures[4]!.done()).toBe(false);
    open(flags);
    for (const future of futures) expect(future.result(LONG)).toBe(1);
  });

  it("F035: is the end of using, with and await using; the error of a body comes after the wait", async () => {
    const flags = newFlags();
    const used = new ThreadPoolExecutor(1);
    used.submit(w.count, flags);
    used[Symbol.dispose]();
    expect(flags[COUNT]).toBe(1);

    const withs = new ThreadPoolExecutor(1);
    expect(
      withs.with((executor) => {
        executor.submit(w.count, flags);
        return "result";
      }),
    ).toBe("result");
    expect(flags[COUNT]).toBe(2);
    const throwing = new ThreadPoolExecutor(1);
    const error = thrownBy(() =>
      throwing.with((executor) => {
        executor.submit(w.count, flags);
        throw new Error("the body's");
      }),
    );
    expect([(error as Error).message, flags[COUNT]]).toEqual(["the body's", 3]);

    const awaited = new ThreadPoolExecutor(1);
    awaited.submit(w.count, flags);
    await awaited[Symbol.asyncDispose]();
    expect(flags[COUNT]).toBe(4);
  });

  it("F039: from within a task of the executor is a ThreadError", () => {
    const executor = pool(1);
    expect(executor.submit(w.shutDownWithin, executor).exception(LONG)).toBeInstanceOf(ThreadError);
  });

  it("F040: awaited lets the event loop turn", async () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    let turned = false;
    setTimeout(() => {
      turned = true;
      open(flags);
    }, SHORT);
    await executor.shutdownAsync();
    expect(turned).toBe(true);
  });

  it("F023: until it threads stay, idle, and do not hold up the process", () => {
    const executor = pool({ maxWorkers: 1, threadNamePrefix: "Idle" });
    executor.submit(w.nothing).result(LONG);
    expect(namesLike("Idle")).toEqual(["Idle_0"]);
    executor.shutdown();
    expect(namesLike("Idle")).toEqual([]);
    expect(currentThread().isAlive()).toBe(true);
  });

  it("of an executor whose pending tasks were cancelled leaves CancelledError in their futures", () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    const pending = executor.submit(w.nothing);
    executor.shutdown({ wait: false, cancelFutures: true });
    expect(thrownBy(() => pending.result(LONG))).toBeInstanceOf(CancelledError);
  });
});
