import { type AbortSignalLike, checkAsyncOptions, checkTimeout, Deadline, describe } from "@x/core";
import { Arrivals } from "./arrivals.js";
import { Bell } from "./bell.js";
import { type Future } from "./future.js";
import { futuresOf } from "./futures-of.js";
import { hasFailed, sourcesOf, waitUntil } from "./waiting.js";

/** When {@link wait} returns: after all futures, after the first, or after the first failure. */
export type ReturnWhen = "ALL_COMPLETED" | "FIRST_COMPLETED" | "FIRST_EXCEPTION";

/** The result of {@link wait}. */
export interface WaitResult<F> {
  /** The done futures, including cancelled futures. */
  readonly done: Set<F>;
  /** The other futures. */
  readonly notDone: Set<F>;
}

/** The options of {@link waitAsync}: milliseconds, or an object. */
export type WaitOptions =
  | number
  | {
      /** The longest wait, in milliseconds: 0 only looks, Infinity waits for ever. Default: Infinity. */
      readonly timeout?: number | undefined;
      /** An abort ends the wait: the promise rejects with `signal.reason`. */
      readonly signal?: AbortSignalLike | undefined;
      /** When it returns. Default: "ALL_COMPLETED". */
      readonly returnWhen?: ReturnWhen | undefined;
    };

/**
 * Blocks this thread until the futures are done, and returns the done futures and the others. The futures may
 * belong to several executors.
 *
 *     const { done, notDone } = wait([first, second], 1000);
 *     const { done } = wait(futures, Infinity, "FIRST_COMPLETED");
 *
 * If `done` contains the future of a task, the caller sees all writes of the task.
 *
 * @param futures any iterable of futures; a duplicate counts once
 * @param timeout milliseconds; 0 only looks, Infinity waits for ever. After the timeout, `done` has the futures
 *   done so far
 * @param returnWhen "ALL_COMPLETED", "FIRST_COMPLETED", or "FIRST_EXCEPTION": after the first failure of a
 *   future; a cancelled future is no failure
 * @throws TypeError if an argument is of a wrong kind; RangeError if timeout is negative or NaN; ThreadError
 *   where blocking is forbidden: use {@link waitAsync}
 * @see Python `concurrent.futures.wait`
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  timeout: number = Infinity,
  returnWhen: ReturnWhen = "ALL_COMPLETED",
): WaitResult<F> {
  checkTimeout(timeout, "executor");
  checkReturnWhen(returnWhen);
  const all = futuresOf(futures, "wait");
  const count = new Count(all, returnWhen);
  try {
    waitUntil(sourcesOf(all), count.isEnough, Deadline.after(timeout), "executor", "waitAsync()");
  } finally {
    count.stop();
  }
  return resultOf(all);
}

/**
 * {@link wait} for tasks: does not block the event loop. Rejects with `signal.reason` on abort.
 *
 *     const { done } = await waitAsync(futures, { timeout: 1000, returnWhen: "FIRST_COMPLETED" });
 *
 * @throws TypeError if an argument is of a wrong kind; RangeError if timeout is negative or NaN
 * @see Python `asyncio.wait`
 */
export async function waitAsync<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: WaitOptions,
): Promise<WaitResult<F>> {
  const { deadline, signal } = checkAsyncOptions(options, "executor", ["timeout", "signal", "returnWhen"]);
  const returnWhen = (typeof options === "object" ? options.returnWhen : undefined) ?? "ALL_COMPLETED";
  checkReturnWhen(returnWhen);
  const all = futuresOf(futures, "waitAsync");
  const bell = new Bell();
  const count = new Count(all, returnWhen, () => bell.ring());
  try {
    await bell.until(count.isEnough, deadline, signal);
  } finally {
    count.stop();
  }
  return resultOf(all);
}

/** Counts the done futures. So a wait need not look through all futures after each arrival. */
class Count<F extends Future<unknown>> {
  readonly #arrivals: Arrivals<F>;
  readonly #returnWhen: ReturnWhen;
  #done = 0;
  #failed = 0;

  constructor(futures: Iterable<F>, returnWhen: ReturnWhen, arrived: () => void = () => undefined) {
    this.#returnWhen = returnWhen;
    this.#arrivals = new Arrivals((future) => {
      this.#done++;
      if (hasFailed(future)) this.#failed++;
      arrived();
    });
    for (const future of futures) this.#arrivals.add(future);
  }

  readonly isEnough = (): boolean => {
    if (this.#arrivals.left === 0) return true;
    return this.#returnWhen === "FIRST_COMPLETED"
      ? this.#done > 0
      : this.#returnWhen === "FIRST_EXCEPTION" && this.#failed > 0;
  };

  stop(): void {
    this.#arrivals.stop();
  }
}

function resultOf<F extends Future<unknown>>(futures: Iterable<F>): WaitResult<F> {
  const result = { done: new Set<F>(), notDone: new Set<F>() };
  for (const future of futures) (future.done() ? result.done : result.notDone).add(future);
  return result;
}

function checkReturnWhen(value: unknown): asserts value is ReturnWhen {
  if (value === "ALL_COMPLETED" || value === "FIRST_COMPLETED" || value === "FIRST_EXCEPTION") return;
  throw new TypeError(
    `executor: returnWhen must be "ALL_COMPLETED", "FIRST_COMPLETED" or "FIRST_EXCEPTION", got ${describe(value)}`,
  );
}
