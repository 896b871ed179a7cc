/** Many calls of a function: the submitted calls, and their outcomes. No part of it waits. */
import { ThreadError, TimeoutError } from "@x/core";
import { transferableCallable, type TransferableCallable } from "@x/core/internal";
import { Fifo } from "./fifo.js";
import { friends, Future } from "./future.js";
import { AsDone, InOrder, type Line } from "./map-line.js";
import { outcomesOf, type Outcome, type Row, runChunk } from "./map-calls.js";
import type { Checked } from "./map-options.js";

/** A task of a map. */
export interface MapTask {
  readonly target: unknown;
  readonly args: readonly unknown[];
}

export const END = { done: true, value: undefined } as const;

export class Mapping {
  readonly #target: TransferableCallable;
  /** The target, packed for the tasks of chunks. */
  readonly #packed: TransferableCallable;
  readonly #buffersize: number;
  readonly chunksize: number;
  readonly line: Line;
  readonly #outcomes = new Fifo<Outcome>();
  /** The number of submitted calls without a taken result. */
  #calls = 0;
  /** No more rows are read. */
  hasEnded = false;
  /** The error of an early end; undefined at a regular end. The iterator throws it at this place. */
  #failure: { readonly error: unknown } | undefined;
  #isRefused = false;
  /** Has the user ended it? */
  isStopped = false;

  /** @param done is called when a task is done */
  constructor(target: TransferableCallable, { chunksize, buffersize = Infinity, ordered }: Checked, done: () => void) {
    this.#target = target;
    this.#packed = transferableCallable(target, "executor");
    this.#buffersize = buffersize;
    this.chunksize = Math.min(chunksize, buffersize);
    this.line = ordered ? new InOrder(done) : new AsDone(done);
  }

  /** May it submit another task? */
  get hasRoom(): boolean {
    return !this.hasEnded && this.#calls + this.chunksize <= this.#buffersize;
  }

  taskOf(rows: readonly Row[]): MapTask {
    return this.chunksize === 1
      ? { target: this.#target, args: rows[0]! }
      : { target: runChunk, args: [this.#packed, rows] };
  }

  submitted(future: Future<unknown>, rows: readonly Row[]): void {
    if (this.isStopped) return void future.cancel();
    this.#calls += rows.length;
    friends.ask(future as Future<never>); // its error comes out of the iterator
    this.line.add({ future, count: rows.length, isChunk: this.chunksize > 1 });
  }

  /** The executor has refused the task. If it takes no more tasks, the map ends. */
  refused(error: unknown, rows: readonly Row[]): void {
    if (error instanceof ThreadError) {
      this.#isRefused = true;
      return this.fail(error);
    }
    const refused = new Future();
    refused.setException(error);
    this.submitted(refused, rows);
  }

  fail(error: unknown): void {
    this.hasEnded = true;
    this.#failure = { error };
  }

  /** Can the iterator return something now? */
  readonly isReady = (): boolean => this.#outcomes.size > 0 || this.line.isReady();

  /** The next result; undefined if it has not come yet. */
  take(): Outcome | undefined {
    if (this.#outcomes.size === 0) {
      const calls = this.line.take();
      if (calls === undefined) return undefined;
      for (const outcome of outcomesOf(calls)) this.#outcomes.push(outcome);
    }
    this.#calls--;
    return this.#outcomes.shift();
  }

  /** After the last result: throws the error of an early end. */
  end(): typeof END {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    return END;
  }

  /** Throws the executor's error if it took no call at all. */
  throwIfRefused(): void {
    if (this.#isRefused && this.line.size === 0) this.end();
  }

  /** Cancels all calls that have not begun, and forgets the others. */
  stop(): void {
    this.hasEnded = true;
    this.isStopped = true;
    this.#failure = undefined;
    while (this.#outcomes.size > 0) this.#outcomes.shift();
    for (const future of this.line.clear()) future.cancel();
  }

  late(timeout: number): TimeoutError {
    const left = this.#calls;
    this.stop();
    return new TimeoutError(
      `executor: ${left} calls of map have no result within ${timeout} ms; wait longer, or map less at a time`,
    );
  }
}

/** The iterator's result for this outcome. @throws its error */
export function valueOf(outcome: Outcome): IteratorYieldResult<unknown> {
  if ("error" in outcome) throw outcome.error;
  return { done: false, value: outcome.value };
}
