import { Event } from "@x/event";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

export const row: Row = {
  title: "Event: isSet",
  unit: "ns",
  better: "less",
  limit: "One atomic load; V8 calls a builtin for it.",
  contestants: {
    ours: js(() => {
      const event = new Event();
      return perCall(() => event.isSet());
    }),
    "raw Atomics": js(() => {
      const words = new Int32Array(new SharedArrayBuffer(64));
      return perCall(() => Atomics.load(words, 0) !== 0);
    }),
    CPython: python("alone.py", "is_set"),
  },
};
