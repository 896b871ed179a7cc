/** How a task has ended: its result, its error, or none. */
import { describe, isPromise, ThreadError, unpack } from "@x/core";
import {
  decodeEnvelope,
  decodeValue,
  dropMemories,
  dropNames,
  type Memories,
  memoriesIn,
  memoriesInAsync,
  memoryNamesIn,
  namesIn,
  PLAIN,
} from "@x/core/internal";
import { Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";
import { CancelledError } from "./errors.js";
import type { Bytes } from "./records.js";

const internals = /* @__PURE__ */ internalsOf(Thread);

/** The bytes of a result or an error, after they have left the store. */
export interface Arrived extends Bytes {
  /** The memory of the store. */
  readonly memory: SharedArrayBuffer;
  /**
   * The record is still there, and keeps the memory that its bytes name: other threads read it, too. This says that this
   * thread needs it no more. Undefined: the memory is kept for these bytes.
   */
  readonly release?: ((mayWait: boolean) => void) | undefined;
}

/** An unasked error: no thread has asked for it yet. */
interface Unasked {
  readonly task: string;
  /** The error, or how to get it. */
  readonly error: () => unknown;
}

const unasked = /* @__PURE__ */ new Set<Unasked>();

const collected = new FinalizationRegistry<Unasked>((failure) => {
  if (unasked.delete(failure)) reportUnasked(failure);
});

/** What names memory, or objects that have moved, and was not decoded yet. */
const undecoded = /* @__PURE__ */ new Set<Arrived>();

const undecodedCollected = new FinalizationRegistry<Arrived>(drop);

/** No thread decodes it: what it names is kept for it no more. */
function drop(arrived: Arrived): void {
  if (!undecoded.delete(arrived)) return;
  if (arrived.release === undefined) dropNames(arrived.memory, arrived.bytes);
  else arrived.release(false);
}

let isWatchingEnd = false;

function reportUnasked({ task, error }: Unasked): void {
  let known: unknown;
  try {
    known = error();
  } catch (failed) {
    known = failed;
  }
  Outcome.reportUnasked(task, known);
}

/** A task in errors and reports. */
export function taskLabel(id: number, name: string): string {
  return name === "" ? `task ${id >>> 0}` : `task ${id >>> 0} (${name})`;
}

const IS_VALUE = 0;
const IS_ERROR = 1;
const IS_CANCELLED = 2;

export class Outcome {
  /** Prints an error that no thread can ask for. */
  static report(text: string, error: unknown): void {
    internals.reportError(text, error);
  }

  /** Prints the error of a task, because no thread has asked for it. */
  static reportUnasked(task: string, error: unknown): void {
    Outcome.report(`Exception in ${task}, for which no thread has asked:`, error);
  }

  /** Prints the unasked errors. */
  static reportAll(): void {
    for (const left of unasked) reportUnasked(left);
    unasked.clear();
  }

  /** This thread ends, and decodes nothing any more. */
  static dropAll(): void {
    for (const arrived of undecoded) drop(arrived);
  }

  static value(value: unknown): Outcome {
    return new Outcome(IS_VALUE, value, undefined);
  }

  static error(error: unknown): Outcome {
    return new Outcome(IS_ERROR, error, undefined);
  }

  static cancelled(): Outcome {
    return new Outcome(IS_CANCELLED, undefined, undefined);
  }

  /** A result or an error. It is decoded when a thread asks for it. */
  static arrived(isError: boolean, arrived: Arrived, task: string): Outcome {
    const outcome = new Outcome(isError ? IS_ERROR : IS_VALUE, undefined, arrived);
    // An unasked error is decoded when it is reported.
    if (isError) outcome.#watch({ task, error: () => decodeNow(arrived) });
    else outcome.#keep();
    return outcome;
  }

  /** An error of the executor itself. It is reported if no thread asks. */
  static failed(error: unknown, task: string): Outcome {
    const outcome = Outcome.error(error);
    outcome.#watch({ task, error: () => error });
    return outcome;
  }

  readonly #kind: number;
  #value: unknown;
  #arrived: Arrived | undefined;
  #decoding: Promise<void> | undefined;
  #unasked: Unasked | undefined;

  private constructor(kind: number, value: unknown, arrived: Arrived | undefined) {
    this.#kind = kind;
    this.#value = value;
    this.#arrived = arrived;
  }

  #watch(failure: Unasked): void {
    this.#unasked = failure;
    unasked.add(failure);
    collected.register(this, failure, this);
    if (isWatchingEnd) return;
    isWatchingEnd = true;
    internals.atProcessEnd(() => Outcome.reportAll());
  }

  /** Keeps what it names until it is decoded, or collected. */
  #keep(): void {
    const arrived = this.#arrived;
    if (arrived === undefined || namesIn(arrived.bytes).length === 0) return;
    undecoded.add(arrived);
    undecodedCollected.register(this, arrived, arrived);
  }

  /** A thread asks for it. */
  asked(): void {
    if (this.#unasked === undefined) return;
    unasked.delete(this.#unasked);
    collected.unregister(this);
    this.#unasked = undefined;
    this.#keep();
  }

  get isCancelled(): boolean {
    return this.#kind === IS_CANCELLED;
  }

  get isError(): boolean {
    return this.#kind === IS_ERROR;
  }

  /** Is it decoded? */
  get isKnown(): boolean {
    return this.#arrived === undefined;
  }

  /** Is it a result, and decoded? */
  get isKnownValue(): boolean {
    return this.#kind === IS_VALUE && this.isKnown;
  }

  /** " returned number", " raised RangeError"; empty if it is cancelled, or not decoded. */
  get text(): string {
    if (this.isCancelled) return "";
    if (!this.isKnown) return this.isError ? " raised an error" : " returned";
    const value = this.#value;
    if (!this.isError) return ` returned ${value === null ? "null" : typeof value}`;
    return ` raised ${value instanceof Error ? value.name : describe(value)}`;
  }

  /** @throws the error of the task; CancelledError; ThreadError if this thread cannot decode it while it blocks */
  valueOrThrow(): unknown {
    this.#know();
    if (this.#kind === IS_VALUE) return this.#value;
    throw this.isCancelled ? cancelled() : internals.withStackOfCall(this.#value);
  }

  /** The error of the task; undefined if it has a result. @throws CancelledError */
  errorOrThrow(): unknown {
    if (this.isCancelled) throw cancelled();
    this.#know();
    return this.#kind === IS_ERROR ? this.#value : undefined;
  }

  async valueOrThrowAsync(): Promise<unknown> {
    await this.#knowAsync();
    return this.valueOrThrow();
  }

  async errorOrThrowAsync(): Promise<unknown> {
    await this.#knowAsync();
    return this.errorOrThrow();
  }

  /** For another thread: the result or the error. @throws ThreadError if this thread cannot decode it */
  get forOthers(): { readonly isError: boolean; readonly value: unknown } {
    this.#know();
    return { isError: this.isError, value: this.#value };
  }

  #know(): void {
    if (this.#arrived === undefined) return;
    this.#value = decodeNow(this.#arrived);
    this.#arrived = undefined;
  }

  #knowAsync(): Promise<void> {
    return (this.#decoding ??= this.#decodeLater());
  }

  async #decodeLater(): Promise<void> {
    const arrived = this.#arrived;
    if (arrived === undefined) return;
    const memories = await memoriesInAsync(arrived.bytes);
    let value: unknown;
    if (arrived.kind === PLAIN) value = decodeValue({ ...arrived, memories });
    else {
      const envelope = decodeEnvelope(arrived.bytes, memories, arrived.tails);
      await internals.load(envelope);
      value = unpack(envelope);
    }
    if (this.#arrived === undefined) return; // the thread has asked by a blocking call meanwhile
    forget(arrived, memories);
    this.#value = value;
    this.#arrived = undefined;
  }
}

function decodeNow(arrived: Arrived): unknown {
  const memories = memoriesIn(arrived.bytes);
  const value = decodeValue({ ...arrived, memories });
  forget(arrived, memories);
  return value;
}

/** It is decoded, and what it names is kept for it no more. The objects that have moved are this thread's own. */
function forget(arrived: Arrived, memories: Memories): void {
  if (memories === undefined) return;
  undecoded.delete(arrived);
  undecodedCollected.unregister(arrived);
  if (arrived.release === undefined) dropMemories(arrived.memory, memoryNamesIn(arrived.bytes));
  else arrived.release(true);
}

function cancelled(): CancelledError {
  return new CancelledError("executor: the task was cancelled before it ran");
}

/** Has it a `then` method? */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isPromise(value) || typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** The error of a task whose worker has died with the objects that had moved to it. */
export function diedBefore(task: string, name: string, cause: unknown): ThreadError {
  return new ThreadError(
    `executor: ${name} died before it began ${task}, whose objects had moved to it${whyOf(cause)}; make them again`,
    { cause },
  );
}

function whyOf(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}

/** The error of a task after the death of its worker. */
export function diedIn(task: string, name: string, cause: unknown): ThreadError {
  return new ThreadError(`executor: ${name} died while it ran ${task}${whyOf(cause)}; the task was not repeated`, {
    cause,
  });
}
