/**
 * How the supervisor is: words that it shares with all its threads, as its starter may be blocked, and see no event, when it dies.
 *
 *   STATE   BOOTING   its worker is being made
 *           READY     it serves
 *           FAILED    it is about to end before it was READY, and has said of what by a message
 *           DEAD      the same after it was READY (followed by its turnstile)
 *   TASK    the system's number of its task; 0 until it is READY, or where that cannot be told
 *
 * All are written by the supervisor. One that runs out of memory, or is ended from outside, writes nothing: so its starter asks the system
 * for the task, too.
 */
import { allocate, wake, WAITED_ON_WORDS, type Words } from "@x/core";

export const BOOTING = 0;
const READY = 1;
export const FAILED = 2;
export const DEAD = 3;

const STATE = 0;
const TASK = WAITED_ON_WORDS;
const BYTES = (TASK + 1) * Int32Array.BYTES_PER_ELEMENT;

export function newHealth(): Words {
  return allocate(BYTES);
}

export function stateOf({ words, at }: Words): number {
  return Atomics.load(words, at + STATE);
}

export function taskOf({ words, at }: Words): number {
  return Atomics.load(words, at + TASK);
}

export function becomeReady({ words, at }: Words, task: number): void {
  Atomics.store(words, at + TASK, task);
  Atomics.store(words, at + STATE, READY);
}

export function becomeDead({ words, at }: Words): void {
  if (Atomics.compareExchange(words, at + STATE, BOOTING, FAILED) !== BOOTING) Atomics.store(words, at + STATE, DEAD);
  wake(words, at + STATE);
}
