import { Condition } from "@x/condition";
import { Lock } from "@x/lock";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

export const row: Row = {
  title: "Condition: notify without waiters",
  unit: "ns",
  better: "less",
  limit:
    "Two checks: does the caller hold the lock (one atomic load), and are there waiters (plain memory, because the lock is held).",
  contestants: {
    ours: js(() => {
      const condition = new Condition(new Lock());
      condition.acquire();
      return perCall(() => condition.notify());
    }),
    "raw Atomics, a load": js(() => {
      const words = new Int32Array(new SharedArrayBuffer(64));
      return perCall(() => Atomics.load(words, 0));
    }),
    "raw Atomics, a notify": js(() => {
      const words = new Int32Array(new SharedArrayBuffer(64));
      return perCall(() => Atomics.notify(words, 0, 1));
    }),
    CPython: python("alone.py", "notify"),
  },
};
