/** The entry of a thread in the table: its begin, its end, and what other threads may know of it. */
import { platform, ThreadError, wake } from "@x/core";
import { awaiter } from "./awaiter.js";
import { markTakesWorker, unmarkTakesWorker } from "./capacity.js";
import { setDetecting } from "./counters.js";
import {
  AWAITER,
  buffer,
  CLAIM,
  DUMMY,
  type Entry,
  FLAGS,
  FOREIGN,
  HIGH,
  HINT,
  IDENT,
  inherited,
  inheritedRoot,
  isMainThread,
  KEY,
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
  WANTED,
  words,
} from "./layout.js";
import { writeName } from "./names.js";
import { ROOT } from "./protocol-version.js";
import { here } from "./this-worker.js";

/** Does not take a worker of ours. */
const WITHOUT_WORKER = MAIN | FOREIGN | PENDING;

if (inheritedRoot === undefined) platform.setEnvironmentData(ROOT, root);
if (inherited === undefined) {
  platform.setEnvironmentData(KEY, buffer);
  enter(root.ident, "MainThread", MAIN, isMainThread ? platform.nativeId() : 0);
  setDetecting(platform.env("THREADING_DETECT_DEADLOCKS") === "1");
}

/**
 * Enters a thread into the table: from now on it is alive.
 *
 * @param nativeId the system's number of its worker, if it runs already; Node's main thread has the number 0
 * @throws ThreadError if the table is full
 */
export function enter(ident: number, name: string, flags: number, nativeId?: number): Entry {
  const slot = claim();
  const at = place(slot);
  Atomics.store(words, at + IDENT, ident);
  Atomics.store(words, at + STAGE, nativeId === undefined ? STARTING : RUNNING);
  Atomics.store(words, at + FLAGS, flags);
  Atomics.store(words, at + NATIVE, nativeId ?? 0);
  Atomics.store(words, at + STARTER, here.worker);
  Atomics.store(words, at + AWAITER, awaiter);
  Atomics.store(words, at + WANTED, 0);
  writeName(at, name);
  if ((flags & WITHOUT_WORKER) === 0) markTakesWorker(slot);
  Atomics.store(words, at + LIFE, ident);
  Atomics.store(words, at + CLAIM, ident);
  return { slot, ident };
}

function claim(): number {
  const hint = Atomics.load(words, HINT);
  for (let i = 0; i < SLOTS; i++) {
    const slot = (hint + i) % SLOTS;
    for (let high; (high = Atomics.load(words, HIGH)) <= slot;) Atomics.compareExchange(words, HIGH, high, slot + 1);
    if (Atomics.compareExchange(words, place(slot) + CLAIM, 0, enteredBy(here.worker)) !== 0) continue;
    Atomics.compareExchange(words, HINT, hint, slot + 1);
    return slot;
  }
  throw new ThreadError(`thread: can't start new thread: ${SLOTS} have been started and not ended; join some first`);
}

/** What CLAIM is while that worker enters a thread. */
function enteredBy(worker: number): number {
  return -1 - worker;
}

/** The time of a pending thread has come: from now on it takes a worker. */
export function becomeDue({ slot }: Entry): void {
  Atomics.and(words, place(slot) + FLAGS, ~PENDING);
  markTakesWorker(slot);
}

/** The thread runs, in this worker. */
export function begin({ slot }: Entry, nativeId: number): void {
  const at = place(slot);
  Atomics.store(words, at + NATIVE, nativeId);
  Atomics.store(words, at + STAGE, RUNNING);
  wake(words, at + STAGE);
}

/** The thread has ended. Says whether this call was the one that ended it; see invariant 1. `vacate` comes after it. */
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

/** Completes an end in whose midst the worker was killed; to be called once that is gone. A needless wake is always legal. */
export function completeEnd(entry: Entry): void {
  const at = place(entry.slot);
  if (Atomics.load(words, at + CLAIM) !== entry.ident) return; // completed: the slot is another's
  unmarkTakesWorker(entry.slot);
  wakeAll(at);
  vacate(entry);
}

/** All has been said about the thread that ended: its slot may go to another. Saying it twice does no harm. */
export function vacate({ slot, ident }: Entry): void {
  free(slot, ident);
}

/**
 * A worker is gone. A slot in which it was entering a thread may go to another, unless the thread can be seen there already: then it is
 * entered, to be ended as all that have not begun.
 */
export function finishEntering(worker: number): void {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    if (Atomics.load(words, at + CLAIM) !== enteredBy(worker)) continue;
    const ident = Atomics.load(words, at + LIFE);
    if (ident !== 0) {
      Atomics.store(words, at + CLAIM, ident);
    } else {
      unmarkTakesWorker(slot);
      free(slot, enteredBy(worker));
    }
  }
}

function free(slot: number, claimed: number): void {
  if (Atomics.compareExchange(words, place(slot) + CLAIM, claimed, 0) !== claimed) return;
  for (let hint; (hint = Atomics.load(words, HINT)) > slot;) Atomics.compareExchange(words, HINT, hint, slot);
}

export function isAlive({ slot, ident }: Entry): boolean {
  return Atomics.load(words, place(slot) + LIFE) === ident;
}

/** The system's number of its worker; undefined until it runs. Only while it is alive. */
export function nativeIdOf({ slot }: Entry): number | undefined {
  const at = place(slot);
  return Atomics.load(words, at + STAGE) === RUNNING ? Atomics.load(words, at + NATIVE) : undefined;
}

export function flagsOf({ slot }: Entry): number {
  return Atomics.load(words, place(slot) + FLAGS);
}

/** Does it run in a worker that this library did not start, or was it started by `startNewThread`? */
export function isDummy(entry: Entry): boolean {
  return (flagsOf(entry) & (FOREIGN | DUMMY)) !== 0 && isAlive(entry); // in this order: the flags may be another's
}

/** A raw thread has asked who it is: from now on it is listed, by this name. */
export function list({ slot }: Entry, name: string): void {
  const at = place(slot);
  writeName(at, name);
  Atomics.xor(words, at + FLAGS, RAW | DUMMY);
}

/** Notes that a thread other than its starter knows it. Returns false if it has ended, perhaps without noticing. */
export function want(entry: Entry): boolean {
  Atomics.store(words, place(entry.slot) + WANTED, 1);
  return isAlive(entry);
}

/** May a thread other than its starter know it, or come to know it? It is not sure once the slot is another's. */
export function mayBeKnown({ slot, ident }: Entry): boolean {
  const at = place(slot);
  const isWanted = Atomics.load(words, at + WANTED) === 1;
  return isWanted || Atomics.load(words, at + LIFE) === ident || Atomics.load(words, at + IDENT) !== ident;
}

/** Is the result wanted by others than the starter? To be asked after `end`, before `vacate`. */
export function isWanted({ slot }: Entry): boolean {
  return Atomics.load(words, place(slot) + WANTED) === 1;
}
