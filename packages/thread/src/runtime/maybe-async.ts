/** Work that awaits only where there is something to await: all else is done at once, without a turn of the event loop. */

/** Yields each promise that it awaits, and is sent what that holds; returns the result. */
export type MaybeAsync<R> = Generator<PromiseLike<unknown>, R>;

/** Does the work, at once as far as it awaits nothing, then calls back. The work must catch what it throws. */
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

/** The value, awaited if it is a promise. */
export function* awaitIfPromise(value: unknown): MaybeAsync<unknown> {
  return isThenable(value) ? ((yield value) as unknown) : value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
