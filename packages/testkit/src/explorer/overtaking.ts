/** No newcomer overtakes a starving waiter: the promise of `acquiring` in core's synchronizer. */
import type { Model } from "./model.js";
import type { StateView } from "./state-view.js";

const STARVED = 2;

/** The names of a synchronizer's words. */
interface SynchronizerWords {
  readonly state: string;
  readonly starving: string;
  readonly leaseEnd: string;
}

/**
 * For {@link Model.change}: no newcomer takes a leased resource during the lease. Does not fit
 * threads that take twice without a release in between: such a thread may see a lease, sleep until
 * its end, find the word unchanged, and take during the next lease.
 *
 * @param available how many threads can take it now, by the word
 */
export function overtaking(
  { state, starving, leaseEnd }: SynchronizerWords,
  available: (word: number) => number,
): NonNullable<Model["change"]> {
  return (before, after, { kind, thread }) => {
    const was = before.word(state);
    const isTaken = available(after.word(state)) < available(was);
    if (kind !== "run" || !isTaken || (was & STARVED) === 0) return undefined;
    const end = before.word(leaseEnd);
    const isLeased = end === 0 ? before.waiting(starving) > 0 : ((end - before.sharedClock) | 0) > 0;
    const isNewcomer = looks(before, thread + 1, state, starving) <= 1;
    return isLeased && isNewcomer ? `T${thread + 1} takes what is leased to a starving waiter` : undefined;
  };
}

/** How often the thread has read the synchronizer since its last release, or since its start. */
function looks(view: StateView, number: number, state: string, starving: string): number {
  let count = 0;
  for (const { op, word } of view.history(number)) {
    if (op === "and" && word === state) break;
    if (op === "load" && word === starving) count++; // with each turn of the loop in acquiring()
  }
  return count;
}
