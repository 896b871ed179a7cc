import { Event } from "@x/event";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

export const row: Row = {
  title: "Event: set and clear, without waiters",
  unit: "ns",
  better: "less",
  limit:
    "Two atomic instructions: `set` has to learn whether there are waiters, and `clear` must not lose a waiter's mark.",
  contestants: {
    ours: js(() => {
      const event = new Event();
      return perCall(() => {
        event.set();
        event.clear();
      });
    }),
    "raw Atomics": js(() => {
      const words = new Int32Array(new SharedArrayBuffer(64));
      return perCall(() => {
        Atomics.compareExchange(words, 0, 0, 1);
        Atomics.compareExchange(words, 0, 1, 0);
      });
    }),
    CPython: python("alone.py", "set_clear"),
  },
};
