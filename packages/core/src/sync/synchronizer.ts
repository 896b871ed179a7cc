/**
 * One word of state and a queue before it: what Lock, RLock and the Semaphores are made of, after Doug Lea's
 * AbstractQueuedSynchronizer. Newcomers may barge in, which is what makes locks fast; nobody starves, as in Go's `sync.Mutex`
 * and CPython's `PyMutex`: a waiter that has been passed over for STARVATION milliseconds becomes an heir, and what is
 * released next is reserved for the heirs.
 *
 * Words, from `at`
 *   STATE   bits 2..31   the primitive's own: who holds it, how many permits are left
 *           bit 0 WAITED    somebody may wait on STATE: whoever releases must wake
 *           bit 1 STARVED   somebody may wait on HEIRS: what is available is reserved for them
 *           any thread, by atomic operations
 *   HEIRS   turned by each release that finds STARVED; heirs wait on it, first come first served
 *   UNTIL   when the reservation lapses, in wrapping milliseconds of a clock that all threads share; UNDECIDED while
 *           nothing is available: whoever comes upon something reserved then decides, and so does every release
 *   (each of STATE and HEIRS is followed by its turnstile, see wait/block.ts)
 *
 * Invariants
 *   1. While anyone sleeps on STATE: WAITED is set, or a wake is under way to somebody who will set it if he fails.
 *      WAITED with nobody asleep is legal and costs a needless wake. The same holds for STARVED and HEIRS.
 *   2. So a waiter that has slept takes the state with the mark of where it slept: others may be asleep there still.
 *   3. So a waiter whose time is up tries, and leaves its mark, before it goes:
 *      // T1 sleeps; T2 releases and wakes T1; T3 barges in, without a mark; T1 reads the clock and leaves: T4 sleeps for ever.
 *   4. A mark is taken off only by a release whose wake found nobody, and only from the very word that the release left.
 *   5. A reservation is a courtesy, not a right: it lapses PATIENCE milliseconds after the release. An heir may be a promise
 *      whose thread is itself blocked, and nobody may hang on it. So whoever reserves for heirs who are not asleep also
 *      wakes a sleeper of STATE, who watches the time and takes what the heirs have left.
 *   6. What is reserved is reserved for somebody: an heir whose time runs out takes it, and an heir that is aborted passes it on.
 */
import { Deadline } from "../deadline.js";
import { clock } from "../platform/clock.js";
import { type Holder, type Steps, WAITED_ON_WORDS } from "../wait/steps.js";
import { wake, wakePromises, wakeSleepers } from "../wait/wake.js";

/** How many words a synchronizer takes. */
export const SYNCHRONIZER_WORDS = 2 * WAITED_ON_WORDS + 1;

const STATE = 0;
const HEIRS = WAITED_ON_WORDS;
const UNTIL = 2 * WAITED_ON_WORDS;

/**
 * The parts of STATE. Of an enum, unlike of constants that another module imports, the bundler writes the numbers themselves into the code,
 * and the fast paths need not read them from memory: that was a tenth of their time.
 */
export const enum Bits {
  WAITED = 1,
  STARVED = 2,
  MARKS = 3,
  /** The state stands above the marks: `word >> SHIFT`. */
  // eslint-disable-next-line @typescript-eslint/no-duplicate-enum-values -- that it is as much as STARVED means nothing
  SHIFT = 2,
}

/** The largest state. */
export const STATE_MAX: number = 2 ** (31 - Bits.SHIFT) - 1;

/** Passed over for so many milliseconds, a waiter becomes an heir; CPython and Go wait as long. */
const STARVATION = 1;

/** For so many milliseconds what is reserved is kept for the heirs. */
const PATIENCE = 2;

const UNDECIDED = 0;

/** The state after it was taken once, or `REFUSED` if there is nothing to take. Must not touch anything. */
export type Claim = (state: number) => number;

/** There is nothing to take. */
export const REFUSED = -1;

/** Is `word` free for a newcomer, as far as the queue goes? */
export function unreserved(word: number): boolean {
  return (word & Bits.STARVED) === 0;
}

/** The slow path of every acquire. Returns the state that it took from, or `REFUSED` if the time ran out. */
export function* acquiring(
  words: Int32Array,
  at: number,
  claim: Claim,
  deadline: Deadline,
  holder?: Holder,
): Steps<number> {
  const starvation = Deadline.after(STARVATION);
  let marks = 0; // where this waiter has slept
  let hopeless = false;
  for (;;) {
    const heir = marks !== 0 && starvation.expired();
    const turn = Atomics.load(words, at + HEIRS);
    const was = Atomics.load(words, at + STATE);
    const late: boolean = hopeless || deadline.expired();
    const state = claim(was >> Bits.SHIFT);
    // Whoever has waited a reservation out is an heir by then: PATIENCE is longer than STARVATION.
    const reserved: boolean = state !== REFUSED && !heir && !(late && marks !== 0) && isReserved(words, at, was);
    if (state !== REFUSED && !reserved) {
      const taken = (state << Bits.SHIFT) | (was & Bits.MARKS) | marks;
      if (Atomics.compareExchange(words, at + STATE, was, taken) !== was) continue;
      if ((taken & Bits.STARVED) !== 0) inherited(words, at, taken, claim);
      return was >> Bits.SHIFT;
    }
    if (late && marks === 0) return REFUSED; // never slept, so no wake-up was meant for it
    const mark = heir ? Bits.STARVED : Bits.WAITED;
    if ((was & mark) === 0) {
      if (heir) Atomics.store(words, at + UNTIL, UNDECIDED);
      if (Atomics.compareExchange(words, at + STATE, was, was | mark) !== was) continue;
    }
    marks |= mark;
    if (late) return REFUSED;
    const until: Deadline = reserved ? deadline.orSooner(lapse(words, at)) : deadline;
    const place = heir ? { index: at + HEIRS, value: turn } : { index: at + STATE, value: was | mark };
    const sleepsAtOnce = holder !== undefined; // it is contended, and not handed over
    let isAborted = true;
    try {
      hopeless = (yield { words, ...place, deadline: until, holder, sleepsAtOnce }) === "deadlock";
      isAborted = false;
    } finally {
      if (isAborted && heir) passOn(words, at, claim);
    }
  }
}

/**
 * An heir is aborted. What may have been reserved for it is for the next heir, or for all if there is none:
 *     // T1, an heir, awaits; T2 releases, reserves and wakes T1; T1 is aborted. The lock is free, nobody waits, and acquire(0) is refused.
 */
function passOn(words: Int32Array, at: number, claim: Claim): void {
  const word = Atomics.load(words, at + STATE);
  if (!unreserved(word) && claim(word >> Bits.SHIFT) !== REFUSED) released(words, at, word, 1);
}

/**
 * Wakes whom a release has made room for.
 *
 * @param left STATE as the release left it, with marks
 * @param n how many can take it now
 */
export function released(words: Int32Array, at: number, left: number, n: number): void {
  let room = n;
  let word = left;
  if ((word & Bits.STARVED) !== 0) {
    Atomics.store(words, at + UNTIL, soon());
    Atomics.add(words, at + HEIRS, 1);
    const sleepers = wakeSleepers(words, at + HEIRS, n);
    const promises = wakePromises(words, at + HEIRS, n);
    if (sleepers > 0 || promises) room -= sleepers;
    else word = unreserve(words, at, word);
  }
  if (room > 0 && (word & Bits.WAITED) !== 0 && !wake(words, at + STATE, room)) {
    Atomics.compareExchange(words, at + STATE, word, word & ~Bits.WAITED);
  }
}

/** No heir came: takes STARVED off, also if a courteous newcomer set WAITED meanwhile. Returns the word to go on with. */
function unreserve(words: Int32Array, at: number, left: number): number {
  for (const word of [left, left | Bits.WAITED]) {
    if (Atomics.compareExchange(words, at + STATE, word, word & ~Bits.STARVED) === word) return word & ~Bits.STARVED;
  }
  return left;
}

/** Somebody took what was reserved. If there is more (a semaphore's), the next heir is due, or nobody and the mark goes. */
function inherited(words: Int32Array, at: number, taken: number, claim: Claim): void {
  Atomics.store(words, at + UNTIL, UNDECIDED);
  if (claim(taken >> Bits.SHIFT) !== REFUSED) released(words, at, taken, 1);
}

function isReserved(words: Int32Array, at: number, word: number): boolean {
  return !unreserved(word) && leftOfReservation(words, at) > 0;
}

/** When a reservation lapses for one who came upon it just now. */
function lapse(words: Int32Array, at: number): Deadline {
  return Deadline.after(leftOfReservation(words, at));
}

/**
 * For how many milliseconds yet what is available is reserved; not at all if that is 0 or less. If nobody has decided, it begins now:
 *     // T1 takes; T2 releases, and reserves; T1 goes on, and writes UNDECIDED: it would be reserved for ever, and
 *     // acquire(0) be refused, if the only heir is a promise whose thread is blocked.
 */
function leftOfReservation(words: Int32Array, at: number): number {
  const fromNow = soon();
  const until = Atomics.compareExchange(words, at + UNTIL, UNDECIDED, fromNow);
  const left = ((until === UNDECIDED ? fromNow : until) - sharedClock()) | 0;
  return left > PATIENCE ? 0 : left; // more is a moment long gone: the clock has wrapped since
}

/** The moment at which a reservation lapses that begins now. */
function soon(): number {
  return (sharedClock() + PATIENCE) | 0 || 1;
}

/** Milliseconds, wrapping at 32 bits; the same in every thread. */
function sharedClock(): number {
  return (clock.timeOrigin + clock.now()) | 0;
}
