import { Event } from "@x/event";
import { expose, Thread } from "@x/thread";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { js, type Row } from "../row.js";

/** After the starts: spare workers boot for a moment, and go 1 s after the last start. */
const SETTLED_MS = 2000;

export function stay(leave: Event): void {
  leave.wait();
}
expose({ stay });

const STAY = `const { parentPort, workerData } = require("node:worker_threads");
  parentPort.postMessage("here");
  Atomics.wait(workerData, 0, 0);`;

/** MB that each of the threads takes, a moment after the starts. */
async function memoryOfEach(threads: number, start: () => Promise<void> | void): Promise<number> {
  const before = process.memoryUsage.rss();
  await start();
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  return (process.memoryUsage.rss() - before) / 2 ** 20 / threads;
}

export const row: Row = {
  title: "Thread: memory of each of many that live",
  unit: "MB",
  better: "less",
  limit:
    "Each worker is an instance of V8 with a heap of its own. A worker of ours also loads this library: some 370 kB of code, and the modules of Node that it needs. Ten threads share the supervisor and one spare worker.",
  axis: { name: "threads", points: [10, 100] },
  ms: 4000,
  rounds: 3,
  fresh: true,
  loadMatters: false,
  contestants: {
    ours: js((threads: number) => async () => {
      const leave = new Event();
      const all: Thread[] = [];
      const memory = await memoryOfEach(threads, () => {
        for (let i = 0; i < threads; i++) all.push(new Thread({ target: stay, args: [leave] }).start());
      });
      leave.set();
      for (const thread of all) thread.join();
      return memory;
    }),
    "new Worker": js((threads: number) => async () => {
      const leave = new Int32Array(new SharedArrayBuffer(4));
      const all: Worker[] = [];
      const memory = await memoryOfEach(threads, async () => {
        for (let i = 0; i < threads; i++) all.push(new Worker(STAY, { eval: true, workerData: leave }));
        await Promise.all(all.map((worker) => once(worker, "message")));
      });
      Atomics.store(leave, 0, 1);
      Atomics.notify(leave, 0);
      await Promise.all(all.map((worker) => once(worker, "exit")));
      return memory;
    }),
  },
};
