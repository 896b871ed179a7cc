/** No newcomer overtakes a starving waiter: the promise of `acquiring` in core's synchronizer. */
import type { Model } from "./model.js";
import type { StateView } from "./state-view.js";

const STARVED = 2;

/** The names of a synchronizer's words. */
interface SynchronizerWords {
  readonly state: string;
  readonly heirs: string;
  readonly until: string;
}

/**
 * For {@link Model.change}: no newcomer takes a leased resource during the lease. Does not fit
 * threads that take twice without a release in between: such a thread may see a lease, sleep until
 * its end, find the word unchanged, and take during the next lease.
 *
 * @param available how many threads can take it now, by the word
 */
export function overtaking(
  { state, heirs, until }: SynchronizerWords,
  available: (word: number) => number,
): NonNullable<Model["change"]> {
  return (before, after, { kind, thread }) => {
    const was = before.word(state);
    const isTaken = available(after.word(state)) < available(was);
    if (kind !== "run" || !isTaken || (was & STARVED) === 0) return undefined;
    const lapses = before.word(until);
    const isReserved = lapses === 0 ? before.waiting(heirs) > 0 : ((lapses - before.sharedClock) | 0) > 0;
    const isNewcomer = looks(before, thread + 1, state, heirs) <= 1;
    return isReserved && isNewcomer ? `T${thread + 1} takes what is reserved` : undefined;
  };
}

/** How often the thread has read the synchronizer since its last release, or since its start. */
function looks(view: StateView, number: number, state: string, heirs: string): number {
  let count = 0;
  for (const { op, word } of view.history(number)) {
    if (op === "and" && word === state) break;
    if (op === "load" && word === heirs) count++; // with each turn of the loop in acquiring()
  }
  return count;
}
