/**
 * A slow path is written once, as a generator of steps. Each step yields the word that it waits on, and a driver sleeps: `block` by
 * `Atomics.wait`, `suspend` by `Atomics.waitAsync`. Steps compose by `yield*`.
 */
import type { Deadline } from "../deadline.js";

/** What a step waits for: that `words[index]` is no longer `value`, or a wake there, or the deadline. */
export interface Wait {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** Which of them is waited on; its async epoch follows it. */
  readonly index: number;
  /** What it is as long as there is something to wait for. */
  readonly value: number;
  /** When to give up. */
  readonly deadline: Deadline;
  /** Where the number of the thread stands that is waited for, if it is one thread. */
  readonly holder?: Holder | undefined;
  /**
   * Is there no sense in looking for a while before sleeping? Not for what is contended, whose cache line would be taken from its
   * holder, nor where whoever is to come needs this core.
   */
  readonly sleepsAtOnce?: boolean;
}

/** The number of a thread is `words[index] >> shift`, of the same words. */
export interface Holder {
  /** Which word of the same words. */
  readonly index: number;
  /** How many bits below the number mean something else. */
  readonly shift: number;
}

/**
 * Why a step went on. Only a hint: look at the words again in any case. `deadlock`: nobody is left who could end this wait. Steps
 * that may fail then do as if their time had run out; others wait on.
 */
export type Woken = "ok" | "not-equal" | "timed-out" | "deadlock";

/** A slow path: yields each {@link Wait}, is sent {@link Woken}, returns the result. */
export type Steps<R> = Generator<Wait, R, Woken>;

/** How many words one waited-on word takes: itself and its async epoch. */
export const WAITED_ON_WORDS = 2;
