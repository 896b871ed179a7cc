/** How many threads take a worker, and how many this machine can run. */
import { ThreadError } from "@x/core";
import { platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import { HIGH, LIMIT, SLOTS, TAKES_WORKER, words } from "./layout.js";

/** @throws ThreadError if the machine can run no more threads */
export function checkRoom(): void {
  const running = runningThreads();
  // Measured once, because a starting thread does not use all of its memory yet. A later
  // measurement would miss it.
  if (Atomics.load(words, LIMIT) === 0) {
    Atomics.compareExchange(words, LIMIT, 0, running + host().threadLimit());
  }
  if (running < Atomics.load(words, LIMIT)) return;
  throw new ThreadError(
    `thread: can't start new thread: ${running} threads are running, and this machine can carry no more; join some first`,
  );
}

/** True if less than half of the room for threads is taken: then a spare worker fits. */
export function hasRoomForSpare(): boolean {
  return 2 * runningThreads() < Atomics.load(words, LIMIT);
}

/** The number of living threads with a worker. Stops counting above `most`. */
function runningThreads(most = SLOTS): number {
  const end = TAKES_WORKER + Math.ceil(Atomics.load(words, HIGH) / 32);
  let count = 0;
  for (let at = TAKES_WORKER; at < end && count <= most; at++) {
    for (let bits = Atomics.load(words, at); bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

export function markTakesWorker(slot: number): void {
  Atomics.or(words, TAKES_WORKER + (slot >> 5), 1 << (slot & 31));
}

export function unmarkTakesWorker(slot: number): void {
  Atomics.and(words, TAKES_WORKER + (slot >> 5), ~(1 << (slot & 31)));
}

/** True if there is a core for main, a core per running thread, and `others` more. */
export function roomToSpin(others = 0): boolean {
  const most = platform.cores() - 1 - others;
  return runningThreads(most) <= most;
}
