import { expose, Thread } from "@x/thread";
import { setTimeout } from "node:timers/promises";
import { perLongCall } from "../calls.js";
import { c, js, python, type Row } from "../row.js";

export function nothing(): void {
  // Measures only the way there and back.
}
expose({ nothing });

const startAndJoin = (): boolean => new Thread({ target: nothing }).start().join();
/** The program has started threads before: what is measured is a pause, not the first runs of the code. */
const WARM_UP_MS = 800;

export const row: Row = {
  title: "Thread: start and join one, in a program that has started threads before, and was idle for a while",
  unit: "us",
  better: "less",
  limit: "As before, with cold caches, and with idle cores that must wake first.",
  ms: 300,
  contestants: {
    ours: js(async () => {
      await perLongCall(startAndJoin)(WARM_UP_MS);
      return async (ms) => {
        await setTimeout(ms);
        return perLongCall(startAndJoin)(0);
      };
    }),
    pthread: c("thread.c", "idle"),
    CPython: python("thread.py", "idle"),
  },
};
