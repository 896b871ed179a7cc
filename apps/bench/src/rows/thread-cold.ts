import { Thread } from "@x/thread";
import { Worker } from "node:worker_threads";
import { js, type Measure, type Row } from "../row.js";

/** ms from `start` until the new thread writes to the word it was given. */
function untilItRuns(start: (word: Int32Array) => unknown): Measure {
  return () => {
    const word = new Int32Array(new SharedArrayBuffer(4));
    const begin = performance.now();
    start(word);
    Atomics.wait(word, 0, 0);
    return performance.now() - begin;
  };
}

/** A bare worker of an ES module, as the modules of users are. {@link RUNNING} is a text in CommonJS. */
const MODULE = new URL("../workers/says-running.js", import.meta.url);

const RUNNING = `const { workerData: word } = require("node:worker_threads");
  Atomics.store(word, 0, 1);
  Atomics.notify(word, 0);`;

export const row: Row = {
  title: "Thread: the first of a program, until it runs",
  unit: "ms",
  better: "less",
  limit:
    "Node's time to start a worker, an instance of V8 with its libraries. The first thread needs a second worker, the supervisor. Both boot side by side, on two cores. The thread's worker then loads this library, some 10 ms; with NODE_COMPILE_CACHE, set in the environment or by the program before its first thread, 3 to 5 ms less on Node 22 and later. Deno 2.9.1 and later wait half a second for a debugger in each worker that a worker has made.",
  ms: 40,
  rounds: 9,
  fresh: true,
  cores: 2,
  contestants: {
    ours: js(() =>
      untilItRuns((word) => {
        const running = (word: Int32Array): void => {
          Atomics.store(word, 0, 1);
          Atomics.notify(word, 0);
        };
        new Thread({ target: running, args: [word] }).start();
      }),
    ),
    "new Worker of a module": js(() => untilItRuns((word) => new Worker(MODULE, { workerData: word }))),
    "new Worker": js(() => untilItRuns((word) => new Worker(RUNNING, { eval: true, workerData: word }))),
  },
};
