import { Lock } from "@x/lock";
import { perCall } from "../calls.js";
import { MUTEXES, V8_FLAGS } from "../mutexes.js";
import { js, python, type Row } from "../row.js";

const words = new Int32Array(new SharedArrayBuffer(64));

export const row: Row = {
  title: "Lock: with(fn), no contention",
  unit: "ns",
  better: "less",
  limit: "The same two atomic instructions, and a call under `try … finally`; V8 inlines it.",
  contestants: {
    ours: js(() => {
      const lock = new Lock();
      return perCall(() => lock.with(() => words[0]!++));
    }),
    "raw Atomics": js(async () => {
      const exclusively = await MUTEXES.raw.open(MUTEXES.raw.make());
      return perCall(() => exclusively(() => words[0]!++));
    }),
    CPython: python("alone.py", "with"),
    "V8 Atomics.Mutex": {
      ...js(async () => {
        const exclusively = await MUTEXES.v8.open(MUTEXES.v8.make());
        return perCall(() => exclusively(() => words[0]!++));
      }),
      flags: V8_FLAGS,
    },
  },
};
