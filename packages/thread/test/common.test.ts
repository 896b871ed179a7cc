/** CommonJS modules: they expose by their path. */
import { createRequire } from "node:module";
import { LONG, watchdog } from "@x/testkit";
import { Thread } from "@x/thread";
import { expect, it } from "vitest";
import type * as Common from "./common.workers.cjs";

watchdog();

const { cube, Counter } = createRequire(import.meta.url)("./common.workers.cjs") as typeof Common;

it("a function of a CommonJS module runs in a thread", () => {
  expect(new Thread({ target: cube, args: [3] }).start().result(LONG)).toBe(27);
});

it("a subclass of Thread in a CommonJS module runs, and currentThread() is its object there", () => {
  const thread = new Counter(6).start();
  expect(thread.result(LONG)).toEqual([false, true]);
  expect(thread.n).toBe(7);
});
