import { Lock } from "@x/lock";
import { expose, Thread } from "@x/thread";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { js, type JsContestant, type Row } from "../row.js";

export function count(locks: readonly Lock[]): number {
  return locks.length;
}
expose(import.meta, { count });

/** Answers by counting up the word that comes with a message. */
const RECEIVE = `const { parentPort, workerData: word } = require("node:worker_threads");
  parentPort.on("message", () => { Atomics.add(word, 0, 1); Atomics.notify(word, 0); });`;

/** ns for each, until all are there. */
function passing(make: (count: number) => unknown): JsContestant<number> {
  return js(async (locks) => {
    const word = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(RECEIVE, { eval: true, workerData: word });
    await once(worker, "online");
    const message = make(locks);
    return () => {
      const seen = Atomics.load(word, 0);
      const begin = performance.now();
      worker.postMessage(message);
      Atomics.wait(word, 0, seen);
      return ((performance.now() - begin) * 1e6) / locks;
    };
  });
}

export const row: Row = {
  title: "Many locks: to pass each to a thread",
  unit: "ns",
  better: "less",
  limit:
    "How many buffers there are: to clone a SharedArrayBuffer takes microseconds, and locks share theirs; then, that each arrives as an object.",
  axis: { name: "locks", points: [1, 100, 10_000] },
  rounds: 9,
  contestants: {
    ours: js((locks: number) => {
      const all = Array.from({ length: locks }, () => new Lock());
      return () => {
        const begin = performance.now();
        const counted = new Thread({ target: count, args: [all] }).start().result();
        if (counted !== locks) throw new Error(`${counted} of ${locks} locks arrived`);
        return ((performance.now() - begin) * 1e6) / locks;
      };
    }),
    "one buffer, and a number each": passing((locks) => ({
      buffer: new SharedArrayBuffer(4 * locks),
      at: Int32Array.from({ length: locks }, (_, i) => i),
    })),
    "a SharedArrayBuffer each": passing((locks) => Array.from({ length: locks }, () => new SharedArrayBuffer(4))),
  },
};
