/**
 * A synchronizer with one owner at a time: the base of Lock and RLock.
 *
 * STATE is
 *   0       free
 *   ident   held: the ident of the thread that has acquired it, for itself or for a task
 *
 * Invariants
 *   1. Only a compare-exchange from a free word, or from a dead owner's, acquires. It writes the ident of
 *      the new owner. The ident costs nothing, because some number must be written in any case.
 *   2. A release is one atomic AND, which leaves the marks. If two releases race, one sees the owner and
 *      the other sees 0. A blind store would let both succeed, and lose the waiters' marks.
 *   3. A dead owner holds nothing. An owner that ends without a release holds the lock for ever.
 */
import { Deadline } from "../deadline.js";
import { type Deferred, deferred, runDeferred } from "../wait/deferred.js";
import { OwnerDiedError } from "../errors.js";
import { and, compareExchange, load } from "../memory/wasm-memory.js";
import { getIdent } from "../identity.js";
import { platform } from "../platform/index.js";
import { spinUntilChanged } from "../wait/spin.js";
import { deathOf, type DeathRecord } from "../wait/death-monitor.js";
import { globalSlot } from "../global-slot.js";
import { acquiring, Bits, type Claim, REFUSED, released } from "./synchronizer.js";
import type { Steps } from "../wait/steps.js";

const FREE = 0;

/** The ident of the dead owner, for each OwnerDiedError thrown in this thread. */
const deadOwners = /* @__PURE__ */ globalSlot("dead owners 1", () => new WeakMap<Error, number>());

/**
 * Pauses between two reads of the lock: in reads of a private word, about 5 ns each. An engine
 * might remove an empty loop.
 */
const FIRST_PAUSE = 20;
const LAST_PAUSE = 160;
const quiet = new Int32Array(1);

/** Acquires for this thread if the lock is free and there are no waiters. */
export function tryAcquire(words: Int32Array, at: number): boolean {
  return compareExchange(words, at, 0, getIdent() << Bits.SHIFT) === 0;
}

/**
 * Acquires for this thread if the lock becomes free within about a microsecond. Does not spin if
 * there are waiters, because then the lock is held for longer. Reads the lock seldom, and each time
 * later, because each read takes the cache line from the owner.
 */
export function trySpin(words: Int32Array, at: number): boolean {
  if (platform.cores() === 1 || isOwner(words, at)) return false;
  for (let pause = FIRST_PAUSE; pause <= LAST_PAUSE; pause *= 2) {
    if ((load(words, at) & Bits.MARKS) !== 0) return false;
    spinUntilChanged(quiet, 0, 0, pause);
    if (load(words, at) === FREE && tryAcquire(words, at)) return true;
  }
  return false;
}

/** The ident of the owner; undefined if the lock is free. */
export function holderOf(words: Int32Array, at: number): number | undefined {
  return load(words, at) >> Bits.SHIFT || undefined;
}

/** Is this thread the owner? A plain read suffices: only this thread writes its ident there. */
export function isOwner(words: Int32Array, at: number): boolean {
  return words[at]! >> Bits.SHIFT === getIdent();
}

/**
 * Releases, also for another owner, and wakes a waiter. Returns false, and changes nothing, if the
 * lock is free.
 */
export function release(words: Int32Array, at: number): boolean {
  const was = and(words, at, Bits.MARKS);
  if (was >> Bits.SHIFT === 0) return false;
  if ((was & Bits.MARKS) !== 0) released(words, at, was & Bits.MARKS, 1);
  if (deferred.length !== 0) runDeferred(isReleased);
  return true;
}

/** Has this thread released the lock? Another thread may hold it by now. */
function isReleased({ words, at }: Deferred): boolean {
  return !isOwner(words, at);
}

/**
 * The slow path: returns true when this thread holds the lock, false at the deadline. One waiter or
 * newcomer recovers the lock from a dead owner, by compare-exchange as if it were free. Idents are
 * never used again, so a dead owner cannot come back.
 *
 * @throws OwnerDiedError if the lock is recovered from a dead owner; this thread then holds it
 */
export function* acquiringExclusively(words: Int32Array, at: number, deadline: Deadline): Steps<boolean> {
  const me = getIdent();
  const claim: Claim = (holder) => (holder === FREE || deathOf(holder) !== undefined ? me : REFUSED);
  const was = yield* acquiring(words, at, claim, deadline, { index: at, shift: Bits.SHIFT });
  if (was === REFUSED) return false;
  if (was !== FREE) throw recoverFrom(was);
  return true;
}

/** 200 ms: far longer than any thread holds a lock of the library's own, even if the system interrupts it. */
const PAGE_SPIN_MS = 200;

/**
 * Acquires a lock of the library's own in a page, which spins, because it may not block. Returns false if that takes too
 * long.
 *
 * @param acquiringWithin the steps of an acquire; they return true if this thread holds the lock
 */
export function acquireInPage(acquiringWithin: (deadline: Deadline) => Steps<boolean>): boolean {
  for (const deadline = Deadline.after(PAGE_SPIN_MS); !deadline.expired();) {
    const tried = acquiringWithin(Deadline.after(0)).next();
    if (tried.done === true && tried.value) return true;
  }
  return false;
}

function recoverFrom(owner: number): OwnerDiedError {
  const error = ownerDied(deathOf(owner));
  deadOwners.set(error, owner);
  return error;
}

/**
 * Writes the ident of the dead owner back, so that the next `acquire` throws OwnerDiedError.
 * Library code calls this if it has recovered a lock from a dead owner, and has no user to report
 * it to.
 */
export function restoreDeadOwner(words: Int32Array, at: number, error: OwnerDiedError): void {
  const owner = deadOwners.get(error) ?? FREE;
  for (;;) {
    const was = Atomics.load(words, at);
    const left = (owner << Bits.SHIFT) | (was & Bits.MARKS);
    if (Atomics.compareExchange(words, at, was, left) !== was) continue;
    if ((left & Bits.MARKS) !== 0) released(words, at, left, 1);
    return runDeferred(isReleased);
  }
}

function ownerDied(record: DeathRecord | undefined): OwnerDiedError {
  const { name, cause } = record ?? { name: "its holder", cause: undefined };
  const message = `lock: ${name} died while it held this lock; the data under it may be half changed`;
  return Object.assign(new OwnerDiedError(message, { cause }), { thread: name });
}
