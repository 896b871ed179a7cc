/** What the suites know of primitives, and checks that several of them share. */
import { describe, TIMEOUT_MAX } from "@x/core";
import { expect } from "vitest";

/** What can be posted to any worker, and looked into. */
export interface Sharing {
  share(): { readonly buffer: SharedArrayBuffer; readonly byteOffset: number };
  toString(): string;
}

/** What can be held. */
export interface HoldableLike extends Sharing {
  acquire(timeout?: number): boolean;
  release(): void;
  hold(timeout?: number): Disposable & { release(): void };
  with<R>(body: () => R): R;
}

/** A live view of the words of a primitive. */
export function wordsOf(primitive: Sharing): Int32Array {
  const { buffer, byteOffset } = primitive.share();
  const { BYTES } = primitive.constructor as { BYTES?: number };
  return new Int32Array(buffer, byteOffset, (BYTES ?? 64) / Int32Array.BYTES_PER_ELEMENT);
}

/** Timeouts that are refused by each method that waits, and by which error. */
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

/** Each bad timeout is refused by the right error, which names the parameter and the value; nothing has changed. */
export function expectBadTimeoutsRefused(primitive: Sharing, wait: (timeout: never) => unknown): void {
  const words = wordsOf(primitive);
  const before = [...words];
  for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
    const error = thrownBy(() => wait(timeout as never));
    expect(error).toBeInstanceOf(ErrorClass);
    expect((error as Error).message).toMatch(/^\w+: timeout/);
    expect((error as Error).message).toContain(typeof timeout === "string" ? timeout : describe(timeout));
    expect([...words]).toEqual(before);
  }
}

/** What `body` throws; fails if it does not. */
export function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}
