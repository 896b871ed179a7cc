/**
 * What a task has for itself, where tasks of one thread interleave: an executor's user threads. Each of them has an
 * async context, so code after an `await` finds its own task again.
 */
export interface TaskContext {
  /** Undefined: it has the name of its thread. */
  name: string | undefined;
  /** Its namespaces of Locals; undefined before the first. */
  locals: WeakMap<object, object> | undefined;
}

let current: (() => TaskContext | undefined) | undefined;

/** The context of the task that runs now; undefined if the tasks of this thread have none. */
export function taskContext(): TaskContext | undefined {
  return current?.();
}

/** Tells how to find the context of the task that runs now; undefined: the tasks of this thread have none any more. */
export function setTaskContext(now: (() => TaskContext | undefined) | undefined): void {
  current = now;
}
