import { Lock } from "@x/lock";
import { multithreading } from "../rivals.js";
import { js, type JsContestant, type Measure, python, type Row } from "../row.js";

/** Bytes of resident memory per lock. */
function keeping(count: number, make: () => object): Measure {
  return () => {
    const all = new Array<unknown>(count).fill(undefined);
    gc!();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < count; i++) all[i] = make();
    gc!();
    return (process.memoryUsage.rss() - before) / all.length;
  };
}

const inNode = (setup: JsContestant<number>["setup"]): JsContestant<number> => ({
  ...js(setup),
  flags: ["--expose-gc"],
});

export const row: Row = {
  title: "Many locks: memory of each",
  unit: "bytes",
  better: "less",
  limit:
    "The object: 40 bytes. A cache line of 64 bytes for the words is added at the first acquire, because the system allocates a page at the first write. Each lock has a line of its own, so neighbours do not slow each other down.",
  // Fewer locks take less than the pages of the process vary.
  axis: { name: "locks", points: [10_000, 100_000, 1_000_000] },
  ms: 300,
  rounds: 3,
  fresh: true,
  contestants: {
    ours: inNode((locks) => keeping(locks, () => new Lock())),
    "a SharedArrayBuffer each": inNode((locks) => keeping(locks, () => new Int32Array(new SharedArrayBuffer(4)))),
    CPython: python("many.py", "memory"),
    multithreading: {
      ...inNode(async (locks) => {
        const { Mutex } = await multithreading();
        return keeping(locks, () => new Mutex());
      }),
      upTo: 100_000,
    },
  },
};
