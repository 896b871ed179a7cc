/**
 * The state of the supervisor, in words shared with all its threads. There are words because its
 * starter may be blocked when it dies, and then sees no event.
 *
 *   STATE   BOOTING   its worker is being created
 *           READY     it serves
 *           FAILED    it is about to end before it was READY; a message tells why
 *           DEAD      the same after it was READY (followed by its async epoch)
 *   TASK    the system's number of its task; 0 until READY, or if the platform has none
 *
 * The supervisor writes all words. It writes nothing if it runs out of memory or is ended from
 * outside. So its starter asks the system for the task, too.
 */
import { allocate, Deadline, type Steps, wake, WAITED_ON_WORDS, type Words } from "@x/core";

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

/** True after the boot of the supervisor, while it lives. */
export function isServing(health: Words): boolean {
  return stateOf(health) === READY;
}

function isBooting(health: Words): boolean {
  return stateOf(health) === BOOTING;
}

/** Waits until the supervisor has booted, or has failed. */
export function* booting(health: Words): Steps<void> {
  const { words, at } = health;
  while (isBooting(health)) {
    yield { words, index: at + STATE, value: BOOTING, deadline: Deadline.NEVER };
  }
}

export function taskOf({ words, at }: Words): number {
  return Atomics.load(words, at + TASK);
}

export function becomeReady({ words, at }: Words, task: number): void {
  Atomics.store(words, at + TASK, task);
  Atomics.store(words, at + STATE, READY);
  wake(words, at + STATE);
}

export function becomeDead({ words, at }: Words): void {
  if (Atomics.compareExchange(words, at + STATE, BOOTING, FAILED) !== BOOTING) Atomics.store(words, at + STATE, DEAD);
  wake(words, at + STATE);
}
