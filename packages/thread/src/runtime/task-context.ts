/**
 * The own state of a task, where tasks of the same thread interleave: an executor's user threads. Each task has an
 * async context, so code after an `await` finds its own task again.
 */
export interface TaskContext {
  /** Undefined: it has the name of its thread. */
  name: string | undefined;
  /** Its namespaces of Locals; undefined before the first. */
  locals: WeakMap<object, object> | undefined;
}

let current: (() => TaskContext | undefined) | undefined;

/** The context of the running task; undefined if the tasks of this thread have none. */
export function taskContext(): TaskContext | undefined {
  return current?.();
}

/** Tells how to find the context of the running task; undefined: the tasks of this thread have none any more. */
export function setTaskContext(now: (() => TaskContext | undefined) | undefined): void {
  current = now;
}
