import {
  type AbortSignalLike,
  type AsyncOptions,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  TimeoutError,
} from "@x/core";
import { Arrivals } from "./arrivals.js";
import { Bell } from "./bell.js";
import { type Future } from "./future.js";
import { futuresOf } from "./futures-of.js";
import { waitUntil } from "./waiting.js";

/**
 * Returns an iterator over the futures in the order in which they are done. Futures that are done already come
 * first. The iterator blocks this thread while it waits. The futures may belong to several executors.
 *
 *     for (const future of asCompleted(futures)) console.log(future.result());
 *
 * A cancelled future is done, too. The iterator keeps no future after returning it.
 *
 * @param futures any iterable of futures; a duplicate comes once
 * @param timeout milliseconds from this call until all are done; 0 only looks, Infinity waits for ever
 * @throws TypeError if an argument is of a wrong kind; RangeError if timeout is negative or NaN. The
 *   iterator throws TimeoutError after the timeout, and ThreadError where blocking is forbidden: use
 *   {@link asCompletedAsync}
 * @see Python `concurrent.futures.as_completed`
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  timeout: number = Infinity,
): IterableIterator<F> {
  checkTimeout(timeout, "executor");
  return new Completed(futuresOf(futures, "asCompleted"), Deadline.after(timeout));
}

/**
 * {@link asCompleted} for tasks: the iterator does not block the event loop. It yields each future in an object,
 * because a promise of a future would be a promise of its result.
 *
 *     for await (const { future } of asCompletedAsync(futures, { timeout: 1000 })) console.log(await future);
 *
 * @param options milliseconds, or `{ timeout, signal }`
 * @throws TypeError if an argument is of a wrong kind; RangeError if timeout is negative or NaN. The
 *   iterator rejects with TimeoutError after the timeout, and with `signal.reason` on abort
 */
export function asCompletedAsync<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: AsyncOptions,
): AsyncIterableIterator<{ readonly future: F }> {
  const { deadline, signal } = checkAsyncOptions(options, "executor");
  return new CompletedAsync(futuresOf(futures, "asCompletedAsync"), deadline, signal);
}

const END = { done: true, value: undefined } as const;

function timedOut(left: number, total: number): TimeoutError {
  return new TimeoutError(`executor: ${left} (of ${total}) futures unfinished; wait longer, or cancel them`);
}

class Completed<F extends Future<unknown>> implements IterableIterator<F> {
  readonly #arrivals = new Arrivals<F>();
  readonly #total: number;
  readonly #deadline: Deadline;

  constructor(futures: ReadonlySet<F>, deadline: Deadline) {
    this.#total = futures.size;
    this.#deadline = deadline;
    for (const future of futures) this.#arrivals.add(future);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<F, undefined> {
    const arrivals = this.#arrivals;
    const isOver = (): boolean => arrivals.hasArrived || arrivals.left === 0;
    if (!isOver() && !waitUntil(arrivals.sources, isOver, this.#deadline, "executor", "asCompletedAsync()")) {
      const { left } = arrivals;
      arrivals.stop();
      throw timedOut(left, this.#total);
    }
    const value = arrivals.take();
    return value === undefined ? END : { done: false, value };
  }

  return(): IteratorResult<F, undefined> {
    this.#arrivals.stop();
    return END;
  }
}

class CompletedAsync<F extends Future<unknown>> implements AsyncIterableIterator<{ readonly future: F }> {
  readonly #bell = new Bell();
  readonly #arrivals = new Arrivals<F>(() => this.#bell.ring());
  readonly #total: number;
  readonly #deadline: Deadline;
  readonly #signal: AbortSignalLike | undefined;

  constructor(futures: ReadonlySet<F>, deadline: Deadline, signal: AbortSignalLike | undefined) {
    this.#total = futures.size;
    this.#deadline = deadline;
    this.#signal = signal;
    for (const future of futures) this.#arrivals.add(future);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<{ readonly future: F }, undefined>> {
    const arrivals = this.#arrivals;
    const isOver = (): boolean => arrivals.hasArrived || arrivals.left === 0;
    for (;;) {
      const future = arrivals.take(); // another call of next() may have taken the last
      if (future !== undefined) return { done: false, value: { future } };
      if (arrivals.left === 0) return END;
      if (await this.#bell.until(isOver, this.#deadline, this.#signal)) continue;
      const { left } = arrivals;
      arrivals.stop();
      throw timedOut(left, this.#total);
    }
  }

  return(): Promise<typeof END> {
    this.#arrivals.stop();
    this.#bell.ring();
    return Promise.resolve(END);
  }
}
