/** The running non-daemon threads: the end of the process waits for them. */
import { Deadline, type Steps } from "@x/core";
import { flagsOf } from "./entries.js";
import { exitWaiter } from "./exit-waiter.js";
import { EXIT_WAITER, DAEMON, type Entry, FLAGS, FLIPS, MAIN, place, words } from "./layout.js";
import { snapshot } from "./snapshot.js";
import { ending } from "./waits.js";

/**
 * 20 ms: how often the end of the process looks at each thread that may become a daemon. Such a
 * change touches no word that a thread could sleep on.
 */
const LOOK_MS = 20;

/** The non-daemon threads this thread waits for, without main, at a single moment. */
export function nonDaemons(): Entry[] {
  return snapshot((entry) => (isWaitedFor(entry) ? [entry] : [])).flat();
}

function isWaitedFor({ slot }: Entry): boolean {
  const at = place(slot);
  return (
    (Atomics.load(words, at + FLAGS) & (MAIN | DAEMON)) === 0 && Atomics.load(words, at + EXIT_WAITER) === exitWaiter
  );
}

/**
 * Waits until no non-daemon thread is left; returns false if the time ran out first. A thread
 * registers the threads it starts before it ends, so none is missed.
 */
export function* withoutNonDaemons(deadline: Deadline = Deadline.NEVER): Steps<boolean> {
  for (let entry; (entry = nonDaemons()[0]) !== undefined;) {
    if ((flagsOf(entry) & FLIPS) !== 0) yield* ending(entry, deadline.orSooner(Deadline.after(LOOK_MS)));
    else if (!(yield* ending(entry, deadline))) return false;
    if (deadline.expired()) return nonDaemons().length === 0;
  }
  return true;
}
