/** What to do if a thread dies, as each thread registered it. */
import { acceptDeathAction, type DeathAction, dropDeathAction, hasDied, runDeathAction } from "@x/core";
import { haveAllLook } from "./announcements.js";

/** What shall happen if a thread dies without being able to see to it itself, by ident. */
export const wills = new Map<number, DeathAction[]>();

/**
 * What a thread has posted last may arrive after the news that its worker is gone:
 *     // T1 leaves a will, and exits; its worker is seen to be gone, and T1 dead; the will arrives: nobody would look at it again.
 */
export function keepWill(ident: number, will: DeathAction): void {
  acceptDeathAction(will);
  if (hasDied(ident)) return runDeathAction(will, ident);
  const left = wills.get(ident);
  if (left === undefined) wills.set(ident, [will]);
  else left.push(will);
}

/** The thread did not die. Where one has died before it, who waits for more threads than are left may have to know. */
export function dropWills(ident: number): void {
  const left = wills.get(ident);
  wills.delete(ident);
  let isNews = false;
  for (const will of left ?? []) isNews = dropDeathAction(will) || isNews;
  if (isNews) haveAllLook();
}
