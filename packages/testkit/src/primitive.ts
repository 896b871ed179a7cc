/** The suites' types of primitives, and shared checks. */
import { describe, TIMEOUT_MAX } from "@x/core";
import { expect } from "vitest";

/** Can be posted to any worker, and inspected. */
export interface Sharing {
  share(): { readonly buffer: SharedArrayBuffer; readonly byteOffset: number };
  toString(): string;
}

/** Can be held. */
export interface HoldableLike extends Sharing {
  acquire(timeout?: number): boolean;
  release(): void;
  hold(timeout?: number): Disposable & { release(): void };
  with<R>(body: () => R): R;
}

/** A live view of the words of a primitive. */
export function viewOf(primitive: Sharing): Int32Array {
  const { buffer, byteOffset } = primitive.share();
  const { BYTES } = primitive.constructor as { BYTES?: number };
  return new Int32Array(buffer, byteOffset, (BYTES ?? 64) / Int32Array.BYTES_PER_ELEMENT);
}

/** Bad timeouts, each with its error, for every method that waits. */
export const BAD_TIMEOUTS: readonly (readonly [unknown, typeof TypeError | typeof RangeError])[] = [
  [-1, RangeError],
  [-100, RangeError],
  [-Number.MIN_VALUE, RangeError],
  [NaN, RangeError],
  [-Infinity, RangeError],
  [1e100, RangeError],
  [TIMEOUT_MAX + 1, RangeError],
  [null, TypeError],
  ["5", TypeError],
  [true, TypeError],
  [false, TypeError],
  [10n, TypeError],
  [[5], TypeError],
];

/**
 * Checks that each bad timeout throws the right error, naming the parameter and the value, and
 * changes nothing.
 */
export function expectBadTimeoutsRefused(primitive: Sharing, wait: (timeout: never) => unknown): void {
  const words = viewOf(primitive);
  const before = [...words];
  for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
    const error = thrownBy(() => wait(timeout as never));
    expect(error).toBeInstanceOf(ErrorClass);
    expect((error as Error).message).toMatch(/^\w+: timeout/);
    expect((error as Error).message).toContain(typeof timeout === "string" ? timeout : describe(timeout));
    expect([...words]).toEqual(before);
  }
}

/** The error of `body`; fails if there is none. */
export function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}
