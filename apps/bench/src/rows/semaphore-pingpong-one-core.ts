import { c, python, type Row } from "../row.js";
import { row as free } from "./semaphore-pingpong.js";

const { ours, "raw Atomics": raw, postMessage } = free.contestants;

export const row: Row = {
  title: "Semaphore: from one thread to another on the same core",
  unit: "us, one way",
  better: "less",
  limit:
    "One thread switch, a sleep and a wake-up: `Atomics.wait` and `notify` keep a table under a mutex, while a futex is one system call.",
  ms: 100,
  warmUpMs: () => 500,
  oneCore: true,
  contestants: {
    ours,
    "raw Atomics": raw!,
    sem_t: c("handoff.c", "semaphore"),
    futex: c("handoff.c", "futex"),
    CPython: python("handoff.py", "semaphore"),
    postMessage: postMessage!,
  },
};
