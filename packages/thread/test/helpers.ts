/** Helpers of the tests of threads. */
import { LONG } from "@x/testkit";
import { exceptHook, isMainThread, setExceptHook, type Thread } from "@x/thread";
import { expect, onTestFinished } from "vitest";
import { nothing, signal } from "./thread.workers.mjs";

/** The value of `activeCount()` without the threads of a test. In a page the tests run in a thread. */
export const ALONE = isMainThread ? 1 : 2;

/** Zeroed words in shared memory. */
export function newFlags(count: number = 16): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

/** Words with a gate at word 0. It opens at the end of the test, so no thread stays there. */
export function newGate(): Int32Array {
  const flags = newFlags();
  onTestFinished(() => signal(flags, 0, 1000));
  return flags;
}

/** Joins all threads; fails if a thread does not end. */
export function joinAll(threads: readonly Thread[]): void {
  for (const thread of threads) expect(thread.join(LONG), `${String(thread)} ends`).toBe(true);
}

/** Returns the error of the rejected `body`; fails if it resolves. */
export async function rejectedBy(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

/** Silences the except hook during this test, because its threads throw. */
export function quiet(): void {
  setExceptHook(nothing);
  onTestFinished(() => setExceptHook(exceptHook));
}
