/**
 * The types of a slow path, which is written once, as a generator of steps.
 *
 * Each step yields the word to wait on, and a driver waits: `block` by `Atomics.wait`, `suspend` by
 * `Atomics.waitAsync`. Steps compose by `yield*`.
 */
import type { Deadline } from "../deadline.js";

/** A wait ends if `words[index]` is no longer `value`, or by a wake there, or at the deadline. */
export interface Wait {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** The index of the word to wait on. Its async epoch follows it. */
  readonly index: number;
  /** The value of the word while there is something to wait for. */
  readonly value: number;
  /** The moment to give up. */
  readonly deadline: Deadline;
  /** The place of the owner's ident, if the step waits for one thread. */
  readonly holder?: Holder | undefined;
  /**
   * True: do not spin before sleeping. Spinning on a contended word takes the cache line from its
   * owner; and the thread that ends the wait may need this core.
   */
  readonly sleepsAtOnce?: boolean;
}

/** The place of an ident: `words[index] >> shift`. */
export interface Holder {
  /** The index, in the words of the {@link Wait}. */
  readonly index: number;
  /** The number of bits below the ident, which mean something else. */
  readonly shift: number;
}

/**
 * The reason why a step goes on. Only a hint: check the words again in any case. `deadlock`: no
 * thread is left that could end this wait. Steps that may fail then act as on a timeout; others
 * go on waiting.
 */
export type Woken = "ok" | "not-equal" | "timed-out" | "deadlock";

/** A slow path: yields each {@link Wait}, receives {@link Woken}, returns the result. */
export type Steps<R> = Generator<Wait, R, Woken>;

/** The number of words that a waited-on word takes: itself and its async epoch. */
export const WAITED_ON_WORDS = 2;
