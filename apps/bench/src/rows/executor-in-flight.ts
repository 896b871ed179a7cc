import { poolContestants, POOLS, type TaskPool } from "../pools.js";
import { python, type Row } from "../row.js";

const THREADS = 2;

/** us per task, with so many tasks submitted before the first is awaited. */
async function inFlight(pool: TaskPool, tasks: number): Promise<number> {
  const begin = performance.now();
  const results = Array.from({ length: tasks }, () => pool.run("nothing"));
  for (const result of results) await result;
  return ((performance.now() - begin) * 1e3) / tasks;
}

export const row: Row<number> = {
  title: "Executor: tasks without work, all submitted at once",
  unit: "us",
  better: "less",
  limit:
    "The submitter: it writes a task's block and makes a future in about a microsecond. Workers take tasks, and hand results back, without a wake for each.",
  axis: { name: "tasks", points: [1, 100, 20_000, 100_000] },
  ms: 300,
  rounds: 5,
  warmUpMs: () => 1500,
  contestants: {
    ...poolContestants<number>(POOLS, THREADS, (pool, tasks) => () => inFlight(pool, tasks)),
    "CPython's threads": python("executor.py", "threads", "many"),
    "CPython's processes": { ...python("executor.py", "processes", "many"), upTo: 20_000 },
  },
};
