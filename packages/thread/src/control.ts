/**
 * The words that a worker shares with the thread that starts threads on it, and with the supervisor.
 *
 *   STATUS   BUSY       a thread runs, or is about to
 *            SETTLING   the thread has ended; is the worker clean?
 *            IDLE       it is, and waits for the next one
 *            GONE       the worker has ended
 *            (followed by its turnstile)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts. 0 once the worker is gone
 *                 and somebody has seen to its thread
 */
import { allocate, type Deadline, type Steps, WAITED_ON_WORDS, wake, type Words } from "@x/core";
import type { Entry } from "./world.js";

export const BUSY = 0;
export const SETTLING = 1;
export const IDLE = 2;
export const GONE = 3;

const STATUS = 0;
const SLOT = WAITED_ON_WORDS;
const IDENT = SLOT + 1;
const BYTES = (IDENT + 1) * Int32Array.BYTES_PER_ELEMENT;

/** The words of a worker that is to be. */
export function newControl(entry: Entry): Words {
  const control = allocate(BYTES);
  assign(control, entry);
  return control;
}

/** An idle worker ends; false if it has been taken for a thread. */
export function retire(control: Words): boolean {
  return replaceStatus(control, IDLE, GONE);
}

/** Changes it from `was`; false if that is not what it is. */
export function replaceStatus({ words, at }: Words, was: number, status: number): boolean {
  return Atomics.compareExchange(words, at + STATUS, was, status) === was;
}

/** Until it is clear whether the worker is clean, or the time is up. */
export function* settling(control: Words, deadline: Deadline): Steps<void> {
  while (statusOf(control) === SETTLING && !deadline.expired()) {
    yield { words: control.words, index: control.at + STATUS, value: SETTLING, deadline };
  }
}

export function statusOf({ words, at }: Words): number {
  return Atomics.load(words, at + STATUS);
}

/** Returns what it was. */
export function setStatus({ words, at }: Words, status: number): number {
  const was = Atomics.exchange(words, at + STATUS, status);
  wake(words, at + STATUS);
  return was;
}

/** The thread that runs in that worker, or ran last. */
export function assigned({ words, at }: Words): Entry {
  return { slot: Atomics.load(words, at + SLOT), ident: Atomics.load(words, at + IDENT) };
}

/**
 * Takes the thread off a worker that is gone. Starter and supervisor may both find it there; it is up to the one that gets
 * true here to see to it.
 */
export function unassign({ words, at }: Words, { ident }: Entry): boolean {
  return ident !== 0 && Atomics.compareExchange(words, at + IDENT, ident, 0) === ident;
}

/** The thread that is to run there. */
export function assign({ words, at }: Words, { slot, ident }: Entry): void {
  Atomics.store(words, at + SLOT, slot);
  Atomics.store(words, at + IDENT, ident);
}
