/** Helpers of the tests of executors. */
import {
  asCompleted,
  asCompletedAsync,
  type Future,
  type MapOptions,
  type ReturnWhen,
  ThreadPoolExecutor,
  wait,
  waitAsync,
  type WaitResult,
} from "@x/executor";
import { LONG } from "@x/testkit";
import { exceptHook, setExceptHook } from "@x/thread";
import { expect, onTestFinished } from "vitest";
import type { WorkerPool } from "../src/worker-pool.ts";
import { type Death, signal } from "./executor.workers.mjs";

/** The words of a test; see executor.workers.mjs. */
const GATE = 0;
export const BEGUN = 1;
export const COUNT = 2;

/** Zeroed words in shared memory. */
export function newFlags(count: number = 16): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

/** Words with a gate. It opens at the end of the test, so no task stays there. */
export function newGate(): Int32Array {
  const flags = newFlags();
  onTestFinished(() => open(flags));
  return flags;
}

export function open(flags: Int32Array): void {
  signal(flags, GATE, 1000);
}

type Options = ConstructorParameters<typeof ThreadPoolExecutor>[0];

/** An executor that is shut down at the end of the test, and must end then. */
export function pool(options?: Options): ThreadPoolExecutor {
  const executor = new ThreadPoolExecutor(options);
  onTestFinished(async () => {
    executor.terminate();
    await executor.shutdownAsync();
  });
  return executor;
}

/** Silences the except hook during this test, because its workers die. */
export function quiet(): void {
  setExceptHook(() => undefined);
  onTestFinished(() => setExceptHook(exceptHook));
}

/** Returns the error of the rejected promise; fails if it resolves. */
export async function rejectedBy(body: () => Promise<unknown> | PromiseLike<unknown>): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

/** Returns what `body` throws or rejects with. */
export const errorOf = (body: () => unknown): Promise<unknown> => rejectedBy(async () => body());

/** How a task may end its worker, and the message of that death. A page has no `process.exit`. */
export const DIED_BY = {
  exit: /process\.exit\(3\)/,
  timer: /in a timer/,
  rejection: /in a promise/,
} satisfies Record<Death, RegExp>;

export const DEATHS: readonly [Death, ...Death[]] =
  globalThis.process === undefined ? ["timer", "rejection"] : ["exit", "timer", "rejection"];

interface Wrapped<F> {
  readonly future: F;
}

/** The blocking forms and the awaited forms under the same names. Futures travel in objects, because a future is thenable. */
interface Form {
  submit<A extends unknown[], R>(
    executor: ThreadPoolExecutor,
    fn: (...args: A) => R,
    ...args: A
  ): Promise<{ readonly future: Future<R> }>;
  result<T>(future: Future<T>, timeout?: number): T | Promise<T>;
  exception(future: Future<unknown>, timeout?: number): unknown;
  wait<F extends Future<unknown>>(
    futures: Iterable<F>,
    timeout?: number,
    returnWhen?: ReturnWhen,
  ): WaitResult<F> | Promise<WaitResult<F>>;
  /** The futures, and the error of the iterator at its end. */
  asCompleted<F extends Future<unknown>>(
    futures: Iterable<F>,
    timeout?: number,
  ): { next(): Promise<Wrapped<F> | undefined> };
  shutdown(
    executor: ThreadPoolExecutor,
    options?: { cancelFutures?: boolean; timeout?: number },
  ): boolean | Promise<boolean>;
  map<A extends unknown[], R>(
    executor: ThreadPoolExecutor,
    fn: (...args: A) => R | PromiseLike<R>,
    iterables: { [K in keyof A]: Iterable<A[K]> },
    options?: MapOptions,
  ): { next(): Promise<IteratorResult<R>>; return(): Promise<unknown> };
}

const blocked: Form = {
  submit: async (executor, fn, ...args) => ({ future: executor.submit(fn, ...args) }),
  result: (future, timeout = LONG) => future.result(timeout),
  exception: (future, timeout = LONG) => future.exception(timeout),
  wait: (futures, timeout = LONG, returnWhen) => wait(futures, timeout, returnWhen),
  asCompleted: (futures, timeout = LONG) => {
    const iterator = asCompleted(futures, timeout);
    return {
      next: async () => {
        const step = iterator.next();
        return step.done === true ? undefined : { future: step.value };
      },
    };
  },
  shutdown: (executor, options) => executor.shutdown(options),
  map: (executor, fn, iterables, options = {}) => {
    const iterator = executor.map(fn, ...(iterables as never), { timeout: LONG, ...options } as never);
    return { next: async () => iterator.next() as never, return: async () => iterator.return!() };
  },
};

const awaited: Form = {
  submit: (executor, fn, ...args) => executor.submitAsync(fn, ...args),
  result: (future, timeout = LONG) => future.resultAsync(timeout),
  exception: (future, timeout = LONG) => future.exceptionAsync(timeout),
  wait: (futures, timeout = LONG, returnWhen) => waitAsync(futures, { timeout, returnWhen }),
  asCompleted: (futures, timeout = LONG) => {
    const iterator = asCompletedAsync(futures, timeout);
    return {
      next: async () => {
        const step = await iterator.next();
        return step.done === true ? undefined : step.value;
      },
    };
  },
  shutdown: (executor, options) => executor.shutdownAsync(options),
  map: (executor, fn, iterables, options = {}) => {
    const iterator = executor.mapAsync(fn, ...(iterables as never), { timeout: LONG, ...options } as never);
    return { next: () => iterator.next() as never, return: () => iterator.return!() };
  },
};

/** Each test of a wait holds for both forms. */
export const FORMS = [
  ["blocked", blocked],
  ["awaited", awaited],
] as const;

/** All that an iterator gives; errors as `{ error }`. */
export async function drain<T>(iterator: { next(): Promise<IteratorResult<T>> }): Promise<(T | { error: unknown })[]> {
  const all: (T | { error: unknown })[] = [];
  for (;;) {
    try {
      const step = await iterator.next();
      if (step.done === true) return all;
      all.push(step.value);
    } catch (error) {
      all.push({ error });
    }
  }
}

/** The numbers 0 to n − 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** What the store of an executor holds. */
export function held(executor: ThreadPoolExecutor): {
  readonly submitters: number;
  readonly records: number;
  readonly bytes: number;
} {
  const { state } = (executor as unknown as Record<symbol, WorkerPool>)[Symbol.for("@x/executor pool")]!;
  const { records } = state;
  return state.locked(() => ({
    submitters: [...records.submitters()].length,
    records: [...records.all()].length,
    bytes: Number.parseInt(records.store.usage, 10),
  }));
}
