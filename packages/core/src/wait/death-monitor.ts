/**
 * The death monitor: long waits are registered with it, and it wakes them after every death.
 *
 * A thread may die before it releases a lock, or between changing a word and waking its waiters.
 * The words do not show this. The monitor is set by `@x/thread`: its supervisor sees threads die.
 *
 * A thread without a supervisor (main before its first start, a foreign worker) cannot be woken. So
 * it reads the count of deaths from time to time. All supervisors of the process write their deaths
 * to that memory; see deaths.ts.
 */
import { deathCount, hasDied, knowsDeaths } from "./deaths.js";
import { globalSlot } from "../global-slot.js";
import type { Wait } from "./steps.js";

/** The hook by which core asks for deaths, and registers long waits. */
export interface DeathMonitor {
  /** Milliseconds after which a wait is registered. */
  readonly longWaitMs: number;
  /**
   * Registers a long wait on `on`. Call it before checking the word again.
   *
   * @param mayFail true if this wait may be chosen to fail with a DeadlockError
   */
  registerBlockedWait(on: Blocker, mayFail: boolean): BlockedWait;
  /** The death record of the thread `ident`; undefined if it has not died. */
  deathOf(ident: number): DeathRecord | undefined;
  /**
   * Set if the supervisor is dead. Then each wait of this thread throws this error, except
   * `sleep()`.
   */
  readonly lost: Error | undefined;
}

/**
 * A registered long wait of this thread. It is woken after each death, and then checks its word
 * again.
 */
export interface BlockedWait {
  /** The thread is about to sleep on `wait`. */
  enter(wait: Wait): void;
  /** Milliseconds between two calls of {@link isStale} by a sleeper; Infinity: it need not ask. */
  readonly nap: number;
  /** True if the sleeper may have missed a death or a wake: then it checks its word again. */
  isStale(): boolean;
  /** The thread is awake. Returns the error of a deadlock if this wait is its victim. */
  leave(): Error | undefined;
}

/** What a thread is blocked on, for reports: a package, or a primitive of it. */
export type Blocker =
  | string
  | {
      /** The package of the primitive: `lock`, `event`, … */
      readonly packageName: string;
      /** The class and the address: `Lock at 0x5f3a1c0040`. */
      readonly label: string;
    };

/** The death of a thread: by an uncaught error, `process.exit`, `terminate`, or lack of memory. */
export interface DeathRecord {
  /** The name of the thread. */
  readonly name: string;
  /** The cause of its death: an error, if there is any. */
  readonly cause: unknown;
}

const slot = /* @__PURE__ */ globalSlot("death monitor 1", () => ({ monitor: undefined as DeathMonitor | undefined }));

/** Sets the death monitor of this thread; undefined: the thread has no supervisor. */
export function setDeathMonitor(monitor: DeathMonitor | undefined): void {
  slot.monitor = monitor;
}

/** The death monitor of this thread; undefined if the platform reports no deaths (a browser). */
export function deathMonitor(): DeathMonitor | undefined {
  return slot.monitor ?? (knowsDeaths() ? unsupervised : undefined);
}

/** Does a supervisor see deaths for this thread? */
export function hasDeathMonitor(): boolean {
  return slot.monitor !== undefined;
}

/**
 * The name of the thread `ident` and the cause of its death; undefined if it is not known to be
 * dead.
 */
export function deathOf(ident: number): DeathRecord | undefined {
  return deathMonitor()?.deathOf(ident);
}

/**
 * 500 ms: a blocked thread without a supervisor reads the count of deaths this often. It sees a
 * death within a second, and a read takes microseconds.
 */
const CHECK_MS = 500;

/** The death monitor of a thread without a supervisor. */
const unsupervised: DeathMonitor = {
  longWaitMs: CHECK_MS,
  registerBlockedWait() {
    const known = deathCount();
    return { enter: () => undefined, nap: CHECK_MS, isStale: () => deathCount() !== known, leave: () => undefined };
  },
  deathOf: (ident) => (hasDied(ident) ? { name: `thread ${ident}`, cause: undefined } : undefined),
  lost: undefined,
};

/**
 * The error that a wait throws instead of sleeping if the supervisor is dead. A `sleep()` goes on,
 * because it depends on no thread.
 */
export function lostFor(on: Blocker): Error | undefined {
  const lost = deathMonitor()?.lost;
  return lost !== undefined && packageOf(on) !== "sleep" ? lost : undefined;
}

/** The package of the blocker: `lock`, `event`, … */
export function packageOf(on: Blocker): string {
  return typeof on === "string" ? on : on.packageName;
}

/** The name of the blocker in reports. */
export function labelOf(on: Blocker): string {
  return typeof on === "string" ? on : on.label;
}
