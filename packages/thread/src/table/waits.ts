/** Waits for the begin and the end of a thread. */
import { Deadline, type Steps } from "@x/core";
import { Spinner } from "@x/core/internal";
import { roomToSpin } from "./capacity.js";
import { type Entry, LIFE, place, STAGE, STARTING, words } from "./layout.js";

const begins = new Spinner();
const ends = new Spinner();

/** Spins briefly, in case the thread begins at once. */
export function spinUntilBegun({ slot }: Entry): void {
  if (roomToSpin()) begins.spin(words, place(slot) + STAGE, STARTING);
}

/** Spins briefly, in case the thread ends at once. */
export function spinUntilEnded({ slot, ident }: Entry): void {
  if (roomToSpin()) ends.spin(words, place(slot) + LIFE, ident);
}

/** Waits for the end of the thread; returns false if the time ran out first. */
export function* ending({ slot, ident }: Entry, deadline: Deadline): Steps<boolean> {
  const index = place(slot) + LIFE;
  for (let isDeadlocked = false; Atomics.load(words, index) === ident;) {
    if (isDeadlocked || deadline.expired()) return false;
    isDeadlocked = (yield { words, index, value: ident, deadline, holder: { index, shift: 0 } }) === "deadlock";
  }
  return true;
}

/**
 * Waits until the thread runs or has ended.
 *
 * @param isInVain true if there is something to do before the wait goes on: then it returns, too. Asked after each wake
 */
export function* beginning({ slot, ident }: Entry, isInVain?: () => boolean): Steps<void> {
  const at = place(slot);
  while (Atomics.load(words, at + STAGE) === STARTING && Atomics.load(words, at + LIFE) === ident) {
    if (isInVain?.() === true) return;
    yield { words, index: at + STAGE, value: STARTING, deadline: Deadline.NEVER };
  }
}
