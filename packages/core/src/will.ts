/**
 * What shall happen if this thread dies: a last will. Whoever waits for a thread that has died, and does not know which one it is,
 * has to be told by somebody who saw it die; and that one knows nothing of what was waited for. So a primitive leaves, in the
 * thread that is a party to it, the one word that is to be changed then, and how.
 */
import { realm, type Will } from "./realm.js";
import { wake } from "./wait.js";

/**
 * If this thread dies, bits of a word shall be set, and those who wait on it woken: once, by an atomic OR, whatever the word is by
 * then. Means nothing in threads that `@x/thread` did not start: nobody sees those die.
 */
export function leaveWill(will: Will): void {
  realm.keepWill?.(will);
}

/** Carries a will out. */
export function executeWill({ words, index, bits }: Will): void {
  Atomics.or(words, index, bits);
  wake(words, index);
}

/** Says who keeps the wills of the thread that runs here now; undefined if nobody does. */
export function keepWills(keep: ((will: Will) => void) | undefined): void {
  realm.keepWill = keep;
}
