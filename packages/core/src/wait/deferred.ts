/** Deferred work: a thread does it after it has released a lock. */
import { globalSlot } from "../global-slot.js";

/** A task that this thread runs after it has released the lock at `words[at]`. */
export interface Deferred {
  readonly words: Int32Array;
  readonly at: number;
  readonly task: () => void;
}

/** The deferred tasks of this thread. */
export const deferred = /* @__PURE__ */ globalSlot("deferred 1", (): Deferred[] => []);

/**
 * Runs `task` in this thread after it releases the lock at `words[at]`. If another thread releases
 * it, `task` runs at this thread's next release, wait, or turn of the event loop.
 */
export function afterRelease(words: Int32Array, at: number, task: () => void): void {
  if (!isScheduled) scheduleRun();
  deferred.push({ words, at, task });
}

/**
 * One promise at a time. Otherwise a thread would pile up a promise per task if it never returns to
 * its event loop.
 */
let isScheduled = false;

function scheduleRun(): void {
  isScheduled = true;
  void Promise.resolve().then(() => {
    isScheduled = false;
    runDeferred();
  });
}

/** Runs the deferred tasks in order: all, or only the ready tasks. */
export function runDeferred(isReady?: (task: Deferred) => boolean): void {
  for (let i = 0; i < deferred.length;) {
    const next = deferred[i]!;
    if (isReady?.(next) === false) {
      i++;
      continue;
    }
    if (i === 0)
      deferred.shift(); // the usual case; much faster than `splice`
    else deferred.splice(i, 1);
    next.task(); // may itself run other deferred tasks, so begin again
    i = 0;
  }
}
