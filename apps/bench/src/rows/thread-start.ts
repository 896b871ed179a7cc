import { expose, Thread } from "@x/thread";
import { fileURLToPath } from "node:url";
import { perLongCall } from "../calls.js";
import { multithreading } from "../rivals.js";
import { c, js, python, type Row } from "../row.js";

const THREADS = 2;
const fileOf = (library: string): string => fileURLToPath(new URL(`../workers/${library}.js`, import.meta.url));

export function nothing(): void {
  // Measures only the way there and back.
}
expose({ nothing });

export const row: Row = {
  title: "Thread: start and join one without work",
  unit: "us",
  better: "less",
  limit:
    "Two thread switches, to an idle worker and back. Pools do the same through the event loop. The first thread of a program takes longer, see the cold start. The next few hundred take up to ten times as long, until V8 has compiled the code.",
  ms: 100,
  warmUpMs: () => 800,
  contestants: {
    ours: js(() => perLongCall(() => new Thread({ target: nothing }).start().join())),
    pthread: c("thread.c", "often"),
    CPython: python("thread.py", "often"),
    piscina: js(async () => {
      const { Piscina } = await import("piscina");
      const pool = new Piscina({ filename: fileOf("piscina"), minThreads: THREADS, maxThreads: THREADS });
      return perLongCall(() => pool.run(undefined, { name: "nothing" }));
    }),
    tinypool: js(async () => {
      const { Tinypool } = await import("tinypool");
      const pool = new Tinypool({ filename: fileOf("piscina"), minThreads: THREADS, maxThreads: THREADS });
      return perLongCall(() => pool.run(undefined, { name: "nothing" }));
    }),
    workerpool: js(async () => {
      const { pool: newPool } = await import("workerpool");
      const pool = newPool(fileOf("workerpool"), { minWorkers: THREADS, maxWorkers: THREADS, workerType: "thread" });
      return perLongCall(() => pool.exec("nothing", []));
    }),
    poolifier: js(async () => {
      const { FixedThreadPool } = await import("poolifier");
      const pool = new FixedThreadPool(THREADS, fileOf("poolifier"));
      return perLongCall(() => pool.execute());
    }),
    multithreading: js(async () => {
      const { spawn } = await multithreading();
      return perLongCall(() => spawn(() => undefined).join());
    }),
  },
};
