/**
 * A thread may die while another waits for it: before it has released, or between what it changed and the wake that was to follow.
 * Nobody can tell from the words alone. So a thread that has waited for long keeps a vigil: it tells whoever can see threads die
 * what it sleeps on, and is woken, to look again, whenever one has died. `@x/thread`'s supervisor is the one who can.
 *
 * A thread without a supervisor (main before its first start, a worker of the user's) cannot be woken. It looks by itself whether
 * a death was told since it looked last: supervisors of other threads tell those in memory that it shares with them, see wait/deaths.ts.
 */
import { deathCount, hasDied, knowsDeaths } from "./deaths.js";
import { globalSlot } from "../global-slot.js";
import type { Wait } from "./steps.js";

/** Whoever can see threads die, as the threads that live talk to it. */
export interface DeathMonitor {
  /** After so many milliseconds a wait is registered. */
  readonly longWaitMs: number;
  /**
   * Registers a long wait on `on`. Call it before checking the word again.
   *
   * @param mayFail true if this wait may be chosen to fail with a DeadlockError
   */
  registerBlockedWait(on: Blocker, mayFail: boolean): BlockedWait;
  /** How the thread of this number died; undefined if it did not. */
  deathOf(ident: number): DeathRecord | undefined;
  /** Why nothing sees deaths any more: the supervisor is dead. All waits of this thread but sleeps throw this then. */
  readonly lost: Error | undefined;
}

/** A long wait of this thread, in which it is woken, to look again, whenever another thread has died. */
export interface BlockedWait {
  /** It is about to sleep on this. */
  enter(wait: Wait): void;
  /** Milliseconds after which a sleeper {@link isStale}s whether the supervisor is alive; Infinity where it need not. */
  readonly nap: number;
  /** Says whether something was lost: then the sleeper looks at its words again. */
  isStale(): boolean;
  /** It is awake. Returns why it should wait no more, if there is a reason. */
  leave(): Error | undefined;
}

/** What is waited for, in reports: its package alone, or the thing itself. */
export type Blocker =
  | string
  | {
      /** The package it is from: `lock`, `event`, … */
      readonly packageName: string;
      /** What it is, and where: `Lock at 0x5f3a1c0040`. */
      readonly label: string;
    };

/** Of a thread that has died: by an error that nobody caught, `process.exit`, `terminate`, or for want of memory. */
export interface DeathRecord {
  /** The name of the thread. */
  readonly name: string;
  /** What it died of. */
  readonly cause: unknown;
}

const slot = /* @__PURE__ */ globalSlot("death monitor 1", () => ({ monitor: undefined as DeathMonitor | undefined }));

/** Says who sees the deaths of threads, and keeps those company that wait for long; undefined if nobody does. */
export function setDeathMonitor(supervision: DeathMonitor | undefined): void {
  slot.monitor = supervision;
}

/** Whoever keeps this thread company in long waits; undefined if no death can be known here. */
export function deathMonitor(): DeathMonitor | undefined {
  return slot.monitor ?? (knowsDeaths() ? alone : undefined);
}

/** Does somebody other than this thread itself see deaths for it? */
export function hasDeathMonitor(): boolean {
  return slot.monitor !== undefined;
}

/** Who died, and of what, if the thread of this number is known to have died rather than ended. */
export function deathOf(ident: number): DeathRecord | undefined {
  return deathMonitor()?.deathOf(ident);
}

/** A thread that is blocked without a supervisor looks so often: a death is told within a second, and a look takes microseconds. */
const LOOK_MS = 500;

/** The supervision of a thread that has no supervisor. */
const alone: DeathMonitor = {
  longWaitMs: LOOK_MS,
  registerBlockedWait() {
    const known = deathCount();
    return { enter: () => undefined, nap: LOOK_MS, isStale: () => deathCount() !== known, leave: () => undefined };
  },
  deathOf: (ident) => (hasDied(ident) ? { name: `thread ${ident}`, cause: undefined } : undefined),
  lost: undefined,
};

/** What a wait throws instead of sleeping, as the supervisor is dead. A sleep waits for nothing that could die. */
export function lostFor(on: Blocker): Error | undefined {
  const lost = deathMonitor()?.lost;
  return lost !== undefined && packageOf(on) !== "sleep" ? lost : undefined;
}

/** The package that it is from. */
export function packageOf(on: Blocker): string {
  return typeof on === "string" ? on : on.packageName;
}

/** What is waited for, in a report. */
export function labelOf(on: Blocker): string {
  return typeof on === "string" ? on : on.label;
}
