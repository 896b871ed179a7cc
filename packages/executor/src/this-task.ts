/** The task that this thread runs, if it is a worker. */
import type { AbortSignalLike } from "@x/core";
import type { State } from "./state.js";

/** A task while it runs. */
export interface Running {
  readonly state: State;
  /** The slot of its worker. */
  readonly worker: number;
  /** The block of its record, which stays while it runs. */
  readonly block: number;
  readonly id: number;
  /** The memory of the store. */
  readonly memory: SharedArrayBuffer;
  /** Is aborted as the task ends. */
  readonly over: AbortSignalLike;
  /** What it calls; undefined until its arguments are decoded. */
  target: unknown;
  /** The name that its submitter, or the task itself, has given it. */
  name: string | undefined;
  /** Its namespaces of Locals, if it interleaves with others. */
  locals: WeakMap<object, object> | undefined;
}

interface ThisTask {
  /** Undefined between tasks, and in threads that are no workers. */
  readonly now: Running | undefined;
}

/** How this thread knows its task: tasks that interleave need an async context. */
let known: ThisTask = { now: undefined };

export function thisTask(): Running | undefined {
  return known.now;
}

/** Runs `body`, and what it begins, as a task; until the next task begins. */
function runPlainly<R>(task: Running, body: () => R): R {
  known = { now: task };
  return body();
}

/** Runs `body` as a task, without what it begins: other tasks begin meanwhile. */
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

/** A worker whose tasks run one after another begins in this thread, which may have been another worker before. */
export function runAlone(): void {
  runAs = runPlainly;
  known = { now: undefined };
}

/**
 * A worker whose tasks interleave begins in this thread. Each task knows itself by an async context; if the platform
 * has none, until its first `await`.
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
