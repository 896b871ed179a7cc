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
 *            (followed by its turnstile)
 *   SLOT, IDENT   the thread that runs there, or ran last; written by the starter before it posts. IDENT is 0 once the worker is
 *                 gone and somebody has seen to its thread
 *
 *   from      to        by          when
 *   -         BUSY      starter     `newControl`: the worker is made for a thread
 *   BUSY      SETTLING  worker      `settle`: the thread has ended, which nobody has been told yet
 *   SETTLING  PARKED    worker      `park`: nothing is left behind
 *   PARKED    TAKEN     starter     `take`
 *   TAKEN     BUSY      starter     `send`: the thread is posted; wakes the worker
 *   TAKEN     PARKED    starter     `putBack`: it could not be posted
 *   PARKED    SETTLING  worker      `called`: nobody came in time, or the starter is gone
 *   any       GONE      worker      `leave`: something was left behind, or the starter is gone
 *   any       GONE      supervisor  `leave`, once the worker has ended, in whatever way
 *   any       ORPHANED  supervisor  `orphan`: the starter has ended; wakes the worker
 *
 * Invariants
 *   1. From `take` to `send` or `putBack` only the starter changes STATUS, save that it may become GONE or ORPHANED. So a worker
 *      runs one thread at a time, and what it finds in its port when it is woken is that one.
 *   2. Who changes STATUS to PARKED counts the worker, and who changes it from PARKED counts it off. A thread can be terminated in calls
 *      and loops only, and there is none between the two: so it does both or neither, and each idle worker is counted once.
 *   3. A starter assigns before it sends, and the supervisor looks at what is assigned after it has set GONE. So either `send`
 *      fails, or the supervisor sees the thread; and `unassign` decides if both do.
 *   4. The supervisor sets ORPHANED, then wakes; the worker sleeps only while the word is exactly what it has seen, without that
 *      bit. So it does not sleep for a starter that is gone:
 *      // T1 takes the worker; is terminated; what it wanted to post will never come: the worker finds nothing, and leaves.
 *      // T1 takes, posts, and is terminated before it sends: the worker finds the thread and runs it, then leaves.
 */
import { allocate, Deadline, Spinner, type Steps, WAITED_ON_WORDS, wake, type Words } from "@x/core";
import { type Entry, idleWorkers } from "./world.js";

const BUSY = 0;
const SETTLING = 1;
const PARKED = 2;
const TAKEN = 3;
const GONE = 4;
const ORPHANED = 8;

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

/** The thread has ended. */
export function settle(control: Words): void {
  replace(control, BUSY, SETTLING);
}

/** The worker is clean, and is about to sleep until it is {@link called}. Returns how many others do; undefined if its starter is gone. */
export function park({ words, at }: Words): number | undefined {
  const others = Atomics.add(idleWorkers.words, idleWorkers.at, 1); // before others can count it off
  if (Atomics.compareExchange(words, at + STATUS, SETTLING, PARKED) !== SETTLING) {
    Atomics.sub(idleWorkers.words, idleWorkers.at, 1);
    return undefined;
  }
  wake(words, at + STATUS);
  return others;
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
  const isUnparked =
    Atomics.compareExchange(words, at + STATUS, PARKED, SETTLING) === PARKED ||
    Atomics.compareExchange(words, at + STATUS, PARKED | ORPHANED, SETTLING | ORPHANED) === (PARKED | ORPHANED);
  if (isUnparked) Atomics.sub(idleWorkers.words, idleWorkers.at, 1);
  return isUnparked;
}

const takes = new Spinner();
const sends = new Spinner();

/** Looks for a moment whether the next thread comes at once. */
export function spinUntilCalled({ words, at }: Words): void {
  if (takes.spin(words, at + STATUS, PARKED)) sends.spin(words, at + STATUS, TAKEN);
}

/** The worker ends, or has ended. */
export function leave({ words, at }: Words): void {
  const was = Atomics.exchange(words, at + STATUS, GONE);
  if ((was & ~ORPHANED) === PARKED) Atomics.sub(idleWorkers.words, idleWorkers.at, 1);
  wake(words, at + STATUS);
}

// ---------------------------------------------------------------- by the starter

/** Takes a worker that is parked; false if it is not. */
export function take({ words, at }: Words): boolean {
  const isTaken = Atomics.compareExchange(words, at + STATUS, PARKED, TAKEN) === PARKED;
  if (isTaken) Atomics.sub(idleWorkers.words, idleWorkers.at, 1);
  return isTaken;
}

/** What was to be posted could not be. */
export function putBack({ words, at }: Words): void {
  Atomics.add(idleWorkers.words, idleWorkers.at, 1);
  const isParked = Atomics.compareExchange(words, at + STATUS, TAKEN, PARKED) === TAKEN;
  if (!isParked) Atomics.sub(idleWorkers.words, idleWorkers.at, 1); // it has died meanwhile
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
export function* settling(control: Words, deadline: Deadline): Steps<void> {
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
