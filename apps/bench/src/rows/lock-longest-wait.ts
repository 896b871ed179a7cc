import { longestWait } from "../contended.js";
import { MUTEXES } from "../mutexes.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Lock: the longest wait for it",
  unit: "ms",
  better: "less",
  limit:
    "The time slices of the system, if there are more threads than cores. A lock that serves newcomers first lets some waiters starve; ours serves a waiter that was passed over for a millisecond. But the longest waits are for a core, not for the lock: traced, they lie before a thread has slept, or after it was woken, behind threads that use up their slices of 4 ms. pthread's threads wait as long. CPython runs one thread at a time, and its threads seldom stand in that line.",
  axis: { name: "threads", points: [2, 8, 32] },
  ms: 300,
  rounds: 3,
  cores: 2,
  contestants: {
    ours: longestWait(MUTEXES.ours),
    "raw Atomics": longestWait(MUTEXES.raw),
    pthread: c("contended.c", "mutex", "longest"),
    CPython: python("contended.py", "lock", "longest"),
  },
};
