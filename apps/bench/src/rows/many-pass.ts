import { Lock } from "@x/lock";
import { expose, Thread } from "@x/thread";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { js, type JsContestant, type Measure, type Row } from "../row.js";

export function count(locks: readonly Lock[]): number {
  return locks.length;
}
expose({ count });

/** Answers a message by incrementing the word in it. */
const RECEIVE = `const { parentPort, workerData: word } = require("node:worker_threads");
  parentPort.on("message", () => { Atomics.add(word, 0, 1); Atomics.notify(word, 0); });`;

/** ns for each lock. */
function perPass(locks: number, pass: () => void): Measure {
  return (ms) => {
    const begin = performance.now();
    let passes = 0;
    let took: number;
    do {
      pass();
      passes++;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e6) / (passes * locks);
  };
}

/** Passes the locks, and waits for their arrival. */
function passing(make: (count: number) => unknown): JsContestant<number> {
  return js(async (locks) => {
    const word = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(RECEIVE, { eval: true, workerData: word });
    await once(worker, "online");
    const message = make(locks);
    return perPass(locks, () => {
      const seen = Atomics.load(word, 0);
      worker.postMessage(message);
      Atomics.wait(word, 0, seen);
    });
  });
}

export const row: Row = {
  title: "Many locks: time to pass each to a thread",
  unit: "ns",
  better: "less",
  limit:
    "The number of buffers: cloning a SharedArrayBuffer takes microseconds, and locks share theirs. Then the object for each lock, a third of the time. Warm: the first lists of a program take ten times as long.",
  axis: { name: "locks", points: [1, 100, 10_000] },
  rounds: 9,
  warmUpMs: () => 1500,
  contestants: {
    ours: js((locks: number) => {
      const all = Array.from({ length: locks }, () => new Lock());
      return perPass(locks, () => {
        const counted = new Thread({ target: count, args: [all] }).start().result();
        if (counted !== locks) throw new Error(`${counted} of ${locks} locks arrived`);
      });
    }),
    "one buffer, and a number each": passing((locks) => ({
      buffer: new SharedArrayBuffer(4 * locks),
      at: Int32Array.from({ length: locks }, (_, i) => i),
    })),
    "a SharedArrayBuffer each": passing((locks) => Array.from({ length: locks }, () => new SharedArrayBuffer(4))),
  },
};
