/**
 * A thread may die while another waits for it: before it has released, or between what it changed and the wake that was to follow.
 * Nobody can tell from the words alone. So a thread that has waited for long keeps a vigil: it tells whoever can see threads die
 * what it sleeps on, and is woken, to look again, whenever one has died. `@x/thread`'s supervisor is the one who can.
 *
 * A thread without a supervisor (main before its first start, a worker of the user's) cannot be woken. It looks by itself whether
 * a death was told since it looked last: supervisors of other threads tell those in memory that it shares with them, see wait/deaths.ts.
 */
import { deathCount, hasDied } from "./deaths.js";
import { type Blocker, type DeathMonitor, type DeathRecord, realm } from "../global-slot.js";

/** Says who sees the deaths of threads, and keeps those company that wait for long; undefined if nobody does. */
export function setDeathMonitor(supervision: DeathMonitor | undefined): void {
  realm.deathMonitor = supervision;
}

/** Whoever keeps this thread company in long waits; undefined if no death can be known here. */
export function deathMonitor(): DeathMonitor | undefined {
  return realm.deathMonitor ?? (realm.deaths && alone);
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
