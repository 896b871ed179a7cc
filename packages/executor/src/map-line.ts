/** The submitted tasks of a map, in the order of their results. */
import { Arrivals } from "./arrivals.js";
import { Fifo } from "./fifo.js";
import type { Future } from "./future.js";
import type { Calls } from "./map-calls.js";
import { sourcesOf, whenSettled } from "./waiting.js";

export interface Line {
  /** The number of tasks in it. */
  readonly size: number;
  add(calls: Calls): void;
  /** Is the next task done? */
  isReady(): boolean;
  /** Takes the next task, if it is done. */
  take(): Calls | undefined;
  /** The sources to wait for. */
  readonly sources: ReturnType<typeof sourcesOf>;
  /** Empties the line, and returns the futures in it. */
  clear(): Iterable<Future<unknown>>;
}

/** In the order of the arguments. */
export class InOrder implements Line {
  readonly #calls = new Fifo<Calls>();
  readonly #done: () => void;

  /** @param done is called when a task is done */
  constructor(done: () => void) {
    this.#done = done;
  }

  get size(): number {
    return this.#calls.size;
  }

  add(calls: Calls): void {
    this.#calls.push(calls);
    whenSettled(calls.future, this.#done);
  }

  isReady(): boolean {
    return this.#calls.peek()?.future.done() === true;
  }

  take(): Calls | undefined {
    return this.isReady() ? this.#calls.shift() : undefined;
  }

  get sources(): ReturnType<typeof sourcesOf> {
    const first = this.#calls.peek();
    return sourcesOf(first === undefined ? [] : [first.future]);
  }

  clear(): Future<unknown>[] {
    const futures = [...this.#calls].map(({ future }) => future);
    while (this.#calls.size > 0) this.#calls.shift();
    return futures;
  }
}

/** In the order in which the tasks are done. */
export class AsDone implements Line {
  readonly #calls = new Map<Future<unknown>, Calls>();
  readonly #arrivals: Arrivals<Future<unknown>>;

  /** @param done is called when a task is done */
  constructor(done: () => void) {
    this.#arrivals = new Arrivals(done);
  }

  get size(): number {
    return this.#calls.size;
  }

  add(calls: Calls): void {
    this.#calls.set(calls.future, calls);
    this.#arrivals.add(calls.future);
  }

  isReady(): boolean {
    return this.#arrivals.hasArrived;
  }

  take(): Calls | undefined {
    const future = this.#arrivals.take();
    const calls = future && this.#calls.get(future);
    if (future !== undefined) this.#calls.delete(future);
    return calls;
  }

  get sources(): ReturnType<typeof sourcesOf> {
    return this.#arrivals.sources;
  }

  clear(): Future<unknown>[] {
    this.#calls.clear();
    return this.#arrivals.stop();
  }
}
