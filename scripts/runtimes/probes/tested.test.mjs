// Threads in the runtime's own test runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expose, isMainThread, Thread } from "@x/thread";

export const square = (x) => x * x;
expose({ square });

if (isMainThread) {
  test("a thread has a result", () => {
    assert.equal(new Thread({ target: square, args: [7] }).start().result(10_000), 49);
  });
}
