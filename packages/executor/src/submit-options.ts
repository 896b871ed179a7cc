/** The options of executors and of tasks: their types, and their checks. */
import { type AbortSignalLike, checkInteger, checkTimeout, describe } from "@x/core";
import { callableName, checkKeys, checkTransfer, isTarget, STORE_BYTES_MAX } from "@x/core/internal";
import type { ThreadOptions } from "@x/thread";
import { NONE } from "./words.js";
import { WORKERS_MAX } from "./workers.js";

/** The options of an executor. */
export interface ExecutorOptions {
  /** The most workers that run at once, 1 to 1024. Default: the number of cores. */
  readonly maxWorkers?: number | undefined;
  /** The number of workers that start at once, and stay. Default: 0; workers start when tasks come. */
  readonly minWorkers?: number | undefined;
  /** The names of the workers are this prefix, `_` and a number. Default: `ThreadPoolExecutor-N`. */
  readonly threadNamePrefix?: string | undefined;
  /**
   * Each worker calls this function before its first task. If the function throws, or ends its thread, the
   * executor is broken.
   */
  readonly initializer?: ((...args: never[]) => unknown) | undefined;
  /** The arguments of the initializer. */
  readonly initargs?: readonly unknown[] | undefined;
  /** A worker without a task for so many milliseconds ends, if more than `minWorkers` run. Default: 60 000. */
  readonly idleTimeout?: number | undefined;
  /** The most tasks that wait for a worker. If so many wait, `submit` waits for room. Default: Infinity. */
  readonly maxPending?: number | undefined;
  /** A worker ends after so many tasks, and another takes its place. Default: Infinity. */
  readonly maxTasksPerWorker?: number | undefined;
  /**
   * How many async tasks a worker runs at once, 1 to 1 000 000: they interleave, and each has its own `currentTask()`
   * and `Local`. `currentThread().name` is the `name` of the submit, or else the worker's. A browser has no async
   * contexts: there a task reads `currentTask()` before its first `await`, and `Local` and name are the worker's.
   * Default: 1.
   */
  readonly tasksPerWorker?: number | undefined;
  /** The most bytes that tasks and results may take together, 65 536 to 1 GiB. Default: 256 MiB. */
  readonly maxBytes?: number | undefined;
}

/** A task with options. */
export type TaskOptions<A extends readonly unknown[] = never[], R = unknown> = ThreadOptions<A, R> & {
  /** Not for tasks: workers belong to the executor. */
  readonly daemon?: never;
  /** Tasks with a higher priority begin first; a whole number. Default: 0. */
  readonly priority?: number | undefined;
  /**
   * How many milliseconds the task may run, from its begin. Then its worker is terminated, and the future
   * fails with a TimeoutError.
   */
  readonly timeout?: number | undefined;
  /** An abort cancels the task, or asks it to stop if it runs. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * The objects in the arguments that move to the worker, and are not copied: `ArrayBuffer`s, ports, streams,
   * and all other objects that the runtime can transfer. They move at the submit, and may go straight to an idle worker: if it dies then, the
   * task fails, even if it has not begun. Default: none.
   */
  readonly transfer?: readonly object[] | undefined;
  /** True: an abort of the signal terminates the worker that runs the task. */
  readonly terminate?: boolean | undefined;
};

/** A task, checked. */
export interface Task {
  readonly target: unknown;
  readonly args: readonly unknown[];
  /** For reports. */
  readonly name: string;
  /** Is the name an option? Then the task knows it. */
  readonly isNamed: boolean;
  readonly priority: number;
  /** Milliseconds, or NONE. */
  readonly timeout: number;
  readonly signal: AbortSignalLike | undefined;
  readonly terminate: boolean;
  /** The objects in the arguments that move to the worker. */
  readonly transfer?: readonly object[] | undefined;
}

const TASK_OPTIONS = ["target", "args", "kwargs", "name", "priority", "timeout", "signal", "terminate", "transfer"];
const ALIASES = {
  func: "target",
  fn: "target",
  f: "target",
  function: "target",
  task: "target",
  callback: "target",
  arguments: "args",
  params: "args",
};

/** 24 days: the longest timeout of a task. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/** A task without options. */
function plainTask(target: unknown, args: readonly unknown[]): Task {
  const name = callableName(target);
  return { target, args, name, isNamed: false, priority: 0, timeout: NONE, signal: undefined, terminate: false };
}

/** @throws TypeError */
export function checkCall(target: unknown, args: readonly unknown[]): Task {
  if (isTarget(target)) return plainTask(target, args);
  throw new TypeError(
    `executor: runOnAll takes a function and its arguments, got ${describe(target)}; pass the function itself`,
  );
}

/** @throws TypeError, RangeError */
export function checkTask(first: unknown, rest: readonly unknown[]): Task {
  if (isTarget(first)) return plainTask(first, rest);
  if (typeof first !== "object" || first === null || rest.length > 0) {
    throw new TypeError(
      `executor: submit takes a function and its arguments, or { target, args, … }, got ${describe(first)}; ` +
        "pass the function itself",
    );
  }
  return checkTaskOptions(first);
}

function checkTaskOptions(options: object): Task {
  checkKeys(options, TASK_OPTIONS, "executor", ALIASES);
  const {
    target,
    args = [],
    kwargs,
    name,
    priority = 0,
    timeout,
    signal,
    terminate = false,
    transfer,
  } = options as Record<string, unknown>;
  if (!isTarget(target)) {
    throw new TypeError(
      `executor: target must be a function, or an object with a call method, got ${describe(target)}; ` +
        "pass the function itself, and its arguments as args",
    );
  }
  if (!Array.isArray(args))
    throw new TypeError(`executor: args must be an array of arguments, got ${describe(args)}; write args: [value]`);
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null)) {
    throw new TypeError(`executor: kwargs must be an object, got ${describe(kwargs)}; it becomes the last argument`);
  }
  checkInteger(priority, "priority", "executor", -(2 ** 31), 2 ** 31 - 1);
  if (name !== undefined && typeof name !== "string")
    throw new TypeError(`executor: name must be a string, got ${describe(name)}`);
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`executor: signal must be an AbortSignal, got ${describe(signal)}`);
  if (typeof terminate !== "boolean")
    throw new TypeError(`executor: terminate must be a boolean, got ${describe(terminate)}`);
  return {
    target,
    args: kwargs === undefined ? (args as unknown[]) : [...(args as unknown[]), kwargs],
    name: name ?? callableName(target),
    isNamed: name !== undefined,
    priority,
    timeout: milliseconds(timeout, "timeout"),
    signal,
    terminate,
    ...(transfer !== undefined && { transfer: checkTransfer(transfer, "executor") }),
  };
}

function isSignal(value: unknown): value is AbortSignalLike {
  const signal = value as Partial<AbortSignalLike> | null;
  return (
    typeof signal === "object" &&
    signal !== null &&
    typeof signal.aborted === "boolean" &&
    typeof signal.addEventListener === "function"
  );
}

/** Milliseconds as a word: NONE if there is no limit. */
function milliseconds(value: unknown, name: string): number {
  if (value === undefined) return NONE;
  checkTimeout(value, "executor", name);
  return value > TIMEOUT_MAX ? NONE : Math.ceil(value);
}

/** The options of an executor, checked, as words. */
export interface CheckedOptions {
  readonly maxWorkers: number;
  readonly minWorkers: number;
  readonly maxPending: number;
  readonly idleTimeout: number;
  readonly tasksPerWorker: number;
  readonly maxTasksPerWorker: number;
  readonly maxBytes: number;
  readonly prefix: string | undefined;
  readonly initializer: ((...args: never[]) => unknown) | undefined;
  readonly initargs: readonly unknown[];
}

const OPTIONS = [
  "maxWorkers",
  "minWorkers",
  "threadNamePrefix",
  "initializer",
  "initargs",
  "idleTimeout",
  "maxPending",
  "maxTasksPerWorker",
  "tasksPerWorker",
  "maxBytes",
];
const OPTION_ALIASES = {
  max_workers: "maxWorkers",
  workers: "maxWorkers",
  threads: "maxWorkers",
  maxThreads: "maxWorkers",
  minThreads: "minWorkers",
  concurrentTasksPerWorker: "tasksPerWorker",
  maxQueue: "maxPending",
  prefix: "threadNamePrefix",
};

const IDLE_MS = 60_000;
/** 256 MiB: browsers refuse to reserve much more for many executors. */
const MAX_BYTES = 2 ** 28;
const MIN_BYTES = 2 ** 16;
const TASKS_MAX = 1_000_000;

/** @throws TypeError, RangeError */
export function checkExecutorOptions(options: unknown, cores: number): CheckedOptions {
  if (typeof options === "number") return checkExecutorOptions({ maxWorkers: options }, cores);
  if (typeof options !== "object" || options === null)
    throw new TypeError(`executor: expected a number of workers or { maxWorkers, … }, got ${describe(options)}`);
  checkKeys(options, OPTIONS, "executor", OPTION_ALIASES);
  const {
    maxWorkers = Math.min(WORKERS_MAX, cores),
    minWorkers = 0,
    threadNamePrefix,
    initializer,
    initargs = [],
    idleTimeout = IDLE_MS,
    maxPending = Infinity,
    maxTasksPerWorker = Infinity,
    tasksPerWorker = 1,
    maxBytes = MAX_BYTES,
  } = options as ExecutorOptions;
  checkInteger(maxWorkers, "maxWorkers", "executor", 1, WORKERS_MAX);
  checkInteger(minWorkers, "minWorkers", "executor", 0, maxWorkers);
  checkInteger(tasksPerWorker, "tasksPerWorker", "executor", 1, TASKS_MAX);
  checkInteger(maxBytes, "maxBytes", "executor", MIN_BYTES, STORE_BYTES_MAX);
  if (threadNamePrefix !== undefined && typeof threadNamePrefix !== "string")
    throw new TypeError(`executor: threadNamePrefix must be a string, got ${describe(threadNamePrefix)}`);
  if (initializer !== undefined && typeof initializer !== "function")
    throw new TypeError(`executor: initializer must be a function, got ${describe(initializer)}`);
  if (!Array.isArray(initargs))
    throw new TypeError(`executor: initargs must be an array of arguments, got ${describe(initargs)}`);
  return {
    maxWorkers,
    minWorkers,
    tasksPerWorker,
    maxBytes,
    idleTimeout: milliseconds(idleTimeout, "idleTimeout"),
    maxPending: limit(maxPending, "maxPending"),
    maxTasksPerWorker: limit(maxTasksPerWorker, "maxTasksPerWorker"),
    prefix: threadNamePrefix,
    initializer,
    initargs,
  };
}

/** A limit as a word: NONE for Infinity. */
function limit(value: unknown, name: string): number {
  if (value === Infinity) return NONE;
  checkInteger(value, name, "executor", 1, 2 ** 30);
  return value;
}
