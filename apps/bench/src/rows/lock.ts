import { perCall } from "../calls.js";
import { type Mutex, MUTEXES, V8_FLAGS } from "../mutexes.js";
import { c, type JsContestant, js, python, type Row } from "../row.js";

const alone = (mutex: Mutex): JsContestant =>
  js(async () => {
    const exclusively = await mutex.open(mutex.make());
    const nothing = (): void => undefined;
    return perCall(() => exclusively(nothing));
  });

export const row: Row = {
  title: "Lock: acquire and release, no contention",
  unit: "ns",
  better: "less",
  limit:
    "Two atomic instructions on a word in the core's own cache. V8 calls a builtin for each operation of Atomics, which costs about 4 ns over the instruction. The first primitives of a program live in WebAssembly memory and avoid that.",
  contestants: {
    ours: alone(MUTEXES.ours),
    "ours, not at home": alone(MUTEXES.elsewhere),
    "raw Atomics": alone(MUTEXES.raw),
    pthread: c("alone.c", "mutex"),
    CPython: python("alone.py", "lock"),
    "V8 Atomics.Mutex": { ...alone(MUTEXES.v8), flags: V8_FLAGS },
    multithreading: alone(MUTEXES.npm),
  },
};
