/** Tells the parent, which watches over the time, which program runs and what its walkers do: also while this thread is blocked. */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { DOING, DOINGS, ROW, STEP, WALKERS_MAX, WHICH } from "./world.js";

/** The file that the parent reads: lines of JSON. */
const PARENT = 3;

/** What the parent is told. */
export type Told =
  | { readonly begins: number }
  | { readonly isLate: number; readonly walkers: readonly string[] }
  | { readonly report: string };

export function tell(told: Told): void {
  writeSync(PARENT, `${JSON.stringify(told)}\n`);
}

/** Returns what is to be called when a program begins, with its seed; -1 when all are over. */
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
      const walkers = [];
      for (let row = 0; row < ${WALKERS_MAX * ROW}; row += ${ROW}) {
        const [doing, which, step] = [status[row + ${DOING}], status[row + ${WHICH}], status[row + ${STEP}]];
        if (doing >= 0) walkers.push("walker " + row / ${ROW} + ", step " + step + ": " + names[doing] + " " + which);
      }
      writeSync(${PARENT}, JSON.stringify({ isLate: Atomics.load(words, ${SEED}), walkers }) + "\\n");
      Atomics.wait(words, ${TURN}, turn);
    }`;
  new Worker(dog, { eval: true, workerData: { words, status, limit, names: DOINGS }, name: "watchdog" }).unref();
  return (seed) => {
    for (let row = 0; row < WALKERS_MAX; row++) Atomics.store(status, row * ROW + DOING, -1);
    if (seed >= 0) tell({ begins: seed });
    Atomics.store(words, SEED, seed);
    Atomics.add(words, TURN, 1);
    Atomics.notify(words, TURN);
  };
}
