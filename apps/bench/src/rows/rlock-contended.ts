import { RLock } from "@x/lock";
import { contended, THREADS, untilAllCompiled } from "../contended.js";
import { type Mutex, MUTEXES } from "../mutexes.js";
import { c, python, type Row } from "../row.js";

const compete = (mutex: Mutex): ReturnType<typeof contended> => contended(mutex, (threads: number) => threads);

export const row: Row = {
  title: "RLock: threads that only count under it",
  unit: "million acquires a second",
  better: "more",
  limit: "As for the lock.",
  axis: { name: "threads", points: THREADS },
  ms: 100,
  rounds: 5,
  warmUpMs: untilAllCompiled,
  cores: 2,
  contestants: {
    ours: compete({
      make: () => new RLock().share(),
      open: (handle) => {
        const lock = RLock.from(handle as ReturnType<RLock["share"]>);
        return (body) => {
          lock.acquire();
          body();
          lock.release();
        };
      },
    }),
    "raw Atomics, not reentrant": compete(MUTEXES.raw),
    "pthread, recursive": c("contended.c", "recursive", "throughput"),
    CPython: python("contended.py", "rlock", "throughput"),
  },
};
