/**
 * What shall happen if this thread dies: a last will. Whoever waits for a thread that has died, and does not know which one it is,
 * has to be told by somebody who saw it die; and that one knows nothing of what was waited for. So a primitive leaves, in the
 * thread that is a party to it, the one word that is to be changed then, and how.
 *
 * A primitive for which not every death matters has two words that count its holders:
 *
 *   HOLDERS  bit 0      BEREFT: a thread that held it has died
 *            bits 1..   how many living threads hold it
 *   DIED     the number of the one that died last
 *
 * The supervisor counts the threads that it sees die, as their wills come and go; so a thread that dies anywhere is counted out exactly
 * once. A thread that nothing sees die counts itself, once, when it first takes part.
 */
import { globalSlot } from "../global-slot.js";
import type { Words } from "../memory/words.js";
import { wake } from "./wake.js";

/** A word that is to be changed if a thread dies: these bits are set, and who waits on it is woken. */
export interface DeathAction {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** Which of them is changed. */
  readonly index: number;
  /** Which bits of it are set. */
  readonly bits: number;
  /**
   * Where the same words count the living threads that hold the primitive; see above. Then the bits are set only if the thread dies in the
   * midst of what its {@link mark} says.
   */
  readonly holders?: number | undefined;
  /** Is this thread counted there? */
  readonly counts?: boolean | undefined;
  /** What the thread is in the midst of: the word as the thread found it, apart from `bits`. 0 if it was never. */
  readonly mark?: Words | undefined;
}

const deathActions = /* @__PURE__ */ globalSlot("death actions 1", () => ({
  /** Records what shall happen if the thread that runs here dies; returns the word that becomes {@link DeathAction.mark}. */
  sink: undefined as ((action: DeathAction) => Words | undefined) | undefined,
  /** The primitives that this thread counts as held by itself, as nothing sees it die. */
  counted: new WeakMap<Int32Array, Set<number>>(),
}));

const BEREFT = 1;
const HOLDER = 2;

/** How many words count the holders of a primitive. */
export const HOLDERS_WORDS = 2;

/**
 * If this thread dies, bits of a word shall be set, and those who wait on it woken: once, by an atomic OR, whatever the word is by
 * then; or as {@link DeathAction.holders} says. Means nothing in threads that `@x/thread` did not start: nobody sees those die.
 */
export function onThreadDeath(will: DeathAction): void {
  deathActions.sink?.(will);
}

/**
 * This thread takes part, and is counted from now on.
 *
 * @returns where it has to say what it is in the midst of ({@link DeathAction.mark}); undefined if nothing would look there
 */
export function countAsHolder(will: DeathAction & { readonly holders: number }): Words | undefined {
  if (deathActions.sink !== undefined) return deathActions.sink({ ...will, counts: true });
  const { words, holders } = will;
  const counted = deathActions.counted.get(words) ?? new Set();
  if (counted.has(holders)) return undefined;
  deathActions.counted.set(words, counted.add(holders));
  Atomics.add(words, holders, HOLDER);
  return undefined;
}

/** Do fewer living threads than so many hold it, since one has died? */
export function isShortOf(many: number, words: Int32Array, holders: number): boolean {
  const now = Atomics.load(words, holders);
  return (now & BEREFT) !== 0 && now < many * HOLDER;
}

/** The number of the thread whose death was the last; undefined if none has died, or nobody knows which. */
export function lastDead(words: Int32Array, holders: number): number | undefined {
  return Atomics.load(words, holders + 1) || undefined;
}

/** Forgets the deaths until now. Those who have died are not counted any more in any case. */
export function forgetDeaths(words: Int32Array, holders: number): void {
  Atomics.and(words, holders, ~BEREFT);
}

/** The supervisor takes a will: counts its thread, if it is to be counted. */
export function acceptDeathAction({ words, holders, counts }: DeathAction): void {
  if (holders !== undefined && counts === true) Atomics.add(words, holders, HOLDER);
}

/** The thread has ended without dying: counts it out. Says whether that may be what somebody waits to hear. */
export function dropDeathAction({ words, index, holders, counts }: DeathAction): boolean {
  if (holders === undefined || counts !== true) return false;
  if ((Atomics.sub(words, holders, HOLDER) & BEREFT) === 0) return false;
  wake(words, index);
  return true;
}

/** Carries a will out. */
export function runDeathAction(will: DeathAction, ident: number = 0): void {
  const { words, index, bits, holders, mark, counts } = will;
  if (holders === undefined) Atomics.or(words, index, bits);
  else {
    Atomics.store(words, holders + 1, ident);
    Atomics.or(words, holders, BEREFT);
    if (counts === true) Atomics.sub(words, holders, HOLDER);
    if (mark !== undefined) setInTheMidst(words, index, bits, Atomics.load(mark.words, mark.at));
  }
  wake(words, index);
}

/** Sets the bits, as long as the others are those that the dead thread has left. */
function setInTheMidst(words: Int32Array, index: number, bits: number, left: number): void {
  if (left === 0) return;
  for (;;) {
    const was = Atomics.load(words, index);
    if (((was ^ left) & ~bits) !== 0 || Atomics.compareExchange(words, index, was, was | bits) === was) return;
  }
}

/** Says who keeps the wills of the thread that runs here now; undefined if nobody does. */
export function setDeathActionSink(keep: ((will: DeathAction) => Words | undefined) | undefined): void {
  deathActions.sink = keep;
}
