import { CONDITIONS } from "../conditions.js";
import { untilCompiled } from "../thread-group.js";
import { notified, WAITERS } from "../notified.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notifyAll(), until all have held the lock",
  unit: "us",
  better: "less",
  limit:
    "As many switches of threads as there are waiters, and the lock, which they take one after the other; and V8's mutex around all sleepers, which the raw one takes as often. A thread's first waits take two to three times as long: V8 compiles the code for each thread anew, and is done after some thousand waits of each.",
  axis: { name: "waiters", points: WAITERS },
  ms: 100,
  rounds: 5,
  warmUpMs: untilCompiled,
  contestants: {
    ours: notified(CONDITIONS.ours, (waiters) => waiters),
    "raw Atomics, inexact": notified(CONDITIONS.raw, (waiters) => waiters),
    pthread_cond: c("notify.c", "all"),
    CPython: python("notify.py", "all"),
    multithreading: { ...notified(CONDITIONS.npm, (waiters) => waiters), upTo: 8 },
  },
};
