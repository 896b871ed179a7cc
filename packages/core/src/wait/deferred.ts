/** What a thread puts off until it has freed a lock. */
import { globalSlot } from "../global-slot.js";

/** What is put off until this thread has freed the lock whose word this is. */
export interface Deferred {
  readonly words: Int32Array;
  readonly at: number;
  readonly task: () => void;
}

/** What this thread is to do once it has freed a lock. */
export const deferred = /* @__PURE__ */ globalSlot("deferred 1", (): Deferred[] => []);

/**
 * Has `task` done by this thread, which holds the lock, once that is freed. If another thread frees it instead, then as soon as this one
 * frees any, or would sleep, or goes back to its event loop.
 */
export function afterRelease(words: Int32Array, at: number, task: () => void): void {
  if (!isPromised) promiseToDoIt();
  deferred.push({ words, at, task });
}

/** One promise at a time: a thread that never goes back to its event loop would heap up one for each task that it has long done. */
let isPromised = false;

function promiseToDoIt(): void {
  isPromised = true;
  void Promise.resolve().then(() => {
    isPromised = false;
    runDeferred();
  });
}

/** Does all of it, or that for which it is time, in order. */
export function runDeferred(isTime?: (due: Deferred) => boolean): void {
  const due = deferred;
  for (let i = 0; i < due.length;) {
    const next = due[i]!;
    if (isTime?.(next) === false) {
      i++;
      continue;
    }
    if (i === 0)
      due.shift(); // as a rule, and in a fraction of the time
    else due.splice(i, 1);
    next.task(); // may itself do some of the others
    i = 0;
  }
}
