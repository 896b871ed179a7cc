/**
 * The words that a worker shares with the thread that starts threads on it, its starter, and with the supervisor. A worker that
 * has nothing to do sleeps on the first of them: waking it costs less than half of what a message to its event loop costs.
 *
 *   STATUS   BUSY       a thread runs, or is there to be run
 *            SETTLING   the thread has ended; has it left something in the event loop?
 *            PARKED     it has not: the worker sleeps on this word
 *            TAKEN      its starter is about to post the next thread; the worker sleeps on
 *            GONE       the worker has ended, or is about to
 *            ORPHANED   a bit beside these, for ever: its starter is gone
 *            CONDEMNED  a bit beside BUSY: the supervisor looks whether it has to terminate the worker, and is about to
 *            (followed by its turnstile)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts. IDENT is 0 once the worker is
 *                 gone and somebody has seen to its thread
 *
 *   from      to        by          when
 *   -         BUSY      starter     `newControl`: the worker is made for a thread
 *   BUSY      SETTLING  worker      `settle`: the thread has ended, which nobody has been told yet
 *   BUSY      CONDEMNED supervisor  `condemn`: from now on the thread cannot end by itself
 *   CONDEMNED BUSY      supervisor  `condemn`: another thread runs there than the one that is to be terminated
 *   SETTLING  PARKED    worker      `park`: nothing is left behind
 *   PARKED    TAKEN     starter     `take`
 *   TAKEN     BUSY      starter     `send`: the thread is posted; wakes the worker
 *   TAKEN     PARKED    starter     `putBack`: it could not be posted
 *   PARKED    SETTLING  worker      `called`: nobody came in time, or the starter is gone
 *   PARKED    GONE      supervisor  `retire`: too many are parked; wakes the worker
 *   any       GONE      worker      `leave`: something was left behind, a thread has died there, or the starter is gone
 *   any       GONE      supervisor  `leave`, once the worker has ended, in whatever way
 *   any       ORPHANED  supervisor  `orphan`: the starter has ended; wakes the worker
 *
 * Invariants
 *   1. From `take` to `send` or `putBack` only the starter changes STATUS, save that it may become GONE or ORPHANED. So a worker
 *      runs one thread at a time, and what it finds in its port when it is woken is that one.
 *   2. A worker is terminated only while it is CONDEMNED, and a thread ends only once its worker is SETTLING. So `terminate` neither cuts an
 *      end short, nor ends the next thread:
 *      // T1 runs T2; the supervisor finds T2 there, to be terminated; T2 ends, T3 begins; the supervisor terminates T1, and with it T3.
 *   3. A starter assigns before it sends, and the supervisor looks at what is assigned after it has set GONE. So either `send`
 *      fails, or the supervisor sees the thread; and `unassign` decides if both do.
 *   4. The supervisor sets ORPHANED, then wakes; the worker sleeps only while the word is exactly what it has seen, without that
 *      bit. So it does not sleep for a starter that is gone:
 *      // T1 takes the worker; is terminated; what it wanted to post will never come: the worker finds nothing, and leaves.
 *      // T1 takes, posts, and is terminated before it sends: the worker finds the thread and runs it, then leaves.
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

/** The words of a worker that is to be. */
export function newControl(entry: Entry): Words {
  const control = allocate(BYTES);
  assign(control, entry);
  return control;
}

// ---------------------------------------------------------------- by the worker

/** The thread is about to end. Until this has returned, it may be terminated; if it is being terminated, this does not return. */
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

/** The worker is clean, and is about to sleep until it is {@link called}. False if its starter is gone. */
export function park({ words, at }: Words): boolean {
  if (Atomics.compareExchange(words, at + STATUS, SETTLING, PARKED) !== SETTLING) return false;
  wake(words, at + STATUS);
  return true;
}

/**
 * True once there may be something in the worker's port, false if nobody has called in time, or the starter is gone: then the worker
 * is no longer parked. Whoever has taken it is waited for, as long as that takes:
 *     // T2 takes the worker; its time runs out, it looks into its port, finds nothing, and leaves; T2 posts.
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

/** Looks for a moment whether the next thread comes at once. */
export function spinUntilCalled({ words, at }: Words): void {
  if (takes.spin(words, at + STATUS, PARKED)) sends.spin(words, at + STATUS, TAKEN);
}

/** The worker ends, or has ended. */
export function leave({ words, at }: Words): void {
  Atomics.store(words, at + STATUS, GONE);
  wake(words, at + STATUS);
}

// ---------------------------------------------------------------- by the starter

/** Takes a worker that is parked; false if it is not. */
export function take(control: Words): boolean {
  return replace(control, PARKED, TAKEN);
}

/** What was to be posted could not be. */
export function putBack(control: Words): void {
  replace(control, TAKEN, PARKED);
}

/** The thread is posted; false if the worker has died meanwhile. */
export function send(control: Words): boolean {
  if (!replace(control, TAKEN, BUSY)) return false;
  wake(control.words, control.at + STATUS);
  return true;
}

export function isSettling(control: Words): boolean {
  return Atomics.load(control.words, control.at + STATUS) === SETTLING;
}

/** Could it be taken now? */
export function isParked({ words, at }: Words): boolean {
  return Atomics.load(words, at + STATUS) === PARKED;
}

export function isGone({ words, at }: Words): boolean {
  return (Atomics.load(words, at + STATUS) & ~ORPHANED) === GONE;
}

const settlings = new Spinner();

/** Looks for a moment whether it becomes clear at once whether the worker is clean. */
export function spinUntilSettled({ words, at }: Words): void {
  settlings.spin(words, at + STATUS, SETTLING);
}

/** Until it is clear whether the worker is clean, or the time is up. */
export function* settled(control: Words, deadline: Deadline): Steps<void> {
  while (isSettling(control) && !deadline.expired()) {
    yield { words: control.words, index: control.at + STATUS, value: SETTLING, deadline };
  }
}

/** The thread that is to run there. */
export function assign({ words, at }: Words, { slot, ident }: Entry): void {
  Atomics.store(words, at + SLOT, slot);
  Atomics.store(words, at + IDENT, ident);
}

// ---------------------------------------------------------------- by the supervisor

/**
 * Condemns the worker to be terminated, if this thread runs there; from then on it cannot end by itself. If another thread has begun there
 * meanwhile, that one goes on.
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

/** Has a condemned worker that waits for its end look again. */
export function wakeCondemned({ words, at }: Words): void {
  wake(words, at + STATUS);
}

/** Has a parked worker leave; nothing happens if it is parked no more. */
export function retire(control: Words): void {
  if (replace(control, PARKED, GONE)) wake(control.words, control.at + STATUS);
}

/** The starter is gone. */
export function orphan({ words, at }: Words): void {
  Atomics.or(words, at + STATUS, ORPHANED);
  wake(words, at + STATUS);
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

function replace({ words, at }: Words, was: number, status: number): boolean {
  return Atomics.compareExchange(words, at + STATUS, was, status) === was;
}
