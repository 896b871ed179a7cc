/** A long wait of this thread, as the supervisor is told of it; the supervisor's side is blocked-threads.ts. */
import {
  allocate,
  block,
  clock,
  deaths,
  getIdent,
  type Holder,
  ifItThrows,
  labelOf,
  type Supervision,
  type Vigil,
  type Waitee,
  type Words,
} from "@x/core";
import { leaveIfDismissed } from "../protocol/dismissal.js";
import { DeadlockError } from "../diagnostics/deadlock-error.js";
import type { Obituary } from "@x/core";
import { obituaryOf } from "./deaths.js";
import { isDetecting } from "../table/layout.js";

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

/** What the supervisor tells one for whom there is no hope. */
export interface VerdictMessage {
  readonly verdict: string;
}

/** The number of the vigil that this thread keeps, 0 while it is awake: nobody needs to be told that one is over. By this thread. */
export const KEPT = 0;
/** The number of a vigil that is hopeless: the message that says why is on its way. By the supervisor. */
export const VERDICT = 1;

let kept: Words | undefined;
let vigils = 0;
let verdict = "";

/** The message has arrived. */
export function hearVerdict(message: VerdictMessage): void {
  verdict = message.verdict;
}

/** What a thread needs of its supervisor to keep vigils. */
export interface Supervisor {
  /** Posts to it. */
  readonly tell: (vigil: LongWait) => void;
  /** Takes what has come from it. */
  readonly receive: () => void;
  /** Does this thread outlive it? Then it looks after it. */
  readonly isOutlived: boolean;
  /** Is it dead? */
  readonly look: () => boolean;
  /** What is thrown because it is. */
  readonly lost: () => Error | undefined;
  readonly fetchObituary: (ident: number) => Obituary | undefined;
}

/** After so many milliseconds, and after as many again and again, a thread that is blocked looks whether a supervisor lives that it would outlive. */
export const LOOK_MS = 500;

export function supervisionBy(supervisor: Supervisor): Supervision {
  return {
    get patience() {
      return isDetecting() ? 0 : PATIENCE;
    },
    newVigil: (on, mayFail) => newVigil(on, mayFail, supervisor),
    obituaryOf: (ident) => obituaryOf(ident, supervisor.fetchObituary),
    get lost() {
      return supervisor.lost();
    },
  };
}

function newVigil(on: Waitee, mayFail: boolean, supervisor: Supervisor): Vigil {
  leaveIfDismissed();
  supervisor.look();
  const hasHeardOf = deaths();
  const since = now() - (isDetecting() ? 0 : PATIENCE);
  const { words, at } = (kept ??= allocate(2 * Int32Array.BYTES_PER_ELEMENT));
  const number = ++vigils;
  return {
    begin(wait) {
      Atomics.store(words, at + KEPT, number);
      supervisor.tell({
        ident: getIdent(),
        on: labelOf(on),
        packageName: typeof on === "string" ? on : on.packageName,
        since,
        isForEver: wait.deadline.left() === Infinity,
        mayFail,
        stack: stackOf(block),
        words: wait.words,
        index: wait.index,
        holder: wait.holder,
        hasHeardOf,
        number,
        kept: { words, at },
      });
    },
    nap: supervisor.isOutlived ? LOOK_MS : Infinity,
    look: () => supervisor.look(),
    end() {
      Atomics.store(words, at + KEPT, 0);
      leaveIfDismissed();
      if (Atomics.load(words, at + VERDICT) !== number) return undefined;
      supervisor.receive();
      return new DeadlockError(verdict);
    },
  };
}

/** Milliseconds since 1970; the same in all threads. */
function now(): number {
  return clock.timeOrigin + clock.now();
}

/**
 * The stack of the calls that led to the call of `callee`, one line each; empty if the engine does not tell it. A program may format stacks
 * itself, for source maps say. What it makes is used if it is text; call sites, and what it throws, are not.
 */
export function stackOf(callee: (...args: never) => unknown): string {
  const stack = captured(callee) ?? inEnginesFormat(() => captured(callee)) ?? "";
  return stack.split("\n").slice(1).join("\n");
}

function captured(callee: (...args: never) => unknown): string | undefined {
  return ifItThrows(undefined, () => {
    const place: { stack?: unknown } = {};
    Error.captureStackTrace(place, callee);
    const { stack } = place;
    return typeof stack === "string" ? stack : undefined;
  });
}

/** Calls `body` while the program's own format is set aside, where it can be. */
function inEnginesFormat<T>(body: () => T): T {
  const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  if (own === undefined) return body();
  const isSetAside = Reflect.defineProperty(Error, "prepareStackTrace", { value: undefined });
  try {
    return body();
  } finally {
    if (isSetAside) Object.defineProperty(Error, "prepareStackTrace", own);
  }
}
