/**
 * The control block: the words shared by a worker, its starter and the supervisor. An idle worker
 * sleeps on the first word, because waking it costs less than half of a message to its event loop.
 *
 *   STATUS   BUSY       a thread runs, or is assigned and will run
 *            SETTLING   the thread has ended; the worker checks its event loop for leftovers
 *            PARKED     there are none: the worker sleeps on this word
 *            TAKEN      the starter is about to post the next thread; the worker sleeps on
 *            GONE       the worker has ended, or is about to
 *            ORPHANED   a bit beside these, for ever: the starter has ended
 *            CONDEMNED  a bit beside BUSY: the supervisor checks whether to terminate the worker,
 *                       and is about to
 *            (followed by its async epoch)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts.
 *                 IDENT is 0 after the end of the worker, when its thread was taken care of
 *
 *   from      to        by          when
 *   -         BUSY      starter     `newControl`: the worker is created for a thread
 *   BUSY      SETTLING  worker      `settle`: the thread has ended; its end is not published yet
 *   BUSY      CONDEMNED supervisor  `condemn`: the thread cannot end by itself any more
 *   CONDEMNED BUSY      supervisor  `condemn`: the worker runs another thread by now
 *   SETTLING  PARKED    worker      `park`: no leftovers
 *   PARKED    TAKEN     starter     `take`
 *   TAKEN     BUSY      starter     `send`: the thread is posted; wakes the worker
 *   TAKEN     PARKED    starter     `putBack`: the post failed
 *   PARKED    SETTLING  worker      `called`: no start in time, or the starter has ended
 *   PARKED    GONE      supervisor  `retire`: too many are parked; wakes the worker
 *   any       GONE      worker      `leave`: leftovers, a death, or the starter has ended
 *   any       GONE      supervisor  `leave`, after the worker has ended, in any way
 *   any       ORPHANED  supervisor  `orphan`: the starter has ended; wakes the worker
 *
 * Invariants
 *   1. From `take` to `send` or `putBack` only the starter changes STATUS, except to GONE or
 *      ORPHANED. So a worker runs one thread at a time. When it wakes, the message in its port is
 *      that thread.
 *   2. A worker is terminated only while CONDEMNED, and a thread ends only while its worker is
 *      SETTLING. So `terminate` never cuts an end short, and never hits the next thread:
 *      // Worker W runs T1; the supervisor finds T1 on W; T1 ends; T2 begins on W; the supervisor
 *      // terminates W, and T2 with it.
 *   3. A starter assigns before it sends; the supervisor reads the assignment after it has set
 *      GONE.
 *      So either `send` fails, or the supervisor sees the thread. If both happen, `unassign` decides.
 *   4. The supervisor sets ORPHANED, then wakes. The worker sleeps only while the word equals the
 *      value it read, without that bit. So it never sleeps for a starter that has ended:
 *      // T1 takes the worker; T1 is terminated; no post comes: the worker finds nothing, and exits.
 *      // T1 takes it, posts, and is terminated before `send`: the worker runs the thread, and exits.
 */
import { allocate, Deadline, Spinner, type Steps, WAITED_ON_WORDS, wake, type Words } from "@x/core";
import { leaveIfDismissed } from "./dismissal.js";
import type { Entry } from "../table/layout.js";

const BUSY = 0;
const SETTLING = 1;
const PARKED = 2;
const TAKEN = 3;
const GONE = 4;
const ORPHANED = 8;
const CONDEMNED = 16;

const STATUS = 0;
const SLOT = WAITED_ON_WORDS;
const IDENT = SLOT + 1;
const BYTES = (IDENT + 1) * Int32Array.BYTES_PER_ELEMENT;

/** Makes the control block of a new worker. */
export function newControl(entry: Entry): Words {
  const control = allocate(BYTES);
  assign(control, entry);
  return control;
}

// ---------------------------------------------------------------- by the worker

/**
 * The thread is about to end. It may be terminated until this returns; during a termination this
 * does not return.
 */
export function* settling({ words, at }: Words): Steps<void> {
  const index = at + STATUS;
  for (;;) {
    const value = Atomics.load(words, index);
    if ((value & CONDEMNED) !== 0) {
      leaveIfDismissed();
      yield { words, index, value, deadline: Deadline.NEVER };
    } else if (Atomics.compareExchange(words, index, value, SETTLING | (value & ORPHANED)) === value) return;
  }
}

/** Parks a clean worker, which then waits by {@link called}. False if its starter has ended. */
export function park({ words, at }: Words): boolean {
  if (Atomics.compareExchange(words, at + STATUS, SETTLING, PARKED) !== SETTLING) return false;
  wake(words, at + STATUS);
  return true;
}

/**
 * Waits for a start. Returns true if there may be a message in the worker's port. Returns false if
 * none came in time, or the starter has ended; then the worker is no longer parked. After a `take`
 * it
 * waits without limit:
 *     // T1 takes the worker; the worker's time runs out; it finds its port empty, and exits;
 *     // T1 posts: the thread is lost.
 */
export function* called(control: Words, deadline: Deadline): Steps<boolean> {
  const { words, at } = control;
  const index = at + STATUS;
  for (let value; (value = Atomics.load(words, index)) === PARKED || value === TAKEN;) {
    if (value === TAKEN) yield { words, index, value, deadline: Deadline.NEVER };
    else if (!deadline.expired()) yield { words, index, value, deadline };
    else if (unpark(control)) return false;
  }
  return !unpark(control);
}

function unpark({ words, at }: Words): boolean {
  const index = at + STATUS;
  return (
    Atomics.compareExchange(words, index, PARKED, SETTLING) === PARKED ||
    Atomics.compareExchange(words, index, PARKED | ORPHANED, SETTLING | ORPHANED) === (PARKED | ORPHANED)
  );
}

const takes = new Spinner();
const sends = new Spinner();

/** Spins briefly, in case the next thread comes at once. */
export function spinUntilCalled({ words, at }: Words): void {
  if (takes.spin(words, at + STATUS, PARKED)) sends.spin(words, at + STATUS, TAKEN);
}

/** The worker ends, or has ended. */
export function leave({ words, at }: Words): void {
  Atomics.store(words, at + STATUS, GONE);
  wake(words, at + STATUS);
}

// ---------------------------------------------------------------- by the starter

/** Takes a parked worker; returns false if it is not parked. */
export function take(control: Words): boolean {
  return replace(control, PARKED, TAKEN);
}

/** Gives the worker back after a failed post. */
export function putBack(control: Words): void {
  replace(control, TAKEN, PARKED);
}

/** Wakes the worker after the post; returns false if the worker has died. */
export function send(control: Words): boolean {
  if (!replace(control, TAKEN, BUSY)) return false;
  wake(control.words, control.at + STATUS);
  return true;
}

export function isSettling(control: Words): boolean {
  return Atomics.load(control.words, control.at + STATUS) === SETTLING;
}

/** True if the worker could be taken now. */
export function isParked({ words, at }: Words): boolean {
  return Atomics.load(words, at + STATUS) === PARKED;
}

export function isGone({ words, at }: Words): boolean {
  return (Atomics.load(words, at + STATUS) & ~ORPHANED) === GONE;
}

const settlings = new Spinner();

/** Spins briefly, in case the worker parks or exits at once. */
export function spinUntilSettled({ words, at }: Words): void {
  settlings.spin(words, at + STATUS, SETTLING);
}

/** Waits until the worker has parked or exited, or until the deadline. */
export function* settled(control: Words, deadline: Deadline): Steps<void> {
  while (isSettling(control) && !deadline.expired()) {
    yield { words: control.words, index: control.at + STATUS, value: SETTLING, deadline };
  }
}

/** Stores the thread that the worker is to run. */
export function assign({ words, at }: Words, { slot, ident }: Entry): void {
  Atomics.store(words, at + SLOT, slot);
  Atomics.store(words, at + IDENT, ident);
}

// ---------------------------------------------------------------- by the supervisor

/**
 * Marks the worker for termination if this thread runs there; returns true if so. From then on the
 * thread cannot end by itself. Another thread that has begun there meanwhile continues.
 */
export function condemn(control: Words, entry: Entry): boolean {
  const { words, at } = control;
  const index = at + STATUS;
  if (assigned(control).ident !== entry.ident) return false;
  const was = Atomics.load(words, index);
  if ((was & ~ORPHANED) !== BUSY || Atomics.compareExchange(words, index, was, was | CONDEMNED) !== was) return false;
  if (assigned(control).ident === entry.ident) return true;
  Atomics.and(words, index, ~CONDEMNED);
  wake(words, index);
  return false;
}

/** Wakes a condemned worker that waits for its end, to check again. */
export function wakeCondemned({ words, at }: Words): void {
  wake(words, at + STATUS);
}

/** Makes a parked worker exit. Does nothing if it is no longer parked. */
export function retire(control: Words): void {
  if (replace(control, PARKED, GONE)) wake(control.words, control.at + STATUS);
}

/** The starter has ended. */
export function orphan({ words, at }: Words): void {
  Atomics.or(words, at + STATUS, ORPHANED);
  wake(words, at + STATUS);
}

/** The thread that runs in the worker, or ran last. */
export function assigned({ words, at }: Words): Entry {
  return { slot: Atomics.load(words, at + SLOT), ident: Atomics.load(words, at + IDENT) };
}

/**
 * Takes the thread off a worker that has ended. Starter and supervisor may both try; the caller
 * that
 * gets true takes care of the thread.
 */
export function unassign({ words, at }: Words, { ident }: Entry): boolean {
  return ident !== 0 && Atomics.compareExchange(words, at + IDENT, ident, 0) === ident;
}

function replace({ words, at }: Words, was: number, status: number): boolean {
  return Atomics.compareExchange(words, at + STATUS, was, status) === was;
}
