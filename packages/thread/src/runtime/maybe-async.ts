/**
 * Work with awaits of promises only: all other steps run at once, without a turn of the event loop.
 */

/** Yields each promise to await, is sent its value, and returns the result. */
export type MaybeAsync<R> = Generator<PromiseLike<unknown>, R>;

/**
 * Runs the work without a turn of the event loop, except at promises. Then calls back. The work
 * must catch its own errors.
 */
export function runMaybeAsync<R>(work: MaybeAsync<R>, onEnd: (result: R) => void): void {
  const advance = (move: () => IteratorResult<PromiseLike<unknown>, R>): void => {
    const step = move();
    if (step.done === true) return onEnd(step.value);
    void Promise.resolve(step.value).then(
      (value) => advance(() => work.next(value)),
      (error: unknown) => advance(() => work.throw(error)),
    );
  };
  advance(() => work.next());
}

/** The value; a promise is awaited. */
export function* awaitIfPromise(value: unknown): MaybeAsync<unknown> {
  return isThenable(value) ? ((yield value) as unknown) : value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
