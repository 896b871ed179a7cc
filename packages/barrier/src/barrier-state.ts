/**
 * The words of a barrier, and their values.
 *
 * Words
 *   STATE          bits 14..31  the number of the cycle, wrapping
 *                  bits 0..13   0 … parties-1   the number of waiting parties
 *                               parties         all have arrived; the last runs the action, and a
 *                                               newcomer waits for the next cycle
 *                               above           broken, and why: see CAUSES
 *                  by any thread, by compare-exchange; also by the supervisor, when a party dies
 *                  (followed by its async epoch)
 *   RESET          bits 0..17   the cycle after the last cycle that was reset
 *                  bits 18..31  the number of resets, wrapping
 *                  by `reset`, while the state is broken; by the last party, so that the cycle that
 *                  it begins is not named as reset
 *   ACTION_THREAD  the ident of the thread running the action, 0 if none is
 *   PARTIES        the number of parties; 0 before the barrier is made
 *   TIMEOUT        the default timeout of `wait` in milliseconds, as the two halves of a float
 *   HOLDERS        the number of living holders, and whether a holder has died since the
 *                  last reset
 *   DIED           the ident of the last dead holder
 *                  both by the supervisor, see core's death-action.ts
 *   ARRIVAL        of each holder, in memory of its own: the cycle of its last arrival; by
 *                  the holder
 *
 * 18 bits are enough for cycles: a wrong result needs a thread to stop between two operations for
 * exactly a multiple of 262144 cycles.
 */
import { type DeathAction, WAITED_ON_WORDS, type Words } from "@x/core";
import { HOLDERS_WORDS } from "@x/core/internal";

export const STATE = 0;
export const RESET = WAITED_ON_WORDS;
export const ACTION_THREAD = WAITED_ON_WORDS + 1;
export const PARTIES = WAITED_ON_WORDS + 2;
export const TIMEOUT = WAITED_ON_WORDS + 3;
export const HOLDERS = WAITED_ON_WORDS + 5;
export const WORDS = WAITED_ON_WORDS + 5 + HOLDERS_WORDS;

export const UNMADE = 0;
export const NO_THREAD = 0;

const COUNT_BITS = 14;
const COUNT = 2 ** COUNT_BITS - 1;
const CYCLE_BITS = 32 - COUNT_BITS;
const CYCLE = 2 ** CYCLE_BITS - 1;

/** All bits of the count, because a death action can only set bits (see core's death-action.ts). */
export const PARTY_DIED = COUNT;
export const ABORTED = COUNT - 1;
export const TIMED_OUT = COUNT - 2;
export const ACTION_THREW = COUNT - 3;
export const ABORTED_BY_SIGNAL = COUNT - 4;
export const RESETTING = COUNT - 5;
export const PARTIES_MAX = 16_000;

/** The causes in error messages. A death is missing, because its error names the thread. */
export const CAUSES: Readonly<Record<number, string>> = {
  [ABORTED]: "it was aborted; reset() makes it usable again",
  [TIMED_OUT]: "a waiter timed out; reset() makes it usable again",
  [ACTION_THREW]: "its action threw; reset() makes it usable again",
  [ABORTED_BY_SIGNAL]: "a waiter was aborted by its signal; reset() makes it usable again",
  [RESETTING]: "it was reset while this thread waited; it can be used again",
};

export const countOf = (state: number): number => state & COUNT;
export const cycleOf = (state: number): number => state >>> COUNT_BITS;
export const isBroken = (state: number): boolean => countOf(state) > PARTIES_MAX;
export const nextCycle = (state: number): number => ((state | COUNT) + 1) | 0;

/** The state of the same cycle, broken by `cause`. */
export const brokenState = (state: number, cause: number): number => (state & ~COUNT) | cause;

/** The next value of RESET, when the cycle of `state` is reset. */
export const resetOf = (state: number, reset: number): number =>
  (((reset >>> CYCLE_BITS) + 1) << CYCLE_BITS) | cycleOf(nextCycle(state));

/** Does RESET name the cycle of `state` as reset? */
export const namesCycleOf = (state: number, reset: number): boolean => (reset & CYCLE) === cycleOf(nextCycle(state));

/** The value of RESET that names a cycle half a round of numbers away, after the same number of resets. */
export const withFarCycle = (reset: number): number => reset ^ (1 << (CYCLE_BITS - 1));

/**
 * Was the cycle of `state` reset? Else it passed: invariant 2.
 *
 * @param before RESET when the thread arrived
 * @param now RESET after the end of the cycle
 */
export function wasReset(state: number, before: number, now: number): boolean {
  const resets = ((now >>> CYCLE_BITS) - (before >>> CYCLE_BITS)) & COUNT;
  return resets > 1 || (resets === 1 && namesCycleOf(state, now));
}

/**
 * The death action of a thread: breaks the cycle in which the thread has arrived, and wakes all
 * waiters in any case.
 *
 * @param counts true if the thread holds the barrier, false if it only made the barrier and passed
 *   it on
 */
export function deathActionFor(
  words: Int32Array,
  at: number,
  counts: boolean,
): DeathAction & { readonly holders: number } {
  return { words, index: at + STATE, bits: COUNT, holders: at + HOLDERS, counts };
}

/** Writes ARRIVAL: invariant 5. The value is never 0, in any cycle. */
export function recordArrival(arrival: Words | undefined, state: number): void {
  if (arrival !== undefined) Atomics.store(arrival.words, arrival.at, (state & ~COUNT) | 1);
}

const HALVES = new Int32Array(2);
const FLOAT = new Float64Array(HALVES.buffer);

/** Writes a timeout, or Infinity, as the two halves of a float. */
export function putTimeout(words: Int32Array, index: number, timeout: number): void {
  FLOAT[0] = timeout;
  [words[index], words[index + 1]] = [HALVES[0]!, HALVES[1]!];
}

/** Reads the timeout at `index`. */
export function timeoutAt(words: Int32Array, index: number): number {
  [HALVES[0], HALVES[1]] = [words[index]!, words[index + 1]!];
  return FLOAT[0]!;
}
