/** Counters and settings in the head of the table, shared by all threads. */
import {
  CLOSED,
  DETECTING,
  MEMORIES,
  NUMBERS,
  openTable,
  PHASE,
  STACK_SIZE,
  REVISIONS,
  words,
  WORKERS,
} from "./layout.js";

/** Returns a worker number never used before in this table. */
export function nextWorker(): number {
  return Atomics.add(words, WORKERS, 1) + 1;
}

/** Returns the number of a range of numbers for shared memory, 1 or more. */
export function nextMemoryNumbers(): number {
  openTable();
  return Atomics.add(words, MEMORIES, 1) + 1;
}

/** Returns a revision later than all before, in any thread. */
export function nextRevision(): number {
  openTable();
  return Atomics.add(words, REVISIONS, 1) + 1;
}

/** Returns the next number for a default name. */
export function nextNumber(): number {
  openTable();
  return Atomics.add(words, NUMBERS, 1) + 1;
}

/**
 * Returns the stack size of future threads, in bytes; 0 means the platform's default. Sets `size`
 * if given, and returns the previous size.
 */
export function exchangeStackSize(size?: number): number {
  openTable();
  return size === undefined ? Atomics.load(words, STACK_SIZE) : Atomics.exchange(words, STACK_SIZE, size);
}

/** True if deadlocks are to be detected. */
export function isDetecting(): boolean {
  return Atomics.load(words, DETECTING) === 1;
}

export function setDetecting(on: boolean): void {
  openTable();
  Atomics.store(words, DETECTING, on ? 1 : 0);
}

export function isClosed(): boolean {
  openTable();
  return Atomics.load(words, PHASE) === CLOSED;
}

/** Forbids every further start. */
export function close(): void {
  Atomics.store(words, PHASE, CLOSED);
}
