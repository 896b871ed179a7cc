import type { TransferableCallable } from "@x/core/internal";
import { AsyncMapIterator } from "./async-map-iterator.js";
import type { Future } from "./future.js";
import { MapIterator } from "./map-iterator.js";
import { checkTarget, split } from "./map-options.js";
import { checkIterable, checkIterableOfAnyKind, rowsOf, rowsOfAsync } from "./map-rows.js";
import type { MapTask } from "./mapping.js";

/** Calls `fn` in tasks with a value of each iterable. @param args iterables, and options behind them */
export function mapOf<R>(
  submit: (task: MapTask) => Future<unknown>,
  fn: unknown,
  args: readonly unknown[],
): IterableIterator<R> {
  checkTarget(fn, "map");
  const { iterables, options } = split(args, false);
  for (const iterable of iterables) checkIterable(iterable, "map");
  return new MapIterator(submit, fn as TransferableCallable, rowsOf(iterables as Iterable<unknown>[]), options);
}

/** {@link mapOf} for tasks. @param concurrency the most calls that run at the same time */
export function mapAsyncOf<R>(
  submit: (task: MapTask) => Promise<{ readonly future: Future<unknown> }>,
  concurrency: number,
  fn: unknown,
  args: readonly unknown[],
): AsyncIterableIterator<R> {
  checkTarget(fn, "mapAsync");
  const { iterables, options } = split(args, true);
  for (const iterable of iterables) checkIterableOfAnyKind(iterable, "mapAsync");
  const { chunksize, buffersize = 2 * concurrency * chunksize } = options;
  const rows = rowsOfAsync(iterables as AsyncIterable<unknown>[]);
  return new AsyncMapIterator(submit, fn as TransferableCallable, rows, { ...options, buffersize });
}
