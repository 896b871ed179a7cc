/**
 * A synchronizer with permits, and without an owner: the base of the Semaphores. STATE is the
 * number of free permits.
 *
 * Permits change only by compare-exchange of the whole word: taken one at a time, never below 0,
 * and given back all at once. So a plain read before it suffices: after a stale read, the exchange
 * fails.
 */
import type { Deadline } from "../deadline.js";
import { compareExchange, load } from "../memory/wasm-memory.js";
import { acquiring, Bits, type Claim, REFUSED, released, mayBarge } from "./synchronizer.js";
import type { Steps } from "../wait/steps.js";

const takeOne: Claim = (permits) => (permits > 0 ? permits - 1 : REFUSED);

/** Takes a permit if there is one, and no starving waiter. */
export function takePermit(words: Int32Array, at: number): boolean {
  const was = words[at]!;
  const one = 1 << Bits.SHIFT;
  return was >= one && mayBarge(was) && compareExchange(words, at, was, was - one) === was;
}

/** The slow path: returns true with a permit, false at the deadline. */
export function* acquiringPermit(words: Int32Array, at: number, deadline: Deadline): Steps<boolean> {
  return (yield* acquiring(words, at, takeOne, deadline)) !== REFUSED;
}

/**
 * Gives back `n` permits, and wakes up to `n` waiters. Returns false, and changes nothing, if that
 * exceeds `limit`.
 */
export function givePermits(words: Int32Array, at: number, n: number, limit: number): boolean {
  for (;;) {
    const was = words[at]!;
    const now = was + (n << Bits.SHIFT);
    if ((was >> Bits.SHIFT) + n > limit) {
      if (load(words, at) === was) return false;
    } else if (compareExchange(words, at, was, now) === was) {
      if ((now & Bits.MARKS) !== 0) released(words, at, now, n);
      return true;
    }
  }
}

/** The number of free permits. */
export function permitsOf(words: Int32Array, at: number): number {
  return load(words, at) >> Bits.SHIFT;
}
