/**
 * A word of state with a queue: the base of Lock, RLock and the Semaphores, after Doug Lea's
 * AbstractQueuedSynchronizer.
 *
 * Newcomers may barge, which makes locks fast. No waiter starves, as in Go's `sync.Mutex` and
 * CPython's `PyMutex`: after STARVATION_MS a waiter is starving, and the next release leases the
 * state to the starving waiters.
 *
 * Words, from `at`
 *   STATE      bits 2..31      the primitive's own: the ident of the owner, or the number of permits
 *              bit 0 WAITED    there may be waiters on STATE: a releaser must wake
 *              bit 1 STARVED   there may be waiters on STARVING: a free state is leased to them
 *              changed by any thread, by atomic operations
 *   STARVING   incremented by each release that finds STARVED; starving waiters wait on it, in order
 *   LEASE_END  the moment at which the lease expires, in wrapping milliseconds of a clock shared by all
 *              threads. UNDECIDED while the state is not free. Each release under STARVED sets it, and
 *              so does a thread that finds a leased state with UNDECIDED
 *   (STATE and STARVING are each followed by their async epoch, see wait/wake.ts)
 *
 * Invariants
 *   1. While a waiter sleeps on STATE: WAITED is set, or a waiter was woken and sets it again if it fails
 *      to acquire. WAITED without a sleeper is legal, and costs a needless wake. The same holds for
 *      STARVED and STARVING.
 *   2. So a waiter that has slept acquires with the mark of the word it slept on: other waiters may still
 *      sleep there.
 *   3. So a waiter tries after its timeout, and leaves its mark, before it returns:
 *      // T1 sleeps; T2 releases and wakes T1; T3 barges, without a mark; T1 reads the clock and leaves:
 *      // T4 sleeps for ever.
 *   4. Only a release clears a mark: if its wake found no waiter, and if the word is still as the release
 *      left it.
 *   5. A lease expires LEASE_MS after the release. A starving waiter may be a task of a blocked thread, and
 *      must not stop all others. So a releaser that leases to tasks also wakes a sleeper on STATE: it
 *      waits for the end of the lease, and acquires if no starving waiter has.
 *   6. A lease always has a taker: a starving waiter acquires at its timeout, and passes the lease on if
 *      it is aborted.
 */
import { Deadline } from "../deadline.js";
import { clock } from "../platform/clock.js";
import { type Holder, type Steps, WAITED_ON_WORDS } from "../wait/steps.js";
import { wake, wakePromises, wakeSleepers } from "../wait/wake.js";

/** The number of words of a synchronizer. */
export const SYNCHRONIZER_WORDS = 2 * WAITED_ON_WORDS + 1;

const STATE = 0;
const STARVING = WAITED_ON_WORDS;
const LEASE_END = 2 * WAITED_ON_WORDS;

/**
 * The parts of STATE. A `const enum`, because the bundler writes its numbers into the code;
 * imported constants would be read from memory, which took 10 % of the time of the fast paths.
 */
export const enum Bits {
  WAITED = 1,
  STARVED = 2,
  MARKS = 3,
  /** The state is above the marks: `word >> SHIFT`. */
  // eslint-disable-next-line @typescript-eslint/no-duplicate-enum-values -- equal to STARVED by chance
  SHIFT = 2,
}

/** The largest state. */
export const STATE_MAX: number = 2 ** (31 - Bits.SHIFT) - 1;

/** 1 ms: a waiter is starving after it; CPython and Go use the same. */
const STARVATION_MS = 1;

/**
 * 2 ms: the length of a lease. Longer than STARVATION_MS: a waiter that waits for its end is then
 * starving, too.
 */
const LEASE_MS = 2;

const UNDECIDED = 0;

/** Computes the state after an acquire, or `REFUSED` if none is possible. Without side effects. */
export type Claim = (state: number) => number;

/** The state cannot be acquired. */
export const REFUSED = -1;

/** May a newcomer acquire before the waiters? Not if there may be a starving waiter. */
export function mayBarge(word: number): boolean {
  return (word & Bits.STARVED) === 0;
}

/**
 * The slow path of every acquire. Returns the state before the acquire, or `REFUSED` at the
 * deadline.
 */
export function* acquiring(
  words: Int32Array,
  at: number,
  claim: Claim,
  deadline: Deadline,
  holder?: Holder,
): Steps<number> {
  const starvation = Deadline.after(STARVATION_MS);
  let marks = 0; // of the words on which this waiter has slept
  let deadlocked = false;
  for (;;) {
    const starving = marks !== 0 && starvation.expired();
    const turn = Atomics.load(words, at + STARVING);
    const was = Atomics.load(words, at + STATE);
    const late: boolean = deadlocked || deadline.expired();
    const state = claim(was >> Bits.SHIFT);
    const leased: boolean = state !== REFUSED && !starving && !(late && marks !== 0) && isLeased(words, at, was);
    if (state !== REFUSED && !leased) {
      const taken = (state << Bits.SHIFT) | (was & Bits.MARKS) | marks;
      if (Atomics.compareExchange(words, at + STATE, was, taken) !== was) continue;
      if ((taken & Bits.STARVED) !== 0) leaseTaken(words, at, taken, claim);
      return was >> Bits.SHIFT;
    }
    if (late && marks === 0) return REFUSED; // it never slept, so it has received no wake
    const mark = starving ? Bits.STARVED : Bits.WAITED;
    if ((was & mark) === 0) {
      if (starving) Atomics.store(words, at + LEASE_END, UNDECIDED);
      if (Atomics.compareExchange(words, at + STATE, was, was | mark) !== was) continue;
    }
    marks |= mark;
    if (late) return REFUSED;
    const until: Deadline = leased ? deadline.orSooner(leaseEnd(words, at)) : deadline;
    const place = starving ? { index: at + STARVING, value: turn } : { index: at + STATE, value: was | mark };
    const sleepsAtOnce = holder !== undefined; // a lock is contended, and no thread hands it over
    let isAborted = true;
    try {
      deadlocked = (yield { words, ...place, deadline: until, holder, sleepsAtOnce }) === "deadlock";
      isAborted = false;
    } finally {
      if (isAborted && starving) passOn(words, at, claim);
    }
  }
}

/**
 * A starving waiter is aborted: passes its lease on to the next starving waiter, or ends the lease.
 *     // T1, starving, awaits; T2 releases, leases to T1 and wakes it; T1 is aborted:
 *     // the lock is free, without waiters, and acquire(0) is refused.
 */
function passOn(words: Int32Array, at: number, claim: Claim): void {
  const word = Atomics.load(words, at + STATE);
  if (!mayBarge(word) && claim(word >> Bits.SHIFT) !== REFUSED) released(words, at, word, 1);
}

/**
 * Wakes the waiters that can acquire after a release.
 *
 * @param left STATE as the release left it, with marks
 * @param n the number of waiters that can acquire now
 */
export function released(words: Int32Array, at: number, left: number, n: number): void {
  let room = n;
  let word = left;
  if ((word & Bits.STARVED) !== 0) {
    Atomics.store(words, at + LEASE_END, newLeaseEnd());
    Atomics.add(words, at + STARVING, 1);
    const sleepers = wakeSleepers(words, at + STARVING, n);
    const promises = wakePromises(words, at + STARVING, n);
    if (sleepers > 0 || promises) room -= sleepers;
    else word = clearStarved(words, at, word);
  }
  if (room > 0 && (word & Bits.WAITED) !== 0 && !wake(words, at + STATE, room)) {
    Atomics.compareExchange(words, at + STATE, word, word & ~Bits.WAITED);
  }
}

/**
 * Clears STARVED, because no starving waiter was there. A newcomer may have set WAITED meanwhile.
 * Returns the word after that.
 */
function clearStarved(words: Int32Array, at: number, left: number): number {
  for (const word of [left, left | Bits.WAITED]) {
    if (Atomics.compareExchange(words, at + STATE, word, word & ~Bits.STARVED) === word) return word & ~Bits.STARVED;
  }
  return left;
}

/**
 * A leased state was acquired. If more is free (a semaphore's permits), leases it to the next
 * starving waiter, or clears STARVED if there is none.
 */
function leaseTaken(words: Int32Array, at: number, taken: number, claim: Claim): void {
  Atomics.store(words, at + LEASE_END, UNDECIDED);
  if (claim(taken >> Bits.SHIFT) !== REFUSED) released(words, at, taken, 1);
}

function isLeased(words: Int32Array, at: number, word: number): boolean {
  return !mayBarge(word) && leaseLeft(words, at) > 0;
}

/** The deadline of a thread that waits for the end of the lease. */
function leaseEnd(words: Int32Array, at: number): Deadline {
  return Deadline.after(leaseLeft(words, at));
}

/**
 * Milliseconds until the lease ends; 0 or less: it has ended. If LEASE_END is UNDECIDED, the lease
 * starts now:
 *     // T1 acquires; T2 releases, and leases; T1 goes on, and writes UNDECIDED:
 *     // the lease never ends, and acquire(0) is refused, if the only starving waiter is a task of a
 *     // blocked thread.
 * So: a thread that reads UNDECIDED writes an end.
 */
function leaseLeft(words: Int32Array, at: number): number {
  const fromNow = newLeaseEnd();
  const until = Atomics.compareExchange(words, at + LEASE_END, UNDECIDED, fromNow);
  const left = ((until === UNDECIDED ? fromNow : until) - sharedClock()) | 0;
  return left > LEASE_MS ? 0 : left; // more means a moment in the past: the clock has wrapped since
}

/** The end of a lease that starts now. */
function newLeaseEnd(): number {
  return (sharedClock() + LEASE_MS) | 0 || 1;
}

/** Milliseconds, wrapping at 32 bits; the same in every thread. */
function sharedClock(): number {
  return (clock.timeOrigin + clock.now()) | 0;
}
