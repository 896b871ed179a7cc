import { CONDITIONS } from "../conditions.js";
import { conditionPingPong } from "../pingpong.js";
import { c, python, type Row } from "../row.js";
import { row as semaphore } from "./semaphore-pingpong-one-core.js";

export const row: Row = {
  title: "Condition: from one thread to another on the same core",
  unit: "us, one way",
  better: "less",
  limit:
    "As for the semaphore. A waiter that is woken by the notify finds the lock held and sleeps again, which takes two more switches; so it is woken when the lock is released.",
  ms: 100,
  warmUpMs: () => 500,
  oneCore: true,
  contestants: {
    ours: conditionPingPong(CONDITIONS.ours),
    "raw wait and notify": semaphore.contestants["raw Atomics"]!,
    "raw Atomics": conditionPingPong(CONDITIONS.raw),
    pthread_cond: c("handoff.c", "condition"),
    CPython: python("handoff.py", "condition"),
    multithreading: conditionPingPong(CONDITIONS.npm),
  },
};
