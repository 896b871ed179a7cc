/** What a task knows of itself. */
import { type AbortSignalLike, Deadline, type Steps, suspend, ThreadError } from "@x/core";
import { callableName, dropMemories } from "@x/core/internal";
import { payloadOf } from "./payload.js";
import * as record from "./records.js";
import { type Running, thisTask } from "./this-task.js";
import { WAKE } from "./workers.js";

/** `AbortSignal`, where the types of the program know it. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : AbortSignalLike;

/** The current task of this thread. */
export interface CurrentTask {
  /** The name given by `submit({ name })`, or else the name of its function. */
  readonly name: string;
  /**
   * Has a thread called `requestCancel` of the future, or aborted the signal of the task? It reads shared
   * memory, so it is true at once, in a busy loop, too.
   */
  readonly cancelRequested: boolean;
  /**
   * Is aborted after `cancelRequested` becomes true, at the next turn of the event loop: for
   * `fetch(url, { signal })`.
   */
  readonly signal: Signal;
  /**
   * Tells a value to the submitter: `future.progress()` yields it there. The value is copied.
   *
   * @throws TypeError if the value cannot travel; ThreadError if the task has ended, or if the memory is full
   */
  progress(value: unknown): void;
}

const tasks = new WeakMap<Running, CurrentTask>();

/**
 * Returns the current task of the calling thread; undefined outside of tasks. If the tasks of a browser's
 * worker interleave (`tasksPerWorker`), the current task is known only until its first `await`.
 *
 *     for (const row of rows) {
 *       if (currentTask()?.cancelRequested) return;
 *       currentTask()?.progress(++done / rows.length);
 *       work(row);
 *     }
 *
 * @see Python has no counterpart
 */
export function currentTask(): CurrentTask | undefined {
  const running = thisTask();
  if (running === undefined) return undefined;
  let task = tasks.get(running);
  if (task === undefined) tasks.set(running, (task = new TaskView(running)));
  return task;
}

class TaskView implements CurrentTask {
  readonly #running: Running;
  #signal: AbortController | undefined;

  constructor(running: Running) {
    this.#running = running;
  }

  get name(): string {
    return this.#running.name ?? callableName(this.#running.target);
  }

  get cancelRequested(): boolean {
    const { state, block, id } = this.#running;
    const { words } = state.records.store;
    const at = block >> 2;
    // The block belongs to this task while it runs.
    return (
      Atomics.load(words, at + record.ID) === id &&
      (Atomics.load(words, at + record.MARKS) & record.CANCEL_REQUESTED) !== 0
    );
  }

  get signal(): Signal {
    if (this.#signal !== undefined) return this.#signal.signal;
    const controller = (this.#signal = new AbortController());
    const abort = (): void => controller.abort(new ThreadError("executor: a thread has asked the task to stop"));
    if (this.cancelRequested) abort();
    else {
      const { over } = this.#running;
      suspend(this.#untilRequested(), over, { packageName: "executor", label: "a request to stop" }).then(
        (isRequested) => (isRequested ? abort() : undefined),
        () => undefined, // the task has ended
      );
    }
    return controller.signal;
  }

  *#untilRequested(): Steps<boolean> {
    const { state, worker } = this.#running;
    for (;;) {
      const wait = state.locked(() => {
        const index = state.indexOfWorker(worker, WAKE);
        const { words } = state.records.store;
        return { words, index, value: words[index]! };
      });
      if (this.cancelRequested) return true;
      yield { ...wait, deadline: Deadline.NEVER };
    }
  }

  progress(value: unknown): void {
    const { state, block, id, memory } = this.#running;
    const encoded = payloadOf(value, "value", memory);
    const { records } = state;
    const refusal = state.locked(() => {
      const isRunning = records.word(block, record.ID) === id && records.word(block, record.STATE) === record.RUNNING;
      if (!isRunning) return "the task has ended; tell its progress before";
      return records.addProgress(block, encoded)
        ? undefined
        : `the memory is full: ${records.store.usage}; raise maxBytes`;
    });
    if (refusal === undefined) return;
    dropMemories(memory, encoded.names);
    throw new ThreadError(`executor: ${refusal}`);
  }
}

/** A signal that is aborted when a task ends. */
export class Over implements AbortSignalLike {
  aborted = false;
  #listener: (() => void) | undefined;

  addEventListener(_: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }

  end(): void {
    this.aborted = true;
    this.#listener?.();
  }
}
