/** The death actions registered by each thread. */
import type { DeathAction } from "@x/core";
import { acceptDeathAction, dropDeathAction, hasDied, runDeathAction } from "@x/core/internal";
import { announceNewDeath } from "./announcements.js";

/** By ident: the actions for a thread if it dies without a chance to act itself. */
export const deathActions = new Map<number, DeathAction[]>();

/**
 * Registers a death action. The last messages of a thread may arrive after the event of its end:
 *     // T1 posts a death action, and exits; the supervisor sees T1's worker end, and marks T1 dead;
 *     // the death action arrives: nothing would run it.
 * So: if the thread has died, run the action now.
 */
export function recordDeathAction(ident: number, action: DeathAction): void {
  acceptDeathAction(action);
  if (hasDied(ident)) return runDeathAction(action, ident);
  const actions = deathActions.get(ident);
  if (actions === undefined) deathActions.set(ident, [action]);
  else actions.push(action);
}

/**
 * Drops the death actions of a thread after an end without death. If another holder died before, too
 * few holders may be left for a waiter; so all waiters check again.
 */
export function dropDeathActions(ident: number): void {
  const actions = deathActions.get(ident);
  deathActions.delete(ident);
  let isNew = false;
  for (const action of actions ?? []) isNew = dropDeathAction(action) || isNew;
  if (isNew) announceNewDeath();
}
