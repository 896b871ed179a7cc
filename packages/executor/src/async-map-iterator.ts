/** The iterator of `mapAsync`. Not an async generator, because a generator would await a future among the results. */
import { Deadline } from "@x/core";
import type { TransferableCallable } from "@x/core/internal";
import { Bell } from "./bell.js";
import type { Future } from "./future.js";
import type { Row } from "./map-calls.js";
import type { Checked } from "./map-options.js";
import { END, Mapping, type MapTask, valueOf } from "./mapping.js";

export class AsyncMapIterator<R> implements AsyncIterableIterator<R> {
  readonly #bell = new Bell();
  readonly #mapping: Mapping;
  readonly #rows: AsyncIterator<Row>;
  readonly #submit: (task: MapTask) => Promise<{ readonly future: Future<unknown> }>;
  readonly #timeout: number;
  readonly #deadline: Deadline;
  readonly #signal: Checked["signal"];
  #isFilling = false;

  /** Begins to submit calls. */
  constructor(
    submit: (task: MapTask) => Promise<{ readonly future: Future<unknown> }>,
    target: TransferableCallable,
    rows: AsyncIterator<Row>,
    options: Checked,
  ) {
    this.#submit = submit;
    this.#mapping = new Mapping(target, options, () => this.#bell.ring());
    this.#rows = rows;
    this.#timeout = options.timeout;
    this.#deadline = Deadline.ofTask(options.timeout);
    this.#signal = options.signal;
    void this.#fill();
  }

  /** Settles with the last call of next; undefined after it. */
  #asking: Promise<void> | undefined;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Concurrent calls are answered in their order, like the calls of an async generator. */
  next(): Promise<IteratorResult<R, undefined>> {
    const step = this.#asking === undefined ? this.#next() : this.#asking.then(() => this.#next());
    const asking: Promise<void> = step.then(
      () => this.#answered(asking),
      () => this.#answered(asking),
    );
    this.#asking = asking;
    return step;
  }

  #answered(asking: Promise<void>): void {
    if (this.#asking === asking) this.#asking = undefined;
  }

  async #next(): Promise<IteratorResult<R, undefined>> {
    const mapping = this.#mapping;
    const isOver = (): boolean => mapping.hasEnded && mapping.line.size === 0 && !this.#isFilling;
    const isEnough = (): boolean => mapping.isReady() || isOver();
    for (;;) {
      const outcome = mapping.take(); // another call of next() may have taken the last
      if (outcome !== undefined) {
        void this.#fill();
        return valueOf(outcome) as IteratorYieldResult<R>;
      }
      if (isOver()) return mapping.end();
      if (!(await this.#until(isEnough))) throw mapping.late(this.#timeout);
    }
  }

  async #until(isEnough: () => boolean): Promise<boolean> {
    try {
      const isInTime = await this.#bell.until(isEnough, this.#deadline, this.#signal);
      if (!isInTime) void this.#close();
      return isInTime;
    } catch (error) {
      await this.return(); // aborted
      throw error;
    }
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    this.#mapping.stop();
    this.#bell.ring();
    await this.#close();
    return END;
  }

  /** Closes the iterables; not during a read, because the answer of the read may never come. */
  async #close(): Promise<void> {
    if (!this.#isFilling) await this.#rows.return?.();
  }

  async #fill(): Promise<void> {
    const mapping = this.#mapping;
    if (this.#isFilling) return;
    this.#isFilling = true;
    while (mapping.hasRoom) await this.#submitRows();
    this.#isFilling = false;
    if (mapping.isStopped) await this.#close();
    this.#bell.ring();
  }

  async #submitRows(): Promise<void> {
    const mapping = this.#mapping;
    const rows: Row[] = [];
    try {
      while (rows.length < mapping.chunksize && !mapping.hasEnded) {
        const step = await this.#rows.next();
        if (step.done === true) mapping.hasEnded = true;
        else rows.push(step.value);
      }
    } catch (error) {
      mapping.fail(error);
    }
    if (rows.length === 0 || mapping.isStopped) return;
    try {
      const { future } = await this.#submit(mapping.taskOf(rows));
      mapping.submitted(future, rows);
    } catch (error) {
      mapping.refused(error, rows);
    }
    this.#bell.ring();
  }
}
