/** The arguments of the calls of map. A row has a value from each iterable; the shortest iterable ends the rows. */
import { describe } from "@x/core";
import type { Row } from "./map-calls.js";

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === "function";
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === "function";
}

export function checkIterable(value: unknown, name: string): asserts value is Iterable<unknown> {
  if (isIterable(value)) return;
  const cure = isAsyncIterable(value) ? "; use mapAsync" : "";
  throw new TypeError(`executor: ${name} takes iterables, such as arrays, got ${describe(value)}${cure}`);
}

export function checkIterableOfAnyKind(value: unknown, name: string): void {
  if (!isAsyncIterable(value)) checkIterable(value, name);
}

/** Rows of iterables. It reads a value only when its row is needed, and closes the iterables at the end. */
export function* rowsOf(iterables: readonly Iterable<unknown>[]): Generator<Row, void, void> {
  const open = new Set(iterables.map((iterable) => iterable[Symbol.iterator]()));
  if (open.size === 0) return;
  try {
    for (;;) {
      const row: unknown[] = [];
      for (const iterator of [...open]) {
        open.delete(iterator); // an iterator that throws or ends is closed
        const step = iterator.next();
        if (step.done === true) return;
        open.add(iterator);
        row.push(step.value);
      }
      yield row;
    }
  } finally {
    for (const iterator of open) iterator.return?.();
  }
}

/** {@link rowsOf}, of async iterables, too. */
export async function* rowsOfAsync(iterables: readonly AnyIterable[]): AsyncGenerator<Row, void, void> {
  const open = new Set(
    iterables.map((iterable) =>
      isAsyncIterable(iterable) ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator](),
    ),
  );
  if (open.size === 0) return;
  try {
    for (;;) {
      const row: unknown[] = [];
      for (const iterator of [...open]) {
        open.delete(iterator);
        const step = await iterator.next();
        if (step.done === true) return;
        open.add(iterator);
        row.push(step.value);
      }
      yield row;
    }
  } finally {
    for (const iterator of open) await iterator.return?.();
  }
}

/** A row from each item of an iterable: the item is the list of arguments. */
export function* rowsFrom(iterable: Iterable<Iterable<unknown>>): Generator<Row, void, void> {
  for (const row of iterable) {
    checkIterable(row, "starmap, in its iterable,");
    yield [...row];
  }
}
