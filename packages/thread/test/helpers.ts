/** What the tests of threads share. */
import { LONG } from "@x/testkit";
import { exceptHook, setExceptHook, type Thread } from "@x/thread";
import { expect, onTestFinished } from "vitest";
import { nothing, signal } from "./thread.workers.mjs";

/** Zeroed words in shared memory. */
export function newFlags(count: number = 16): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

/** Words whose gate (word 0) is opened when the test is over, so that no thread is left standing there. */
export function newGate(): Int32Array {
  const flags = newFlags();
  onTestFinished(() => signal(flags, 0, 1000));
  return flags;
}

/** Joins all, and fails if one does not end. */
export function joinAll(threads: readonly Thread[]): void {
  for (const thread of threads) expect(thread.join(LONG), `${String(thread)} ends`).toBe(true);
}

/** What `body` rejects with; fails if it does not. */
export async function rejectedBy(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

/** Errors of threads are expected in this test: they are not reported. */
export function quiet(): void {
  setExceptHook(nothing);
  onTestFinished(() => setExceptHook(exceptHook));
}
