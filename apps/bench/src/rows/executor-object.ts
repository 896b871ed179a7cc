import { perTask } from "../calls.js";
import { poolContestants, POOLS } from "../pools.js";
import type { Row } from "../row.js";

const THREADS = 2;
const TASKS = 2000;

export const row: Row = {
  title: "Executor: an object to a task and back, 2,000 tasks at once",
  unit: "us",
  better: "less",
  limit: "Four conversions of the object: to bytes and back, there and home.",
  ms: 300,
  rounds: 5,
  warmUpMs: () => 1500,
  contestants: poolContestants(POOLS, THREADS, (pool) =>
    perTask(TASKS, (id) => pool.run("same", { id, name: "x", isOn: true, list: [1, 2] })),
  ),
};
