/** The values told by a running task, in their order. */
import type { Outcome } from "./outcome.js";

export class ProgressQueue implements AsyncIterableIterator<unknown> {
  readonly #values: Outcome[] = [];
  #isEnded = false;
  readonly #readers: (() => void)[] = [];

  put(value: Outcome): void {
    this.#values.push(value);
    this.#readers.shift()?.();
  }

  /** Ends the queue: no more values come. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers.splice(0)) reader();
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (this.#values.length === 0) {
      if (this.#isEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
    return { done: false, value: await this.#values.shift()!.valueOrThrowAsync() };
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#values.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
