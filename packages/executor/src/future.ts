/**
 * The result of a task, before and after its arrival.
 *
 * A future is an object of the submitter's thread. The arrival of the result in this thread settles it, once. A
 * future sent to another thread is a view there: it asks the executor's store for the same result.
 */
import {
  type AsyncOptions,
  checkAsyncOptions,
  checkFunction,
  checkTimeout,
  Deadline,
  describe,
  PACK,
  type Packed,
  ThreadError,
  TimeoutError,
} from "@x/core";
import { brandClass, platform, uncloneable } from "@x/core/internal";
import { InvalidStateError } from "./errors.js";
import { isThenable, Outcome } from "./outcome.js";

/** The states of a future, as text for users. */
type FutureState = "pending" | "running" | "cancelled" | "finished";

/** What a future needs of its executor. @internal */
export interface FutureSource {
  /** The future's name in reports. */
  readonly label: string;
  /** Takes all arrivals of this thread, and settles their futures. Does not wait. */
  receive(): void;
  /** Blocks until `isEnough()` is true; asks it again after each arrival. False if the time ran out first. */
  wait(future: Future<never>, isEnough: () => boolean, deadline: Deadline, twin: string): boolean;
  /**
   * A task of this thread awaits a future without a timeout. If all workers wait so, none of them can end: then
   * `fail` is called with a DeadlockError. The returned function ends this watch.
   */
  awaiting(fail: (error: Error) => void): () => void;
  isRunning(future: Future<never>): boolean;
  cancel(future: Future<never>): boolean;
  requestCancel(future: Future<never>): void;
  packed(future: Future<never>): Packed;
  /** Yields the values told by the task from now on. */
  progress(future: Future<never>): AsyncIterableIterator<unknown>;
}

/** The friends of Future: the executor's private access to it. @internal */
export interface FutureFriends {
  make<T>(source: FutureSource, slot: number, id: number, name: string): Future<T>;
  settle(future: Future<never>, outcome: Outcome): void;
  outcome(future: Future<never>): Outcome | undefined;
  /**
   * Calls `fn` once, when the future is settled; now if it is. `fn` runs before the callbacks of users. The
   * returned function undoes it.
   */
  whenSettled(future: Future<never>, fn: () => void): () => void;
  source(future: Future<never>): FutureSource | undefined;
  /** Is it the future of the task with this id? */
  isOf(future: Future<never>, id: number): boolean;
  name(future: Future<never>): { readonly slot: number; readonly id: number; readonly name: string };
  /** A thread has asked for the error, or will: it is not reported as unhandled. */
  ask(future: Future<never>): void;
}

export let friends: FutureFriends;

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const settled = /* @__PURE__ */ Promise.resolve();
const FUTURE = /* @__PURE__ */ uncloneable(
  "executor: a future",
  "send it in an argument or a result of a thread or a task, or in a queue",
);

/** Marks a future made by an executor, in the constructor. */
class Made {
  constructor(
    readonly source: FutureSource,
    readonly slot: number,
    readonly id: number,
    readonly name: string,
  ) {}
}

/**
 * The result of a task. `await` it, or block on it.
 *
 *     const future = executor.submit(render, page);
 *     const image = await future;                          // in a task
 *     const image = future.result();                       // in a thread that may block
 *
 * Caution: a promise of a future would be a promise of its result, because a future is thenable. So an async
 * function cannot return a future; it may return `{ future }`.
 *
 * An executor makes it. Sent in an argument or a result, it arrives in another thread as a future of the same
 * task. It is settled there, too, if the submitter has ended or died.
 *
 * @see Python `concurrent.futures.Future`
 */
export class Future<T = unknown> implements PromiseLike<T> {
  /** @internal Makes structured clone refuse the object. */
  readonly uncloneable: object = FUTURE;
  readonly #source: FutureSource | undefined;
  readonly #slot: number = 0;
  readonly #id: number = 0;
  readonly #name: string = "";
  #outcome: Outcome | undefined;
  /** Of a future without an executor: has `setRunningOrNotifyCancel` been called? */
  #isRunning = false;
  #isAsked = false;
  /** The functions to call when it is settled, in order. */
  #listeners: (() => void)[] | undefined;

  static {
    Object.defineProperty(this, "name", { value: "Future" }); // for reports, even if a minifier has renamed the class
    brandClass(this, "@x/executor Future");
    friends = {
      make: (source, slot, id, name) => new Future(new Made(source, slot, id, name)),
      settle: (future, outcome) => future.#settle(outcome),
      outcome: (future) => future.#outcome,
      whenSettled: (future, fn) => future.#whenSettled(fn),
      source: (future) => future.#source,
      isOf: (future, id) => future.#id === id,
      name: (future) => ({ slot: future.#slot, id: future.#id, name: future.#name }),
      ask: (future) => future.#ask(),
    };
  }

  /**
   * Makes a pending future without a task, for authors of executors and for tests: {@link setResult} settles
   * it. It belongs to this thread.
   *
   * @see Python `Future()`
   */
  constructor();
  /** @internal */
  constructor(made: unknown);
  constructor(made?: unknown) {
    if (!(made instanceof Made)) return;
    this.#source = made.source;
    this.#slot = made.slot;
    this.#id = made.id;
    this.#name = made.name;
  }

  /**
   * Returns the result of the task, and blocks this thread until it is there.
   *
   * The caller sees all writes of the task to shared memory. The error of a task is whole: class, message,
   * cause, fields and stack. Each call throws the same object.
   *
   * @param timeout milliseconds; 0 only looks, Infinity waits for ever
   * @throws the error of the task; CancelledError if the task was cancelled; TimeoutError if the time ran out
   *   first; ThreadError with the cause if the worker died; BrokenExecutor if no worker can run tasks;
   *   DeadlockError if all workers wait for tasks, and no worker can begin them; RangeError if timeout is
   *   negative or NaN; ThreadError where blocking is forbidden (a browser's page): use {@link resultAsync}
   * @see Python `Future.result(timeout)`, in seconds
   */
  result(timeout: number = Infinity): T {
    return this.#block(timeout, "resultAsync()").valueOrThrow() as T;
  }

  /**
   * {@link result} for tasks: does not block the event loop, and keeps the process alive meanwhile. Loads the
   * modules of the result.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `result`; `signal.reason` on abort: the task goes on
   */
  async resultAsync(options?: AsyncOptions): Promise<T> {
    const outcome = await this.#await(options);
    return (outcome.isKnown ? outcome.valueOrThrow() : await outcome.valueOrThrowAsync()) as T;
  }

  /** `await future` is `await future.resultAsync()`. */
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const outcome = this.#outcome;
    if (outcome?.isKnownValue !== true) return this.resultAsync().then(onValue, onError);
    // Async functions would take longer than the task: a program awaits many futures whose results are there.
    const value = outcome.valueOrThrow() as T;
    if (typeof onValue !== "function" || isThenable(value)) return Promise.resolve(value).then(onValue, onError);
    return settled.then(() => onValue(value));
  }

  /**
   * Returns the error of the task, or undefined if it has a result. Blocks this thread until the error or the
   * result is there.
   *
   * @param timeout milliseconds; 0 only looks, Infinity waits for ever
   * @throws CancelledError, TimeoutError, DeadlockError, RangeError and ThreadError, like {@link result}
   * @see Python `Future.exception(timeout)`; it returns None
   */
  exception(timeout: number = Infinity): unknown {
    return this.#block(timeout, "exceptionAsync()").errorOrThrow();
  }

  /** {@link exception} for tasks. */
  async exceptionAsync(options?: AsyncOptions): Promise<unknown> {
    const outcome = await this.#await(options);
    return outcome.isKnown ? outcome.errorOrThrow() : outcome.errorOrThrowAsync();
  }

  /**
   * Cancels the task if it is pending: it never runs then.
   *
   * @returns true if it is cancelled, now or before; false if it runs or has ended
   * @see Python `Future.cancel`
   */
  cancel(): boolean {
    if (this.#outcome === undefined && this.#source !== undefined) return this.#source.cancel(this as never);
    if (this.#outcome === undefined && !this.#isRunning) this.#settle(Outcome.cancelled());
    return this.#outcome?.isCancelled === true;
  }

  /**
   * Cancels a pending task, and asks a running task to stop: its `currentTask().cancelRequested` is true from
   * now on, and its `signal` is aborted. The task decides.
   *
   * @see Python has no counterpart
   */
  requestCancel(): void {
    if (this.#outcome === undefined && this.#source !== undefined) this.#source.requestCancel(this as never);
    else this.cancel();
  }

  /** Was it cancelled before it ran? @see Python `Future.cancelled` */
  cancelled(): boolean {
    return this.#look()?.isCancelled === true;
  }

  /** Does a worker run the task at this moment? @see Python `Future.running` */
  running(): boolean {
    if (this.#look() !== undefined) return false;
    return this.#source?.isRunning(this as never) ?? this.#isRunning;
  }

  /** Has it ended: with a result, an error, or cancelled? @see Python `Future.done` */
  done(): boolean {
    return this.#look() !== undefined;
  }

  /**
   * Calls `fn` with this future when it is done; now if it is. Callbacks run in this thread, in the order in
   * which they were added. They run when the result arrives in the event loop, or while this thread blocks in a
   * call of an executor. An error of `fn` is reported, and the other callbacks run.
   *
   * @throws TypeError if fn is no function
   * @see Python `Future.add_done_callback`, in a thread of its choice
   */
  addDoneCallback(fn: (future: this) => void): void {
    checkFunction(fn, "the callback", "executor");
    this.#ask();
    this.#whenSettled(() => {
      try {
        fn(this);
      } catch (error) {
        reportLater(error);
      }
    });
  }

  /**
   * Yields each value that the task tells by `currentTask().progress(value)`, from now on to the task's end.
   *
   *     for await (const percent of future.progress()) bar.update(percent);
   *
   * @throws ThreadError for a future of another thread, or without a task
   */
  progress(): AsyncIterableIterator<unknown> {
    if (this.#source === undefined)
      throw new ThreadError("executor: a future without a task has no progress; submit a task");
    return this.#source.progress(this as never);
  }

  /**
   * For authors of executors: call it before the work begins.
   *
   * @returns true if the work shall run; false if the future was cancelled
   * @throws InvalidStateError if it was called before, or if an executor has made the future
   * @see Python `Future.set_running_or_notify_cancel`
   */
  setRunningOrNotifyCancel(): boolean {
    this.#checkOwn();
    if (this.#outcome?.isCancelled === true) return false;
    if (this.#isRunning || this.#outcome !== undefined)
      throw new InvalidStateError(`executor: ${String(this)} is not pending; call setRunningOrNotifyCancel() once`);
    return (this.#isRunning = true);
  }

  /**
   * For authors of executors: settles the future with a result.
   *
   * @throws InvalidStateError if it is settled, or if an executor has made it; it is unchanged then
   * @see Python `Future.set_result`
   */
  setResult(value: T): void {
    this.#checkOwn();
    this.#checkUnsettled();
    this.#settle(Outcome.value(value));
  }

  /**
   * For authors of executors: settles the future with an error.
   *
   * @throws InvalidStateError if it is settled, or if an executor has made it; it is unchanged then
   * @see Python `Future.set_exception`
   */
  setException(error: unknown): void {
    this.#checkOwn();
    this.#checkUnsettled();
    this.#settle(Outcome.error(error));
  }

  /** `<Future at task 7: finished returned number>`, like Python's `repr`. */
  toString(): string {
    const outcome = this.#outcome;
    const end = outcome === undefined ? "" : outcome.text;
    const name = this.#name === "" ? "" : ` of ${this.#name}`;
    return `<Future${name}: ${this.#stateText}${end}>`;
  }

  /** The same text, in JSON. */
  toJSON(): string {
    return this.toString();
  }

  /** @internal The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal The record for its travel to another thread. */
  [PACK](): Packed {
    if (this.#source === undefined)
      throw new ThreadError("executor: a future without a task cannot travel to another thread; send its result");
    return this.#source.packed(this as never);
  }

  // ---------------------------------------------------------------- inside

  get #stateText(): FutureState {
    if (this.#outcome !== undefined) return this.#outcome.isCancelled ? "cancelled" : "finished";
    return this.running() ? "running" : "pending";
  }

  #ask(): void {
    this.#isAsked = true;
    this.#outcome?.asked();
  }

  #checkOwn(): void {
    if (this.#source !== undefined)
      throw new InvalidStateError(
        `executor: the executor settles ${String(this)}; only a future of your own can be set`,
      );
  }

  #checkUnsettled(): void {
    if (this.#outcome !== undefined)
      throw new InvalidStateError(`executor: ${String(this)} is settled already; set a future once`);
  }

  /** The outcome, if it has arrived. */
  #look(): Outcome | undefined {
    if (this.#outcome === undefined) this.#source?.receive();
    return this.#outcome;
  }

  #block(timeout: number, twin: string): Outcome {
    checkTimeout(timeout, "executor");
    this.#ask();
    if (this.#look() === undefined) {
      if (this.#source === undefined) {
        if (timeout !== Infinity) throw this.#late(timeout);
        throw new ThreadError(`executor: ${String(this)} has no task, so this thread would wait for ever; use ${twin}`);
      }
      if (!this.#source.wait(this as never, () => this.#outcome !== undefined, Deadline.after(timeout), twin))
        throw this.#late(timeout);
    }
    return this.#outcome!;
  }

  async #await(options: AsyncOptions | undefined): Promise<Outcome> {
    const { timeout, signal } = checkAsyncOptions(options, "executor");
    this.#ask();
    if (signal?.aborted === true) throw signal.reason;
    if (this.#look() !== undefined) return this.#outcome!;
    if (timeout === undefined && signal === undefined) await this.#settled();
    else if (!(await settledWithin(this as never, timeout, signal))) throw this.#late(timeout);
    return this.#outcome!;
  }

  /** Resolves when it is settled. Rejects with a DeadlockError if the wait is a deadlock. */
  #settled(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let leave: (() => void) | undefined = undefined;
      const listening = this.#whenSettled(() => {
        leave?.();
        resolve();
      });
      leave = this.#source?.awaiting((error) => {
        leave?.();
        listening();
        reject(error);
      });
    });
  }

  #late(timeout: number | undefined): TimeoutError {
    return new TimeoutError(`executor: ${String(this)} is not done within ${timeout} ms; wait longer`);
  }

  #settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (this.#isAsked) outcome.asked();
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  #whenSettled(fn: () => void): () => void {
    if (this.#outcome !== undefined) {
      fn();
      return () => undefined;
    }
    (this.#listeners ??= []).push(fn);
    return () => {
      const i = this.#listeners?.indexOf(fn) ?? -1;
      if (i >= 0) this.#listeners!.splice(i, 1);
    };
  }
}

/**
 * Resolves to true when `isEnough()` is true, and to false after `timeout`. Asks `isEnough` again when a future
 * is settled. Rejects with the signal's reason.
 */
function waitUntilAsync(
  futures: Iterable<Future<never>>,
  isEnough: () => boolean,
  timeout: number | undefined,
  signal:
    | {
        readonly aborted: boolean;
        readonly reason?: unknown;
        addEventListener(type: "abort", fn: () => void): void;
        removeEventListener(type: "abort", fn: () => void): void;
      }
    | undefined,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = [];
    const end = (settle: () => void): void => {
      for (const each of undo.splice(0)) each();
      settle();
    };
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's own
    const abort = (): void => end(() => reject(signal!.reason));
    if (signal?.aborted === true) return abort();
    if (isEnough()) return resolve(true);
    if (timeout === 0) return resolve(false);
    if (signal !== undefined) {
      signal.addEventListener("abort", abort);
      undo.push(() => signal.removeEventListener("abort", abort));
    }
    if (timeout !== undefined && timeout !== Infinity)
      undo.push(platform.timers().setTimer(() => end(() => resolve(isEnough())), Math.min(timeout, 2 ** 31 - 1)));
    for (const future of futures) {
      undo.push(
        friends.whenSettled(future, () => {
          if (isEnough()) end(() => resolve(true));
        }),
      );
    }
  });
}

function settledWithin(
  future: Future<never>,
  timeout: number | undefined,
  signal: Parameters<typeof waitUntilAsync>[3],
): Promise<boolean> {
  return waitUntilAsync([future], () => friends.outcome(future) !== undefined, timeout, signal);
}

/** Reports an error of a callback like an uncaught error of the runtime, but without ending the thread. */
function reportLater(error: unknown): void {
  Outcome.report(`executor: Exception calling a done callback: ${describe(error)}`, error);
}
