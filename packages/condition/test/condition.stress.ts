import { bunch, stress, waitersOf, watchdog } from "@x/testkit";
import { Condition } from "@x/condition";
import { Lock, RLock } from "@x/lock";
import { expect } from "vitest";

watchdog();

const JOBS = 60;

/** A bounded counter of jobs under one lock and two conditions, like Python's queue. */
for (const Kind of [Lock, RLock]) {
  stress(`Condition over ${Kind.name}, producers and consumers that block`, async () => {
    const lock = new Kind();
    const [notEmpty, notFull] = [new Condition(lock), new Condition(lock)];
    const jobs = new Int32Array(new SharedArrayBuffer(4));
    const producers = bunch(
      2,
      (notEmpty, notFull, jobs, n) => {
        for (let i = 0; i < n; i++) {
          notFull.with(() => {
            while (jobs[0] === 3) notFull.wait();
            jobs[0]!++;
            notEmpty.notify();
          });
        }
        return 0;
      },
      [notEmpty, notFull, jobs, JOBS],
    );
    const consumers = bunch(
      2,
      (notEmpty, notFull, jobs, n) => {
        let late = 0;
        for (let i = 0; i < n; i++) {
          notEmpty.with(() => {
            while (jobs[0] === 0) if (!notEmpty.wait(i % 3 === 0 ? Math.random() : Infinity)) late++;
            jobs[0]!--;
            notFull.notify();
          });
        }
        return late;
      },
      [notEmpty, notFull, jobs, JOBS],
    );
    await producers.joinAsync();
    const late = (await consumers.joinAsync()).reduce((sum, n) => sum + n, 0);
    expect([jobs[0], waitersOf(notEmpty), waitersOf(notFull)]).toEqual([0, 0, 0]);
    return { jobs: 2 * JOBS, late };
  });
}

/** Each notify comes with a token, and no notify follows the last token. So a lost notify makes a waiter wait for ever. */
stress("Condition, threads and tasks, with timeouts and aborts", async () => {
  const condition = new Condition(new Lock());
  const tokens = new Int32Array(new SharedArrayBuffer(4));
  const blocking = bunch(
    2,
    (condition, tokens, n) => {
      const counts = { late: 0, aborted: 0 };
      for (let i = 0; i < n; i++) {
        condition.with(() => {
          while (tokens[0] === 0) if (!condition.wait(i % 3 === 0 ? Math.random() : Infinity)) counts.late++;
          tokens[0]!--;
        });
      }
      return counts;
    },
    [condition, tokens, JOBS],
  );
  const awaiting = bunch(
    2,
    async (condition, tokens, n) => {
      const counts = { late: 0, aborted: 0 };
      const take = async (i: number): Promise<void> => {
        while (tokens[0] === 0) {
          const controller = new AbortController();
          if (i % 4 === 0) setTimeout(() => controller.abort("aborted"), Math.random() * 2);
          try {
            const timeout = i % 3 === 0 ? Math.random() * 2 : Infinity;
            if (!(await condition.waitAsync({ timeout, signal: controller.signal }))) counts.late++;
          } catch (reason) {
            if (reason !== "aborted") throw reason;
            counts.aborted++;
          }
        }
        tokens[0]!--;
      };
      const task = async (): Promise<void> => {
        for (let i = 0; i < n; i++) await condition.withAsync(() => take(i));
      };
      await Promise.all([task(), task()]);
      return counts;
    },
    [condition, tokens, JOBS],
  );
  const giving = bunch(
    1,
    (condition, tokens, n) => {
      for (let given = 0; given < n; given++) {
        condition.with(() => {
          tokens[0]!++;
          condition.notify();
        });
        if (given % 16 === 0) for (const end = performance.now() + Math.random(); performance.now() < end;);
      }
    },
    [condition, tokens, 6 * JOBS],
  );
  await giving.joinAsync();
  const counts = [...(await blocking.joinAsync()), ...(await awaiting.joinAsync())];
  const sum = (key: "late" | "aborted"): number => counts.reduce((sum, count) => sum + count[key], 0);
  expect([tokens[0], waitersOf(condition), condition.locked()]).toEqual([0, 0, false]);
  return { tokens: 6 * JOBS, late: sum("late"), aborted: sum("aborted") };
});
