/** A blocked wait in the records of the supervisor, and its words: the thread and the supervisor share them. */
import type { Holder, Words } from "@x/core";

/** 200 ms: longer than a contended lock is held, short for a wait for a dead owner. */
export const LONG_WAIT_MS = 200;

/** A thread's report of its blocked wait. */
export interface BlockedWaitRecord {
  /** The ident of the waiting thread. */
  readonly ident: number;
  /** The label of the blocker, and its package. */
  readonly on: string;
  readonly packageName: string;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** True if the wait has no timeout. */
  readonly isForEver: boolean;
  /** True if this wait may be chosen to fail with DeadlockError. */
  readonly mayFail: boolean;
  /** The place in the user's program. */
  readonly stack: string;
  /** The word it sleeps on. */
  readonly words: Int32Array;
  readonly index: number;
  /** Where the ident of the awaited thread is stored. */
  readonly holder: Holder | undefined;
  /** How many deaths it knew of when it last checked its word. */
  readonly knownDeaths: number;
  readonly number: number;
  /** The words of {@link REGISTERED} and {@link VICTIM}. */
  readonly registered: Words;
}

/**
 * The number of this thread's registered wait; 0 while it runs. Written by this thread. Clearing it
 * is enough, because the supervisor reads it.
 */
export const REGISTERED = 0;
/**
 * The number of the wait chosen to fail. Its DeadlockMessage is in the port earlier. Written by the
 * supervisor.
 */
export const VICTIM = 1;
