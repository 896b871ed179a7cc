import { CONDITIONS } from "../conditions.js";
import { untilCompiled } from "../thread-group.js";
import { notified, WAITERS } from "../notified.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notifyAll(), until all waiters have held the lock",
  unit: "us",
  better: "less",
  limit:
    "A thread switch for each waiter, and the lock, because the waiters take it one after another; and V8's mutex around all sleepers, as often as in the raw contestant. The first waits of a thread take two to three times as long, because V8 compiles the code for each thread anew; this takes some thousand waits of each. So many waiters make a wake dear: among 128 it costs 115 us of the processor, and 3 in the raw contestant, whose threads wake thirty times as often in a turn, and so run warm code.",
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
