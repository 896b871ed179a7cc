import { contended, THREADS, untilAllCompiled } from "../contended.js";
import { c, python, type Row } from "../row.js";
import { type SemaphoreKind, SEMAPHORES } from "../semaphores.js";

const compete = ({ make, open }: SemaphoreKind): ReturnType<typeof contended> =>
  contended(
    {
      make: () => make(1),
      open: async (shared) => {
        const { acquire, release } = await open(shared);
        return (body) => {
          acquire();
          body();
          release();
        };
      },
    },
    (threads: number) => threads,
  );

export const row: Row = {
  title: "Semaphore of one permit: threads that only count under it",
  unit: "million acquires a second",
  better: "more",
  limit: "As for the lock, but a loop of load and compare-exchange has to count the permits.",
  axis: { name: "threads", points: THREADS },
  ms: 100,
  rounds: 5,
  warmUpMs: untilAllCompiled,
  cores: 2,
  contestants: {
    ours: compete(SEMAPHORES.ours),
    "raw Atomics": compete(SEMAPHORES.raw),
    sem_t: c("contended.c", "semaphore", "throughput"),
    CPython: python("contended.py", "semaphore", "throughput"),
    multithreading: { ...compete(SEMAPHORES.npm), upTo: 8 },
  },
};
