import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { pingpong } from "../pingpong.js";
import { c, js, python, type Row } from "../row.js";
import { type SemaphoreKind, SEMAPHORES } from "../semaphores.js";

/** Each side has its own semaphore. */
const semaphores = ({ make, open }: SemaphoreKind): ReturnType<typeof pingpong> =>
  pingpong({
    make: () => [make(0), make(0)] as const,
    open: async (shared) => {
      const sides = [await open(shared[0]), await open(shared[1])];
      return { await: (me) => sides[me]!.acquire(), pass: (other) => sides[other]!.release() };
    },
  });

const ECHO = `const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (message) => parentPort.postMessage(message));`;

export const row: Row = {
  title: "Semaphore: from one thread to another, each on a core of its own",
  unit: "us, one way",
  better: "less",
  limit:
    "The time of a cache line from core to core; spinning shows it. The system needs 5 to 20 us to wake an idle core, so a waiter should not sleep if the permit comes soon.",
  ms: 100,
  warmUpMs: () => 500,
  cores: 2,
  contestants: {
    ours: semaphores(SEMAPHORES.ours),
    "raw Atomics, spinning": semaphores(SEMAPHORES.spinning),
    "raw Atomics": semaphores(SEMAPHORES.raw),
    sem_t: c("handoff.c", "semaphore"),
    futex: c("handoff.c", "futex"),
    CPython: python("handoff.py", "semaphore"),
    postMessage: js(async () => {
      const worker = new Worker(ECHO, { eval: true });
      await once(worker, "online");
      return async (ms) => {
        const begin = performance.now();
        let took: number;
        let rounds = 0;
        do {
          worker.postMessage(rounds);
          await once(worker, "message");
          rounds++;
          took = performance.now() - begin;
        } while (took < ms);
        return (took * 1e3) / rounds / 2;
      };
    }),
  },
};
