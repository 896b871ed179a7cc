/** A blocked wait, as the supervisor knows it, and the words that the two share. */
import type { Holder, Words } from "@x/core";

/** A sleep of so many milliseconds is long: short for those who wait for a dead holder, long for a lock that is merely contended. */
export const PATIENCE = 200;

/** What the supervisor is told of it. */
export interface LongWait {
  /** Who waits. */
  readonly ident: number;
  /** What for, in words, and from which package. */
  readonly on: string;
  readonly packageName: string;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Will its time never run out? */
  readonly isForEver: boolean;
  /** May it be told that there is no hope? */
  readonly mayFail: boolean;
  /** Where in the user's program. */
  readonly stack: string;
  /** What it sleeps on. */
  readonly words: Int32Array;
  readonly index: number;
  /** Where the number of the thread stands that it waits for. */
  readonly holder: Holder | undefined;
  /** Of how many deaths it knew when it looked for the last time. */
  readonly hasHeardOf: number;
  readonly number: number;
  /** The words of {@link KEPT} and {@link VERDICT}. */
  readonly kept: Words;
}

/** The number of the vigil that this thread keeps, 0 while it is awake: nobody needs to be told that one is over. By this thread. */
export const KEPT = 0;
/** The number of a vigil that is hopeless: the message that says why is on its way. By the supervisor. */
export const VERDICT = 1;
