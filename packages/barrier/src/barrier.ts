/**
 * A place where threads wait for each other: Python's `threading.Barrier`.
 *
 * Words
 *   STATE    bits 14..31  the number of the cycle, wrapping
 *            bits 0..13   0 … parties-1   so many have arrived in it, and wait
 *                         parties         all have; the last one runs the action. Who comes now belongs to the next cycle
 *                         above           broken, and by what: see CAUSES
 *            any thread, by compare-exchange, and so does the supervisor that sees a party die (followed by its turnstile, see core's wait.ts)
 *   RESET    bits 0..17   the cycle that was reset last
 *            bits 18..31  how many were, wrapping
 *            by `reset`, while the state is broken
 *   ACTOR    the number of the thread that runs the action, 0 if none does
 *   PARTIES  how many have to arrive; 0 until somebody has made the barrier
 *   TIMEOUT  how long `wait` waits unless told otherwise: milliseconds, the two halves of a float
 *   HOLDERS  how many living threads hold the barrier, and whether one that held it has died since the last reset
 *   DIED     the number of the one that died last
 *            both by the supervisor, see core's will.ts
 *   MARK     of each thread that holds the barrier, in memory of its own: the cycle in which it arrived last; by that thread
 *
 * Invariants
 *   1. A cycle ends once, by one change of the word: it passes, which begins the next one, or it breaks. A broken cycle ends by a
 *      reset alone, which begins the next one, too. So who finds another cycle has passed, unless his was reset.
 *   2. A reset leaves the number of the cycle in RESET before it begins the next one. So it can be told later, however late:
 *      // T1 waits in cycle 7, which passes; T2 and T3 go on, and one of them resets cycle 8; T1 runs: he has passed.
 *      Only if two were reset since he arrived, and his was not the last, he cannot know, and is told that the barrier broke.
 *   3. Nobody arrives while the action runs, and nobody leaves. Those who have arrived are no longer late: their time is over with
 *      the cycle. So cycles never overlap, and the last one to arrive never times out.
 *   4. Who changes the state wakes all: waiters of one cycle, and those who wait to enter the next.
 *   5. A thread says in its MARK that it arrives before it does. So whoever sees it dead knows whether its arrival counts: it does only if
 *      the cycle is still that of the mark, and then the cycle breaks, by a compare-exchange that says so.
 *      // T1 arrives, and dies; T2 completes the cycle; the supervisor sees T1 dead: the cycle is another one, and nothing breaks.
 *   6. Nobody waits for threads that are gone: who waits while a thread has died, and fewer living ones than PARTIES hold the barrier,
 *      gives others time to replace the dead one, and then breaks it. A death makes all who wait look again.
 *
 * Why 18 bits are enough: a thread would have to stand still, between two operations, for exactly a multiple of 262144 cycles.
 */
import {
  adopt,
  type AsyncOptions,
  block,
  callPortable,
  checkAsyncOptions,
  checkInteger,
  checkKeys,
  checkTimeout,
  Deadline,
  describe,
  type Envelope,
  forgetDeaths,
  getIdent,
  type Handle,
  handled,
  HOLDERS_WORDS,
  isPromise,
  isShortOf,
  isTarget,
  lastDead,
  leaveWill,
  mayBlock,
  type Obituary,
  obituaryOf,
  PACK,
  pack,
  type Packed,
  packedAs,
  type Placement,
  platform,
  type Portable,
  portable,
  registerPrimitive,
  Shared,
  type Steps,
  suspend,
  takePart,
  type Target,
  ThreadError,
  unpack,
  WAITED_ON_WORDS,
  wake,
  type Will,
  type Words,
} from "@x/core";
import { BrokenBarrierError } from "./broken-barrier-error.js";

const STATE = 0;
const RESET = WAITED_ON_WORDS;
const ACTOR = WAITED_ON_WORDS + 1;
const PARTIES = WAITED_ON_WORDS + 2;
const TIMEOUT = WAITED_ON_WORDS + 3;
const HOLDERS = WAITED_ON_WORDS + 5;
const WORDS = WAITED_ON_WORDS + 5 + HOLDERS_WORDS;

const COUNT_BITS = 14;
const COUNT = 2 ** COUNT_BITS - 1;
const CYCLE_BITS = 32 - COUNT_BITS;
const CYCLE = 2 ** CYCLE_BITS - 1;

/** Above the largest count. All bits mean a death: they are set over whatever the count is (see core's will.ts). */
const PARTY_DIED = COUNT;
const ABORTED = COUNT - 1;
const TIMED_OUT = COUNT - 2;
const ACTION_THREW = COUNT - 3;
const SIGNALLED = COUNT - 4;
const RESETTING = COUNT - 5;
const PARTIES_MAX = 16_000;

/** So many milliseconds a waiter gives others to replace a dead thread: longer than a start takes, shorter than people wait for an error. */
const REPLACE_MS = 500;

const UNMADE = 0;
const NOBODY = 0;

const CAUSES: Readonly<Record<number, string>> = {
  [ABORTED]: "it was aborted; reset() makes it usable again",
  [TIMED_OUT]: "the time of one who waited ran out; reset() makes it usable again",
  [ACTION_THREW]: "its action threw; reset() makes it usable again",
  [SIGNALLED]: "the signal of one who waited was aborted; reset() makes it usable again",
  [RESETTING]: "it was reset while this thread waited; it can be used again",
};

const countOf = (state: number): number => state & COUNT;
const cycleOf = (state: number): number => state >>> COUNT_BITS;
const isBroken = (state: number): boolean => countOf(state) > PARTIES_MAX;
const nextCycle = (state: number): number => ((state | COUNT) + 1) | 0;

/** What is called when all have arrived: a function, or an object with a `call` method. It must not be async. */
export type BarrierAction = Target<[], unknown>;

/** What a barrier is made with, besides the number of parties. */
export interface BarrierOptions extends Partial<Placement> {
  /** Called in the thread that arrives last, before anybody goes on. */
  readonly action?: BarrierAction | undefined;
  /** How long `wait` waits unless told otherwise, in milliseconds. Default Infinity. */
  readonly timeout?: number | undefined;
}

/** What `share()` returns: plain data that may be posted to any worker. */
export interface BarrierHandle extends Handle {
  /** The action, on its way. */
  readonly action?: Envelope;
}

/**
 * A place where a number of threads or tasks wait until all of them have arrived; then all go on, and it can be used again.
 *
 *     const barrier = new Barrier(4);
 *     for (const step of steps) { compute(step); barrier.wait(); }      // in each of four threads: nobody is a step ahead
 *
 * All that was done before `wait`, by any of them, is visible to all when they go on.
 *
 * A barrier breaks, for all who wait and for all who come, when one of them does not come in time, is aborted, or throws in the
 * action; it stays broken until it is reset. The death of a thread of `@x/thread` (by an error that it did not catch, or from outside)
 * breaks it, too, if that thread had arrived and the others had not all come yet, or if those who wait find that fewer living threads
 * hold the barrier than have to arrive: half a second later, unless another thread is handed it meanwhile. A thread that ends
 * normally without arriving breaks nothing: the others wait, as in Python.
 *
 * @see Python `threading.Barrier`
 */
export class Barrier extends Shared {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/barrier Barrier";
  /** How much memory a barrier takes. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Barrier, import.meta.url);
  }

  /**
   * The barrier that `share()` handed over, or that was made in this memory (then without its action).
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there; ThreadError if none was made there yet, or if
   *   the module that exposes the action has not been imported here
   */
  static from(place: BarrierHandle | Placement): Barrier {
    const { action } = handled(place, Barrier) as Partial<BarrierHandle>;
    const { words, at } = adopt(place, Barrier.BYTES, "barrier", ["action"]);
    const parties = Atomics.load(words, at + PARTIES);
    if (parties === UNMADE)
      throw new ThreadError("barrier: none was made there yet; make it with new Barrier(parties, …)");
    const byteOffset = at * Int32Array.BYTES_PER_ELEMENT;
    const there = { buffer: words.buffer as SharedArrayBuffer, byteOffset };
    const barrier = new Barrier(parties, undefined, timeoutAt(words, at + TIMEOUT), there);
    if (action !== undefined) barrier.#action = unpack<Portable>(action);
    leaveWill(willFor(words, at, true));
    return barrier;
  }

  #action: Portable | undefined;
  /** The thread that takes part by this object, and its mark. A later thread of the same worker may find the object. */
  #partaker: number = NOBODY;
  #mark: Words | undefined;

  /**
   * A barrier for `parties`, in memory of its own or in memory of yours. Threads that make the same one in the same memory,
   * zeroed at first, get one and the same.
   *
   *     new Barrier(3);
   *     new Barrier(3, { action: swapBuffers, timeout: 5000 });
   *     new Barrier(3, swapBuffers, 5000);                                // as in Python
   *     new Barrier(3, { buffer, byteOffset });                           // where Barrier.BYTES are free
   *
   * The action has to run in whichever thread arrives last. A function that was exposed is found there by its name; any other one
   * travels as its text, so it must not use anything from around it, unless the barrier stays in its thread. An object of an
   * exposed class with a `call` method takes its fields along: shared memory, locks.
   *
   * @param parties how many have to arrive, 1 to 16000
   * @param action called, without arguments, in the thread that arrives last, before anybody goes on; must not be async
   * @param timeout how long `wait` waits unless told otherwise, in milliseconds
   * @throws RangeError if parties is not a whole number of that range, or the barrier would not fit there; TypeError if an
   *   argument is not of its type; ThreadError if another barrier lives there
   * @see Python `Barrier(parties, action, timeout)`
   */
  constructor(parties: number, options?: BarrierOptions);
  constructor(parties: number, action?: BarrierAction | null, timeout?: number, place?: Placement);
  constructor(parties: number, first?: BarrierOptions | BarrierAction | null, late?: number, where?: Placement) {
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
      `barrier: one for ${this.parties} parties with timeout ${this.#timeout} lives there already; use from(), or zero the memory`,
    );
  }

  /** {@link Shared.share}: hands its action over as well. */
  override share(): BarrierHandle {
    const action = this.#action && pack(portable(this.#action, "barrier"), "the action of the barrier");
    leaveWill(willFor(this.words, this.at, false)); // those who get it may wait for this thread, which may die before it has come
    return { ...super.share(), ...(action && { action }) };
  }

  /** @internal How it travels: the receiver imports the module that exposes the action. */
  override [PACK](): Packed {
    const handle = this.share();
    return { ...packedAs(Barrier.KIND, handle), inner: handle.action, will: willFor(this.words, this.at, true) };
  }

  /**
   * Blocks this thread until all parties have arrived.
   *
   *     if (barrier.wait() === 0) console.log("all are here");           // one of them says so
   *
   * The last one to arrive runs the action, before anybody goes on, and does not wait. All that was done before by any of them is
   * visible to all. From inside the action it cannot be called: that would wait for itself.
   *
   * @param timeout milliseconds, in place of the barrier's own; 0 breaks the barrier unless all others are here
   * @returns who was first gets 0, the last one parties - 1
   * @throws BrokenBarrierError if the barrier is broken, or breaks meanwhile, or the time runs out, which breaks it; what the action
   *   throws, if it was this thread that ran it; RangeError if timeout is negative or NaN; TypeError if it is no number;
   *   ThreadError inside the action, and where blocking is forbidden (a browser's page): use {@link waitAsync}
   * @see Python `Barrier.wait(timeout)`, in seconds
   */
  wait(timeout?: number): number {
    if (timeout !== undefined) checkTimeout(timeout, "barrier");
    return block(this.waiting(timeout ?? this.#timeout, true), this, "waitAsync()");
  }

  /**
   * {@link wait} for tasks: gives way to the event loop, and keeps the process alive meanwhile. An abort breaks the barrier, as a
   * timeout does, unless all have arrived.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `wait` throws, and `signal.reason` on abort
   */
  async waitAsync(options?: AsyncOptions): Promise<number> {
    const { timeout, signal } = checkAsyncOptions(options, "barrier");
    return suspend(this.waiting(timeout ?? this.#timeout, false), signal, this);
  }

  /**
   * Begins anew: who waits gets a BrokenBarrierError, and a broken barrier can be used again.
   *
   *     barrier.reset();                                                  // nobody should be waiting
   *
   * @see Python `Barrier.reset`
   */
  reset(): void {
    forgetDeaths(this.words, this.at + HOLDERS);
    this.#break(RESETTING);
    const index = this.at + STATE;
    const first = Atomics.load(this.words, index); // if it is not broken, nobody was waiting, or somebody else has done it
    // T1 is about to begin the next cycle; the supervisor says that the one that is reset is broken by a death: T1 tries again.
    for (let was = first; isBroken(was) && cycleOf(was) === cycleOf(first); was = Atomics.load(this.words, index)) {
      this.#beginAnew(was);
    }
  }

  /**
   * Breaks the barrier: all who wait, and all who come, get a BrokenBarrierError, until it is reset. For a thread that will not
   * arrive, and does not want the others to wait for it.
   *
   *     try { compute(); } catch (error) { barrier.abort(); throw error; }
   *
   * @see Python `Barrier.abort`
   */
  abort(): void {
    this.#break(ABORTED);
  }

  /**
   * How many have to arrive.
   *
   * @see Python `Barrier.parties`
   */
  get parties(): number {
    return Atomics.load(this.words, this.at + PARTIES);
  }

  /**
   * How many have arrived and wait; all of them while the action runs, 0 if the barrier is broken.
   *
   * @see Python `Barrier.n_waiting`
   */
  get nWaiting(): number {
    const state = Atomics.load(this.words, this.at + STATE);
    return isBroken(state) ? 0 : countOf(state);
  }

  /**
   * Is it broken?
   *
   * @see Python `Barrier.broken`
   */
  get broken(): boolean {
    const state = Atomics.load(this.words, this.at + STATE);
    return isBroken(state) && countOf(state) !== RESETTING;
  }

  /** `<Barrier at 0x0040: waiters=2/3>` or `broken`, as Python tells it. */
  override toString(): string {
    return `<Barrier ${this.place}: ${this.broken ? "broken" : `waiters=${this.nWaiting}/${this.parties}`}>`;
  }

  /** @internal The steps of every wait; others may run them with `yield*`. The time begins with the arrival. */
  *waiting(timeout: number, blocking: boolean): Steps<number> {
    const { words, parties } = this;
    const index = this.at + STATE;
    const sleepsAtOnce = parties > platform.cores(); // whoever has not arrived yet may need this core in order to come
    let was: number;
    let reset: number;
    for (;;) {
      was = this.#enter();
      const mark = this.#takePart(); // not before: whoever is refused takes no part
      reset = Atomics.load(words, this.at + RESET);
      const count = countOf(was);
      if (count === parties) {
        yield { words, index, value: was, deadline: Deadline.NEVER };
      } else if (count + 1 === parties) {
        if (this.#action === undefined ? this.#change(was, nextCycle(was)) : this.#act(was, mark)) return count;
      } else {
        if (blocking && !mayBlock()) throw new ThreadError("barrier: this thread may not block; use waitAsync()");
        arrive(mark, was);
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
          if (!ended) throw this.#broken(now);
          if (this.#wasReset(cycleOf(was), reset)) throw broken(CAUSES[RESETTING]!);
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

  /** This thread is one of those that the barrier counts on. Returns its mark, if somebody sees it die. */
  #takePart(): Words | undefined {
    const me = getIdent();
    if (this.#partaker === me) return this.#mark;
    this.#partaker = me;
    return (this.#mark = takePart(willFor(this.words, this.at, true)));
  }

  /** The state that who comes now finds. */
  #enter(): number {
    const { words, at } = this;
    if (Atomics.load(words, at + ACTOR) === getIdent()) {
      throw new ThreadError("barrier: wait inside the barrier's own action would wait for itself; call it afterwards");
    }
    let was = Atomics.load(words, at + STATE);
    for (; isBroken(was); was = Atomics.load(words, at + STATE)) {
      if (countOf(was) !== RESETTING) throw this.#broken(was);
      this.#beginAnew(was);
    }
    return was;
  }

  /** Runs the action, if this is the last to arrive; false if somebody else was faster. */
  #act(was: number, mark: Words | undefined): boolean {
    const { words, at } = this;
    const acting = was + 1;
    arrive(mark, was);
    if (Atomics.compareExchange(words, at + STATE, was, acting) !== was) return false;
    Atomics.store(words, at + ACTOR, getIdent());
    let done = false;
    try {
      const result = callPortable(this.#action!, []);
      if (isPromise(result)) throw promised();
      done = true;
    } finally {
      Atomics.compareExchange(words, at + ACTOR, getIdent(), NOBODY);
      if (!done) this.#breakFrom(acting, ACTION_THREW);
    }
    if (this.#change(acting, nextCycle(acting))) return true;
    const now = Atomics.load(words, at + STATE);
    throw cycleOf(now) === cycleOf(acting) ? this.#broken(now) : broken(CAUSES[RESETTING]!);
  }

  /** One who has arrived goes. If that is by an abort, those who have arrived wait in vain, unless all have; else his cycle is over. */
  #leave(cycle: number): void {
    for (;;) {
      const was = Atomics.load(this.words, this.at + STATE);
      if (cycleOf(was) !== cycle || countOf(was) >= this.parties || this.#breakFrom(was, SIGNALLED)) return;
    }
  }

  #break(cause: number): void {
    for (;;) {
      const was = Atomics.load(this.words, this.at + STATE);
      if (countOf(was) === RESETTING) this.#beginAnew(was);
      else if (isBroken(was) || (cause === RESETTING && countOf(was) === 0) || this.#breakFrom(was, cause)) return;
    }
  }

  /** Begins the next cycle, unless somebody else has done it. Whoever comes upon a reset that is not finished finishes it. */
  #beginAnew(was: number): void {
    const { words, at } = this;
    for (;;) {
      const reset = Atomics.load(words, at + RESET);
      if (Atomics.load(words, at + STATE) !== was) return;
      const now = (((reset >>> CYCLE_BITS) + 1) << CYCLE_BITS) | cycleOf(was);
      if (Atomics.compareExchange(words, at + RESET, reset, now) === reset) break; // invariant 2: RESET first
    }
    this.#change(was, nextCycle(was));
  }

  #breakFrom(was: number, cause: number): boolean {
    return this.#change(was, (was & ~COUNT) | cause);
  }

  /** The error that tells what has broken it. */
  #broken(state: number): BrokenBarrierError {
    const cause = CAUSES[countOf(state)];
    if (cause !== undefined) return broken(cause);
    const dead = lastDead(this.words, this.at + HOLDERS);
    const obituary = dead === undefined ? undefined : obituaryOf(dead);
    const name = obituary === undefined ? "" : `, ${obituary.name}`;
    return broken(`a thread that it was handed to has died${name}; reset() makes it usable again`, obituary);
  }

  /** Was this cycle reset, or did it pass? `before` is RESET as it was when this thread arrived in it. */
  #wasReset(cycle: number, before: number): boolean {
    const now = Atomics.load(this.words, this.at + RESET);
    if (now === before || (now & CYCLE) === cycle) return now !== before;
    return (((now >>> CYCLE_BITS) - (before >>> CYCLE_BITS)) & COUNT) !== 1;
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

/**
 * The death of a thread breaks the barrier if it has arrived in the cycle, and is told to those who wait in any case.
 *
 * @param counts does the thread hold it, or has it only made it, and handed it on?
 */
function willFor(words: Int32Array, at: number, counts: boolean): Will & { readonly holders: number } {
  return { words, index: at + STATE, bits: COUNT, holders: at + HOLDERS, counts };
}

/** Invariant 5. A mark is not 0, in whichever cycle. */
function arrive(mark: Words | undefined, state: number): void {
  if (mark !== undefined) Atomics.store(mark.words, mark.at, (state & ~COUNT) | 1);
}

function broken(what: string, dead?: Obituary): BrokenBarrierError {
  return new BrokenBarrierError(`barrier: broken: ${what}`, dead && { cause: dead.cause });
}

function promised(): TypeError {
  return new TypeError("barrier: the action returned a promise, which nobody waits for; it must not be async");
}

const HALVES = new Int32Array(2);
const FLOAT = new Float64Array(HALVES.buffer);

function putTimeout(words: Int32Array, index: number, timeout: number): void {
  FLOAT[0] = timeout;
  [words[index], words[index + 1]] = [HALVES[0]!, HALVES[1]!];
}

function timeoutAt(words: Int32Array, index: number): number {
  [HALVES[0], HALVES[1]] = [words[index]!, words[index + 1]!];
  return FLOAT[0]!;
}

const OPTIONS = ["action", "timeout", "buffer", "byteOffset", "kind"];
const ALIASES = { callback: "action", target: "action", func: "action", fn: "action" };

/** Both ways to say what a barrier is made with. */
function optionsOf(
  first: BarrierOptions | BarrierAction | null | undefined,
  late: number | undefined,
  where: Placement | undefined,
): { action: BarrierAction | undefined; timeout: number; place: Placement | undefined } {
  let action: unknown = first ?? undefined;
  let isAction = isTarget(action);
  let timeout: unknown = late;
  let place = where;
  if (typeof first === "object" && first !== null && !isAction) {
    const options = first as BarrierOptions;
    checkKeys(options, OPTIONS, "barrier", ALIASES);
    ({ action, timeout } = options);
    const { buffer, byteOffset } = options;
    isAction = isTarget(action);
    if (buffer !== undefined || byteOffset !== undefined) place = { buffer, byteOffset } as Placement;
  }
  if (action !== undefined && !isAction) {
    throw new TypeError(
      `barrier: expected an action (a function, or an object with a call method), or { action, timeout, buffer, byteOffset }, ` +
        `got ${describe(action)}`,
    );
  }
  if (timeout === undefined) timeout = Infinity;
  checkTimeout(timeout, "barrier");
  return { action: action as BarrierAction | undefined, timeout, place };
}
