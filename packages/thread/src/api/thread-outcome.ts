/** The outcome of a thread, in a handle of the thread. */
import { type Envelope, type Steps, ThreadError, unpack } from "@x/core";
import { withStackOfCall } from "../diagnostics/call-stack.js";
import { failure, type Outcome } from "../protocol/outcome.js";
import { awaitOutcome, forgetOutcome } from "../runtime/outcome-callbacks.js";
import { fetchOutcome, lostHere } from "../runtime/supervisor-client.js";
import { allArrived, receiveAll } from "../runtime/worker-pool.js";
import { isAlive } from "../table/entries.js";
import { type Entry, mainEntry } from "../table/layout.js";

/** A thread. Its name is read for errors only, because the table holds the name as bytes. */
interface Named {
  readonly name: string;
}

/**
 * States: unknown; packed, if it has arrived with a handle and was not asked for yet; known for
 * ever.
 */
export class ThreadOutcome {
  #known: Outcome | undefined;
  #packed: Envelope | undefined;
  /** True if the supervisor stores it, because this thread is not the starter. */
  isStored = false;
  readonly #onArrival: (outcome: Outcome) => void;

  /** @param onArrival is called with it once, when it becomes known */
  constructor(onArrival: (outcome: Outcome) => void) {
    this.#onArrival = onArrival;
  }

  get known(): Outcome | undefined {
    return this.#known;
  }

  /** The message sent with a handle. */
  get packed(): Envelope | undefined {
    return this.#packed;
  }

  /** Keeps an outcome sent with a handle, for the first question. */
  keep(packed: Envelope): void {
    if (this.#known === undefined) this.#packed = packed;
  }

  readonly receive = (packed: Envelope): void => {
    this.#packed = undefined;
    try {
      this.#known = unpack<Outcome>(packed);
    } catch (error) {
      this.#known = failure(error);
    }
    this.#onArrival(this.#known);
  };

  /** Takes the outcome if it has arrived. */
  collect(): void {
    if (this.#known !== undefined) return;
    receiveAll();
    if (this.#packed !== undefined) this.receive(this.#packed);
  }

  /**
   * Receives the outcome of a delayed thread without keeping the thread's object. The supervisor
   * stores the outcome; it comes here only if the thread never ran. A strong reference would keep
   * each fired timer, with its arguments.
   */
  awaitWeakly(ident: number): void {
    const self = new WeakRef(this);
    awaitOutcome(ident, (packed) => self.deref()?.receive(packed));
    collected.register(this, ident);
  }

  /** @throws the error of a start without a worker, if the thread has ended by that */
  checkBegun(entry: Entry): void {
    if (isAlive(entry)) return;
    this.collect();
    if (this.#known?.ok === false && this.#known.nativeId === undefined) throw this.#known.error;
  }

  /** True if only the supervisor has it: see {@link fetching}. */
  get isElsewhere(): boolean {
    return this.isStored && this.#known === undefined;
  }

  /** Asks the supervisor for it. */
  *fetching(entry: Entry): Steps<void> {
    if (entry.ident === mainEntry().ident) throw new ThreadError("thread: the main thread has no result");
    awaitOutcome(entry.ident, this.receive);
    yield* fetchOutcome(entry);
  }

  /**
   * The result of the thread. It must have ended.
   *
   * @throws the thread's error; ThreadError if nothing is known of its end
   */
  resultOrThrow(entry: Entry, thread: Named): unknown {
    receiveAll();
    const outcome = this.#known;
    if (outcome === undefined) throw whyUnknown(entry, thread.name);
    if (outcome.ok) return outcome.value;
    throw withStackOfCall(outcome.error);
  }
}

function whyUnknown(entry: Entry, name: string): ThreadError {
  if (allArrived() !== undefined) {
    return new ThreadError(
      `thread: the result of ${name} holds what cannot reach a thread that blocks here, such as a SharedArrayBuffer ` +
        "that is new to it; use resultAsync()",
    );
  }
  forgetOutcome(entry.ident);
  return (
    lostHere() ??
    new ThreadError(`thread: the result of ${name} is no longer known here; ask in the thread that started it`)
  );
}

/** Delayed threads without a reachable object, by ident. */
const collected = new FinalizationRegistry<number>(forgetOutcome);
