/** Aborts tasks when their signal is aborted. */
import type { AbortSignalLike } from "../check.js";

interface Abortable {
  abort(): void;
}

/** The tasks of this thread that listen to one signal. */
interface Listening {
  readonly tasks: Set<Abortable>;
  readonly abort: () => void;
}

/** By signal. One listener serves all tasks: Node warns of a leak where one signal has more than ten. */
const listening = new WeakMap<AbortSignalLike, Listening>();

/** Aborts `task` when the signal is aborted. */
export function listen(signal: AbortSignalLike, task: Abortable): void {
  let known = listening.get(signal);
  if (known === undefined) {
    const tasks = new Set<Abortable>();
    const abort = (): void => {
      signal.removeEventListener("abort", abort);
      listening.delete(signal);
      for (const each of [...tasks]) if (tasks.delete(each)) each.abort(); // unless it has ended by what another one did
    };
    known = { tasks, abort };
    signal.addEventListener("abort", abort);
    listening.set(signal, known);
  }
  known.tasks.add(task);
}

export function stopListening(signal: AbortSignalLike, task: Abortable): void {
  const known = listening.get(signal);
  if (known === undefined || !known.tasks.delete(task) || known.tasks.size > 0) return;
  listening.delete(signal);
  signal.removeEventListener("abort", known.abort);
}
