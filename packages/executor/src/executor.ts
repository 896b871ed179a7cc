/** A pool of threads that run tasks. Words: see words.ts. */
import {
  type AbortSignalLike,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  describe,
  getIdent,
  Primitive,
  type PrimitiveHandle,
  registerKind,
  registerPrimitive,
  suspend,
} from "@x/core";
import {
  checkKeys,
  encodeValue,
  packToStay,
  Existing,
  existing,
  knownObject,
  memoryInHandle,
  newStoreMemory,
  NO_BLOCK,
  platform,
  type ThreadTarget,
  transferableCallable,
} from "@x/core/internal";
import { enumerate, isMainThread, Thread } from "@x/thread";
import type { Future } from "./future.js";
import { mapAsyncOf, mapOf } from "./map.js";
import type { MapAsyncOptions, MapOptions } from "./map-options.js";
import { type ExecutorStats, statsOf } from "./stats.js";
import { type ResultStream, type StreamOptions, streamOf } from "./stream.js";
import { WorkerPool } from "./worker-pool.js";
import type { Records } from "./records.js";
import {
  type CheckedOptions,
  checkCall,
  checkExecutorOptions,
  checkTask,
  type ExecutorOptions,
  type TaskOptions,
} from "./submit-options.js";
import { FUTURE_KIND, type FutureData } from "./submitter.js";
import { POOL, runWorker } from "./worker.js";
import * as head from "./words.js";
import { bytesOfWorkers } from "./workers.js";

/** The result of `share()`: plain data, ready to post to any worker. */
export interface ExecutorHandle extends PrimitiveHandle {
  /** The memory of the tasks and results. */
  readonly memory: SharedArrayBuffer;
}

/** How an executor is shut down. */
export interface ShutdownOptions {
  /** False: returns at once; the pending tasks run all the same. Default: true. */
  readonly wait?: boolean | undefined;
  /** True: pending tasks are cancelled. Default: false. */
  readonly cancelFutures?: boolean | undefined;
  /** The longest wait in milliseconds. Default: Infinity. */
  readonly timeout?: number | undefined;
}

/** `Symbol.dispose` and `Symbol.asyncDispose`, or symbols in their place if the engine has none (WebKit). */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

declare global {
  // Core declares Symbol.dispose in the same way: TypeScript's library has both with lib esnext.disposable.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/** How many executors this thread has made: for their names. */
let made = 0;

/**
 * Runs tasks in a pool of threads, and returns a future for each task.
 *
 *     export function render(page: Page) { … }
 *     expose({ render });
 *
 *     if (isMainThread) {
 *       const executor = new ThreadPoolExecutor(4);
 *       const futures = pages.map((page) => executor.submit(render, page));
 *       for (const future of futures) show(await future);        // or future.result(), which blocks
 *       executor.shutdown();
 *     }
 *
 * Workers are threads. They start when tasks come, without blocking the submitter, and stay for later tasks.
 * Arguments and results are copied by the rules of structured clone. Primitives, threads, futures, executors,
 * exposed functions and objects of exposed classes arrive as themselves. A task sees all writes to shared
 * memory before its `submit`. A thread sees all writes of a task after it takes the result.
 *
 * The process runs all submitted tasks before it ends; idle workers do not keep it alive. If a worker dies, its
 * task fails with the cause of the death, and another worker takes its place.
 *
 * An executor may be an argument of a task, and tasks may submit to it.
 *
 * @see Python `concurrent.futures.ThreadPoolExecutor`
 */
export class ThreadPoolExecutor extends Primitive {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/executor ThreadPoolExecutor";
  /** The size of an executor without its tasks, in bytes. */
  static readonly BYTES: number = head.EXECUTOR_BYTES;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];

  /** @internal */
  readonly [POOL]: WorkerPool;

  static {
    registerPrimitive(ThreadPoolExecutor, import.meta.url);
    registerKind(FUTURE_KIND, import.meta.url, (data: FutureData) => {
      const executor = knownObject(ThreadPoolExecutor.from(data.executor as ExecutorHandle));
      return executor[POOL].submitter.addView(data);
    });
  }

  /**
   * Returns the executor of a handle.
   *
   * @throws TypeError if `handle` is not the result of `share()`
   */
  static from(handle: ExecutorHandle): ThreadPoolExecutor {
    return new ThreadPoolExecutor(existing(handle, ThreadPoolExecutor) as ExecutorOptions);
  }

  /**
   * Makes an executor. No thread starts before the first task, unless `minWorkers` says so.
   *
   * @param options the most workers, or `{ maxWorkers, initializer, … }`
   * @throws TypeError or RangeError for an option; TypeError if the initializer or its arguments cannot travel
   * @see Python `ThreadPoolExecutor(max_workers, thread_name_prefix, initializer, initargs)`
   */
  constructor(options: number | ExecutorOptions = {}) {
    const isNew = !Existing.is(options);
    const checked = isNew ? checkExecutorOptions(options, platform.cores()) : undefined;
    const memory = isNew ? newStoreMemory(checked!.maxBytes) : (options as Existing).memory;
    super(ThreadPoolExecutor, isNew ? undefined : (options as Existing).place);
    this[POOL] = new WorkerPool(this.words, this.at, memory, {
      executor: this,
      workerThread: (slot, name) => new Thread({ target: runWorker as never, args: [this, slot], name, daemon: false }),
    });
    if (checked === undefined) return;
    setUp(this[POOL], checked);
    if (checked.minWorkers > 0) this[POOL].prestart();
  }

  /** The handle of this executor: plain data to post to a foreign worker. There, `from` makes the executor of it. */
  override share(): ExecutorHandle {
    return { ...super.share(), memory: memoryInHandle(this[POOL].memory) };
  }

  /**
   * Submits a task: a worker calls the function with the arguments. Returns its future at once.
   *
   *     const future = executor.submit(render, page);
   *     const urgent = executor.submit({ target: render, args: [page], priority: 1, timeout: 5000, signal });
   *     const moved = executor.submit({ target: invert, args: [pixels], transfer: [pixels] });
   *
   * With `maxPending` it blocks this thread while so many tasks wait for a worker. Tasks of the same priority
   * begin in the order of their submits. The objects of `transfer` move to the worker at the submit; a task
   * gives its own objects away with `return move(value, [buffer])`. They are freed if the task is cancelled, or
   * if its worker dies.
   *
   * @param target a function, sync or async, or an object of an exposed class with a `call` method
   * @throws ThreadError after a shutdown; BrokenExecutor if the initializer has failed; TypeError if the
   *   function or an argument cannot travel, with the place and the cure; ThreadError if the tasks take
   *   `maxBytes` together, if no thread can start, or if it would have to wait where blocking is forbidden: use
   *   {@link submitAsync}
   * @see Python `Executor.submit(fn, *args, **kwargs)`
   */
  submit<A extends unknown[], R>(target: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
  submit<A extends readonly unknown[], R>(task: TaskOptions<A, R>): Future<R>;
  submit<R>(target: ThreadTarget<never[], R>, ...args: unknown[]): Future<R>;
  submit(first: unknown, ...rest: unknown[]): Future<never> {
    return this[POOL].submit(checkTask(first, rest));
  }

  /**
   * {@link submit} for tasks: does not block the event loop while it waits for room. It resolves to an object
   * with the future, because a promise of a future would be a promise of its result.
   *
   *     const { future } = await executor.submitAsync(render, page);
   *
   * @throws (rejects with) the errors of `submit`; `signal.reason` if the signal of the task is aborted first
   */
  submitAsync<A extends unknown[], R>(
    target: (...args: A) => R | PromiseLike<R>,
    ...args: A
  ): Promise<{ readonly future: Future<R> }>;
  submitAsync<A extends readonly unknown[], R>(task: TaskOptions<A, R>): Promise<{ readonly future: Future<R> }>;
  submitAsync<R>(target: ThreadTarget<never[], R>, ...args: unknown[]): Promise<{ readonly future: Future<R> }>;
  async submitAsync(first: unknown, ...rest: unknown[]): Promise<{ readonly future: Future<never> }> {
    const task = checkTask(first, rest);
    return this[POOL].submitAsync(task, task.signal);
  }

  /**
   * Calls the function with a value of each iterable, in tasks, and returns an iterator over the results in the order
   * of the arguments. It stops with the shortest iterable, and blocks this thread while it waits.
   *
   *     for (const image of executor.map(render, pages)) show(image);
   *     for (const line of executor.map(parse, endless(), { buffersize: 100, chunksize: 10 })) print(line);
   *
   * It submits all calls at once. With `buffersize`, at most so many submitted calls have no result taken. The
   * error of a call comes in its place, and the following `next()` goes on with the next result. `return()`
   * cancels the calls that have not begun. A loop calls it at an early end.
   *
   * @param args an iterable for each parameter of the function, and then, if any, {@link MapOptions}
   * @throws TypeError if an argument is of a wrong kind, or the function cannot travel; RangeError for an option; the
   *   errors of `submit`. The iterator throws the error of each call in its place; TimeoutError after the timeout;
   *   ThreadError where blocking is forbidden (a browser's page): use {@link mapAsync}
   * @see Python `Executor.map(fn, *iterables, timeout=None, chunksize=1, buffersize=None)`
   */
  map<A extends unknown[], R>(
    fn: (...args: A) => R | PromiseLike<R>,
    ...args: { readonly [K in keyof A]: Iterable<A[K]> }
  ): IterableIterator<R>;
  map<A extends unknown[], R>(
    fn: (...args: { [K in keyof A]: A[K] }) => R | PromiseLike<R>,
    ...args: [...{ [K in keyof A]: Iterable<A[K]> }, MapOptions]
  ): IterableIterator<R>;
  map(fn: unknown, ...args: unknown[]): IterableIterator<never> {
    return mapOf((task) => this.submit(task as TaskOptions), fn, args);
  }

  /**
   * {@link map} for tasks: the iterator does not block the event loop. It takes async iterables, too, and
   * `buffersize` limits how far it reads them. By default, the limit is twice the calls that can run at the
   * same time.
   *
   *     for await (const image of executor.mapAsync(render, pagesOf(site))) show(image);
   *
   * @param args an iterable or async iterable for each parameter of the function, and then, if any,
   *   {@link MapAsyncOptions}
   * @throws TypeError if an argument is of a wrong kind, or the function cannot travel; RangeError for an option. The
   *   iterator rejects with the error of each call in its place; with the errors of `submit`; with TimeoutError
   *   after the timeout; with `signal.reason` on abort
   */
  mapAsync<A extends unknown[], R>(
    fn: (...args: A) => R | PromiseLike<R>,
    ...args: { readonly [K in keyof A]: Iterable<A[K]> | AsyncIterable<A[K]> }
  ): AsyncIterableIterator<R>;
  mapAsync<A extends unknown[], R>(
    fn: (...args: { [K in keyof A]: A[K] }) => R | PromiseLike<R>,
    ...args: [...{ [K in keyof A]: Iterable<A[K]> | AsyncIterable<A[K]> }, MapAsyncOptions]
  ): AsyncIterableIterator<R>;
  mapAsync(fn: unknown, ...args: unknown[]): AsyncIterableIterator<never> {
    const concurrency = this.maxWorkers * this[POOL].state.load(head.TASKS_PER_WORKER);
    return mapAsyncOf((task) => this.submitAsync(task as TaskOptions), concurrency, fn, args);
  }

  /**
   * Calls a generator function in a task, and returns the stream of its values. `for await` reads them. `for`
   * reads them, too, and blocks this thread.
   *
   *     for await (const row of executor.stream(readRows, "big.csv")) insert(row);
   *
   * The generator waits while `buffersize` values are unread, 16 by default. The early end of a loop ends the
   * generator: its `finally` runs when it yields the next value. Only one loop may read a stream.
   *
   * @param target a generator function, sync or async, or `{ target, args, buffersize }`
   * @throws the errors of `submit`; TypeError or RangeError for an option. The loop throws the error of the generator
   *   after the values before it; ThreadError with the cause if the worker has died; TypeError if the function
   *   returns no generator
   */
  stream<A extends unknown[], T>(target: (...args: A) => Iterable<T> | AsyncIterable<T>, ...args: A): ResultStream<T>;
  stream<A extends unknown[], T>(options: StreamOptions<A, T>): ResultStream<T>;
  stream(first: unknown, ...args: unknown[]): ResultStream<never> {
    return streamOf((task) => this.submit(task as TaskOptions), first, args);
  }

  /**
   * Submits one call of the function to each worker that runs or starts at this moment. Returns a future for
   * each call.
   *
   *     await Promise.all(executor.runOnAll(reloadTemplates, version));
   *     for (const future of executor.runOnAll(memoryUsage)) console.log(future.result());
   *
   * A worker makes the call after its current task, and before all other tasks. If the worker ends before the
   * call, the future of the call is cancelled. A worker that starts later does not make the call: `initializer`
   * is for later workers. An executor without workers returns no futures; `minWorkers` keeps some.
   *
   * @param target a function, sync or async, or an object of an exposed class with a `call` method
   * @throws ThreadError after a shutdown, in a task of the executor, and if the tasks take `maxBytes` together;
   *   BrokenExecutor if the initializer has failed; TypeError if the function or an argument cannot travel
   * @see Python has no counterpart; Dask `Client.run`
   */
  runOnAll<A extends unknown[], R>(target: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>[];
  runOnAll<R>(target: ThreadTarget<never[], R>, ...args: unknown[]): Future<R>[];
  runOnAll(target: unknown, ...args: unknown[]): Future<never>[] {
    return this[POOL].submitToAll(checkCall(target, args));
  }

  /**
   * Cancels all pending tasks, of all submitters. Running tasks go on.
   *
   * @returns the number of cancelled tasks
   */
  cancelPending(): number {
    return this[POOL].cancelPending();
  }

  /**
   * Ends the executor: no thread can submit any more. Pending tasks run; then the workers end. Blocks this
   * thread until they have ended.
   *
   * @param options `false` does not wait; or `{ wait, cancelFutures, timeout }`
   * @returns true if all workers have ended, false if the time ran out first, or if it did not wait
   * @throws ThreadError in a task of the executor, unless `wait` is false; ThreadError where blocking is
   *   forbidden: use {@link shutdownAsync}
   * @see Python `Executor.shutdown(wait=True, cancel_futures=False)`
   */
  shutdown(options: boolean | ShutdownOptions = true): boolean {
    const { wait, cancelFutures, timeout } = checkShutdown(options);
    if (wait) this[POOL].checkMayWait();
    this[POOL].close(cancelFutures);
    if (!wait) return false;
    const deadline = Deadline.after(timeout);
    const idents = block(this[POOL].ending(deadline), this, "shutdownAsync()");
    if (idents === undefined) return false;
    for (const thread of enumerate()) if (idents.has(thread.ident!) && !thread.join(deadline.left())) return false;
    return true;
  }

  /**
   * {@link shutdown} for tasks: does not block the event loop.
   *
   * @param options `{ cancelFutures, timeout, signal }`
   * @throws (rejects with) the errors of `shutdown`; `signal.reason` on abort: the shutdown goes on
   */
  async shutdownAsync(
    options: { readonly cancelFutures?: boolean; readonly timeout?: number; readonly signal?: AbortSignalLike } = {},
  ): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "executor", ["cancelFutures", "timeout", "signal"]);
    const { cancelFutures = false } = options;
    checkBoolean(cancelFutures, "cancelFutures");
    this[POOL].checkMayWait();
    this[POOL].close(cancelFutures);
    const idents = await suspend(this[POOL].ending(deadline), signal, this);
    if (idents === undefined) return false;
    for (const thread of enumerate())
      if (idents.has(thread.ident!) && !(await thread.joinAsync(deadline.left()))) return false;
    return true;
  }

  /**
   * Terminates the workers at once, at any point of their tasks. The futures of running tasks fail with a
   * ThreadError; pending tasks are cancelled. Idle workers end, too. A task may call it: then the worker of this
   * task ends after the task.
   *
   * @see Python 3.14 `ProcessPoolExecutor.terminate_workers`
   */
  terminate(): void {
    this[POOL].terminate();
  }

  /**
   * Counts of workers and tasks, and percentiles of their times, at this moment. Starts workers in the place of dead ones.
   *
   * @throws ThreadError if all workers have died, and none can start
   */
  stats(): ExecutorStats {
    this[POOL].submitter.lookAtDeaths();
    return statsOf(this[POOL].state);
  }

  /** The most workers that run at once. */
  get maxWorkers(): number {
    return this[POOL].state.load(head.MAX_WORKERS);
  }

  /** Was the executor shut down? */
  get isShutdown(): boolean {
    return (this[POOL].state.load(head.FLAGS) & head.SHUT_DOWN) !== 0;
  }

  /**
   * Calls `body` with the executor, then shuts the executor down, and waits. Python's `with`.
   *
   *     const total = new ThreadPoolExecutor(4).with((executor) => executor.submit(sum, list).result());
   *
   * @throws the errors of `body`, after the shutdown; TypeError if `body` is no function
   * @see Python `with ThreadPoolExecutor() as executor:`
   */
  with<R>(body: (executor: this) => R): R {
    if (typeof body !== "function") throw new TypeError(`executor: with takes a function, got ${describe(body)}`);
    try {
      return body(this);
    } finally {
      this.shutdown();
    }
  }

  /** Shuts down, and waits: at the end of the block of `using executor = new ThreadPoolExecutor()`. */
  [DISPOSE](): void {
    this.shutdown();
  }

  /** The same for `await using`: it does not block the event loop. */
  async [ASYNC_DISPOSE](): Promise<void> {
    await this.shutdownAsync();
  }

  /** `<ThreadPoolExecutor at 0x0040: workers=2 of 4, pending=0, running=2>`. */
  override toString(): string {
    const { workers, pending, running } = this.stats();
    const end = this.isShutdown ? ", shut down" : "";
    return `<ThreadPoolExecutor ${this.place}: workers=${workers} of ${this.maxWorkers}, pending=${pending}, running=${running}${end}>`;
  }
}

/** Writes the options into the words of a new executor. */
function setUp({ state, memory }: WorkerPool, options: CheckedOptions): void {
  const { records } = state;
  const { maxWorkers, minWorkers, maxPending, idleTimeout, tasksPerWorker, maxTasksPerWorker } = options;
  records.setHead(head.MAX_WORKERS, maxWorkers);
  records.setHead(head.MIN_WORKERS, minWorkers);
  records.setHead(head.MAX_PENDING, maxPending);
  records.setHead(head.IDLE_MS, idleTimeout);
  records.setHead(head.TASKS_PER_WORKER, tasksPerWorker);
  records.setHead(head.RECYCLE_AFTER, maxTasksPerWorker);
  records.setHead(head.WORKERS, zeroed(records, bytesOfWorkers(maxWorkers)));
  const prefix = new TextEncoder().encode(options.prefix ?? defaultPrefix());
  records.setHead(head.PREFIX, stored(records, prefix.length, prefix));
  if (options.initializer === undefined) return;
  const initializer = transferableCallable(options.initializer, "executor");
  const { kind, bytes } = packToStay(() => {
    encodeValue(options.initargs, "initargs", "executor"); // first: its error names the place in `initargs`
    return encodeValue([initializer, options.initargs], "initializer", "executor", memory);
  });
  records.setHead(head.SETUP, stored(records, (bytes.length << 2) | kind, bytes));
}

function defaultPrefix(): string {
  const number = made++;
  return isMainThread ? `ThreadPoolExecutor-${number}` : `ThreadPoolExecutor-${getIdent()}.${number}`;
}

/** A block of a word and bytes. */
function stored(records: Records, word: number, bytes: Uint8Array): number {
  const block = allocated(records, head.WORD_BYTES + bytes.length);
  records.set(block, 0, word);
  records.store.write(block + head.WORD_BYTES, bytes);
  return block;
}

function zeroed(records: Records, bytes: number): number {
  const block = allocated(records, bytes);
  for (let i = 0; i < bytes / head.WORD_BYTES; i++) records.set(block, i, 0);
  return block;
}

function allocated(records: Records, bytes: number): number {
  const block = records.store.allocate(bytes);
  if (block !== NO_BLOCK) return block;
  throw new RangeError(`executor: maxBytes is too small for maxWorkers and initargs: ${records.store.usage}; raise it`);
}

function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`executor: ${name} must be a boolean, got ${describe(value)}`);
}

function checkShutdown(options: unknown): { wait: boolean; cancelFutures: boolean; timeout: number } {
  if (typeof options === "boolean") return { wait: options, cancelFutures: false, timeout: Infinity };
  if (typeof options !== "object" || options === null)
    throw new TypeError(
      `executor: shutdown takes a boolean or { wait, cancelFutures, timeout }, got ${describe(options)}`,
    );
  checkKeys(options, ["wait", "cancelFutures", "timeout"], "executor", { cancel_futures: "cancelFutures" });
  const { wait = true, cancelFutures = false, timeout = Infinity } = options as ShutdownOptions;
  checkBoolean(wait, "wait");
  checkBoolean(cancelFutures, "cancelFutures");
  checkTimeout(timeout, "executor");
  return { wait, cancelFutures, timeout };
}
