/** Counters and settings in the head of the table, one for all threads. */
import { CLOSED, DETECTING, NUMBERS, PHASE, STACK_SIZE, TURNS, words, WORKERS } from "./layout.js";

/** A number that no worker of this world has had. */
export function nextWorker(): number {
  return Atomics.add(words, WORKERS, 1) + 1;
}

/** Later than every turn before, in any thread. */
export function nextTurn(): number {
  return Atomics.add(words, TURNS, 1) + 1;
}

/** The next number for a name. */
export function nextNumber(): number {
  return Atomics.add(words, NUMBERS, 1) + 1;
}

/** The stack size for threads to come, in bytes; 0 is the platform's own choice. Sets it if given. Returns what it was. */
export function exchangeStackSize(size?: number): number {
  return size === undefined ? Atomics.load(words, STACK_SIZE) : Atomics.exchange(words, STACK_SIZE, size);
}

/** Are deadlocks to be detected? */
export function isDetecting(): boolean {
  return Atomics.load(words, DETECTING) === 1;
}

export function setDetecting(on: boolean): void {
  Atomics.store(words, DETECTING, on ? 1 : 0);
}

export function isClosed(): boolean {
  return Atomics.load(words, PHASE) === CLOSED;
}

/** From now on no thread can be started. */
export function close(): void {
  Atomics.store(words, PHASE, CLOSED);
}
