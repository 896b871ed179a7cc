import { setTimeout } from "node:timers/promises";
import { perTask } from "../calls.js";
import { poolContestants, POOLS } from "../pools.js";
import { python, type Row } from "../row.js";

const THREADS = 2;
/** The program has run tasks before: what is measured is a pause, not the first runs of the code. */
const WARM_UP_MS = 800;

export const row: Row = {
  title: "Executor: a task without work, in a program that has run tasks before, and was idle for a while",
  unit: "us",
  better: "less",
  limit:
    "A wake of the worker and a wake of the submitter, with cold caches, and with idle cores that must wake first.",
  ms: 300,
  contestants: {
    ...poolContestants(POOLS, THREADS, async (pool) => {
      await perTask(1, () => pool.run("nothing"))(WARM_UP_MS);
      return async (ms) => {
        await setTimeout(ms);
        return perTask(1, () => pool.run("nothing"))(0);
      };
    }),
    "CPython's threads": python("executor.py", "threads", "idle"),
    "CPython's processes": python("executor.py", "processes", "idle"),
  },
};
