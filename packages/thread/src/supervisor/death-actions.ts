/** The death actions registered by each thread. */
import { acceptDeathAction, type DeathAction, dropDeathAction, hasDied, runDeathAction } from "@x/core";
import { haveAllLook } from "./announcements.js";

/** By ident: what to do if this thread dies without a chance to do it itself. */
export const wills = new Map<number, DeathAction[]>();

/**
 * Registers a death action. The last messages of a thread may arrive after the event of its end:
 *     // T1 posts a death action, and exits; the supervisor sees T1's worker end, and marks T1 dead;
 *     // the death action arrives: nothing would run it.
 * So: if the thread has died, run the action now.
 */
export function keepWill(ident: number, will: DeathAction): void {
  acceptDeathAction(will);
  if (hasDied(ident)) return runDeathAction(will, ident);
  const left = wills.get(ident);
  if (left === undefined) wills.set(ident, [will]);
  else left.push(will);
}

/**
 * Drops the death actions of a thread that did not die. If another holder died before, too few
 * holders may be left for a waiter; so all waiters check again.
 */
export function dropWills(ident: number): void {
  const left = wills.get(ident);
  wills.delete(ident);
  let isNews = false;
  for (const will of left ?? []) isNews = dropDeathAction(will) || isNews;
  if (isNews) haveAllLook();
}
