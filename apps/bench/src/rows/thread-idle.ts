import { expose, Thread } from "@x/thread";
import { setTimeout } from "node:timers/promises";
import { c, js, python, type Row } from "../row.js";

export function nothing(): void {
  // Measures only the way there and back.
}
expose({ nothing });

export const row: Row = {
  title: "Thread: start and join one, in a program that was idle for a while",
  unit: "us",
  better: "less",
  limit: "As before, with cold caches, and with idle cores that must wake first.",
  ms: 300,
  contestants: {
    ours: js(() => async (ms) => {
      await setTimeout(ms);
      const begin = performance.now();
      new Thread({ target: nothing }).start().join();
      return (performance.now() - begin) * 1e3;
    }),
    pthread: c("thread.c", "idle"),
    CPython: python("thread.py", "idle"),
  },
};
