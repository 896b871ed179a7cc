/** The values of a generator in a worker, one by one. */
import { checkInteger, describe, expose } from "@x/core";
import { callTransferred, checkKeys, transferableCallable, type TransferableCallable } from "@x/core/internal";
import { Empty, Full, Queue, ShutDown } from "@x/queue";
import { friends, type Future } from "./future.js";
import { checkTarget } from "./map-options.js";
import { isAsyncIterable, isIterable } from "./map-rows.js";

/** A generator function, its arguments, and how far it may run ahead. */
export interface StreamOptions<A extends readonly unknown[] = never[], T = unknown> {
  /** The generator function, sync or async. */
  readonly target: (...args: A) => Iterable<T> | AsyncIterable<T>;
  /** Its arguments. */
  readonly args?: A | undefined;
  /** The most values that the loop has not read yet. With so many, the generator waits. Default: 16. */
  readonly buffersize?: number | undefined;
}

const BUFFERSIZE = 16;

/** 200 ms: how often a blocked reader checks whether the worker has died. */
const LOOK_MS = 200;

/** Runs the generator, and puts its values. Ends the generator if the reader has ended the queue. */
async function runStream(queue: Queue, target: TransferableCallable, args: readonly unknown[]): Promise<void> {
  try {
    const values = await callTransferred(target, args);
    if (!isIterable(values) && !isAsyncIterable(values))
      throw new TypeError(`executor: stream takes a generator function; the function returned ${describe(values)}`);
    for await (const value of values) if (!(await isPut(queue, value))) return;
  } finally {
    queue.shutdown();
  }
}

expose(import.meta.url, { "executor: values of stream": runStream });

/** Puts the value, and waits for room; false if the reader has ended the queue. */
async function isPut(queue: Queue, value: unknown): Promise<boolean> {
  try {
    queue.putNowait(value);
  } catch (error) {
    if (error instanceof ShutDown) return false;
    if (!(error instanceof Full)) throw error;
    try {
      await queue.putAsync(value);
    } catch (late) {
      if (late instanceof ShutDown) return false;
      throw late;
    }
  }
  return true;
}

/**
 * The values of a generator in a worker. `for await` reads them. `for` reads them, too, and blocks this thread.
 * If a loop ends early, the generator ends, too.
 */
export class ResultStream<T> implements AsyncIterable<T>, Iterable<T> {
  readonly #queue: Queue<T>;
  readonly #future: Future<unknown>;

  /** @internal */
  constructor(queue: Queue<T>, future: Future<unknown>) {
    this.#queue = queue;
    this.#future = future;
    friends.ask(future as Future<never>); // its error comes out of the loop
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    try {
      for (let item = this.#get(); item !== undefined; item = this.#get()) yield item.value;
      this.#future.result();
    } finally {
      this.#end();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    // The death of the worker does not end the queue.
    const forget = friends.whenSettled(this.#future as Future<never>, () => this.#queue.shutdown());
    try {
      for (let item = await this.#getAsync(); item !== undefined; item = await this.#getAsync()) yield item.value;
      await this.#future;
    } finally {
      forget();
      this.#end();
    }
  }

  /** The next value; undefined after the last. */
  #get(): { readonly value: T } | undefined {
    for (;;) {
      const isDone = this.#future.done(); // before the look into the queue: a task puts nothing after its end
      try {
        return { value: this.#queue.get(isDone ? 0 : LOOK_MS) };
      } catch (error) {
        if (error instanceof ShutDown || (error instanceof Empty && isDone)) return undefined;
        if (!(error instanceof Empty)) throw error;
      }
    }
  }

  async #getAsync(): Promise<{ readonly value: T } | undefined> {
    try {
      return { value: await this.#queue.getAsync() };
    } catch (error) {
      if (error instanceof ShutDown) return undefined;
      throw error;
    }
  }

  /** Ends the generator, too, if it still runs: its next put fails. */
  #end(): void {
    this.#queue.shutdown(true);
    this.#future.cancel();
  }
}

/** Submits the task of a generator. @param first its function, or options */
export function streamOf<T>(
  submit: (task: { target: unknown; args: readonly unknown[] }) => Future<unknown>,
  first: unknown,
  rest: readonly unknown[],
): ResultStream<T> {
  const isOptions = typeof first === "object" && first !== null && "target" in first;
  if (isOptions) checkKeys(first, ["target", "args", "buffersize"], "executor");
  const {
    target,
    args = [],
    buffersize = BUFFERSIZE,
  } = (isOptions ? first : { target: first, args: rest }) as StreamOptions;
  checkTarget(target, "stream");
  checkInteger(buffersize, "buffersize", "executor", 1, 2 ** 30);
  if (!Array.isArray(args)) throw new TypeError(`executor: args must be an array of arguments, got ${describe(args)}`);
  const queue = new Queue<T>(buffersize);
  const values = [queue, transferableCallable(target as TransferableCallable, "executor"), args];
  return new ResultStream(queue, submit({ target: runStream, args: values }));
}
