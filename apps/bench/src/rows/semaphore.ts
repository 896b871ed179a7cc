import { perCall } from "../calls.js";
import { c, type JsContestant, js, python, type Row } from "../row.js";
import { type SemaphoreKind, SEMAPHORES } from "../semaphores.js";

const alone = (kind: SemaphoreKind): JsContestant =>
  js(async () => {
    const { acquire, release } = await kind.open(kind.make(1));
    return perCall(() => {
      acquire();
      release();
    });
  });

export const row: Row = {
  title: "Semaphore: acquire and release, no contention",
  unit: "ns",
  better: "less",
  limit: "A load and a compare-exchange to take a permit, the same to give it back. CPython's is written in Python.",
  contestants: {
    ours: alone(SEMAPHORES.ours),
    "raw Atomics": alone(SEMAPHORES.raw),
    sem_t: c("alone.c", "semaphore"),
    CPython: python("alone.py", "semaphore"),
    multithreading: alone(SEMAPHORES.npm),
  },
};
