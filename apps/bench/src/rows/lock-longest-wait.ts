import { longestWait } from "../contended.js";
import { MUTEXES } from "../mutexes.js";
import { c, python, type Row } from "../row.js";

export const row: Row = {
  title: "Lock: the longest that anybody waits for it",
  unit: "ms",
  better: "less",
  limit:
    "The slices of time that the system gives to threads when there are more of them than cores. A lock that serves whoever comes first lets some wait for ever; ours serves who has been passed over for a millisecond.",
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
