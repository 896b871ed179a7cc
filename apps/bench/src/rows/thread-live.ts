import { Event } from "@x/event";
import { enumerate, expose, Thread } from "@x/thread";
import { once } from "node:events";
import { freemem } from "node:os";
import { Worker } from "node:worker_threads";
import { js, Missing, python, type Row } from "../row.js";

/** 14 MiB: the most memory a thread takes. Starts only as many threads as fit. */
const THREAD_BYTES = 14 * 2 ** 20;
const LISTINGS = 100;

function needMemory(threads: number): void {
  const needed = threads * THREAD_BYTES;
  if (freemem() < needed) throw new Missing(`there are no ${Math.ceil(needed / 2 ** 30)} GB of memory free`);
}

export function stay(leave: Event): void {
  leave.wait();
}
expose({ stay });

const STAY = `const { parentPort, workerData } = require("node:worker_threads");
  parentPort.postMessage("here");
  Atomics.wait(workerData, 0, 0);`;

export const row: Row = {
  title: "Thread: many that live at the same time, time to start each",
  unit: "ms",
  better: "less",
  limit:
    "Each thread is an instance of V8 with a heap of its own; a pthread is a stack. A worker of ours loads this library, some 370 kB of code, beside what a bare worker loads. Starts in a row overlap: while a starter waits for its thread, the next workers boot on the other cores. The bare workers are all made at once.",
  axis: { name: "threads", points: [1, 10, 100, 500] },
  also: { memory: "MB each", enumerate: "us" },
  ms: 5000,
  rounds: 1,
  fresh: true,
  cores: 2,
  contestants: {
    ours: js((threads: number) => {
      needMemory(threads);
      return () => {
        const leave = new Event();
        const before = process.memoryUsage.rss();
        const begin = performance.now();
        const all = Array.from({ length: threads }, () => new Thread({ target: stay, args: [leave] }).start());
        const started = performance.now();
        const memory = process.memoryUsage.rss() - before;
        const from = performance.now();
        for (let i = 0; i < LISTINGS; i++) enumerate();
        const listed = performance.now() - from;
        leave.set();
        for (const thread of all) thread.join();
        return {
          value: (started - begin) / threads,
          memory: memory / 2 ** 20 / threads,
          enumerate: (listed * 1e3) / LISTINGS,
        };
      };
    }),
    "new Worker": js((threads: number) => {
      needMemory(threads);
      return async () => {
        const leave = new Int32Array(new SharedArrayBuffer(4));
        const before = process.memoryUsage.rss();
        const begin = performance.now();
        const all = Array.from({ length: threads }, () => new Worker(STAY, { eval: true, workerData: leave }));
        await Promise.all(all.map((worker) => once(worker, "message")));
        const started = performance.now();
        const memory = process.memoryUsage.rss() - before;
        Atomics.store(leave, 0, 1);
        Atomics.notify(leave, 0);
        await Promise.all(all.map((worker) => once(worker, "exit")));
        return { value: (started - begin) / threads, memory: memory / 2 ** 20 / threads };
      };
    }),
    CPython: python("thread.py", "live"),
  },
};
