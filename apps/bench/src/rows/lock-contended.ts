import { contended, THREADS } from "../contended.js";
import { type Mutex, MUTEXES, V8_FLAGS } from "../mutexes.js";
import { c, python, type Row } from "../row.js";

const compete = (mutex: Mutex): ReturnType<typeof contended> => contended(mutex, (threads: number) => threads);

export const row: Row = {
  title: "Lock: threads that do nothing but count under it",
  unit: "million acquires a second",
  better: "more",
  limit:
    "How long a cache line takes from core to core, and how rarely a thread has to sleep: whoever finds the line at hand goes on. To sleep and be woken costs 2.3 times a futex, as V8 keeps all sleepers under one mutex. Threads of CPython take turns of 5 ms, and hardly ever compete: two of them do what one does alone.",
  axis: { name: "threads", points: THREADS },
  ms: 100,
  rounds: 5,
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
