/** Registers the blocked waits of this thread with the supervisor, whose side is supervisor/blocked-threads.ts. */
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

/** The message has arrived. */
export function receiveDeadlock(message: DeadlockMessage): void {
  deadlock = message.deadlock;
}

/** What a thread needs of its supervisor to register blocked waits. */
interface Supervisor {
  /** Posts to it. */
  readonly report: (wait: BlockedWaitRecord) => void;
  /** Takes what has come from it. */
  readonly receive: () => void;
  /** Does this thread outlive it? Then it looks after it. */
  readonly isOutlived: boolean;
  /** Is it dead? */
  readonly look: () => boolean;
  /** What is thrown because it is. */
  readonly lost: () => Error | undefined;
  readonly fetchDeath: (ident: number) => DeathRecord | undefined;
}

/** After so many milliseconds, and after as many again and again, a thread that is blocked looks whether a supervisor lives that it would outlive. */
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
    isStale: () => supervisor.look(),
    leave() {
      Atomics.store(words, at + REGISTERED, 0);
      leaveIfDismissed();
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
