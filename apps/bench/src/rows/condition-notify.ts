import { CONDITIONS } from "../conditions.js";
import { untilCompiled } from "../thread-group.js";
import { notified, WAITERS } from "../notified.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notify() of one waiter, until it has held the lock",
  unit: "us",
  better: "less",
  limit:
    "One wake-up, and the lock; the other waiters must stay asleep, however many they are. The raw contestant, hardly more than an `Atomics.notify` and a lock, shows the limit of V8: it wakes while it holds the mutex of all sleepers, so the woken thread sleeps once more on that mutex. A core that has idled for more than some 12 us takes 20 us to wake instead of 2 (on the machine of the author), and then the other core has idled for long, too: a microsecond more in each cycle may cost ten on average. The first waits of a thread take two to three times as long, because V8 compiles the code for each thread anew; this takes some thousand waits of each. Among 128 waiters a thread waits once in 128 cycles, so they take twenty seconds to get warm, and until then a notify takes twice as long.",
  axis: { name: "waiters", points: WAITERS },
  ms: 1500,
  rounds: 5,
  warmUpMs: (waiters?: number) => 4 * untilCompiled(waiters), // a cycle has a turn of only one thread
  contestants: {
    ours: notified(CONDITIONS.ours, () => 1),
    "raw Atomics, inexact": notified(CONDITIONS.raw, () => 1),
    pthread_cond: c("notify.c", "one"),
    CPython: python("notify.py", "one"),
    multithreading: { ...notified(CONDITIONS.npm, () => 1), upTo: 8 },
  },
};
