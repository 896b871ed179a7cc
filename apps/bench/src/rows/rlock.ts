import { RLock } from "@x/lock";
import { perCall } from "../calls.js";
import { MUTEXES } from "../mutexes.js";
import { c, js, python, type Row } from "../row.js";

export const row: Row = {
  title: "RLock: acquire and release, no contention",
  unit: "ns",
  better: "less",
  limit: "The two atomic instructions of a lock; its owner and its depth are plain memory.",
  contestants: {
    ours: js(() => {
      const lock = new RLock();
      return perCall(() => {
        lock.acquire();
        lock.release();
      });
    }),
    "raw Atomics, not reentrant": js(async () => {
      const exclusively = await MUTEXES.raw.open(MUTEXES.raw.make());
      const nothing = (): void => undefined;
      return perCall(() => exclusively(nothing));
    }),
    "pthread, recursive": c("alone.c", "recursive"),
    CPython: python("alone.py", "rlock"),
  },
};
