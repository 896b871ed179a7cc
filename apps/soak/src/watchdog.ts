/**
 * Reports the running program's seed to the parent. If the program is late, also reports the
 * activities of its fuzz tasks, even while this thread is blocked.
 */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { ACTIVITY, ACTIVITIES, ROW, STEP, FUZZ_TASKS_MAX, WHICH } from "./shared-state.js";

/** The file descriptor of the pipe to the parent: lines of JSON. */
const PARENT = 3;

/** A message to the parent. */
export type Message =
  | { readonly begins: number }
  | { readonly isLate: number; readonly fuzzTasks: readonly string[] }
  | { readonly report: string };

export function report(message: Message): void {
  writeSync(PARENT, `${JSON.stringify(message)}\n`);
}

/**
 * Starts the watchdog. Call the returned function with the seed when a program begins, and with -1
 * after the last.
 */
export function watch(status: Int32Array, limit: number): (seed: number) => void {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const [TURN, SEED] = [0, 1];
  const dog = `
    const { workerData: { words, status, limit, names } } = require("node:worker_threads");
    const { writeSync } = require("node:fs");
    for (;;) {
      const turn = Atomics.load(words, ${TURN});
      const isOver = Atomics.load(words, ${SEED}) < 0;
      if (Atomics.wait(words, ${TURN}, turn, isOver ? Infinity : limit) !== "timed-out") continue;
      const fuzzTasks = [];
      for (let row = 0; row < ${FUZZ_TASKS_MAX * ROW}; row += ${ROW}) {
        const [activity, which, step] = [status[row + ${ACTIVITY}], status[row + ${WHICH}], status[row + ${STEP}]];
        if (activity >= 0) fuzzTasks.push("fuzz task " + row / ${ROW} + ", step " + step + ": " + names[activity] + " " + which);
      }
      writeSync(${PARENT}, JSON.stringify({ isLate: Atomics.load(words, ${SEED}), fuzzTasks }) + "\\n");
      Atomics.wait(words, ${TURN}, turn);
    }`;
  new Worker(dog, { eval: true, workerData: { words, status, limit, names: ACTIVITIES }, name: "watchdog" }).unref();
  return (seed) => {
    for (let row = 0; row < FUZZ_TASKS_MAX; row++) Atomics.store(status, row * ROW + ACTIVITY, -1);
    if (seed >= 0) report({ begins: seed });
    Atomics.store(words, SEED, seed);
    Atomics.add(words, TURN, 1);
    Atomics.notify(words, TURN);
  };
}
