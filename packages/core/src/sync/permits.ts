/**
 * A synchronizer with a number of permits, which nobody owns: the Semaphores. STATE is how many are left.
 *
 * Permits change by compare-exchange of the whole word only: taken one by one, never below 0, given back all at once. So it may be read
 * plainly before: what was read wrongly is not exchanged.
 */
import type { Deadline } from "../deadline.js";
import { compareExchange, load } from "../memory/wasm-memory.js";
import { acquiring, Bits, type Claim, REFUSED, released, unreserved } from "./synchronizer.js";
import type { Steps } from "../wait/steps.js";

const takeOne: Claim = (permits) => (permits > 0 ? permits - 1 : REFUSED);

/** Takes one, if there is one and nobody has a better right to it. */
export function takePermit(words: Int32Array, at: number): boolean {
  const was = words[at]!;
  const one = 1 << Bits.SHIFT;
  return was >= one && unreserved(was) && compareExchange(words, at, was, was - one) === was;
}

/** The slow path: true once one was taken, false if the time ran out. */
export function* acquiringPermit(words: Int32Array, at: number, deadline: Deadline): Steps<boolean> {
  return (yield* acquiring(words, at, takeOne, deadline)) !== REFUSED;
}

/** Gives back `n`, and wakes as many who wait; false if there would be more than `limit`: then nothing has changed. */
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

/** How many are left. */
export function permitsOf(words: Int32Array, at: number): number {
  return load(words, at) >> Bits.SHIFT;
}
