/** Nobody overtakes an heir: what `acquiring` of core's synchronizer promises. */
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
 * For {@link Model.change}: no newcomer takes what is reserved for an heir, while it is. Not for threads that take twice without
 * releasing between: one that looks at a reservation, sleeps until it has lapsed, and finds the word as it was may take what is
 * reserved anew.
 *
 * @param available how many can take it now, by the word
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

/** How often the thread of this number has looked at the synchronizer, since it released it or began. */
function looks(view: StateView, number: number, state: string, heirs: string): number {
  let count = 0;
  for (const { op, word } of view.history(number)) {
    if (op === "and" && word === state) break;
    if (op === "load" && word === heirs) count++; // with each turn of the loop in acquiring()
  }
  return count;
}
