/**
 * A meeting point for a number of threads: Python's `threading.Barrier`.
 *
 * Words: see barrier-state.ts.
 *
 * Invariants
 *   1. A cycle ends once, by one change of STATE. Either it passes, and the next cycle begins, or it
 *      breaks. Only a reset ends a broken cycle, and begins the next. So a waiter that finds another
 *      cycle has passed, unless its cycle was reset.
 *   2. A reset writes the number of the cycle to RESET before it begins the next cycle. So a waiter
 *      can tell a reset from a pass, however late it runs:
 *      // T1 waits in cycle 7, which passes; T2 and T3 continue; T2 resets cycle 8; T1 runs: it has
 *      // passed.
 *      Several threads may finish one reset. Only one of them counts it, because the others find
 *      the cycle in RESET:
 *      // T2 counts the reset of cycle 8; before T2 begins cycle 9, T3 arrives, and finishes the
 *      // reset. If T3 counted it again, T1 would find two resets.
 *      Numbers of cycles wrap, so RESET may name the next cycle from an earlier round. The last
 *      party removes that number before the next cycle begins.
 *      If two cycles were reset since the waiter arrived, the waiter cannot know. Then it throws
 *      BrokenBarrierError.
 *   3. While the action runs, no thread arrives and no waiter leaves. Waiters do not time out any
 *      more once all parties have arrived. So cycles never overlap, and the last party never times
 *      out.
 *   4. Each change of STATE wakes all waiters, also newcomers waiting for the next cycle.
 *   5. A thread writes its ARRIVAL before it arrives. So a death action knows whether the arrival of
 *      the dead thread counts. If STATE still shows the cycle of ARRIVAL, a compare-exchange
 *      breaks that cycle:
 *      // T1 arrives, and dies; T2 completes the cycle; the supervisor sees that T1 is dead: STATE
 *      // shows another cycle, and nothing breaks.
 *   6. No waiter waits for dead threads. If a holder has died and fewer than PARTIES living threads
 *      hold the barrier, a waiter gives other threads REPLACE_MS to replace the dead thread, and
 *      then breaks the barrier. A death wakes all waiters, so that they check this.
 */
import {
  adopt,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkInteger,
  checkTimeout,
  Deadline,
  type Envelope,
  getIdent,
  isPromise,
  mayBlock,
  type MemoryPlacement,
  onThreadDeath,
  PACK,
  pack,
  type Packed,
  packedAs,
  placementOf,
  Primitive,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
  suspend,
  ThreadError,
  unpack,
  wake,
  type Words,
} from "@x/core";
import {
  callTransferred,
  countAsHolder,
  deathOf,
  type DeathRecord,
  forgetDeaths,
  isShortOf,
  lastDead,
  platform,
  type TransferableCallable,
  transferableCallable,
} from "@x/core/internal";
import { type BarrierAction, type BarrierOptions, optionsOf } from "./barrier-options.js";
import {
  ABORTED,
  ABORTED_BY_SIGNAL,
  ACTION_THREAD,
  ACTION_THREW,
  brokenState,
  CAUSES,
  countOf,
  cycleOf,
  deathActionFor,
  HOLDERS,
  isBroken,
  namesCycleOf,
  nextCycle,
  NO_THREAD,
  PARTIES,
  PARTIES_MAX,
  PARTY_DIED,
  putTimeout,
  recordArrival,
  RESET,
  resetOf,
  RESETTING,
  STATE,
  TIMED_OUT,
  TIMEOUT,
  timeoutAt,
  UNMADE,
  wasReset,
  withFarCycle,
  WORDS,
} from "./barrier-state.js";
import { BrokenBarrierError } from "./broken-barrier-error.js";

/**
 * 500 ms for other threads to replace a dead party: longer than a thread start, shorter than a
 * user's patience.
 */
const REPLACE_MS = 500;

/** The result of `share()`: plain data, ready to post to any worker. */
export interface BarrierHandle extends PrimitiveHandle {
  /** The packed action. */
  readonly action?: Envelope;
}

/**
 * Blocks threads or tasks until a fixed number of them have arrived. Then all continue, and the
 * barrier can be used again.
 *
 *     const barrier = new Barrier(4);
 *     for (const step of steps) { compute(step); barrier.wait(); }  // in each of four threads
 *
 * After `wait` each party sees all writes that any party made before `wait`.
 *
 * A barrier breaks if a party times out, is aborted, or throws in the action. Then all waiters and
 * all newcomers get a {@link BrokenBarrierError} until `reset`. The death of a thread of
 * `@x/thread` (by an uncaught error, or by termination) breaks a barrier in two cases:
 *
 * - The thread had arrived, and not all parties had arrived yet.
 * - Fewer living threads hold the barrier than have to arrive, and no other thread receives it
 *   within half a second.
 *
 * A thread may end normally without arriving. This breaks nothing: the others go on waiting, as in Python.
 *
 * @see Python `threading.Barrier`
 */
export class Barrier extends Primitive {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/barrier Barrier";
  /** The size of a barrier in bytes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Barrier, import.meta.url);
  }

  /**
   * Returns the barrier of a handle, or the barrier in this memory, then without its action.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a barrier
   *   would not fit there; ThreadError if no barrier was made there yet, or if this thread has not
   *   imported the module that exposes the action
   */
  static from(place: BarrierHandle | MemoryPlacement): Barrier {
    const { action } = placementOf(place, Barrier) as Partial<BarrierHandle>;
    const { words, at } = adopt(place, Barrier.BYTES, "barrier", ["action"]);
    const parties = Atomics.load(words, at + PARTIES);
    if (parties === UNMADE)
      throw new ThreadError("barrier: there is no barrier in this memory yet; make it with new Barrier(parties, …)");
    const byteOffset = at * Int32Array.BYTES_PER_ELEMENT;
    const there = { buffer: words.buffer as SharedArrayBuffer, byteOffset };
    const barrier = new Barrier(parties, undefined, timeoutAt(words, at + TIMEOUT), there);
    if (action !== undefined) barrier.#action = unpack<TransferableCallable>(action);
    onThreadDeath(deathActionFor(words, at, true));
    return barrier;
  }

  #action: TransferableCallable | undefined;
  /**
   * The last thread to use this object, and its ARRIVAL. A later thread of the same worker may use the
   * same object.
   */
  #participant: number = NO_THREAD;
  #arrival: Words | undefined;

  /**
   * Makes a barrier for `parties` parties, in new memory or in the user's memory. Threads with the
   * same arguments and the same memory, zeroed at first, share one barrier.
   *
   *     new Barrier(3);
   *     new Barrier(3, { action: swapBuffers, timeout: 5000 });
   *     new Barrier(3, swapBuffers, 5000);                       // as in Python
   *     new Barrier(3, { buffer, byteOffset });                  // where Barrier.BYTES are free
   *
   * The action must be able to run in every thread, because any thread may arrive last. A thread
   * finds an exposed function by its name. Any other function travels as its text, so it must not
   * use anything from around it, unless the barrier stays in its thread. An object of an exposed
   * class with a `call` method keeps its fields: shared memory, locks.
   *
   * @param parties the number of parties, 1 to 16000
   * @param action called, without arguments, by the last party, before any party continues;
   *   must not be async
   * @param timeout the default timeout of `wait`, in milliseconds
   * @throws RangeError if parties is not a whole number in this range, or the barrier would not fit
   *   there; TypeError if an argument has a wrong type; ThreadError if another barrier is there
   * @see Python `Barrier(parties, action, timeout)`
   */
  constructor(parties: number, options?: BarrierOptions);
  constructor(parties: number, action?: BarrierAction | null, timeout?: number, place?: MemoryPlacement);
  constructor(parties: number, first?: BarrierOptions | BarrierAction | null, late?: number, where?: MemoryPlacement) {
    checkInteger(parties, "parties", "barrier", 1, PARTIES_MAX);
    const { action, timeout, place } = optionsOf(first, late, where);
    super(Barrier, place);
    this.#action = action;
    const { words, at } = this;
    if (Atomics.load(words, at + PARTIES) === UNMADE) {
      putTimeout(words, at + TIMEOUT, timeout);
      Atomics.compareExchange(words, at + PARTIES, UNMADE, parties);
    }
    if (this.parties === parties && this.#timeout === timeout) return;
    throw new ThreadError(
      `barrier: a barrier for ${this.parties} parties with timeout ${this.#timeout} is in this memory already; use from(), or zero the memory`,
    );
  }

  /** Returns a handle of the barrier and its action, see {@link Primitive.share}. */
  override share(): BarrierHandle {
    const action = this.#action && pack(transferableCallable(this.#action, "barrier"), "the action of the barrier");
    onThreadDeath(deathActionFor(this.words, this.at, false)); // receivers may wait for this thread, and it may die first
    return { ...super.share(), ...(action && { action }) };
  }

  /** @internal Packs the barrier. The receiver imports the module that exposes the action. */
  override [PACK](): Packed {
    const handle = this.share();
    return {
      ...packedAs(Barrier.KIND, handle),
      inner: handle.action,
      deathAction: deathActionFor(this.words, this.at, true),
    };
  }

  /**
   * Blocks this thread until all parties have arrived.
   *
   *     if (barrier.wait() === 0) console.log("all are here"); // printed by one thread
   *
   * The last party runs the action, before any party continues, and does not wait. After the return
   * this thread sees all writes that any party made before `wait`. A call inside the action would
   * wait for itself, and throws.
   *
   * @param timeout milliseconds, instead of the barrier's own timeout; 0 breaks the barrier unless
   *   all other parties are here
   * @returns the order of arrival: 0 for the first party, parties - 1 for the last
   * @throws BrokenBarrierError if the barrier is broken, breaks during the wait, or times out,
   *   which breaks it; the error of the action, in the thread of the action; RangeError if timeout is
   *   negative or NaN; TypeError if it is no number; ThreadError inside the action, and where
   *   blocking is forbidden (a browser's page): use {@link waitAsync}
   * @see Python `Barrier.wait(timeout)`, in seconds
   */
  wait(timeout?: number): number {
    if (timeout !== undefined) checkTimeout(timeout, "barrier");
    return block(this.waiting(timeout ?? this.#timeout, true), this, "waitAsync()");
  }

  /**
   * {@link wait} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   * An abort breaks the barrier, like a timeout, unless all parties have arrived.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `wait`, and `signal.reason` on abort
   */
  async waitAsync(options?: AsyncOptions): Promise<number> {
    const { timeout, signal } = checkAsyncOptions(options, "barrier");
    return suspend(this.waiting(timeout ?? this.#timeout, false), signal, this);
  }

  /**
   * Makes a broken barrier usable again. Current waiters get a BrokenBarrierError.
   *
   *     barrier.reset();                                    // best while no thread waits
   *
   * @see Python `Barrier.reset`
   */
  reset(): void {
    forgetDeaths(this.words, this.at + HOLDERS);
    this.#break(RESETTING);
    const index = this.at + STATE;
    // Not broken if no thread waited, or if another thread has reset it.
    const first = Atomics.load(this.words, index);
    // T1 is about to begin the next cycle; the supervisor breaks the cycle for a death: T1 tries
    // again.
    for (let was = first; isBroken(was) && cycleOf(was) === cycleOf(first); was = Atomics.load(this.words, index)) {
      this.#startNextCycle(was);
    }
  }

  /**
   * Breaks the barrier: all waiters and all newcomers get a BrokenBarrierError, until `reset`. A
   * thread calls it if it cannot arrive, so the others need not wait.
   *
   *     try { compute(); } catch (error) { barrier.abort(); throw error; }
   *
   * @see Python `Barrier.abort`
   */
  abort(): void {
    this.#break(ABORTED);
  }

  /**
   * The number of parties.
   *
   * @see Python `Barrier.parties`
   */
  get parties(): number {
    return Atomics.load(this.words, this.at + PARTIES);
  }

  /**
   * The number of waiting parties. Equals `parties` while the action runs; 0 if the barrier is
   * broken.
   *
   * @see Python `Barrier.n_waiting`
   */
  get nWaiting(): number {
    const state = Atomics.load(this.words, this.at + STATE);
    return isBroken(state) ? 0 : countOf(state);
  }

  /**
   * Is the barrier broken?
   *
   * @see Python `Barrier.broken`
   */
  get broken(): boolean {
    const state = Atomics.load(this.words, this.at + STATE);
    return isBroken(state) && countOf(state) !== RESETTING;
  }

  /** `<Barrier at 0x0040: waiters=2/3>` or `broken`, like in Python. */
  override toString(): string {
    return `<Barrier ${this.place}: ${this.broken ? "broken" : `waiters=${this.nWaiting}/${this.parties}`}>`;
  }

  /**
   * @internal The steps of every wait. Other generators may run them with `yield*`. The timeout
   * begins at the arrival.
   */
  *waiting(timeout: number, blocking: boolean): Steps<number> {
    const { words, parties } = this;
    const index = this.at + STATE;
    const sleepsAtOnce = parties > platform.cores(); // a missing party may need this core
    let was: number;
    let reset: number;
    for (;;) {
      was = this.#stateOnArrival();
      const arrival = this.#participate(); // after the check: a refused thread is no participant
      reset = Atomics.load(words, this.at + RESET);
      const count = countOf(was);
      if (count === parties) {
        yield { words, index, value: was, deadline: Deadline.NEVER };
      } else if (count + 1 === parties) {
        if (this.#action === undefined ? this.#pass(was) : this.#runAction(was, arrival)) return count;
      } else {
        if (blocking && !mayBlock()) throw new ThreadError("barrier: this thread may not block; use waitAsync()");
        recordArrival(arrival, was);
        if (Atomics.compareExchange(words, index, was, was + 1) === was) break;
      }
    }
    const after = (ms: number): Deadline => (blocking ? Deadline.after(ms) : Deadline.ofTask(ms));
    const deadline = after(timeout);
    let replaced: Deadline | undefined;
    try {
      for (;;) {
        const now = Atomics.load(words, index);
        const ended = cycleOf(now) !== cycleOf(was);
        const allHere = countOf(now) === parties;
        if (ended || isBroken(now)) {
          if (!ended) throw this.#errorOf(now);
          if (wasReset(was, reset, Atomics.load(words, this.at + RESET))) throw brokenBy(CAUSES[RESETTING]!);
          return countOf(was);
        }
        if (allHere) yield { words, index, value: now, deadline: Deadline.NEVER, sleepsAtOnce };
        else if (deadline.expired()) this.#breakFrom(now, TIMED_OUT);
        else if (!isShortOf(parties, words, this.at + HOLDERS)) {
          replaced = undefined;
          yield { words, index, value: now, deadline, sleepsAtOnce };
        } else if ((replaced ??= after(REPLACE_MS)).expired()) this.#breakFrom(now, PARTY_DIED);
        else yield { words, index, value: now, deadline: deadline.orSooner(replaced), sleepsAtOnce };
      }
    } finally {
      this.#leave(cycleOf(was));
    }
  }

  /**
   * Registers this thread as a participant. Returns its ARRIVAL, or undefined if no supervisor sees
   * this thread die.
   */
  #participate(): Words | undefined {
    const me = getIdent();
    if (this.#participant === me) return this.#arrival;
    this.#participant = me;
    return (this.#arrival = countAsHolder(deathActionFor(this.words, this.at, true)));
  }

  /**
   * The state for a newcomer: an unbroken cycle. Completes an unfinished reset.
   */
  #stateOnArrival(): number {
    const { words, at } = this;
    if (Atomics.load(words, at + ACTION_THREAD) === getIdent()) {
      throw new ThreadError("barrier: wait inside the barrier's own action would wait for itself; call it afterwards");
    }
    let was = Atomics.load(words, at + STATE);
    for (; isBroken(was); was = Atomics.load(words, at + STATE)) {
      if (countOf(was) !== RESETTING) throw this.#errorOf(was);
      this.#startNextCycle(was);
    }
    return was;
  }

  /** Runs the action if this thread arrives last. Returns false if another thread was faster. */
  #runAction(was: number, arrival: Words | undefined): boolean {
    const { words, at } = this;
    const acting = was + 1;
    recordArrival(arrival, was);
    if (Atomics.compareExchange(words, at + STATE, was, acting) !== was) return false;
    Atomics.store(words, at + ACTION_THREAD, getIdent());
    let done = false;
    try {
      const result = callTransferred(this.#action!, []);
      if (isPromise(result)) throw asyncAction();
      done = true;
    } finally {
      Atomics.compareExchange(words, at + ACTION_THREAD, getIdent(), NO_THREAD);
      if (!done) this.#breakFrom(acting, ACTION_THREW);
    }
    if (this.#pass(acting)) return true;
    const now = Atomics.load(words, at + STATE);
    throw cycleOf(now) === cycleOf(acting) ? this.#errorOf(now) : brokenBy(CAUSES[RESETTING]!);
  }

  /**
   * A party leaves. If it was aborted before all parties arrived, the barrier breaks; else its
   * cycle is over.
   */
  #leave(cycle: number): void {
    for (;;) {
      const was = Atomics.load(this.words, this.at + STATE);
      if (cycleOf(was) !== cycle || countOf(was) >= this.parties || this.#breakFrom(was, ABORTED_BY_SIGNAL)) return;
    }
  }

  /** All parties have arrived: begins the next cycle. Returns false if another thread changed STATE. */
  #pass(was: number): boolean {
    const { words, at } = this;
    const next = nextCycle(was);
    const reset = Atomics.load(words, at + RESET);
    // While STATE shows this cycle, the next has not begun: its number is of an earlier round. The
    // check of STATE comes second:
    // // T1 reads STATE; T2 passes, and the next cycle is reset; T1 must not remove that reset.
    if (namesCycleOf(next, reset) && Atomics.load(words, at + STATE) === was)
      Atomics.compareExchange(words, at + RESET, reset, withFarCycle(reset));
    return this.#change(was, next);
  }

  #break(cause: number): void {
    for (;;) {
      const was = Atomics.load(this.words, this.at + STATE);
      if (countOf(was) === RESETTING) this.#startNextCycle(was);
      else if (isBroken(was) || (cause === RESETTING && countOf(was) === 0) || this.#breakFrom(was, cause)) return;
    }
  }

  /**
   * Begins the next cycle after a reset, unless another thread does. Any thread may finish an
   * unfinished reset.
   */
  #startNextCycle(was: number): void {
    const { words, at } = this;
    for (;;) {
      const reset = Atomics.load(words, at + RESET);
      if (Atomics.load(words, at + STATE) !== was) return;
      // Invariant 2: RESET first, and once for each reset.
      if (namesCycleOf(was, reset)) break;
      if (Atomics.compareExchange(words, at + RESET, reset, resetOf(was, reset)) === reset) break;
    }
    this.#change(was, nextCycle(was));
  }

  #breakFrom(was: number, cause: number): boolean {
    return this.#change(was, brokenState(was, cause));
  }

  /** The error for a broken state. Its message names the cause. */
  #errorOf(state: number): BrokenBarrierError {
    const cause = CAUSES[countOf(state)];
    if (cause !== undefined) return brokenBy(cause);
    const dead = lastDead(this.words, this.at + HOLDERS);
    const record = dead === undefined ? undefined : deathOf(dead);
    const name = record === undefined ? "" : `, ${record.name}`;
    return brokenBy(`a thread that holds it has died${name}; reset() makes it usable again`, record);
  }

  #change(was: number, now: number): boolean {
    if (Atomics.compareExchange(this.words, this.at + STATE, was, now) !== was) return false;
    wake(this.words, this.at + STATE);
    return true;
  }

  get #timeout(): number {
    return timeoutAt(this.words, this.at + TIMEOUT);
  }
}

function brokenBy(what: string, dead?: DeathRecord): BrokenBarrierError {
  return new BrokenBarrierError(`barrier: broken: ${what}`, dead && { cause: dead.cause });
}

function asyncAction(): TypeError {
  return new TypeError(
    "barrier: the action returned a promise, and no thread waits for it; write an action that is not async",
  );
}
