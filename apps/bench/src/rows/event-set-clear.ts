import { Event } from "@x/event";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

export const row: Row = {
  title: "Event: set and clear, with nobody waiting",
  unit: "ns",
  better: "less",
  limit:
    "Two atomic instructions: who sets has to learn whether anybody waits, and who clears must not lose the mark of one.",
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
