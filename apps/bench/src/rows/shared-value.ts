import { Lock } from "@x/lock";
import { SharedValue } from "@x/shared";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

export const row: Row = {
  title: "SharedValue: a number, got and set",
  unit: "ns",
  better: "less",
  limit: "A lock taken for the get, and for the set.",
  contestants: {
    ours: js(() => {
      const value = new SharedValue(0);
      return perCall(() => value.set(value.get() + 1));
    }),
    "raw, under our Lock": js(() => {
      const lock = new Lock();
      const numbers = new Float64Array(new SharedArrayBuffer(8));
      return perCall(() => {
        lock.acquire();
        const n = numbers[0]!;
        lock.release();
        lock.acquire();
        numbers[0] = n + 1;
        lock.release();
      });
    }),
    "multiprocessing.Value": python("shared.py", "value"),
  },
};
