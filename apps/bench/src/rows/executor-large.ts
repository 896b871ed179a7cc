import { perLongCall } from "../calls.js";
import { poolContestants } from "../pools.js";
import type { Row } from "../row.js";

const MiB = 2 ** 20;
const THREADS = 1;

export const row: Row<string> = {
  title: "Executor: a buffer of 1 MiB to a task and back",
  unit: "us",
  better: "less",
  limit:
    "Copied: the bytes, twice each way. Moved: the wake of the submitter's event loop. A buffer takes one message each way, from thread to thread.",
  axis: { name: "the buffer", points: ["copied", "moved"] },
  ms: 300,
  warmUpMs: () => 800,
  contestants: poolContestants<string>(["piscina", "workerpool"], THREADS, (pool, how) => {
    let buffer = new ArrayBuffer(MiB);
    return perLongCall(async () => {
      if (how === "copied") await pool.run("same", buffer);
      else buffer = (await pool.run("same", buffer, [buffer])) as ArrayBuffer;
    });
  }),
};
