/** Delays and waits for tests. A test hands over by signals; these are for what cannot signal, and for giving up. */
import { expect } from "vitest";

/** Long enough for a thread that could run to have run: after it, "has not happened" means something. */
export const SHORT = 50;

/** No test that works needs as much; one that does not work ends. */
export const LONG = 10_000;

const word = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function pause(ms: number): void {
  Atomics.wait(word, 0, 0, ms);
}

/** Gives way to the event loop. */
export function pauseAsync(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Blocks until `condition` holds. @throws if it does not within `timeout` milliseconds */
export function until(condition: () => boolean, timeout: number = LONG): void {
  for (const end = performance.now() + timeout; !condition(); pause(1)) {
    if (performance.now() > end) throw new Error(`not so within ${timeout} ms: ${String(condition)}`);
  }
}

/** {@link until}, giving way to the event loop. */
export async function untilAsync(condition: () => boolean, timeout: number = LONG): Promise<void> {
  for (const end = performance.now() + timeout; !condition(); await pauseAsync(1)) {
    if (performance.now() > end) throw new Error(`not so within ${timeout} ms: ${String(condition)}`);
  }
}

/** CPython's window for measured times: machines are slow sometimes, clocks are coarse. */
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

/** Holds for this long, lets go, and holds again: whoever is woken by the release comes too late. */
const BARGE = 0.2;

/**
 * So often may one who waits be overtaken. A millisecond makes him an heir, which is a handful of turns; the rest is for a machine
 * that does not let him run. Where nobody hands over it is thousands, or for ever.
 */
export const OVERTAKEN_AT_MOST = 1000;

/** The words by which one who waits tells {@link barge} of himself. */
export const DONE = 0;
const WAITS = 1;

/** Takes and releases in a tight loop until DONE is set, or for LONG; returns how often it overtook, at the most, one who had set WAITS. */
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
