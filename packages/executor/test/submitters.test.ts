/** Threads that submit, and end before the tasks do. */
import { LONG, watchdog } from "@x/testkit";
import { terminate, Thread } from "@x/thread";
import type { ThreadPoolExecutor } from "@x/executor";
import { describe, expect, it } from "vitest";
import type { WorkerPool } from "../src/worker-pool.ts";
import { newFlags, open, pool } from "./helpers.js";
import * as w from "./submitters.workers.mjs";

watchdog();

/** What the store of an executor holds. */
function held(executor: ThreadPoolExecutor): {
  readonly submitters: number;
  readonly records: number;
  readonly bytes: number;
} {
  const { state } = (executor as unknown as Record<symbol, WorkerPool>)[Symbol.for("@x/executor pool")]!;
  const { records } = state;
  return state.locked(() => ({
    submitters: [...records.submitters()].length,
    records: [...records.all()].length,
    bytes: Number.parseInt(records.store.usage, 10),
  }));
}

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
