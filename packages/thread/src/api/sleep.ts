import {
  type AbortSignalLike,
  allocate,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  describe,
  type Steps,
  suspend,
  WAITED_ON_WORDS,
} from "@x/core";

/**
 * Blocks this thread for `ms` milliseconds, never less. Other threads run; timers and promises of
 * this thread wait.
 *
 * @throws RangeError if ms is negative or NaN; TypeError if it is no number; ThreadError where
 *   blocking is forbidden (a browser's page): use {@link sleepAsync}
 * @see Python `time.sleep`, in seconds
 */
export function sleep(ms: number): void {
  checkTimeout(ms, "thread", "ms");
  block(sleeping(Deadline.after(ms)), "sleep", "sleepAsync()");
}

/**
 * {@link sleep} for tasks, for `ms` milliseconds: does not block the event loop, and keeps the
 * process alive meanwhile.
 *
 * @throws (rejects with) the errors of `sleep`, and `signal.reason` on abort
 */
export async function sleepAsync(
  ms: number,
  options?: {
    /** Ends the sleep when it is aborted: the promise rejects with `signal.reason`. */
    readonly signal?: AbortSignalLike | undefined;
  },
): Promise<void> {
  checkTimeout(ms, "thread", "ms");
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new TypeError(`thread: expected { signal } after the milliseconds, got ${describe(options)}`);
  }
  const { signal } = checkAsyncOptions(options, "thread", ["signal"]);
  await suspend(sleeping(Deadline.ofTask(ms)), signal, "sleep");
}

function* sleeping(deadline: Deadline): Steps<void> {
  const { words, at } = allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT);
  while (!deadline.expired()) yield { words, index: at, value: 0, deadline };
}
