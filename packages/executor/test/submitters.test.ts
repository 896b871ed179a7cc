/** Threads that submit, and end before the tasks do. */
import { pack, unpack } from "@x/core";
import { LONG, untilAsync, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import { describe, expect, it } from "vitest";
import { held, newFlags, open, pool, rejectedBy } from "./helpers.js";
import * as w from "./submitters.workers.mjs";

watchdog();

describe("a worker that ends", () => {
  it("leaves the results of its tasks to the threads that have their futures", async () => {
    const executor = pool({ maxWorkers: 2, maxTasksPerWorker: 1 });
    for (let i = 0; i < 8; i++) {
      // The nested task ends while its submitter encodes its own result, and then leaves.
      const { future } = await executor.submit(w.submitsAndReturns, executor, i).resultAsync(LONG);
      expect(await future.resultAsync(LONG)).toEqual([i]);
    }
  });

  it("leaves its pending tasks to the threads that have their futures", async () => {
    const executor = pool({ maxWorkers: 2, maxTasksPerWorker: 1 });
    const flags = newFlags();
    const { future } = await executor.submit(w.submitsAtGate, executor, flags).resultAsync(LONG);
    open(flags);
    expect(await future.resultAsync(LONG)).toBe("through the gate");
  });
});

describe("a thread that ends", () => {
  it("leaves what it has moved to its pending tasks", async () => {
    const executor = pool(1);
    const flags = newFlags();
    executor.submit(w.gated, flags);
    const thread = new Thread({ target: w.submitsMoved, args: [executor, 100] }).start();
    const { future } = await thread.resultAsync(LONG);
    // Its worker has no thread for a while, and then another one.
    expect(await new Thread({ target: w.endsAtOnce }).start().joinAsync(LONG)).toBe(true);
    open(flags);
    expect(await future.resultAsync(LONG)).toBe(100);
  });
});

describe("a result that names shared memory, and whose future is in two threads", () => {
  it("keeps the memory for other results, though each thread has read its copy", async () => {
    const executor = pool(1);
    const [first, second, asks] = [newFlags(), newFlags(), newFlags()];
    const one = executor.submit(w.memoryAtGate, first);
    const reader = new Thread({ target: w.asksAtGate, args: [{ future: one }, first] }).start();
    const two = executor.submit(w.memoryAtGate, second);
    const other = new Thread({ target: w.asksAtGate, args: [{ future: two }, asks] }).start();
    open(second);
    open(first);
    expect((await one.resultAsync(LONG))[0]).toBeGreaterThan(0);
    expect(await reader.resultAsync(LONG)).toBeGreaterThan(0);
    await executor.submit(w.endsAtOnce).resultAsync(LONG); // the second task has ended
    open(asks);
    expect(await other.resultAsync(LONG)).toBe(2);
  });
});

describe("a result that moves, and whose future is in two threads", () => {
  it("goes to the thread that asks first, and the other is told", async () => {
    const executor = pool(1);
    const flags = newFlags();
    const future = executor.submit(w.returnsBuffer, flags);
    const reader = new Thread({ target: w.awaits, args: [{ future }] }).start();
    open(flags);
    expect(await reader.resultAsync(LONG)).toBe(8);
    expect(String(await rejectedBy(() => future.resultAsync(LONG)))).toMatch(
      /^ThreadError: core: .* another thread has taken them; ask for it in one thread only$/,
    );
  });
});

describe("a future in a message that several threads read", () => {
  it("has its result in each, also if the thread that submitted the task reads it, too", async () => {
    const executor = pool(1);
    const [gate, begun] = [newFlags(), newFlags()];
    const future = executor.submit(w.gated, gate);
    const message = pack({ future });
    const threads = [1, 2, 3].map(() => new Thread({ target: w.unpacks, args: [message, begun] }).start());
    expect(unpack<{ future: unknown }>(message).future).toBe(future);
    await untilAsync(() => begun[0] === 3);
    open(gate);
    for (const thread of threads) expect(await thread.resultAsync(LONG)).toBe("through the gate");
    expect(await future.resultAsync(LONG)).toBe("through the gate");
    await executor.submit(w.endsAtOnce).resultAsync(LONG);
    expect(held(executor).records).toBeLessThanOrEqual(1);
  });
});

describe("a future in the arguments of an initializer", () => {
  it("has its result in each worker, and in the thread that submitted the task", async () => {
    const flags = newFlags();
    const future = pool(1).submit(w.gated, flags);
    const executor = pool({ maxWorkers: 3, initializer: w.keepsFuture, initargs: [future] });
    const stand = newFlags();
    const asked = [1, 2, 3].map((n) => executor.submit(w.asksGiven, n, stand)); // in three workers
    await untilAsync(() => stand[1] === 3);
    open(flags);
    open(stand);
    for (const result of asked) expect(await result.resultAsync(LONG)).toBe("through the gate");
    expect(await future.resultAsync(LONG)).toBe("through the gate");
  });
});

/** So many submitters may be there at once. */
const AT_ONCE = 8;

describe("submitters that have ended leave nothing in the store", () => {
  it.each(["ended workers", "threads that ask", "threads that do not ask", "terminated threads"])("%s", async (who) => {
    const executor = pool({ maxWorkers: 2, maxTasksPerWorker: who === "ended workers" ? 1 : Infinity });
    const one = async (): Promise<void> => {
      if (who === "ended workers") return executor.submit(w.submits, executor, false).resultAsync(LONG);
      const flags = newFlags();
      const args = [executor, who === "threads that ask", flags] as const;
      const target = who === "terminated threads" ? w.submitsAndStands : w.submits;
      const thread = new Thread({ target, args, daemon: true }).start();
      if (who === "terminated threads") {
        w.await_(flags, 1);
        terminate(thread);
      }
      expect(await thread.joinAsync(LONG)).toBe(true);
    };
    for (let i = 0; i < 4; i++) await one();
    const { bytes } = held(executor);
    for (let i = 0; i < 16; i++) await one();
    await executor.submit(w.endsAtOnce).resultAsync(LONG);
    const after = held(executor);
    expect(after.submitters).toBeLessThanOrEqual(AT_ONCE);
    expect(after.records).toBeLessThanOrEqual(AT_ONCE);
    expect(after.bytes).toBeLessThanOrEqual(bytes + 128 * AT_ONCE);
  });
});
