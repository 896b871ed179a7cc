import { ThreadPoolExecutor } from "@x/executor";
import { expose } from "@x/thread";
import { Worker } from "node:worker_threads";
import { ping } from "../ping.js";
import { fileOf } from "../pools.js";
import { js, type Measure, type Row } from "../row.js";

const THREADS = 4;
const AT_ONCE = 1000;

expose(import.meta.url, { ping });

type Ping = (order: { port: number; id: number }) => PromiseLike<boolean>;

/** Measures pings, all submitted before the first answer is awaited. */
async function pings(count: number, run: Ping): Promise<Measure> {
  const server = new Worker(fileOf("echo"));
  const port = await new Promise<number>((resolve) => server.once("message", resolve));
  return async (ms) => {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const begin = performance.now();
    let bytes: number | undefined;
    let rounds = 0;
    let took: number;
    do {
      const answers = Array.from({ length: count }, (_, id) => run({ port, id }));
      bytes ??= (process.memoryUsage().rss - before) / count;
      for (const answer of answers) if (!(await answer)) throw new Error("a ping failed");
      rounds++;
      took = performance.now() - begin;
    } while (took < ms);
    return { value: (count * rounds) / took, bytes };
  };
}

export const row: Row<number> = {
  title: "Executor: pings of a loopback server, as async tasks of four workers",
  unit: "thousand a second",
  better: "more",
  limit: "The datagrams: four system calls for each ping, and the event loops of the server and of the workers.",
  axis: { name: "pings", points: [1000, 100_000] },
  also: { bytes: "bytes of memory for each submitted task" },
  ms: 2000,
  rounds: 3,
  cores: 2,
  contestants: {
    ours: js((count) => {
      const pool = new ThreadPoolExecutor({ maxWorkers: THREADS, minWorkers: THREADS, tasksPerWorker: AT_ONCE });
      return pings(count, (order) => pool.submit(ping, order));
    }),
    piscina: js(async (count) => {
      const { Piscina } = await import("piscina");
      const pool = new Piscina({
        ...{ filename: fileOf("piscina"), minThreads: THREADS, maxThreads: THREADS },
        concurrentTasksPerWorker: AT_ONCE,
      });
      return pings(count, (order) => pool.run(order, { name: "ping" }));
    }),
  },
};
