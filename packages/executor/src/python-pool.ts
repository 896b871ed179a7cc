import { describe, ThreadError } from "@x/core";
import { checkKeys, type TransferableCallable } from "@x/core/internal";
import { AsyncMapIterator } from "./async-map-iterator.js";
import { ThreadPoolExecutor } from "./executor.js";
import type { Future } from "./future.js";
import type { Row } from "./map-calls.js";
import { MapIterator } from "./map-iterator.js";
import { type Checked, checkOptions, checkTarget } from "./map-options.js";
import { checkIterable, rowsFrom, rowsOf } from "./map-rows.js";
import type { MapTask } from "./mapping.js";

/** The options of {@link Pool}. */
export interface PoolOptions {
  /** Each worker calls this function before its first task. */
  readonly initializer?: ((...args: never[]) => unknown) | undefined;
  /** The arguments of the initializer. */
  readonly initargs?: readonly unknown[] | undefined;
  /** A worker ends after so many tasks, and another takes its place. Default: Infinity. */
  readonly maxTasksPerWorker?: number | undefined;
}

const OPTIONS = ["initializer", "initargs", "maxTasksPerWorker"];
const ALIASES = { maxtasksperchild: "maxTasksPerWorker", maxTasksPerChild: "maxTasksPerWorker" };

type Call<A extends readonly unknown[], R> = (...args: A) => R | PromiseLike<R>;

type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/** From the items of an iterable to the arguments of the calls. */
type Rows<I> = (list: Iterable<I>) => Iterator<Row>;

/**
 * A pool of threads with the names of Python's `multiprocessing.pool`, over a {@link ThreadPoolExecutor}: take it to
 * port a program.
 *
 *     const pool = new Pool(4);
 *     const squares = pool.map(square, [1, 2, 3]);
 *     for (const image of pool.imap(render, pages)) show(image);
 *     pool.close();
 *     pool.join();
 *
 * Methods block this thread while they wait. In a browser's page, await the methods with `Async` in their names.
 *
 * @see Python `multiprocessing.pool.Pool` and `ThreadPool`
 */
export class Pool {
  readonly #executor: ThreadPoolExecutor;

  /**
   * @param processes the most workers that run at once. Default: the number of cores
   * @throws TypeError or RangeError for an argument
   * @see Python `Pool(processes, initializer, initargs, maxtasksperchild)`
   */
  constructor(processes?: number, options: PoolOptions = {}) {
    if (typeof options !== "object" || (options as unknown) === null)
      throw new TypeError(`executor: expected { initializer, initargs, maxTasksPerWorker }, got ${describe(options)}`);
    checkKeys(options, OPTIONS, "executor", ALIASES);
    const { initializer, initargs, maxTasksPerWorker } = options;
    this.#executor = new ThreadPoolExecutor({ maxWorkers: processes, initializer, initargs, maxTasksPerWorker });
  }

  /**
   * Calls the function with the arguments in a worker, and blocks this thread until it returns.
   *
   * @throws the error of the function; the errors of `submit` and of `result`
   * @see Python `Pool.apply(func, args)`
   */
  apply<A extends readonly unknown[], R>(fn: Call<A, R>, args?: A): R {
    return this.applyAsync(fn, args).result();
  }

  /**
   * Calls the function with the arguments in a worker, and returns a future of its result: await it, or give it a
   * callback with `addDoneCallback`.
   *
   * @throws the errors of `submit`
   * @see Python `Pool.apply_async(func, args)`; its `get`, `ready` and `wait` are here `result`, `done` and
   *   `exception`
   */
  applyAsync<A extends readonly unknown[], R>(fn: Call<A, R>, args?: A): Future<R> {
    this.#checkOpen();
    return this.#executor.submit<A, R>({ target: fn, args: args ?? [] } as never);
  }

  /**
   * Calls the function with each value, and returns an array of the results, in the order of the values. Blocks
   * this thread until all calls have ended.
   *
   * @param chunksize the number of calls in one task. Default: a quarter of each worker's share
   * @throws the first error, after all calls have ended; the errors of `submit`
   * @see Python `Pool.map(func, iterable, chunksize)`
   */
  map<T, R>(fn: Call<[T], R>, iterable: Iterable<T>, chunksize?: number): R[] {
    return this.#all(fn, iterable, single, chunksize);
  }

  /**
   * {@link map} for tasks: does not block the event loop.
   *
   * @throws (rejects with) the errors of `map`
   * @see Python `Pool.map_async`
   */
  mapAsync<T, R>(fn: Call<[T], R>, iterable: Iterable<T>, chunksize?: number): Promise<R[]> {
    return this.#allAsync(fn, iterable, single, chunksize);
  }

  /**
   * {@link map} with several arguments: each item of the iterable is the list of the arguments of a call.
   *
   *     pool.starmap(power, [[2, 10], [3, 4]]);     // [1024, 81]
   *
   * @throws the errors of `map`; TypeError if an item is no iterable
   * @see Python `Pool.starmap`
   */
  starmap<A extends readonly unknown[], R>(fn: Call<A, R>, iterable: Iterable<A>, chunksize?: number): R[] {
    return this.#all(fn, iterable, rowsFrom as Rows<A>, chunksize);
  }

  /** {@link starmap} for tasks: does not block the event loop. @see Python `Pool.starmap_async` */
  starmapAsync<A extends readonly unknown[], R>(
    fn: Call<A, R>,
    iterable: Iterable<A>,
    chunksize?: number,
  ): Promise<R[]> {
    return this.#allAsync(fn, iterable, rowsFrom as Rows<A>, chunksize);
  }

  /**
   * Calls the function with each value, and returns an iterator over the results in the order of the values. It
   * blocks this thread while it waits, and reads the iterable only a little ahead. After an error it goes on with
   * the next result.
   *
   * @param chunksize the number of calls in one task. Default: 1
   * @throws TypeError if an argument is of a wrong kind; RangeError for chunksize
   * @see Python `Pool.imap`
   */
  imap<T, R>(fn: Call<[T], R>, iterable: Iterable<T>, chunksize: number = 1): IterableIterator<R> {
    return this.#lazily(fn, iterable, chunksize, true);
  }

  /** {@link imap}, but it yields each result as soon as it is done. @see Python `Pool.imap_unordered` */
  imapUnordered<T, R>(fn: Call<[T], R>, iterable: Iterable<T>, chunksize: number = 1): IterableIterator<R> {
    return this.#lazily(fn, iterable, chunksize, false);
  }

  /** {@link imap} for tasks: does not block the event loop. Takes async iterables, too. */
  imapAsync<T, R>(fn: Call<[T], R>, iterable: AnyIterable<T>, chunksize: number = 1): AsyncIterableIterator<R> {
    this.#checkOpen();
    return this.#executor.mapAsync(fn, iterable, { chunksize });
  }

  /** {@link imapUnordered} for tasks. Takes async iterables, too. */
  imapUnorderedAsync<T, R>(
    fn: Call<[T], R>,
    iterable: AnyIterable<T>,
    chunksize: number = 1,
  ): AsyncIterableIterator<R> {
    this.#checkOpen();
    return this.#executor.mapAsync(fn, iterable, { chunksize, ordered: false });
  }

  /** Takes no more calls. Pending calls run. @see Python `Pool.close` */
  close(): void {
    this.#executor.shutdown(false);
  }

  /**
   * Terminates the workers at once. Running calls fail with a ThreadError, and pending calls are cancelled.
   *
   * @see Python `Pool.terminate`
   */
  terminate(): void {
    this.#executor.shutdown(false);
    this.#executor.terminate();
  }

  /**
   * Waits for the end of the workers.
   *
   * @throws ThreadError before `close` and `terminate`; ThreadError where blocking is forbidden: use {@link joinAsync}
   * @see Python `Pool.join`
   */
  join(): void {
    this.#checkClosed();
    this.#executor.shutdown();
  }

  /** {@link join} for tasks: does not block the event loop. */
  async joinAsync(): Promise<void> {
    this.#checkClosed();
    await this.#executor.shutdownAsync();
  }

  /** Closes the pool, and waits for the end of all calls, unlike Python. @see Python `Pool.__exit__` */
  [Symbol.dispose](): void {
    this.#executor.shutdown();
  }

  /** The same for `await using`: it does not block the event loop. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#executor.shutdownAsync();
  }

  /** `<Pool of <ThreadPoolExecutor …>>`. */
  toString(): string {
    return `<Pool of ${String(this.#executor)}>`;
  }

  #checkOpen(): void {
    if (this.#executor.isShutdown)
      throw new ThreadError("executor: the pool is not running; make a new pool after close() or terminate()");
  }

  #checkClosed(): void {
    if (!this.#executor.isShutdown)
      throw new ThreadError("executor: the pool is still running; call close() or terminate() before join()");
  }

  /** @throws the first error, after all calls have ended */
  #all<I, R>(fn: unknown, iterable: Iterable<I>, rows: Rows<I>, chunksize: number | undefined): R[] {
    const { list, options } = this.#listed(fn, iterable, chunksize);
    const submit = (task: MapTask): Future<unknown> => this.#executor.submit(task as never);
    const iterator = new MapIterator<R>(submit, fn as TransferableCallable, rows(list), options);
    const ended = new Ended<R>();
    while (!ended.has(() => iterator.next()));
    return ended.results();
  }

  /** {@link #all} for tasks. */
  async #allAsync<I, R>(
    fn: unknown,
    iterable: Iterable<I>,
    rows: Rows<I>,
    chunksize: number | undefined,
  ): Promise<R[]> {
    const { list, options } = this.#listed(fn, iterable, chunksize);
    const submit = (task: MapTask): Promise<{ future: Future<unknown> }> => this.#executor.submitAsync(task as never);
    const iterator = new AsyncMapIterator<R>(submit, fn as TransferableCallable, asyncRows(rows(list)), options);
    const ended = new Ended<R>();
    for (;;) {
      const step = await iterator.next().then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
      if (ended.has(step)) return ended.results();
    }
  }

  #listed<I>(fn: unknown, iterable: Iterable<I>, chunksize: number | undefined): { list: I[]; options: Checked } {
    this.#checkOpen();
    checkTarget(fn, "map");
    checkIterable(iterable, "map");
    const list = [...iterable];
    const share = Math.max(1, Math.ceil(list.length / (4 * this.#executor.maxWorkers)));
    return { list, options: checkOptions({ chunksize: chunksize ?? share }, false) };
  }

  #lazily<T, R>(fn: Call<[T], R>, iterable: Iterable<T>, chunksize: number, ordered: boolean): IterableIterator<R> {
    this.#checkOpen();
    checkOptions({ chunksize }, false);
    const buffersize = 2 * this.#executor.maxWorkers * chunksize;
    return this.#executor.map(fn, iterable, { chunksize, buffersize, ordered });
  }
}

/** The results of calls, and the first error. */
class Ended<R> {
  readonly #results: R[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** Adds the next step; true if it is the end. */
  has(next: () => IteratorResult<R, unknown>): boolean {
    try {
      const step = next();
      if (step.done === true) return true;
      this.#results.push(step.value);
    } catch (error) {
      this.#failure ??= { error };
    }
    return false;
  }

  results(): R[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#results;
  }
}

/** A row of one argument from each value. */
const single = (list: Iterable<unknown>): Iterator<Row> => rowsOf([list]);

async function* asyncRows(rows: Iterator<Row>): AsyncGenerator<Row, void, void> {
  for (let step = rows.next(); step.done !== true; step = rows.next()) yield step.value;
}
