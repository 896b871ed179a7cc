/** A blocked wait, as the supervisor knows it, and the words that the two share. */
import type { Holder, Words } from "@x/core";

/** 200 ms: longer than a contended lock is held, short for a thread that waits for a dead owner. */
export const LONG_WAIT_MS = 200;

/** What a thread reports of its blocked wait. */
export interface BlockedWaitRecord {
  /** Of the thread that waits. */
  readonly ident: number;
  /** What for, in words, and from which package. */
  readonly on: string;
  readonly packageName: string;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Will its time never run out? */
  readonly isForEver: boolean;
  /** May this wait be chosen to fail with DeadlockError? */
  readonly mayFail: boolean;
  /** Where in the user's program. */
  readonly stack: string;
  /** What it sleeps on. */
  readonly words: Int32Array;
  readonly index: number;
  /** Where the number of the thread stands that it waits for. */
  readonly holder: Holder | undefined;
  /** How many deaths it knew of when it last checked its word. */
  readonly knownDeaths: number;
  readonly number: number;
  /** The words of {@link REGISTERED} and {@link VICTIM}. */
  readonly registered: Words;
}

/** The number of this thread's registered wait; 0 while it runs. Clearing it is enough: the supervisor reads it. Written by this thread. */
export const REGISTERED = 0;
/** The number of the wait that is chosen to fail. The DeadlockMessage is in the port before it. Written by the supervisor. */
export const VICTIM = 1;
