import { CONDITIONS } from "../conditions.js";
import { untilCompiled } from "../thread-group.js";
import { notified, WAITERS } from "../notified.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notify() of one, until it has held the lock",
  unit: "us",
  better: "less",
  limit:
    "One wake-up, and the lock; the others must not be woken, however many they are. The raw one, which is hardly more than an `Atomics.notify` and a lock, shows what V8 leaves: it wakes while it holds the mutex of all sleepers, for which whoever is woken sleeps once more. A core that has idled for long takes long to wake (more than some 12 us, and it takes 20 us instead of 2, on the machine on which this was written), and then the other one has idled for long as well: a microsecond more in each cycle may cost ten in the mean. A thread's first waits take two to three times as long: V8 compiles the code for each thread anew, and is done after some thousand waits of each.",
  axis: { name: "waiters", points: WAITERS },
  ms: 100,
  rounds: 5,
  warmUpMs: (waiters?: number) => 2 * untilCompiled(waiters), // a cycle has a turn of only one thread
  contestants: {
    ours: notified(CONDITIONS.ours, () => 1),
    "raw Atomics, inexact": notified(CONDITIONS.raw, () => 1),
    pthread_cond: c("notify.c", "one"),
    CPython: python("notify.py", "one"),
    multithreading: { ...notified(CONDITIONS.npm, () => 1), upTo: 8 },
  },
};
