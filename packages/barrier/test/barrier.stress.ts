import { bunch, stress, watchdog } from "@x/testkit";
import { Barrier } from "@x/barrier";
import { expect } from "vitest";

watchdog();

const ROUNDS = 60;

stress("Barrier, threads and tasks in lockstep", async () => {
  const barrier = new Barrier(6, undefined, 10_000);
  const steps = new Int32Array(new SharedArrayBuffer(4 * (ROUNDS + 1)));
  const blocking = bunch(
    2,
    (barrier, steps, rounds, parties) => {
      for (let round = 0; round < rounds; round++) {
        if (Atomics.add(steps, round, 1) >= parties) throw new Error("the cycles overlap");
        barrier.wait();
        if (Atomics.load(steps, round) !== parties) throw new Error("left before all had come");
      }
    },
    [barrier, steps, ROUNDS, 6],
  );
  const awaiting = bunch(
    2,
    async (barrier, steps, rounds, parties) => {
      const task = async (): Promise<void> => {
        for (let round = 0; round < rounds; round++) {
          Atomics.add(steps, round, 1);
          await barrier.waitAsync();
          if (Atomics.load(steps, round) !== parties) throw new Error("left before all had come");
        }
      };
      await Promise.all([task(), task()]);
    },
    [barrier, steps, ROUNDS, 6],
  );
  await blocking.joinAsync();
  await awaiting.joinAsync();
  expect([barrier.nWaiting, barrier.broken]).toEqual([0, false]);
  return { cycles: ROUNDS };
});

/** Timeouts break the barrier again and again, and each thread that finds it broken resets it. Arrivals pass in pairs. */
stress("Barrier, with timeouts and resets", async () => {
  const barrier = new Barrier(2);
  const passed = new Int32Array(new SharedArrayBuffer(8));
  const others = bunch(
    4,
    (barrier, passed, n) => {
      let broke = 0;
      for (let i = 0; i < n; i++) {
        try {
          Atomics.add(passed, barrier.wait(i % 3 === 0 ? Math.random() : 5), 1);
        } catch {
          broke++;
          barrier.reset();
        }
      }
      return broke;
    },
    [barrier, passed, ROUNDS],
  );
  const broke = (await others.joinAsync()).reduce((sum, n) => sum + n, 0);
  barrier.reset();
  expect(passed[0]! + passed[1]! + broke).toBe(4 * ROUNDS);
  expect([barrier.nWaiting, barrier.broken]).toEqual([0, false]);
  return { passed: passed[0]! + passed[1]!, broke };
});
