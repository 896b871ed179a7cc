import { Lock } from "@x/lock";
import { multithreading } from "../rivals.js";
import { js, type Measure, python, type Row } from "../row.js";

/** ns for each lock, in a growing list, like Python's comprehension. */
function making(count: number, make: () => object): Measure {
  return (ms) => {
    const begin = performance.now();
    let made = 0;
    let took: number;
    do {
      const all: object[] = [];
      for (let i = 0; i < count; i++) all.push(make());
      made += all.length;
      took = performance.now() - begin;
    } while (took < ms);
    return (took * 1e6) / made;
  };
}

export const row: Row = {
  title: "Many locks: time to make each",
  unit: "ns",
  better: "less",
  limit: "An object, and a share of its SharedArrayBuffer; in the end the garbage collector.",
  axis: { name: "locks", points: [1, 100, 10_000, 1_000_000] },
  ms: 100,
  rounds: 5,
  contestants: {
    ours: js((locks: number) => making(locks, () => new Lock())),
    "a SharedArrayBuffer each": js((locks: number) => making(locks, () => new Int32Array(new SharedArrayBuffer(4)))),
    CPython: python("many.py", "make"),
    multithreading: {
      ...js(async (locks: number) => {
        const { Mutex } = await multithreading();
        return making(locks, () => new Mutex());
      }),
      upTo: 10_000,
    },
  },
};
