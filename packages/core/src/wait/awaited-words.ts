/** The words that tasks of this thread await: lists the waits, and makes the tasks check again. */
import { globalSlot } from "../global-slot.js";
import { hasDeathMonitor } from "./death-monitor.js";
import { deathCount, knowsDeaths, onNextDeath } from "./deaths.js";

/** A word that tasks await. The tasks may use other copies of this package. */
interface AwaitedWord {
  /** What each task waits for, and since when, by this thread's clock. */
  waits(): readonly { readonly on: string; readonly since: number }[];
  /** Each task checks its word again. */
  recheck(): void;
  /**
   * The supervisor is dead: each task checks its word once more, and leaves if it would have to
   * wait again.
   */
  abandon(): void;
}

/** The words with waiting tasks of this thread. */
export const awaited = /* @__PURE__ */ globalSlot("awaited words 1", () => new Set<AwaitedWord>());

/** The waits of this thread's tasks: what each task waits for, and since when. */
export function taskWaits(): { readonly on: string; readonly since: number }[] {
  return [...awaited].flatMap((word) => word.waits());
}

/**
 * The supervisor is dead: each waiting task checks its word once more, and fails if it would have
 * to wait again. Tasks that only sleep go on.
 */
export function abandonWaits(): void {
  for (const word of [...awaited]) word.abandon();
}

let isWatching = false;

/** Rechecks the tasks after each death while any task waits. For a thread without a supervisor. */
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

/** A thread has died: each waiting task checks its word again. A needless check is always legal. */
export function recheckTasks(): void {
  for (const word of [...awaited]) word.recheck();
}
