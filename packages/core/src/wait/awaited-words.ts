/** The words that tasks of this thread await: what they wait for, and how they are made to check again. */
import { realm } from "../global-slot.js";
import { deathCount, onNextDeath } from "./deaths.js";

/** For what the tasks of this thread wait, one entry each. */
export function taskWaits(): { readonly on: string; readonly since: number }[] {
  return [...realm.awaited].flatMap((word) => word.waits());
}

/** The supervisor is dead: all tasks of this thread that wait look once more, and are told. Those that only sleep sleep on. */
export function abandonWaits(): void {
  for (const word of [...realm.awaited]) word.abandon();
}

let isWatching = false;

/** A thread without a supervisor watches for deaths by itself, as long as its tasks wait. */
export function watchForDeaths(known: number): void {
  if (isWatching || realm.deathMonitor !== undefined || realm.deaths === undefined) return;
  isWatching = true;
  onNextDeath(known, () => {
    isWatching = false;
    if (realm.awaited.size === 0) return;
    watchForDeaths(deathCount());
    recheckTasks();
  });
}

/** A thread has died: all tasks of this thread look again at what they wait for. A needless look is always legal. */
export function recheckTasks(): void {
  for (const word of [...realm.awaited]) word.recheck();
}
