/**
 * The control block: the words shared by a worker, its starter and the supervisor. An idle worker
 * sleeps on the first word, because waking it costs less than half of a message to its event loop.
 *
 *   STATUS   BUSY       a thread runs, or is assigned and will run
 *            DRAINING   the thread has ended; the worker checks its event loop for leftovers
 *            PARKED     there are none: the worker sleeps on this word
 *            CLAIMED    the starter is about to post the next thread; the worker still sleeps
 *            EXITED     the worker has ended, or is about to
 *            ORPHANED   a bit beside these, for ever: the starter has ended
 *            TERMINATING
 *                       a bit beside BUSY: the supervisor checks whether to terminate the worker,
 *                       and is about to
 *            (followed by its async epoch)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts.
 *                 IDENT is 0 after the end of the worker, when its thread was taken care of
 *   ORDER         what the supervisor wants of the maker of the first worker; always NONE in other workers
 *            NONE         nothing
 *            TERMINATE    to terminate the worker: STATUS is TERMINATING since before
 *            START_AGAIN  to start the thread on another worker: this worker has ended, and its thread has not begun.
 *                         The maker accepts by `unassign`
 *   BOOTED        when the worker was ready for its first thread, in milliseconds, wrapping at 32 bits; 0 before
 *
 *   from        to          by          when
 *   -           BUSY        starter     `newControlBlock`: the worker is created for a thread
 *   BUSY        DRAINING    worker      `draining`: the thread has ended; its end is not published yet
 *   BUSY        TERMINATING supervisor  `markTerminating`: the thread cannot end by itself any more. The maker of the
 *                                       first worker may do the same
 *   TERMINATING BUSY        supervisor  `markTerminating`: the worker runs another thread by now
 *   DRAINING    PARKED      worker      `park`: no leftovers
 *   PARKED      CLAIMED     starter     `claim`
 *   CLAIMED     BUSY        starter     `dispatch`: the thread is posted; wakes the worker
 *   CLAIMED     PARKED      starter     `unclaim`: the post failed
 *   PARKED      DRAINING    worker      `sleeping`: no start in time, or the starter has ended
 *   PARKED      EXITED      supervisor  `retire`: too many are parked; wakes the worker
 *   any         EXITED      worker      `markExited`: leftovers, a death, or the starter has ended
 *   any         EXITED      supervisor  `markExited`, after the worker has ended, in any way
 *   any         ORPHANED    supervisor  `orphan`: the starter has ended; wakes the worker
 *
 * Invariants
 *   1. From `claim` to `dispatch` or `unclaim` only the starter changes STATUS, except to EXITED or
 *      ORPHANED. So a worker runs one thread at a time. When it wakes, the message in its port is
 *      that thread.
 *   2. A worker is terminated only while TERMINATING, and a thread ends only while its worker is
 *      DRAINING. So `terminate` never cuts an end short, and never hits the next thread:
 *      // Worker W runs T1; the supervisor finds T1 on W; T1 ends; T2 begins on W; the supervisor
 *      // terminates W, and T2 with it.
 *   3. A starter assigns before it sends; the supervisor reads the assignment after it has set
 *      EXITED. So either `dispatch` fails, or the supervisor sees the thread. If both happen,
 *      `unassign` decides.
 *   4. The supervisor sets ORPHANED, then wakes. The worker sleeps only while the word equals the
 *      value it read, without this bit. So it never sleeps for an ended starter:
 *      // T1 takes the worker; T1 is terminated; no post comes: the worker finds nothing, and exits.
 *      // T1 takes it, posts, and is terminated before `dispatch`: the worker runs the thread, and exits.
 */
import { allocate, Deadline, type Steps, WAITED_ON_WORDS, wake, type Words } from "@x/core";
import { Spinner } from "@x/core/internal";
import { leaveIfDismissed } from "./dismissal.js";
import type { Entry } from "../table/layout.js";

const BUSY = 0;
const DRAINING = 1;
const PARKED = 2;
const CLAIMED = 3;
const EXITED = 4;
const ORPHANED = 8;
const TERMINATING = 16;

const STATUS = 0;
const SLOT = WAITED_ON_WORDS;
const IDENT = SLOT + 1;
const ORDER = IDENT + 1;
const BOOTED = ORDER + 1;
const BYTES = (BOOTED + 1) * Int32Array.BYTES_PER_ELEMENT;

export const NONE = 0;
export const TERMINATE = 1;
export const START_AGAIN = 2;

/** Makes the control block of a new worker. */
export function newControlBlock(entry: Entry): Words {
  const control = allocate(BYTES);
  assign(control, entry);
  return control;
}

// ---------------------------------------------------------------- by the worker

/** The worker is about to run its first thread. To read `performance` would make Node load a module in each worker. */
export function markBooted({ words, at }: Words): void {
  Atomics.store(words, at + BOOTED, Date.now());
}

/**
 * The thread is about to end. It may be terminated until this returns; during a termination this
 * does not return.
 */
export function* draining({ words, at }: Words): Steps<void> {
  const index = at + STATUS;
  for (;;) {
    const value = Atomics.load(words, index);
    if ((value & TERMINATING) !== 0) {
      leaveIfDismissed();
      yield { words, index, value, deadline: Deadline.NEVER };
    } else if (Atomics.compareExchange(words, index, value, DRAINING | (value & ORPHANED)) === value) return;
  }
}

/** Parks a clean worker. The worker then waits by {@link sleeping}. False if its starter has ended. */
export function park({ words, at }: Words): boolean {
  if (Atomics.compareExchange(words, at + STATUS, DRAINING, PARKED) !== DRAINING) return false;
  wake(words, at + STATUS);
  return true;
}

/**
 * Waits for a start. Returns true if there may be a message in the worker's port. Returns false if
 * none came in time, or the starter has ended; then the worker is no longer parked. After a `claim`
 * it waits without limit:
 *     // T1 takes the worker; the worker's time runs out; it finds its port empty, and exits;
 *     // T1 posts: the thread is lost.
 */
export function* sleeping(control: Words, deadline: Deadline): Steps<boolean> {
  const { words, at } = control;
  const index = at + STATUS;
  for (let value; (value = Atomics.load(words, index)) === PARKED || value === CLAIMED;) {
    if (value === CLAIMED) yield { words, index, value, deadline: Deadline.NEVER };
    else if (!deadline.expired()) yield { words, index, value, deadline };
    else if (unpark(control)) return false;
  }
  return !unpark(control);
}

function unpark({ words, at }: Words): boolean {
  const index = at + STATUS;
  return (
    Atomics.compareExchange(words, index, PARKED, DRAINING) === PARKED ||
    Atomics.compareExchange(words, index, PARKED | ORPHANED, DRAINING | ORPHANED) === (PARKED | ORPHANED)
  );
}

const claims = new Spinner();
const dispatches = new Spinner();

/** Spins briefly, in case the next thread comes at once. */
export function spinUntilDispatched({ words, at }: Words): void {
  if (claims.spin(words, at + STATUS, PARKED)) dispatches.spin(words, at + STATUS, CLAIMED);
}

/** The worker ends, or has ended. */
export function markExited({ words, at }: Words): void {
  Atomics.store(words, at + STATUS, EXITED);
  wake(words, at + STATUS);
}

// ---------------------------------------------------------------- by the starter

/** Takes a parked worker; returns false if it is not parked. */
export function claim(control: Words): boolean {
  return replace(control, PARKED, CLAIMED);
}

/** Gives the worker back after a failed post. */
export function unclaim(control: Words): void {
  replace(control, CLAIMED, PARKED);
}

/** Wakes the worker after the post; returns false if the worker has died. */
export function dispatch(control: Words): boolean {
  if (!replace(control, CLAIMED, BUSY)) return false;
  wake(control.words, control.at + STATUS);
  return true;
}

export function isDraining(control: Words): boolean {
  return Atomics.load(control.words, control.at + STATUS) === DRAINING;
}

/** True if the worker could be taken now. */
export function isParked({ words, at }: Words): boolean {
  return Atomics.load(words, at + STATUS) === PARKED;
}

export function hasExited({ words, at }: Words): boolean {
  return (Atomics.load(words, at + STATUS) & ~ORPHANED) === EXITED;
}

const drains = new Spinner();

/** Spins briefly, in case the worker parks or exits at once. */
export function spinUntilDrained({ words, at }: Words): void {
  drains.spin(words, at + STATUS, DRAINING);
}

/** Waits until the worker has parked or exited, but not beyond the deadline. */
export function* drained(control: Words, deadline: Deadline): Steps<void> {
  while (isDraining(control) && !deadline.expired()) {
    yield { words: control.words, index: control.at + STATUS, value: DRAINING, deadline };
  }
}

/** Stores the worker's next thread. */
export function assign({ words, at }: Words, { slot, ident }: Entry): void {
  Atomics.store(words, at + SLOT, slot);
  Atomics.store(words, at + IDENT, ident);
}

// ---------------------------------------------------------------- by the supervisor

/**
 * Marks the worker for termination if this thread runs there; returns true if so. From then on the
 * thread cannot end by itself. Another thread that has begun there meanwhile continues.
 */
export function markTerminating(control: Words, entry: Entry): boolean {
  const { words, at } = control;
  const index = at + STATUS;
  if (assigned(control).ident !== entry.ident) return false;
  const was = Atomics.load(words, index);
  if ((was & ~ORPHANED) !== BUSY) return false;
  if (Atomics.compareExchange(words, index, was, was | TERMINATING) !== was) return false;
  if (assigned(control).ident === entry.ident) return true;
  Atomics.and(words, index, ~TERMINATING);
  wake(words, index);
  return false;
}

/** True if the thread was marked by {@link markTerminating}, and its worker has not ended. */
export function isTerminating(control: Words, { ident }: Entry): boolean {
  const status = Atomics.load(control.words, control.at + STATUS);
  return (status & TERMINATING) !== 0 && assigned(control).ident === ident;
}

/** Wakes a worker from the wait for its termination, to check again. */
export function wakeTerminating({ words, at }: Words): void {
  wake(words, at + STATUS);
}

/** Makes a parked worker exit. Does nothing if it is no longer parked. */
export function retire(control: Words): void {
  if (replace(control, PARKED, EXITED)) wake(control.words, control.at + STATUS);
}

/** The starter has ended. */
export function orphan({ words, at }: Words): void {
  Atomics.or(words, at + STATUS, ORPHANED);
  wake(words, at + STATUS);
}

/** True if the worker was ready for its first thread less than `ms` milliseconds ago, or has not been so far. */
export function isBootedWithin(control: Words, ms: number): boolean {
  const booted = Atomics.load(control.words, control.at + BOOTED);
  return booted === 0 || ((Date.now() - booted) | 0) < ms; // negative after 25 days: one spare too early
}

/** Tells the maker of the first worker what to do; NONE withdraws the order. */
export function order({ words, at }: Words, what: typeof NONE | typeof TERMINATE | typeof START_AGAIN): void {
  Atomics.store(words, at + ORDER, what);
}

/** The word STATUS and its value, for a sleeper. */
export function statusOf({ words, at }: Words): {
  readonly words: Int32Array;
  readonly index: number;
  readonly value: number;
} {
  return { words, index: at + STATUS, value: Atomics.load(words, at + STATUS) };
}

/** For the maker of the first worker: what the supervisor wants. */
export function ordered({ words, at }: Words): number {
  return Atomics.load(words, at + ORDER);
}

/** The thread now in the worker, or its last thread. */
export function assigned({ words, at }: Words): Entry {
  return { slot: Atomics.load(words, at + SLOT), ident: Atomics.load(words, at + IDENT) };
}

/**
 * Takes the thread off an ended worker. Starter and supervisor may both try. The winner gets true, and
 * takes care of the thread.
 */
export function unassign({ words, at }: Words, { ident }: Entry): boolean {
  return ident !== 0 && Atomics.compareExchange(words, at + IDENT, ident, 0) === ident;
}

function replace({ words, at }: Words, was: number, status: number): boolean {
  return Atomics.compareExchange(words, at + STATUS, was, status) === was;
}
