/**
 * Death actions: bits of a word to set, and a wake, if this thread dies.
 *
 * The supervisor sees a death, but does not know what other threads wait for. The waiters do not
 * know which thread they depend on. So a primitive registers the action in each thread that takes
 * part.
 *
 * Some primitives fail only if too few living threads are left. They have two words that count
 * holders:
 *
 *   HOLDERS  bit 0      HOLDER_DIED: a thread that held the primitive has died
 *            bits 1..   the number of living threads that hold it
 *   DIED     the ident of the holder that died last
 *
 * The supervisor counts a thread in when it accepts the thread's action, and out when it runs or
 * drops the action: exactly once, wherever the thread dies. If no supervisor sees a thread's death,
 * the thread counts itself in once, when it first takes part.
 */
import { globalSlot } from "../global-slot.js";
import type { Words } from "../memory/words.js";
import { wake } from "./wake.js";

/** If the thread dies, these bits of a word are set, and its waiters are woken. */
export interface DeathAction {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** The index of the word to change. */
  readonly index: number;
  /** The bits to set. */
  readonly bits: number;
  /**
   * The index of the HOLDERS word, if the primitive counts its living holders; see above. Then the
   * bits are set only if the thread dies during the operation that its {@link pending} shows.
   */
  readonly holders?: number | undefined;
  /** Is this thread counted in HOLDERS? */
  readonly counts?: boolean | undefined;
  /**
   * Shows the operation of the thread: the value of the word at its start, apart from `bits`. 0:
   * none yet.
   */
  readonly pending?: Words | undefined;
}

const deathActions = /* @__PURE__ */ globalSlot("death actions 1", () => ({
  /** Records an action of this thread; returns the word for {@link DeathAction.pending}. */
  sink: undefined as ((action: DeathAction) => Words | undefined) | undefined,
  /**
   * The HOLDERS words in which this thread has counted itself, because no supervisor sees its
   * death.
   */
  counted: new WeakMap<Int32Array, Set<number>>(),
}));

const HOLDER_DIED = 1;
const HOLDER = 2;

/** The number of words that count the holders of a primitive. */
export const HOLDERS_WORDS = 2;

/**
 * Registers what happens if this thread dies: bits of a word are set, and its waiters are woken.
 * The bits are set once, by an atomic OR, or as {@link DeathAction.holders} says. Does nothing in a
 * thread that `@x/thread` did not start, because no supervisor sees its death.
 */
export function onThreadDeath(action: DeathAction): void {
  deathActions.sink?.(action);
}

/**
 * Counts this thread as a holder from now on.
 *
 * @returns the word in which the thread shows its operation ({@link DeathAction.pending}); undefined
 *   if no supervisor reads it
 */
export function countAsHolder(action: DeathAction & { readonly holders: number }): Words | undefined {
  if (deathActions.sink !== undefined) return deathActions.sink({ ...action, counts: true });
  const { words, holders } = action;
  const counted = deathActions.counted.get(words) ?? new Set();
  if (counted.has(holders)) return undefined;
  deathActions.counted.set(words, counted.add(holders));
  Atomics.add(words, holders, HOLDER);
  return undefined;
}

/** Has a holder died, and do fewer than `parties` living threads hold the primitive? */
export function isShortOf(parties: number, words: Int32Array, holders: number): boolean {
  const now = Atomics.load(words, holders);
  return (now & HOLDER_DIED) !== 0 && now < parties * HOLDER;
}

/**
 * The ident of the holder that died last; undefined if no holder has died, or its ident is unknown.
 */
export function lastDead(words: Int32Array, holders: number): number | undefined {
  return Atomics.load(words, holders + 1) || undefined;
}

/** Clears HOLDER_DIED. The count needs no change, because dead threads are already counted out. */
export function forgetDeaths(words: Int32Array, holders: number): void {
  Atomics.and(words, holders, ~HOLDER_DIED);
}

/** The supervisor accepts an action: counts the thread in, if the action counts it. */
export function acceptDeathAction({ words, holders, counts }: DeathAction): void {
  if (holders !== undefined && counts === true) Atomics.add(words, holders, HOLDER);
}

/**
 * The thread has ended without dying: counts it out. Returns true if it wakes the waiters: a holder
 * has died before, and now fewer holders are left.
 */
export function dropDeathAction({ words, index, holders, counts }: DeathAction): boolean {
  if (holders === undefined || counts !== true) return false;
  if ((Atomics.sub(words, holders, HOLDER) & HOLDER_DIED) === 0) return false;
  wake(words, index);
  return true;
}

/** The thread `ident` has died: sets the bits, counts the thread out, and wakes the waiters. */
export function runDeathAction(action: DeathAction, ident: number = 0): void {
  const { words, index, bits, holders, pending, counts } = action;
  if (holders === undefined) Atomics.or(words, index, bits);
  else {
    Atomics.store(words, holders + 1, ident);
    Atomics.or(words, holders, HOLDER_DIED);
    if (counts === true) Atomics.sub(words, holders, HOLDER);
    if (pending !== undefined) setIfUnchanged(words, index, bits, Atomics.load(pending.words, pending.at));
  }
  wake(words, index);
}

/** Sets `bits` unless the word's other bits have changed since the dead thread wrote `left`. */
function setIfUnchanged(words: Int32Array, index: number, bits: number, left: number): void {
  if (left === 0) return;
  for (;;) {
    const was = Atomics.load(words, index);
    if (((was ^ left) & ~bits) !== 0 || Atomics.compareExchange(words, index, was, was | bits) === was) return;
  }
}

/** Sets the function that records the death actions of this thread; undefined: they are dropped. */
export function setDeathActionSink(record: ((action: DeathAction) => Words | undefined) | undefined): void {
  deathActions.sink = record;
}
