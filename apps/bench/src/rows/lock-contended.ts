import { contended, THREADS, untilAllCompiled } from "../contended.js";
import { type Mutex, MUTEXES, V8_FLAGS } from "../mutexes.js";
import { c, python, type Row } from "../row.js";

const compete = (mutex: Mutex): ReturnType<typeof contended> => contended(mutex, (threads: number) => threads);

export const row: Row = {
  title: "Lock: threads that only count under it",
  unit: "million acquires a second",
  better: "more",
  limit:
    "The time of a cache line from core to core, and how rarely a thread has to sleep: a thread with the line in its cache goes on. Sleeping and waking costs 2.3 times a futex, because V8 keeps all sleepers under one mutex. Threads of CPython take turns of 5 ms, and hardly ever compete: two threads do as much as one. Among 128 threads each gets few turns, so its code is compiled late: for the first two seconds the lock does a third of what it does after ten.",
  axis: { name: "threads", points: THREADS },
  ms: 100,
  rounds: 5,
  warmUpMs: untilAllCompiled,
  cores: 2,
  contestants: {
    ours: compete(MUTEXES.ours),
    "raw Atomics": compete(MUTEXES.raw),
    pthread: c("contended.c", "mutex", "throughput"),
    CPython: python("contended.py", "lock", "throughput"),
    "V8 Atomics.Mutex": { ...compete(MUTEXES.v8), flags: V8_FLAGS, upTo: 8 },
    multithreading: { ...compete(MUTEXES.npm), upTo: 8 },
  },
};
