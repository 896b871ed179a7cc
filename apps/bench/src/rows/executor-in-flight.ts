import { perTask } from "../calls.js";
import { poolContestants, POOLS } from "../pools.js";
import { python, type Row } from "../row.js";

const THREADS = 2;

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
    ...poolContestants<number>(POOLS, THREADS, (pool, tasks) => perTask(tasks, () => pool.run("nothing"))),
    "CPython's threads": python("executor.py", "threads", "many"),
    "CPython's processes": { ...python("executor.py", "processes", "many"), upTo: 20_000 },
  },
};
