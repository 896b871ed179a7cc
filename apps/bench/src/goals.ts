/**
 * The goals of each row: the gate, checked by `--gate`, and the moonshot. They are ratios within a
 * run, so they hold on any machine; absolute times only where no rival has the feature.
 */
import type { Point } from "./row.js";

/** The measured figure that a bound limits. */
export type Measured =
  /** How many times as good as a rival we are, at least: as fast, or as small. */
  | { readonly is: "speed"; readonly against: string }
  /** Our cost as a multiple of a rival's, at most. Against several rivals, the best counts. */
  | { readonly is: "cost"; readonly against: string | readonly string[] }
  /** Our own figure, at most or at least. */
  | { readonly is: "at most" | "at least" };

export type Goal = Measured & {
  /** The point on the row's axis; "mean" is the geometric mean of all points. */
  readonly at?: Point;
  readonly gate?: number;
  readonly moonshot?: number;
};

const speed = (against: string, gate: number | undefined, moonshot?: number, at?: Point): Goal =>
  goal({ is: "speed", against }, gate, moonshot, at);
const cost = (against: string | readonly string[], gate: number | undefined, moonshot?: number, at?: Point): Goal =>
  goal({ is: "cost", against }, gate, moonshot, at);
const atMost = (gate: number, moonshot?: number, at?: Point): Goal => goal({ is: "at most" }, gate, moonshot, at);
const atLeast = (gate: number, moonshot?: number, at?: Point): Goal => goal({ is: "at least" }, gate, moonshot, at);

function goal(measured: Measured, gate: number | undefined, moonshot: number | undefined, at: Point | undefined): Goal {
  return {
    ...measured,
    ...(gate !== undefined && { gate }),
    ...(moonshot !== undefined && { moonshot }),
    ...(at !== undefined && { at }),
  };
}

/** The geometric mean of a row's points. */
export const MEAN = "mean";

const none = undefined;
const ASYNC_POOLS = ["piscina", "tinypool", "workerpool", "poolifier"];
const POOLS = [...ASYNC_POOLS, "multithreading"];

/** The rival, the gate, the moonshot, and the point. */
export const GOALS: Readonly<Record<string, readonly Goal[]>> = {
  lock: [cost("raw Atomics", 1.05, 0.8), cost("pthread", none, 1.15), speed("CPython", 4, 5.5)],
  "lock-with": [speed("CPython", 5, 8)],
  rlock: [speed("CPython", 4, 5)],
  semaphore: [speed("CPython", 25, 50)],
  "event-is-set": [speed("CPython", 5, 10)],
  "condition-nobody": [speed("CPython", 8, 12)],
  "lock-async": [speed("async-mutex", 20, 30)],
  "lock-contended": [
    ...[speed("pthread", 0.7, 0.95, 2), speed("pthread", 1, none, 8), speed("pthread", 1, 2, 32)],
    ...[speed("pthread", 1, none, 128), speed("CPython", 6, none, 2)],
  ],
  "lock-profiles": [speed("pthread", 0.75, none, MEAN)],
  "lock-longest-wait": [
    ...[atMost(100, none, 2), atMost(100, none, 8), cost("CPython", 2, 1, 8), cost("CPython", 2, 1, 32)],
  ],
  "semaphore-pingpong": [speed("CPython", 10), cost("sem_t", none, 0.2)],
  "semaphore-pingpong-one-core": [cost("raw Atomics", 1.1), cost("CPython", 0.55)],
  "condition-pingpong-one-core": [cost("raw wait and notify", 1.15), cost("pthread_cond", none, 1.2)],
  "condition-notify": [
    ...[cost("CPython", 0.65, none, 1), cost("CPython", 0.65, none, 8), cost("CPython", 0.65, none, 64)],
    ...[8, 32, 64, 128].map((waiters) => cost("raw Atomics, inexact", 1.35, 1.15, waiters)),
  ],
  "condition-notify-all": [
    ...[cost("CPython", 0.75, none, 64), cost("CPython", 0.9, none, 128)],
    ...[64, 128].map((waiters) => cost("raw Atomics, inexact", 1.5, 1.1, waiters)),
  ],
  "condition-exact": [atMost(0)],
  event: [cost("CPython", 0.6, none, 8), cost("CPython", 0.7, none, 32), cost("futex", none, 3, 32)],
  barrier: [
    ...[speed("pthread_barrier", 15, none, 2), speed("pthread_barrier", 0.85, none, 4)],
    ...[speed("pthread_barrier", 0.5, none, 8), speed("CPython", 30, none, 2)],
    ...[speed("CPython", 2, none, 4), speed("CPython", 3.5, none, 8)],
  ],
  "thread-start": [cost("CPython", 0.5, 0.25), cost("pthread", none, 0.4), cost(POOLS, 1, 0.55)],
  "server-ping": [cost("piscina", 3)],
  "thread-speedup": [atLeast(1.85, 1.9)],
  "thread-idle": [atMost(1000, 15), cost("CPython", 1, 0.5)],
  "thread-cold": [cost("new Worker of a module", 1.6, 1.2)],
  "thread-live": [10, 100, 500].map((threads) => cost("new Worker", 1.3, 1.05, threads)),
  "thread-memory": [cost("new Worker", 1.15, 1.05, 100)],
  "struct-field": [
    ...[cost("a typed array", 1.3, none, "an object: f64"), cost("a typed array", 1.3, none, "an object: i32")],
    ...[cost("a typed array", none, 2, "an array: f64"), cost("a typed array", 1.3, none, "a column: f64")],
  ],
  "queue-integers": [
    ...[speed("CPython", 12, none, "1 and 1"), speed("CPython", 3, none, "2 and 2")],
    ...[speed("CPython's processes", 80, none, "1 and 1"), speed("postMessage", 5, none, "1 and 1")],
  ],
  "queue-objects": [speed("CPython", 3, none, "1 and 1"), speed("CPython's processes", 12, none, "1 and 1")],
  "queue-large": [cost("a port", 1.1)],
  "queue-moved": [atMost(200)], // 5,000 a second
  "shared-value": [cost("raw, under our Lock", 3), speed("multiprocessing.Value", 100)],
  "shared-object": [
    ...[atMost(150, none, "get"), atMost(150, none, "set")],
    ...[speed("multiprocessing.Manager", 200, none, "get"), speed("multiprocessing.Manager", 200, none, "set")],
    ...[speed("multithreading", 5, none, "get"), speed("multithreading", 5, none, "set")],
  ],
  "shared-map": [speed("Manager().dict()", 100, none, 1000)],
  "executor-round-trip": [cost(ASYNC_POOLS, 0.5, none, "awaits"), cost(ASYNC_POOLS, 0.5, none, "blocks")],
  // 15 times as fast as the fastest pool.
  "executor-in-flight": [cost(ASYNC_POOLS, 1 / 15, none, 20_000), speed("CPython's threads", 8, none, 20_000)],
  "executor-large": [cost("piscina", 1.1, none, "copied"), cost("piscina", 0.2, none, "moved")],
  "executor-lag": ["500", "1000", "at once"].map((requests) => cost("piscina", 1, none, requests)),
  "many-memory": [cost("CPython", 1, 0.65, 1_000_000)],
  "many-make": [cost("CPython", 0.6, none, 1_000_000)],
  "many-pass": [speed("a SharedArrayBuffer each", 50, none, 10_000)],
};
