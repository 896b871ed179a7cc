/** Counts and times of an executor. */
import type { State } from "./state.js";
import * as head from "./words.js";

/** Times of tasks in milliseconds, rounded up to a power of 2 of microseconds; 0 if no task has ended. */
export interface Percentiles {
  /** Half of the tasks took no longer, in milliseconds. */
  readonly p50: number;
  /** 90 of 100 tasks took no longer, in milliseconds. */
  readonly p90: number;
  /** 99 of 100 tasks took no longer, in milliseconds. */
  readonly p99: number;
}

/** Counts of workers and tasks, and percentiles of their times; the result of `stats()`. */
export interface ExecutorStats {
  /** The number of running and starting workers. */
  readonly workers: number;
  /** The number of workers that wait for a task. */
  readonly idle: number;
  /** The number of tasks that wait for a worker. */
  readonly pending: number;
  /** The number of running tasks. */
  readonly running: number;
  /** The number of tasks that have ended with a result. */
  readonly completed: number;
  /** The number of tasks that have ended with an error. */
  readonly failed: number;
  /** The number of tasks cancelled before they began. */
  readonly cancelled: number;
  /** From the submit to the begin. */
  readonly waitTime: Percentiles;
  /** From the begin to the end. */
  readonly runTime: Percentiles;
}

export function statsOf(state: State): ExecutorStats {
  return state.locked(() => {
    const { records } = state;
    return {
      workers: records.head(head.ALIVE),
      idle: state.idleCount(),
      pending: records.head(head.PENDING),
      running: records.head(head.RUNNING),
      completed: records.head(head.COMPLETED) >>> 0,
      failed: records.head(head.FAILED) >>> 0,
      cancelled: records.head(head.CANCELLED) >>> 0,
      waitTime: percentiles(state, head.WAIT_TIMES),
      runTime: percentiles(state, head.RUN_TIMES),
    };
  });
}

function percentiles({ records }: State, times: number): Percentiles {
  const counts = Array.from({ length: head.TIMES }, (_, i) => records.head(times + i) >>> 0);
  const all = counts.reduce((a, b) => a + b, 0);
  const at = (share: number): number => {
    let below = 0;
    const i = counts.findIndex((count) => (below += count) >= share * all);
    return all === 0 ? 0 : 2 ** i / 1000;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
