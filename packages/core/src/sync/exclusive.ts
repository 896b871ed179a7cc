/**
 * A synchronizer that one thread holds at a time: Lock and RLock.
 *
 * STATE is
 *   0       free
 *   ident   held by the thread of this number, or by whomever it took it for
 *
 * Invariants
 *   1. Only a compare-exchange from a free word takes it, and it leaves the taker's number: who holds it can be told, and costs
 *      nothing, as some number had to be written anyway.
 *   2. It is freed by one atomic AND that leaves the marks: of two that race, one sees the holder and the other sees none.
 *      A blind store would let both succeed, and lose the marks of those who wait.
 *   3. A holder that has died holds nothing; one that has ended without freeing it holds it for ever.
 */
import type { Deadline } from "../deadline.js";
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

/** In looks at a word that nobody writes, of some 5 ns each. An empty loop would do, as long as no engine leaves it out. */
const FIRST_PAUSE = 20;
const LAST_PAUSE = 160;
const quiet = new Int32Array(1);

/** Takes it for this thread, if it is free and nobody waits. */
export function tryAcquire(words: Int32Array, at: number): boolean {
  return compareExchange(words, at, 0, getIdent() << Bits.SHIFT) === 0;
}

/**
 * Takes it for this thread if it becomes free within a microsecond or so, as whoever holds it is about to go, on another core. Not where
 * somebody sleeps already: then it is held for longer. Looks rarely, and ever more rarely, as each look takes the cache line from a
 * holder who would take and free it several times meanwhile.
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

/** The number of the thread that holds it; undefined if none does. */
export function holderOf(words: Int32Array, at: number): number | undefined {
  return load(words, at) >> Bits.SHIFT || undefined;
}

/** Does this thread hold it? A plain read will do: if the word shows my number, it was I who wrote it. */
export function isOwner(words: Int32Array, at: number): boolean {
  return words[at]! >> Bits.SHIFT === getIdent();
}

/** Frees it, whoever holds it, and wakes one who waits. False if it was free: then nothing has changed. */
export function free(words: Int32Array, at: number): boolean {
  const was = and(words, at, Bits.MARKS);
  if (was >> Bits.SHIFT === 0) return false;
  if ((was & Bits.MARKS) !== 0) released(words, at, was & Bits.MARKS, 1);
  if (deferred.length !== 0) runDeferred(isLetGo);
  return true;
}

/** Has this thread let go of the lock? Another one may hold it by now. */
function isLetGo({ words, at }: Deferred): boolean {
  return !isOwner(words, at);
}

/**
 * The slow path: true once this thread holds it, false if the time ran out. One of those who wait, or come, takes it from a holder
 * that has died, by compare-exchange as if it were free. Numbers are never used again, so he cannot have come back.
 *
 * @throws OwnerDiedError if it was taken from the dead; this thread holds it
 */
export function* acquiringExclusively(words: Int32Array, at: number, deadline: Deadline): Steps<boolean> {
  const me = getIdent();
  const claim: Claim = (holder) => (holder === FREE || deathOf(holder) !== undefined ? me : REFUSED);
  const was = yield* acquiring(words, at, claim, deadline, { index: at, shift: Bits.SHIFT });
  if (was === REFUSED) return false;
  if (was !== FREE) throw inheritedFrom(was);
  return true;
}

function inheritedFrom(owner: number): OwnerDiedError {
  const error = ownerDied(deathOf(owner));
  deadOwners.set(error, owner);
  return error;
}

/**
 * For one who took it from the dead, but not for a user, who would have to be told: leaves it as if it were still theirs. So whoever comes
 * next is told, and nobody who looks after what it protects goes without.
 */
export function restoreDeadOwner(words: Int32Array, at: number, error: OwnerDiedError): void {
  const owner = deadOwners.get(error) ?? FREE;
  for (;;) {
    const was = Atomics.load(words, at);
    const left = (owner << Bits.SHIFT) | (was & Bits.MARKS);
    if (Atomics.compareExchange(words, at, was, left) !== was) continue;
    if ((left & Bits.MARKS) !== 0) released(words, at, left, 1);
    return runDeferred(isLetGo);
  }
}

function ownerDied(obituary: DeathRecord | undefined): OwnerDiedError {
  const { name, cause } = obituary ?? { name: "its holder", cause: undefined };
  const message = `lock: ${name} died while it held this lock; what it protects may be half changed`;
  return Object.assign(new OwnerDiedError(message, { cause }), { thread: name });
}
