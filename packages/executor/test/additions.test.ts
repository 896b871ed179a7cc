/** What users of pools ask for, beyond Python. */
import { CancelledError } from "@x/executor";
import { TimeoutError } from "@x/core";
import { LONG, SHORT, thrownBy, until, untilAsync, watchdog } from "@x/testkit";
import { enumerate, Local, ThreadError } from "@x/thread";
import { describe, expect, it } from "vitest";
import { BEGUN, COUNT, errorOf, FORMS, newFlags, newGate, open, pool, quiet, range, rejectedBy } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

const BUSY = 1000;

/** Has the platform async contexts? A page has none. */
const HAS_CONTEXTS = globalThis.process !== undefined;

describe.each(FORMS)("options of a task, %s", (_, form) => {
  it("F100: a higher priority begins first; equal ones in the order of their submits", async () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    until(() => flags[BEGUN] === 1);
    const order = newFlags();
    const tasks = [0, 5, -1, 5, 0].map((priority, n) =>
      executor.submit({ target: w.note, args: [order, n], priority }),
    );
    open(flags);
    await form.wait(tasks);
    expect([...order.subarray(1, 6)]).toEqual([1, 3, 0, 4, 2]);
  });

  it("F100: a signal cancels a pending task, and asks a running one to stop", async () => {
    const executor = pool(1);
    const flags = newGate();
    const [forRunning, forPending] = [new AbortController(), new AbortController()];
    const running = executor.submit({
      ...{ target: w.runUntilAsked, args: [flags, BUSY] as [Int32Array, number] },
      signal: forRunning.signal,
    });
    const pending = executor.submit({
      ...{ target: w.count, args: [flags] as [Int32Array] },
      signal: forPending.signal,
    });
    await untilAsync(() => flags[BEGUN] === 1);
    // The pending task first: the worker might begin it as soon as the running task has ended.
    forPending.abort(new Error("enough"));
    forRunning.abort(new Error("enough"));
    expect(await form.result(running)).toBe("asked");
    expect(await errorOf(() => form.result(pending))).toBeInstanceOf(CancelledError);
    await form.shutdown(executor);
    expect(flags[COUNT]).toBe(0);
  });

  it("F100: a signal terminates the worker of a running task only with terminate: true", async () => {
    quiet();
    const executor = pool(1);
    const flags = newGate();
    const controller = new AbortController();
    const future = executor.submit({
      ...{ target: w.stand, args: [flags] as [Int32Array] },
      ...{ signal: controller.signal, terminate: true },
    });
    await untilAsync(() => flags[BEGUN] === 1);
    controller.abort(new Error("enough"));
    const error = (await errorOf(() => form.result(future))) as Error;
    expect([error, error.cause]).toEqual([expect.any(ThreadError), expect.objectContaining({ message: "enough" })]);
    expect(await form.result(executor.submit(w.square, 2))).toBe(4);
  });

  it("F100: a signal that is aborted already cancels at once", async () => {
    const executor = pool(1);
    const flags = newFlags();
    const future = executor.submit({ target: w.count, args: [flags], signal: AbortSignal.abort() });
    expect(await errorOf(() => form.result(future))).toBeInstanceOf(CancelledError);
    await form.shutdown(executor);
    expect(flags[COUNT]).toBe(0);
  });

  it("F100: the name is the task's in reports", async () => {
    const future = pool(1).submit({ target: w.square, args: [2], name: "the square" });
    expect(String(future)).toContain("the square");
    expect(await form.result(future)).toBe(4);
  });

  it("F101: the timeout counts from the begin, and terminates the worker, also in a busy loop", async () => {
    quiet();
    const executor = pool(1);
    const flags = newGate();
    const first = executor.submit(w.stand, flags, 1);
    await untilAsync(() => flags[BEGUN] === 1);
    const second = executor.submit({ target: w.square, args: [3], timeout: 20 * SHORT });
    await new Promise((resolve) => setTimeout(resolve, 22 * SHORT));
    open(flags);
    expect([await form.result(first), await form.result(second)]).toEqual([1, 9]);
    const busy = executor.submit({ target: w.loop, timeout: SHORT });
    expect(await errorOf(() => form.result(busy))).toBeInstanceOf(TimeoutError);
    expect(await form.result(executor.submit(w.square, 2))).toBe(4);
  });
});

describe("F100: the options of a task", () => {
  it("are checked before anything is submitted", () => {
    const executor = pool(1);
    for (const [options, Class] of [
      [{ priority: 1.5 }, RangeError],
      [{ priority: "high" }, TypeError],
      [{ timeout: -1 }, RangeError],
      [{ signal: {} }, TypeError],
      [{ terminate: 1 }, TypeError],
      [{ name: 5 }, TypeError],
      [{ args: 5 }, TypeError],
      [{ timeuot: 5 }, TypeError],
    ] as const)
      expect(thrownBy(() => executor.submit({ target: w.nothing, ...options } as never))).toBeInstanceOf(Class);
    expect(executor.stats().pending).toBe(0);
  });
});

describe("F102: currentTask", () => {
  it("tells a busy loop that it is asked to stop", () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.runUntilAsked, flags, LONG);
    until(() => flags[BEGUN] === 1);
    future.requestCancel();
    expect(future.result(LONG)).toBe("asked");
  });

  it("has a signal that is aborted then, for what the task awaits", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.awaitSignal, flags);
    await untilAsync(() => flags[BEGUN] === 1);
    future.requestCancel();
    expect(await future).toBe("aborted");
  });

  it("tells progress to the submitter, in order, up to the end of the task", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.tellProgress, flags, 5);
    const told: unknown[] = [];
    const reading = (async () => {
      for await (const value of future.progress()) told.push(value);
    })();
    open(flags);
    expect(await future).toBe("done");
    await reading;
    expect(told).toEqual(range(5).map((step) => ({ step })));
  });

  it("is undefined outside of tasks", () => {
    const executor = pool(1);
    expect(executor.submit(w.hasTask).result(LONG)).toBe(true);
    expect(w.hasTask()).toBe(false);
  });

  it("requestCancel of a pending task cancels it", () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    until(() => flags[BEGUN] === 1);
    const pending = executor.submit(w.nothing);
    pending.requestCancel();
    expect(pending.cancelled()).toBe(true);
  });
});

describe("F104: cancelPending and stats", () => {
  it("cancel all tasks that have not begun, and count them", async () => {
    const executor = pool(1);
    const flags = newGate();
    const running = executor.submit(w.stand, flags, 1);
    until(() => flags[BEGUN] === 1);
    const pending = range(5).map(() => executor.submit(w.nothing));
    expect(executor.stats()).toMatchObject({ workers: 1, idle: 0, pending: 5, running: 1, completed: 0 });
    expect(executor.cancelPending()).toBe(5);
    expect(pending.every((future) => future.cancelled())).toBe(true);
    open(flags);
    await running;
    await executor.submit(w.fail, "bad").exceptionAsync();
    await untilAsync(() => executor.stats().idle === 1);
    const stats = executor.stats();
    expect(stats).toMatchObject({ workers: 1, idle: 1, pending: 0, running: 0, completed: 1, failed: 1, cancelled: 5 });
    for (const { p50, p90, p99 } of [stats.waitTime, stats.runTime]) {
      expect(p50).toBeLessThanOrEqual(p90);
      expect(p90).toBeLessThanOrEqual(p99);
    }
    expect(String(executor)).toMatch(/^<ThreadPoolExecutor .*: workers=1 of 1, pending=0, running=0>$/);
  });
});

describe("F105: stream", () => {
  it.each([["countTo"], ["countToAsync"]] as const)(
    "gives the values of the generator %s as they come",
    async (name) => {
      const executor = pool(1);
      const values: number[] = [];
      for await (const value of executor.stream(w[name] as typeof w.countTo, 5)) values.push(value);
      expect(values).toEqual([1, 2, 3, 4, 5]);
      expect([...executor.stream(w[name] as typeof w.countTo, 3)]).toEqual([1, 2, 3]);
      for await (const value of executor.stream(w[name] as typeof w.countTo, 0)) expect.fail(String(value));
    },
  );

  it("lets the generator wait while buffersize values are unread", async () => {
    const executor = pool(1);
    const flags = newFlags();
    const stream = executor.stream({ target: w.countTo, args: [100, flags], buffersize: 3 });
    await untilAsync(() => flags[COUNT]! >= 3);
    await new Promise((resolve) => setTimeout(resolve, SHORT));
    expect(flags[COUNT]).toBeLessThanOrEqual(4); // three are unread, and the generator waits with the fourth
    let sum = 0;
    for await (const value of stream) sum += value;
    expect(sum).toBe(5050);
  });

  it("throws the error of the generator after the values before it", async () => {
    const executor = pool(1);
    const values: number[] = [];
    const error = await rejectedBy(async () => {
      for await (const value of executor.stream(w.countAndFail, 2)) values.push(value);
    });
    expect([values, error]).toEqual([[1, 2], expect.objectContaining({ message: "failed after 2" })]);
    const blocked: number[] = [];
    const thrown = thrownBy(() => {
      for (const value of executor.stream(w.countAndFail, 2)) blocked.push(value);
    });
    expect([blocked, thrown]).toEqual([[1, 2], expect.objectContaining({ message: "failed after 2" })]);
  });

  it("ends the generator when the loop ends early, and the worker is free again", async () => {
    const executor = pool(1);
    for (const read of [
      async (stream: AsyncIterable<number> & Iterable<number>) => {
        for await (const value of stream) if (value === 2) break;
      },
      async (stream: AsyncIterable<number> & Iterable<number>) => {
        for (const value of stream) if (value === 2) break;
      },
    ]) {
      const flags = newFlags();
      await read(executor.stream(w.countTo, Infinity, flags));
      await untilAsync(() => flags[3] === 1); // its finally has run
      expect(await executor.submit(w.square, 3)).toBe(9);
    }
  });

  it("throws the cause if the worker dies, blocked and awaited, after the values before it", async () => {
    quiet();
    const executor = pool(1);
    const values: number[] = [];
    const error = await rejectedBy(async () => {
      for await (const value of executor.stream(w.countAndDie, 2)) values.push(value);
    });
    expect([values, error]).toEqual([[1, 2], expect.any(ThreadError)]);
    const thrown = thrownBy(() => [...executor.stream(w.countAndDie, 2)]);
    expect(thrown).toBeInstanceOf(ThreadError);
  });

  it("is a TypeError for what is no generator function, and for wrong options", async () => {
    const executor = pool(1);
    const next = (it: AsyncIterable<unknown>): Promise<unknown> => it[Symbol.asyncIterator]().next();
    const error = await rejectedBy(() => next(executor.stream(w.square as never, 2)));
    expect(error).toMatchObject({
      name: "TypeError",
      message: expect.stringContaining("stream takes a generator function"),
    });
    expect(thrownBy(() => executor.stream(5 as never))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => executor.stream({ target: w.countTo, args: 5 as never }))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => executor.stream({ target: w.countTo, buffer: 5 } as never))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => executor.stream({ target: w.countTo, args: [5], buffersize: 0 }))).toBeInstanceOf(RangeError);
  });
});

describe("F106: idle workers", () => {
  it("above minWorkers end after idleTimeout, and never one that runs", async () => {
    const executor = pool({ maxWorkers: 3, minWorkers: 1, idleTimeout: SHORT });
    expect(executor.stats().workers).toBe(1);
    const flags = newGate();
    const futures = range(3).map(() => executor.submit(w.standAsync, flags, 1));
    until(() => flags[BEGUN] === 3);
    await new Promise((resolve) => setTimeout(resolve, 3 * SHORT));
    expect(executor.stats().workers).toBe(3);
    open(flags);
    for (const future of futures) expect(await future).toBe(1);
    await untilAsync(() => executor.stats().workers === 1);
    await new Promise((resolve) => setTimeout(resolve, 3 * SHORT));
    expect(executor.stats().workers).toBe(1);
    expect(await executor.submit(w.square, 2)).toBe(4);
  });
});

describe.each(FORMS)("F103: runOnAll, %s", (_, form) => {
  it("calls the function once in each worker, before the tasks that wait", async () => {
    const executor = pool(2);
    const flags = newGate();
    const running = [executor.submit(w.stand, flags), executor.submit(w.stand, flags)];
    await untilAsync(() => flags[BEGUN] === 2);
    const later = range(10).map(() => executor.submit(w.readState));
    const calls = executor.runOnAll(w.initialize, "reloaded");
    const idents = executor.runOnAll(w.identOf);
    open(flags);
    for (const call of calls) expect(await form.result(call)).toBeUndefined();
    const found = new Set<number>();
    for (const ident of idents) found.add(await form.result(ident));
    expect([calls.length, found.size]).toEqual([2, 2]);
    for (const future of [...later, ...range(10).map(() => executor.submit(w.readState))])
      expect(await form.result(future)).toBe("reloaded");
    await form.wait(running);
    expect(executor.stats()).toMatchObject({ pending: 0, running: 0, workers: 2 });
  });

  it("wakes idle workers, and calls in starting ones, after their initializer", async () => {
    const executor = pool({ maxWorkers: 3, minWorkers: 3, initializer: w.initialize, initargs: ["made"] });
    const states = executor.runOnAll(w.readState);
    expect(states.length).toBe(3);
    for (const future of states) expect(await form.result(future)).toBe("made");
    const again = executor.runOnAll(w.identOf);
    const idents = new Set<number>();
    for (const future of again) idents.add(await form.result(future));
    expect(idents.size).toBe(3);
  });

  it("gives each future the error of its worker's call, and shares memory with each", async () => {
    const executor = pool({ maxWorkers: 2, minWorkers: 2 });
    const flags = newFlags();
    for (const future of executor.runOnAll(w.count, flags)) await form.result(future);
    expect(flags[COUNT]).toBe(2);
    for (const future of executor.runOnAll(w.fail, "no"))
      expect(await form.exception(future)).toBeInstanceOf(RangeError);
  });

  it("runs before a shutdown ends the workers, although they have had their maxTasksPerWorker", async () => {
    const executor = pool({ maxWorkers: 1, maxTasksPerWorker: 1 });
    const flags = newGate();
    executor.submit(w.stand, flags);
    await untilAsync(() => flags[BEGUN] === 1);
    const calls = [...executor.runOnAll(w.square, 2), ...executor.runOnAll(w.square, 3)];
    executor.shutdown({ wait: false });
    open(flags);
    expect(calls.map((future) => future.cancelled())).toEqual([false, false]);
    expect([await form.result(calls[0]!), await form.result(calls[1]!)]).toEqual([4, 9]);
    expect(await form.shutdown(executor, { timeout: LONG })).toBe(true);
  });

  it("cancels the call of a worker that dies before it, and of cancelPending and terminate", async () => {
    quiet();
    for (const end of ["death", "cancelPending", "terminate"] as const) {
      const executor = pool(1);
      const flags = newGate();
      executor.submit(end === "death" ? w.dieByTimer : w.stand, flags).addDoneCallback(() => undefined);
      await untilAsync(() => flags[BEGUN] === 1);
      const [call] = executor.runOnAll(w.square, 2);
      if (end === "cancelPending") expect(executor.cancelPending()).toBe(1);
      if (end === "terminate") executor.terminate();
      open(flags);
      expect(await errorOf(() => form.result(call!))).toBeInstanceOf(CancelledError);
      if (end !== "terminate") expect(await form.result(executor.submit(w.square, 3))).toBe(9);
    }
  });

  it("cancels a call by its future", async () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    await untilAsync(() => flags[BEGUN] === 1);
    const [call, other] = [executor.runOnAll(w.square, 2)[0]!, executor.runOnAll(w.square, 3)[0]!];
    expect(call.cancel()).toBe(true);
    open(flags);
    expect(await form.result(other)).toBe(9);
    expect(await errorOf(() => form.result(call))).toBeInstanceOf(CancelledError);
  });

  it("returns nothing without workers; and is refused after a shutdown, and in a task of its executor", async () => {
    const executor = pool(1);
    expect(executor.runOnAll(w.square, 2)).toEqual([]);
    const error = await form.exception(executor.submit(w.runOnAllWithin, executor));
    expect((error as Error).message).toMatch(/^executor: a task cannot run a function in all workers of its own/);
    expect(thrownBy(() => executor.runOnAll(5 as never))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => executor.runOnAll(w.echo, Symbol("no")))).toBeInstanceOf(TypeError);
    await form.shutdown(executor);
    expect(thrownBy(() => executor.runOnAll(w.square, 2))).toBeInstanceOf(ThreadError);
  });
});

describe("tasksPerWorker", () => {
  it("lets async tasks interleave within a worker, each with a current task of its own", async () => {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 100 });
    const flags = newGate();
    const futures = range(50).map((n) =>
      executor.submit({ target: w.standAsync, args: [flags, n], name: `task ${n}` }),
    );
    await untilAsync(() => flags[BEGUN] === 50);
    open(flags);
    expect(await Promise.all(futures)).toEqual(range(50));
    expect(executor.stats().workers).toBe(1);
  });

  it.runIf(HAS_CONTEXTS)("gives each task Locals and names of its own, although others run in between", async () => {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 100, threadNamePrefix: "Own" });
    const flags = newGate();
    const local = new Local<{ n?: number }>();
    local.n = -1;
    const futures = range(20).map((n) =>
      n % 3 === 0
        ? executor.submit({ target: w.useOwn, args: [flags, n, local], name: `host ${n}` })
        : executor.submit(w.useOwn, flags, n, local),
    );
    await untilAsync(() => flags[BEGUN] === 20);
    const thread = enumerate().find(({ name }) => name === "Own_0")!; // other threads see its own name
    open(flags);
    for (const [n, future] of futures.entries()) {
      const name = n % 3 === 0 ? `host ${n}` : undefined;
      expect(await future).toEqual({
        before: [undefined, 0],
        after: [n, n],
        name: n % 2 === 1 ? `odd ${n}` : (name ?? "Own_0"),
        task: n % 2 === 1 ? `odd ${n}` : (name ?? "useOwn"),
      });
    }
    expect(thread.name).toBe("Own_0");
    expect((await executor.submit({ target: w.shareThread, name: "sharing" })).name).toBe("Own_0");
    expect(local.n).toBe(-1);
  });

  it.runIf(HAS_CONTEXTS)("leaves no Local to the next task: a worker may run thousands", async () => {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 2 });
    const flags = newFlags();
    open(flags);
    const local = new Local<{ n?: number }>();
    for (let n = 0; n < 5; n++)
      expect((await executor.submit(w.useOwn, flags, n, local)).before).toEqual([undefined, 0]);
  });

  it("without an async context, as in a page: a task has a current task until its first await", async () => {
    const executor = pool({ maxWorkers: 1, tasksPerWorker: 10 });
    expect(await executor.submit(w.hasTaskAfter)).toEqual([true, HAS_CONTEXTS]);
  });

  it("1: tasks share the Locals of their worker, which an initializer may fill", async () => {
    const executor = pool({ maxWorkers: 1 });
    const flags = newFlags();
    open(flags);
    const local = new Local<{ n?: number }>();
    await executor.submit(w.useOwn, flags, 2, local);
    const second = await executor.submit({ target: w.useOwn, args: [flags, 4, local], name: "second" });
    expect(second.before).toEqual([2, 1]);
    expect(second.name).toMatch(/^ThreadPoolExecutor-[\d.]+_0$/);
    expect(second.task).toBe("second");
  });

  it("leaves no trace in the threads of a later executor, whose tasks are alone", async () => {
    for (const tasksPerWorker of [10, 1, 10, 1]) {
      const executor = pool({ maxWorkers: 1, tasksPerWorker });
      for (let n = 0; n < 3; n++) expect(await executor.submit(w.hasTask)).toBe(true);
      await executor.shutdownAsync();
    }
  });
});
