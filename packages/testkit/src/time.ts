/**
 * Delays and waits for tests. Tests should use signals; these are for code without signals, and for
 * limits.
 */
import { expect } from "vitest";

/** Long enough for any runnable thread to have run, so "has not happened" means something. */
export const SHORT = 50;

/** Longer than any correct test needs; ends a hung test. */
export const LONG = 10_000;

const word = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function pause(ms: number): void {
  Atomics.wait(word, 0, 0, ms);
}

/** Lets the event loop turn. */
export function pauseAsync(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Blocks until `condition` holds. @throws if it does not within `timeout` milliseconds */
export function until(condition: () => boolean, timeout: number = LONG): void {
  for (const end = performance.now() + timeout; !condition(); pause(1)) {
    if (performance.now() > end) throw new Error(`not so within ${timeout} ms: ${String(condition)}`);
  }
}

/** {@link until}, while the event loop turns. */
export async function untilAsync(condition: () => boolean, timeout: number = LONG): Promise<void> {
  for (const end = performance.now() + timeout; !condition(); await pauseAsync(1)) {
    if (performance.now() > end) throw new Error(`not so within ${timeout} ms: ${String(condition)}`);
  }
}

/** CPython's tolerance for measured times: machines are slow sometimes, clocks are coarse. */
export function expectDuration(measured: number, expected: number): void {
  expect(measured).toBeGreaterThanOrEqual(0.6 * expected);
  expect(measured).toBeLessThan(10 * expected);
}

/** How many milliseconds `body` took. */
export function timed(body: () => void): number {
  const start = performance.now();
  body();
  return performance.now() - start;
}

/** How many milliseconds `body` took, awaited. */
export async function timedAsync(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** Holds for this long, releases, and acquires again: a waiter woken by the release comes too late. */
const BARGE = 0.2;

/**
 * How often a waiter may be overtaken. After a millisecond it is starving, so a handful of turns is
 * normal; the rest is for a machine that does not run it. Without leases it is thousands, or for
 * ever.
 */
export const OVERTAKEN_AT_MOST = 1000;

/** The words by which a waiter signals to {@link barge}. */
export const DONE = 0;
const WAITS = 1;

/**
 * Acquires and releases in a tight loop until DONE is set, or for LONG. Returns the longest series
 * that overtook the waiter of WAITS.
 */
export function barge(held: { acquire(): boolean; release(): void }, flags: Int32Array): number {
  let most = 0;
  let overtaken = 0;
  for (const end = performance.now() + LONG; Atomics.load(flags, DONE) === 0 && performance.now() < end;) {
    held.acquire();
    for (const until = performance.now() + BARGE; performance.now() < until;);
    held.release();
    overtaken = Atomics.load(flags, WAITS) === 0 ? 0 : overtaken + 1;
    most = Math.max(most, overtaken);
  }
  return most;
}
