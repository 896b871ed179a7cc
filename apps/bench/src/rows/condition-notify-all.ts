import { CONDITIONS } from "../conditions.js";
import { untilCompiled } from "../thread-group.js";
import { notified, WAITERS } from "../notified.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notifyAll(), until all waiters have held the lock",
  unit: "us",
  better: "less",
  limit:
    "A thread switch for each waiter, and the lock, because the waiters take it one after another; and V8's mutex around all sleepers, as often as in the raw contestant. The first waits of a thread take two to three times as long, because V8 compiles the code for each thread anew; this takes some thousand waits of each. So 128 waiters take half a minute to get warm: the first cycles take 4 ms, after ten seconds a cycle takes 0.9, then 0.57.",
  axis: { name: "waiters", points: WAITERS },
  ms: 1500,
  rounds: 5,
  warmUpMs: (waiters?: number) => 4 * untilCompiled(waiters), // a cycle of many takes long, and is one wait of each
  contestants: {
    ours: notified(CONDITIONS.ours, (waiters) => waiters),
    "raw Atomics, inexact": notified(CONDITIONS.raw, (waiters) => waiters),
    pthread_cond: c("notify.c", "all"),
    CPython: python("notify.py", "all"),
    multithreading: { ...notified(CONDITIONS.npm, (waiters) => waiters), upTo: 8 },
  },
};
