import { expose, Thread } from "@x/thread";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { js, type Measure, python, type Row } from "../row.js";
import { work } from "../work.js";

const TURNS_TO_CALIBRATE = 1e7;

/** The speed-up of two threads, each with half the work. */
function speedup(run: (parts: readonly number[]) => unknown): Measure {
  const timed = async (...parts: number[]): Promise<number> => {
    const begin = performance.now();
    await run(parts);
    return performance.now() - begin;
  };
  return async (ms) => {
    const turns = Math.round((ms / 2 / (await timed(TURNS_TO_CALIBRATE))) * TURNS_TO_CALIBRATE);
    return (await timed(turns)) / (await timed(turns / 2, turns / 2));
  };
}

export { work };
expose({ work });

const WORKER = `const { work } = await import(${JSON.stringify(new URL("../work.js", import.meta.url))});
  const { workerData: turns } = await import("node:worker_threads");
  work(turns);`;

export const row: Row = {
  title: "Thread: speed-up of a job of 200 ms by two threads",
  unit: "times",
  better: "more",
  limit: "Two cores, less the time to start and to join. CPython's threads take turns under its global lock.",
  ms: 400,
  rounds: 5,
  cores: 2,
  contestants: {
    ours: js(() =>
      speedup((parts) =>
        parts.map((turns) => new Thread({ target: work, args: [turns] }).start()).forEach((thread) => thread.join()),
      ),
    ),
    "new Worker": js(() =>
      speedup((parts) =>
        Promise.all(
          parts.map((workerData) =>
            once(new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORKER)}`), { workerData }), "exit"),
          ),
        ),
      ),
    ),
    piscina: js(async () => {
      const { Piscina } = await import("piscina");
      const filename = fileURLToPath(new URL("../workers/piscina.js", import.meta.url));
      const pool = new Piscina({ filename, minThreads: 2, maxThreads: 2 });
      return speedup((parts) => Promise.all(parts.map((turns) => pool.run(turns, { name: "work" }))));
    }),
    CPython: python("thread.py", "speedup"),
  },
};
