/** The current task of this thread, if the thread is a worker. */
import type { AbortSignalLike } from "@x/core";
import type { State } from "./state.js";

/** A task while it runs. */
export interface Running {
  readonly state: State;
  /** The slot of its worker. */
  readonly worker: number;
  /** The block of its record. It stays while the task runs. */
  readonly block: number;
  readonly id: number;
  /** The memory of the store. */
  readonly memory: SharedArrayBuffer;
  /** Is aborted when the task ends. */
  readonly over: AbortSignalLike;
  /** The called function or object; undefined until the arguments are decoded. */
  target: unknown;
  /** The name given by its submitter, or by the task itself. */
  name: string | undefined;
  /** Its namespaces of Locals, if it interleaves with others. */
  locals: WeakMap<object, object> | undefined;
}

interface ThisTask {
  /** Undefined between tasks, and outside of workers. */
  readonly now: Running | undefined;
}

/** How this thread knows its task: interleaving tasks need an async context. */
let known: ThisTask = { now: undefined };

export function thisTask(): Running | undefined {
  return known.now;
}

/** Runs `body` for a task. All work begun by `body` belongs to this task, too, until the next task begins. */
function runPlainly<R>(task: Running, body: () => R): R {
  known = { now: task };
  return body();
}

/** Runs `body` for a task. Work begun by `body` does not belong to the task, because other tasks begin meanwhile. */
function runUntilFirstAwait<R>(task: Running, body: () => R): R {
  known = { now: task };
  try {
    return body();
  } finally {
    known = { now: undefined };
  }
}

let runAs = runPlainly;

export function runningAs<R>(task: Running, body: () => R): R {
  return runAs(task, body);
}

/** No task runs any more; for workers whose tasks do not interleave. */
export function endTask(): void {
  known = { now: undefined };
}

/** An async context: AsyncLocalStorage, where there is one. */
export interface TaskContext {
  run<R>(task: Running, body: () => R): R;
  getStore(): Running | undefined;
}

/** A worker begins in this thread, and its tasks do not interleave. The thread may have been another worker before. */
export function runAlone(): void {
  runAs = runPlainly;
  known = { now: undefined };
}

/**
 * A worker begins in this thread, and its tasks interleave. Each task knows itself by an async context. If the
 * platform has none, a task knows itself until its first `await`.
 */
export function interleave(context: TaskContext | undefined): void {
  known = { now: undefined };
  if (context === undefined) {
    runAs = runUntilFirstAwait;
    return;
  }
  runAs = (task, body) => context.run(task, body);
  known = {
    get now() {
      return context.getStore();
    },
  };
}
