/** The words that tasks of this thread await: what they wait for, and how they are made to check again. */
import { globalSlot } from "../global-slot.js";
import { hasDeathMonitor } from "./death-monitor.js";
import { deathCount, knowsDeaths, onNextDeath } from "./deaths.js";

/** A word that tasks await, whichever copy of this package they use. */
interface AwaitedWord {
  /** What each of the tasks waits for, and since when by this thread's clock. */
  waits(): readonly { readonly on: string; readonly since: number }[];
  /** The tasks look again. */
  recheck(): void;
  /** They look once more, and leave if they would have to wait on: the supervisor is dead. */
  abandon(): void;
}

/** The words that tasks of this thread await. */
export const awaited = /* @__PURE__ */ globalSlot("awaited words 1", () => new Set<AwaitedWord>());

/** For what the tasks of this thread wait, one entry each. */
export function taskWaits(): { readonly on: string; readonly since: number }[] {
  return [...awaited].flatMap((word) => word.waits());
}

/** The supervisor is dead: all tasks of this thread that wait look once more, and are told. Those that only sleep sleep on. */
export function abandonWaits(): void {
  for (const word of [...awaited]) word.abandon();
}

let isWatching = false;

/** A thread without a supervisor watches for deaths by itself, as long as its tasks wait. */
export function watchForDeaths(known: number): void {
  if (isWatching || hasDeathMonitor() || !knowsDeaths()) return;
  isWatching = true;
  onNextDeath(known, () => {
    isWatching = false;
    if (awaited.size === 0) return;
    watchForDeaths(deathCount());
    recheckTasks();
  });
}

/** A thread has died: all tasks of this thread look again at what they wait for. A needless look is always legal. */
export function recheckTasks(): void {
  for (const word of [...awaited]) word.recheck();
}
