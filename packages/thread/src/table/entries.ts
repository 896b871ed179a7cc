/** The entry of a thread in the table: its begin, its end, its flags. */
import { ThreadError, wake } from "@x/core";
import { platform } from "@x/core/internal";
import { exitWaiter } from "./exit-waiter.js";
import { markTakesWorker, unmarkTakesWorker } from "./capacity.js";
import { setDetecting } from "./counters.js";
import {
  EXIT_WAITER,
  CLAIM,
  DAEMON,
  DUMMY,
  type Entry,
  FLAGS,
  FOREIGN,
  HIGH,
  HINT,
  IDENT,
  isMainThread,
  LIFE,
  MAIN,
  NATIVE,
  PENDING,
  place,
  RAW,
  root,
  RUNNING,
  SLOTS,
  STAGE,
  STARTER,
  STARTING,
  SHARED,
  whenMade,
  words,
} from "./layout.js";
import { writeName } from "./names.js";
import { thisWorker } from "./this-worker.js";

/** Threads with one of these flags take no worker of this library. */
const WITHOUT_WORKER = MAIN | FOREIGN | PENDING;

whenMade(() => {
  // A foreign worker of a browser has a table of its own, but is no main thread.
  register(root.ident, isMainThread ? "MainThread" : "Dummy-1", MAIN, isMainThread ? platform.nativeId() : 0);
  setDetecting(platform.env("THREADING_DETECT_DEADLOCKS") === "1");
});

/**
 * Registers a thread in the table: it is alive from now on.
 *
 * @param nativeId the system's number of its worker, if it runs already; Node's main thread has 0
 * @throws ThreadError if the table is full
 */
export function register(ident: number, name: string, flags: number, nativeId?: number): Entry {
  const slot = claimSlot();
  const at = place(slot);
  Atomics.store(words, at + IDENT, ident);
  Atomics.store(words, at + STAGE, nativeId === undefined ? STARTING : RUNNING);
  Atomics.store(words, at + FLAGS, flags);
  Atomics.store(words, at + NATIVE, nativeId ?? 0);
  Atomics.store(words, at + STARTER, thisWorker.worker);
  Atomics.store(words, at + EXIT_WAITER, exitWaiter);
  Atomics.store(words, at + SHARED, 0);
  writeName(at, name);
  if ((flags & WITHOUT_WORKER) === 0) markTakesWorker(slot);
  Atomics.store(words, at + LIFE, ident);
  Atomics.store(words, at + CLAIM, ident);
  return { slot, ident };
}

function claimSlot(): number {
  const hint = Atomics.load(words, HINT);
  for (let i = 0; i < SLOTS; i++) {
    const slot = (hint + i) % SLOTS;
    for (let high; (high = Atomics.load(words, HIGH)) <= slot;) Atomics.compareExchange(words, HIGH, high, slot + 1);
    if (Atomics.compareExchange(words, place(slot) + CLAIM, 0, registeredBy(thisWorker.worker)) !== 0) continue;
    Atomics.compareExchange(words, HINT, hint, slot + 1);
    return slot;
  }
  throw new ThreadError(
    `thread: can't start new thread: ${SLOTS} threads have been started and not ended; join some first`,
  );
}

/** The value of CLAIM while this worker registers a thread. */
function registeredBy(worker: number): number {
  return -1 - worker;
}

/** A delayed thread is due: it takes a worker from now on. */
export function becomeDue({ slot }: Entry): void {
  Atomics.and(words, place(slot) + FLAGS, ~PENDING);
  markTakesWorker(slot);
}

/** Marks the thread as running in this worker. */
export function begin({ slot }: Entry, nativeId: number): void {
  const at = place(slot);
  Atomics.store(words, at + NATIVE, nativeId);
  Atomics.store(words, at + STAGE, RUNNING);
  wake(words, at + STAGE);
}

/** Makes the starter of this thread check again. */
export function wakeStarter({ slot }: Entry): void {
  wake(words, place(slot) + STAGE);
}

/**
 * Marks the thread as ended. Only a single call ends the thread, and returns true; see invariant 1.
 * Call `freeSlot` after it.
 */
export function end({ slot, ident }: Entry): boolean {
  const at = place(slot);
  if (Atomics.compareExchange(words, at + LIFE, ident, 0) !== ident) return false;
  unmarkTakesWorker(slot);
  wakeAll(at);
  return true;
}

function wakeAll(at: number): void {
  wake(words, at + LIFE);
  wake(words, at + STAGE);
}

/**
 * Finishes `end()` for a worker terminated inside it. Call it after the worker has ended. A needless
 * wake is always legal.
 */
export function completeEnd(entry: Entry): void {
  const at = place(entry.slot);
  if (Atomics.load(words, at + CLAIM) !== entry.ident) return; // already completed: the slot belongs to another thread
  unmarkTakesWorker(entry.slot);
  wakeAll(at);
  freeSlot(entry);
}

/**
 * Frees the slot of an ended thread for another. Call it after the outcome was sent. A second call
 * does nothing.
 */
export function freeSlot({ slot, ident }: Entry): void {
  free(slot, ident);
}

/**
 * Frees the slots claimed by an ended worker. If the thread in it is visible already, completes its
 * registration instead: the thread then ends like each thread that never began.
 */
export function finishRegistering(worker: number): void {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    if (Atomics.load(words, at + CLAIM) !== registeredBy(worker)) continue;
    const ident = Atomics.load(words, at + LIFE);
    if (ident !== 0) {
      Atomics.store(words, at + CLAIM, ident);
    } else {
      unmarkTakesWorker(slot);
      free(slot, registeredBy(worker));
    }
  }
}

function free(slot: number, claimed: number): void {
  if (Atomics.compareExchange(words, place(slot) + CLAIM, claimed, 0) !== claimed) return;
  for (let hint; (hint = Atomics.load(words, HINT)) > slot;) Atomics.compareExchange(words, HINT, hint, slot);
}

/**
 * Makes a running thread a daemon, or a non-daemon. It FLIPS from its birth on:
 * // T is no daemon; main has ended, and waits for the end of T; T becomes a daemon: main would wait for ever.
 */
export function setDaemon(entry: Entry, isDaemon: boolean): void {
  const index = place(entry.slot) + FLAGS;
  if (!isAlive(entry)) return;
  if (isDaemon) {
    if ((Atomics.or(words, index, DAEMON) & DAEMON) === 0) wake(words, place(entry.slot) + LIFE);
  } else Atomics.and(words, index, ~DAEMON);
}

export function isAlive({ slot, ident }: Entry): boolean {
  return Atomics.load(words, place(slot) + LIFE) === ident;
}

/**
 * The system's number of its worker; undefined until the thread runs. Valid only while it is alive.
 */
export function nativeIdOf({ slot }: Entry): number | undefined {
  const at = place(slot);
  return Atomics.load(words, at + STAGE) === RUNNING ? Atomics.load(words, at + NATIVE) : undefined;
}

export function flagsOf({ slot }: Entry): number {
  return Atomics.load(words, place(slot) + FLAGS);
}

/** True for a thread of a foreign worker, and for a listed thread of `startNewThread`. */
export function isDummy(entry: Entry): boolean {
  return (flagsOf(entry) & (FOREIGN | DUMMY)) !== 0 && isAlive(entry); // in this order: the flags may belong to another thread
}

/** Lists a raw thread by this name, because it asked for its own object. */
export function markListed({ slot }: Entry, name: string): void {
  const at = place(slot);
  writeName(at, name);
  Atomics.xor(words, at + FLAGS, RAW | DUMMY);
}

/**
 * Records that another thread than the starter knows this thread. Returns false if it has ended,
 * perhaps without seeing the record.
 */
export function markShared(entry: Entry): boolean {
  Atomics.store(words, place(entry.slot) + SHARED, 1);
  return isAlive(entry);
}

/**
 * True if a thread other than the starter may know it, or may come to know it. Also true if the
 * slot belongs to another thread by now: then the answer is unknown.
 */
export function mayBeKnown({ slot, ident }: Entry): boolean {
  const at = place(slot);
  const isShared = Atomics.load(words, at + SHARED) === 1;
  return isShared || Atomics.load(words, at + LIFE) === ident || Atomics.load(words, at + IDENT) !== ident;
}

/**
 * True if a thread other than the starter wants the result. Call it after `end`, before `freeSlot`.
 */
export function isShared({ slot }: Entry): boolean {
  return Atomics.load(words, place(slot) + SHARED) === 1;
}
