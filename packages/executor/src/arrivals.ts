import { type Future } from "./future.js";
import { Fifo } from "./fifo.js";
import { sourcesOf, whenSettled } from "./waiting.js";

/** Holds futures, and hands over the done ones in the order of their ends. It keeps no future after handing it over. */
export class Arrivals<F extends Future<unknown>> {
  readonly #waiting = new Map<F, () => void>();
  readonly #done = new Fifo<F>();
  readonly #arrived: (future: F) => void;

  /** @param arrived is called once for each future, when it is done; now if it is */
  constructor(arrived: (future: F) => void = () => undefined) {
    this.#arrived = arrived;
  }

  add(future: F): void {
    let isDone = false;
    const forget = whenSettled(future, () => {
      isDone = true;
      this.#waiting.delete(future);
      this.#done.push(future);
      this.#arrived(future);
    });
    if (isDone) return;
    this.#waiting.set(future, forget);
    for (const source of sourcesOf([future])) this.sources.add(source);
  }

  /** The sources of the unsettled futures. A set, because a look at all futures before each wait would take long. */
  readonly sources: ReturnType<typeof sourcesOf> = new Set();

  /** The number of unsettled futures. */
  get left(): number {
    return this.#waiting.size;
  }

  get hasArrived(): boolean {
    return this.#done.size > 0;
  }

  take(): F | undefined {
    return this.#done.shift();
  }

  /** Stops listening. Returns the futures not taken so far. */
  stop(): F[] {
    for (const forget of this.#waiting.values()) forget();
    const rest = [...this.#done, ...this.#waiting.keys()];
    this.#waiting.clear();
    while (this.#done.size > 0) this.#done.shift();
    return rest;
  }
}
