import { perLongCall } from "../calls.js";
import { executor, nothing, poolContestants, POOLS } from "../pools.js";
import { js, python, type Row } from "../row.js";

const THREADS = 2;

export const row: Row<string> = {
  title: "Executor: a task without work, and its result",
  unit: "us",
  better: "less",
  limit:
    "Two thread switches: to a worker, and back. Blocked, both threads sleep in the kernel. Awaited, the result comes with a turn of the event loop.",
  axis: { name: "the submitter", points: ["awaits", "blocks"] },
  ms: 200,
  warmUpMs: () => 800,
  contestants: {
    ...poolContestants<string>(POOLS, THREADS, (pool) => perLongCall(() => pool.run("nothing"))),
    ours: js((how) => {
      const pool = executor(THREADS);
      return how === "awaits"
        ? perLongCall(() => pool.submit(nothing))
        : perLongCall(() => pool.submit(nothing).result());
    }),
    "CPython's threads": python("executor.py", "threads", "one"),
    "CPython's processes": python("executor.py", "processes", "one"),
  },
};
