/** Aborts tasks when their signal is aborted. */
import type { AbortSignalLike } from "../check.js";

interface Abortable {
  abort(): void;
}

/** A signal's tasks in this thread. */
interface Listeners {
  readonly tasks: Set<Abortable>;
  readonly abort: () => void;
}

/** By signal. All tasks share a listener, because Node warns of a leak above ten per signal. */
const listeners = new WeakMap<AbortSignalLike, Listeners>();

/** Calls `task.abort()` when the signal is aborted. */
export function listen(signal: AbortSignalLike, task: Abortable): void {
  let known = listeners.get(signal);
  if (known === undefined) {
    const tasks = new Set<Abortable>();
    const abort = (): void => {
      signal.removeEventListener("abort", abort);
      listeners.delete(signal);
      // The abort of a task may end a later task, and so its listening: then it is not aborted.
      for (const each of [...tasks]) if (tasks.delete(each)) each.abort();
    };
    known = { tasks, abort };
    signal.addEventListener("abort", abort);
    listeners.set(signal, known);
  }
  known.tasks.add(task);
}

export function stopListening(signal: AbortSignalLike, task: Abortable): void {
  const known = listeners.get(signal);
  if (known === undefined || !known.tasks.delete(task) || known.tasks.size > 0) return;
  listeners.delete(signal);
  signal.removeEventListener("abort", known.abort);
}
