import { perTask } from "../calls.js";
import { poolContestants, POOLS } from "../pools.js";
import { python, type Row } from "../row.js";

const THREADS = 2;

export const row: Row<number> = {
  title: "Executor: tasks without work, all submitted at once",
  unit: "us",
  better: "less",
  limit:
    "One lock guards the executor. In a profile with one worker, each side spends a quarter of its time or more in waits for it, most of them spins. Measured one by one: a submit beside a busy worker takes 0.44 us, a worker's turn 0.42, an arrival and its await 0.22. Two rings by hand, with no lock, no deaths, no priorities and no counts, take 0.3 us for each task. To hold the lock for less, a worker would have to take several tasks at once; a task might then wait for a task that stands behind it in the same worker.",
  axis: { name: "tasks", points: [1, 100, 20_000, 100_000] },
  ms: 300,
  rounds: 5,
  warmUpMs: () => 1500,
  contestants: {
    ...poolContestants<number>(POOLS, THREADS, (pool, tasks) => perTask(tasks, () => pool.run("nothing"))),
    "CPython's threads": python("executor.py", "threads", "many"),
    "CPython's processes": { ...python("executor.py", "processes", "many"), upTo: 20_000 },
  },
};
