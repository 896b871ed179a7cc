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

/** Holds for this long, lets go, and holds again: hardest on those who wake slowly. */
const BARGE = 0.05;

/** Takes and releases in a tight loop until somebody stores to `done`; returns how many milliseconds that took, at most LONG. */
export function barge(held: { acquire(): boolean; release(): void }, done: Int32Array): number {
  return timed(() => {
    for (const end = performance.now() + LONG; Atomics.load(done, 0) === 0 && performance.now() < end;) {
      held.acquire();
      for (const until = performance.now() + BARGE; performance.now() < until;);
      held.release();
    }
  });
}
