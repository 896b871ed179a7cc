import { SharedMap } from "@x/shared";
import { perCall } from "../calls.js";
import { js, python, type Row } from "../row.js";

const keyOf = (n: number): string => `key ${n}`;
const valueOf = (n: number): object => ({ n, is: true });

/** 1 GiB. */
const MAX_BYTES = 2 ** 30;
const STEP = 7919;

export const row: Row<number> = {
  title: "SharedMap: an entry of a string and a small object, got and set",
  unit: "ns",
  better: "less",
  limit: "The object is written as bytes, and made again. A Map of one thread keeps a reference.",
  axis: { name: "entries", points: [1, 1000, 1_000_000] },
  ms: 100,
  rounds: 3,
  warmUpMs: () => 500,
  contestants: {
    ours: js((entries) => {
      const map = new SharedMap<string, object>(undefined, { maxBytes: MAX_BYTES });
      for (let n = 0; n < entries; n++) map.set(keyOf(n), valueOf(n));
      let n = 0;
      return perCall(() => {
        n = (n + STEP) % entries;
        const key = keyOf(n);
        map.set(key, map.get(key)!);
      });
    }),
    "a Map": js((entries) => {
      const map = new Map<string, object>();
      for (let n = 0; n < entries; n++) map.set(keyOf(n), valueOf(n));
      let n = 0;
      return perCall(() => {
        n = (n + STEP) % entries;
        const key = keyOf(n);
        map.set(key, { ...map.get(key)! });
      });
    }),
    "Manager().dict()": python("shared.py", "dict"),
  },
};
