/** A long wait of this thread, as the supervisor is told of it; the supervisor's side is blocked-threads.ts. */
import {
  allocate,
  block,
  clock,
  deathCount,
  getIdent,
  labelOf,
  type DeathRecord,
  type DeathMonitor,
  type BlockedWait,
  type Blocker,
  type Words,
} from "@x/core";
import { stackOf } from "../diagnostics/call-stack.js";
import { DeadlockError } from "../diagnostics/deadlock-error.js";
import { KEPT, type LongWait, PATIENCE, VERDICT } from "../protocol/blocked-wait-record.js";
import { leaveIfDismissed } from "../protocol/dismissal.js";
import type { VerdictMessage } from "../protocol/messages.js";
import { isDetecting } from "../table/counters.js";
import { obituaryOf } from "./deaths.js";

export let kept: Words | undefined;
let vigils = 0;
export let verdict = "";

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
  readonly fetchObituary: (ident: number) => DeathRecord | undefined;
}

/** After so many milliseconds, and after as many again and again, a thread that is blocked looks whether a supervisor lives that it would outlive. */
export const LOOK_MS = 500;

export function supervisionBy(supervisor: Supervisor): DeathMonitor {
  return {
    get longWaitMs() {
      return isDetecting() ? 0 : PATIENCE;
    },
    registerBlockedWait: (on, mayFail) => newVigil(on, mayFail, supervisor),
    deathOf: (ident) => obituaryOf(ident, supervisor.fetchObituary),
    get lost() {
      return supervisor.lost();
    },
  };
}

function newVigil(on: Blocker, mayFail: boolean, supervisor: Supervisor): BlockedWait {
  leaveIfDismissed();
  supervisor.look();
  const hasHeardOf = deathCount();
  const since = now() - (isDetecting() ? 0 : PATIENCE);
  const { words, at } = (kept ??= allocate(2 * Int32Array.BYTES_PER_ELEMENT));
  const number = ++vigils;
  return {
    enter(wait) {
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
    isStale: () => supervisor.look(),
    leave() {
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
