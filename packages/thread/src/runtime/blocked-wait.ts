/**
 * Registers the blocked waits of this thread with the supervisor (supervisor/blocked-threads.ts).
 */
import { allocate, block, getIdent, type Blocker, type Words } from "@x/core";
import { clock, deathCount, labelOf, type DeathRecord, type DeathMonitor, type BlockedWait } from "@x/core/internal";
import { stackOf } from "../diagnostics/call-stack.js";
import { DeadlockError } from "../diagnostics/deadlock-error.js";
import { REGISTERED, type BlockedWaitRecord, LONG_WAIT_MS, VICTIM } from "../protocol/blocked-wait-record.js";
import { leaveIfDismissed } from "../protocol/dismissal.js";
import type { DeadlockMessage } from "../protocol/messages.js";
import { isDetecting } from "../table/counters.js";
import { deathOf } from "./deaths.js";

let registered: Words | undefined;
let registrations = 0;
let deadlock = "";

/** Stores the text for the next DeadlockError. */
export function receiveDeadlock(message: DeadlockMessage): void {
  deadlock = message.deadlock;
}

/** The services of the supervisor for blocked waits. */
interface Supervisor {
  /** Posts the record to it. */
  readonly report: (wait: BlockedWaitRecord) => void;
  /** Takes the messages sent by it. */
  readonly receive: () => void;
  /** True if this thread outlives it, and so must check on it. */
  readonly isOutlived: boolean;
  /** Checks on it; returns true if it is dead. */
  readonly look: () => boolean;
  /** Does what the supervisor wants of the maker of the first worker. */
  readonly attend: () => void;
  /** The error to throw if it is dead. */
  readonly lost: () => Error | undefined;
  readonly fetchDeath: (ident: number) => DeathRecord | undefined;
}

/** How often a blocked thread checks on its supervisor, if the thread would outlive it. */
export const LOOK_MS = 500;

export function createDeathMonitor(supervisor: Supervisor): DeathMonitor {
  return {
    get longWaitMs() {
      return isDetecting() ? 0 : LONG_WAIT_MS;
    },
    registerBlockedWait: (on, mayFail) => registerBlockedWait(on, mayFail, supervisor),
    deathOf: (ident) => deathOf(ident, supervisor.fetchDeath),
    get lost() {
      return supervisor.lost();
    },
  };
}

function registerBlockedWait(on: Blocker, mayFail: boolean, supervisor: Supervisor): BlockedWait {
  leaveIfDismissed();
  supervisor.attend();
  supervisor.look();
  const knownDeaths = deathCount();
  const since = now() - (isDetecting() ? 0 : LONG_WAIT_MS);
  const { words, at } = (registered ??= allocate(2 * Int32Array.BYTES_PER_ELEMENT));
  const number = ++registrations;
  return {
    enter(wait) {
      Atomics.store(words, at + REGISTERED, number);
      supervisor.report({
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
        knownDeaths,
        number,
        registered: { words, at },
      });
    },
    nap: supervisor.isOutlived ? LOOK_MS : Infinity,
    isStale() {
      supervisor.attend();
      return supervisor.look();
    },
    leave() {
      Atomics.store(words, at + REGISTERED, 0);
      leaveIfDismissed();
      supervisor.attend();
      if (Atomics.load(words, at + VICTIM) !== number) return undefined;
      supervisor.receive();
      return new DeadlockError(deadlock);
    },
  };
}

/** Milliseconds since 1970; the same in all threads. */
function now(): number {
  return clock.timeOrigin + clock.now();
}
