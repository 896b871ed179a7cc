/** This thread as a submitter: its futures, and its waits for arrivals. Words: see submitters.ts. */
import {
  block,
  type Blocker,
  Deadline,
  type Envelope,
  getIdent,
  pack,
  type Packed,
  packedAs,
  type Steps,
  suspend,
  ThreadError,
  TimeoutError,
  unpack,
  wake,
} from "@x/core";
import {
  deathOf,
  decodeCopy,
  finderIn,
  isPackedToStay,
  namesIn,
  NO_BLOCK,
  platform,
  type Tails,
} from "@x/core/internal";
import { DeadlockError, Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";
import { BrokenExecutor } from "./errors.js";
import { friends, type Future, type FutureSource } from "./future.js";
import { diedBefore, diedIn, Outcome, taskLabel } from "./outcome.js";
import { INTEGER, NOTHING, PLAIN } from "./payload.js";
import { ProgressQueue } from "./progress-queue.js";
import * as record from "./records.js";
import type { Reserved, State } from "./state.js";
import { BELL, VIEWS_PENDING } from "./submitters.js";
import { thisTask } from "./this-task.js";
import { FAILURE } from "./words.js";

/** How many records, and bytes, leave the store under one acquire of the lock: others wait meanwhile. */
const BATCH = 256;
const BATCH_BYTES = 64 << 10;

/** 64 Ki: a thread that had more tasks in flight gives the memory of their places back. */
const KEPT_PLACES = 64 << 10;

/** 5 ms: how often a thread looks at all executors while it waits for several. */
export const NAP_MS = 5;

/** 32 turns of an event loop without work take 40 us: about as long as a sleep there and a wake. */
const SOON_TURNS = 32;

/** 63: a thread whose results come late spends less than 1 us for each. */
const SKIPPED_MAX = 63;

/** A record that has left the store. */
interface Arrival {
  readonly future: Future<never> | undefined;
  readonly state: number;
  readonly id: number;
  readonly kind: number;
  readonly integer: number;
  readonly bytes: Uint8Array;
  readonly tails: Tails;
  /** The ident of the dead worker, or the timeout. */
  readonly detail: number;
  readonly marks: number;
  /** See `Arrived.release`. */
  release?: ((mayWait: boolean) => void) | undefined;
}

const internals = /* @__PURE__ */ internalsOf(Thread);

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** Undefined while its bytes are being decoded. */
let scratch: Uint8Array | undefined = /* @__PURE__ */ new Uint8Array(BATCH_BYTES);

/** What a submitter needs of its executor. */
export interface SubmitterOwner {
  readonly state: State;
  readonly memory: SharedArrayBuffer;
  /** Its name in reports. */
  readonly label: string;
  /** Starts the threads of new workers. */
  launch(reserved: readonly Reserved[]): void;
  /** The record by which the executor travels. */
  handle(): unknown;
}

export const FUTURE_KIND = "@x/executor Future";

/** A future in a message. */
export interface FutureData {
  readonly executor: unknown;
  readonly slot: number;
  readonly id: number;
  readonly name: string;
  /** Is the message read again and again? Then it counts for ever. */
  readonly stays: boolean;
  /** How the task has ended, if the sender knows. */
  readonly ended: Envelope | undefined;
}

/** The outcome of a future in a message. */
interface EndedData {
  readonly isCancelled: boolean;
  readonly isError: boolean;
  readonly value: unknown;
}

/** The submitters of this thread that may have unsettled futures. */
const watching = /* @__PURE__ */ new Set<Submitter>();

/** Receives all arrivals for this thread, at the end of the thread. */
export function receiveAll(): void {
  for (const submitter of watching) submitter.receive();
}

/** The block of a submitter. The object of the submitter may be collected before. */
interface Place {
  readonly state: State;
  /** NO_BLOCK until it is needed. */
  block: number;
  /** The ident in the block: of the last thread that needed it here. */
  ident: number;
}

/** The blocks of this thread's submitters. */
const places = /* @__PURE__ */ new Set<Place>();

const forgotten = /* @__PURE__ */ new FinalizationRegistry<Place>(giveBack);

/**
 * Gives the block back, for another submitter. Does nothing if another thread holds the lock for long: this thread may not
 * wait here.
 */
function giveBack(place: Place): void {
  const { state, block: owner, ident } = place;
  places.delete(place);
  if (owner === NO_BLOCK) return;
  place.block = NO_BLOCK;
  state.tryLocked(() => {
    if (state.isSubmitter(owner, ident)) state.leaveSubmitter(owner);
  });
}

/** This thread ends: it reads nothing any more, and gives its blocks back. */
export function giveBackAll(): void {
  for (const submitter of watching) submitter.dropViews();
  for (const place of places) giveBack(place);
}

export class Submitter implements FutureSource {
  readonly #executor: SubmitterOwner;
  readonly #state: State;
  readonly #place: Place;
  /**
   * The unsettled futures of this thread's tasks, by the slots of their records. In a map by id, it
   * took more time to add a future than all the rest of a submit.
   */
  #futures: (Future<never> | undefined)[] = [];
  /** The number of these futures. */
  #unsettled = 0;
  /** The unsettled futures of other threads' tasks. */
  readonly #views = new Set<Future<never>>();
  /** The readers of progress, by the id of the task. */
  readonly #progress = new Map<number, { readonly queue: ProgressQueue; readonly future: Future<never> }>();
  /** Why running tasks of this thread were terminated, by id. */
  readonly reasons: Map<number, unknown> = new Map<number, unknown>();
  /** Functions that fail the waits of this worker's tasks for tasks of the executor. */
  readonly #awaiting = new Set<(error: Error) => void>();
  #isWatching = false;
  /** For so many waits this thread does not look whether something arrives soon; and how many those were the last time. */
  #unlooked = 0;
  #skipped = 0;
  #isSuspended = false;
  /** After so many turns of its event loop the thread sleeps. */
  turns: number = SOON_TURNS;
  readonly #afterTurn: (callback: () => void) => void = internals.turns();

  constructor(executor: SubmitterOwner) {
    this.#executor = executor;
    this.#state = executor.state;
    this.#place = { state: executor.state, block: NO_BLOCK, ident: 0 };
  }

  get #block(): number {
    return this.#place.block;
  }

  get label(): string {
    return this.#executor.label;
  }

  // ---------------------------------------------------------------- futures

  /** This thread's block. Call it under the lock. @throws ThreadError if the memory is full */
  block(): number {
    const place = this.#place;
    const ident = getIdent();
    if (place.block === NO_BLOCK) forgotten.register(this, place);
    if (place.block === NO_BLOCK || !this.#state.isSubmitter(place.block, place.ident)) {
      place.block = this.#state.addSubmitter();
      places.add(place);
    } else if (ident !== place.ident) this.#state.nameSubmitter(place.block, ident);
    place.ident = ident;
    if (this.#block === NO_BLOCK)
      throw new ThreadError(`executor: the memory is full: ${this.#state.records.store.usage}`);
    return this.#block;
  }

  /** A future for a new task of this thread. */
  add<T>(slot: number, id: number, name: string): Future<T> {
    const future = friends.make<T>(this, slot, id, name);
    if (this.#futures[slot] === undefined) this.#unsettled += 1;
    this.#futures[slot] = future as Future<never>;
    this.#watch();
    return future;
  }

  /** A future received in a message: of another thread's task, or this thread's own. */
  addView({ slot, id, name, stays, ended }: FutureData): Future<never> {
    const own = this.#own(slot, id);
    if (own !== undefined) {
      if (ended === undefined && !stays) this.#state.locked(() => this.#takeMessage({ slot, id }));
      return own;
    }
    const future = friends.make<never>(this, slot, id, name);
    if (ended !== undefined) {
      friends.settle(future, outcomeIn(ended));
      return future;
    }
    this.#views.add(future);
    this.#state.locked(() => {
      const { records } = this.#state;
      records.set(this.block(), VIEWS_PENDING, 1);
      const block = records.find({ slot, id });
      if (block === NO_BLOCK) return;
      records.addReader(block);
      if (!stays) records.takeMessage(block);
    });
    this.receive();
    this.#watch();
    return future;
  }

  /** The unsettled future of this task; undefined if it is not a task of this thread. */
  #own(slot: number, id: number): Future<never> | undefined {
    const future = this.#futures[slot];
    return future !== undefined && friends.isOf(future, id) ? future : undefined;
  }

  #forgetAll(): void {
    this.#futures = [];
    this.#unsettled = 0;
    this.#views.clear();
  }

  #takeMessage(name: record.RecordName): void {
    const { records } = this.#state;
    const block = records.find(name);
    if (block !== NO_BLOCK) records.takeMessage(block);
  }

  /** This thread reads the record no more. The last reader frees it. */
  #dropReader(name: record.RecordName): void {
    const { records } = this.#state;
    const block = records.find(name);
    if (block !== NO_BLOCK) records.dropReader(block);
  }

  /** Does nothing if another thread holds the lock for long: this thread may not wait here. */
  dropViews(): void {
    this.#state.tryLocked(() => this.#dropViews());
  }

  #dropViews(): void {
    for (const view of this.#views) this.#dropReader(friends.name(view));
    this.#views.clear();
  }

  get isIdle(): boolean {
    return this.#unsettled === 0 && this.#views.size === 0;
  }

  /**
   * The thread asks for nothing any more: another submitter may take its block. It takes what has arrived, because an error
   * there may be unasked. The worker of a task that fails later reports the error itself.
   */
  leave(): void {
    const state = this.#state;
    const { block: owner, ident } = this.#place;
    if (owner === NO_BLOCK) return;
    const isMine = state.locked(() => {
      this.#dropViews();
      if (!state.isSubmitter(owner, ident)) return false; // this thread counts as dead
      state.nameSubmitter(owner, ~ident);
      return true;
    });
    while (isMine && this.#block === owner && state.hasArrivals(owner)) this.#receiveSome();
    if (isMine) state.locked(() => state.leaveSubmitter(owner));
    if (this.#block !== owner) return this.leave(); // a callback has submitted a task
    this.#place.block = NO_BLOCK;
    places.delete(this.#place);
    this.#forgetAll();
  }

  // ---------------------------------------------------------------- arrivals

  /** Takes all arrivals, and settles their futures. Returns the number of arrivals. */
  receive(): number {
    this.lookAtDeaths();
    if (this.#block === NO_BLOCK) return 0;
    let received = 0;
    while (this.#state.hasArrivals(this.#block)) received += this.#receiveSome();
    if (this.#views.size > 0) this.#receiveViews();
    // Settled futures do not keep the process alive.
    if (this.#isSuspended && this.isIdle) this.#ringMyself();
    return received;
  }

  /**
   * Looks, if a thread has died since this thread looked last. Returns true if it did. A task calls it before it awaits a
   * word: of a death before its wait, it gets no news.
   *
   * // T1 reserves the only worker, and dies; T2 submits, and awaits the result: nothing would start a worker.
   */
  lookAtDeaths(): boolean {
    if (!this.#state.mayHaveDied) return false;
    this.look();
    return true;
  }

  /** Looks for dead workers, and starts others in their place. */
  look(): void {
    const reserved = this.#state.locked(() => this.#state.look());
    if (reserved.length > 0) this.#executor.launch(reserved);
  }

  #receiveSome(): number {
    const buffer = scratch ?? new Uint8Array(BATCH_BYTES);
    scratch = undefined;
    const arrivals = this.#state.locked(() => this.#takeSome(buffer));
    const settled = arrivals.map((arrival) => [arrival, this.#outcomeOf(arrival, buffer)] as const);
    scratch = buffer;
    // All are decoded: a callback may receive again.
    for (const [{ future, id }, outcome] of settled) {
      if (outcome === undefined) continue;
      this.#progress.get(id)?.queue.end();
      this.#progress.delete(id);
      if (future !== undefined) friends.settle(future, outcome);
    }
    return settled.length;
  }

  #takeSome(buffer: Uint8Array): Arrival[] {
    const { records } = this.#state;
    const arrivals: Arrival[] = [];
    let used = 0;
    while (arrivals.length < BATCH && used < BATCH_BYTES) {
      const block = records.takeArrival(this.#block);
      if (block === NO_BLOCK) break;
      const isInteger = records.kind(block) === INTEGER;
      const length = hasBytes(records.word(block, record.STATE)) && !isInteger ? records.bytesLength(block) : 0;
      const fits = used + length <= BATCH_BYTES;
      const bytes = length === 0 ? NO_BYTES : fits ? buffer.subarray(used, used + length) : new Uint8Array(length);
      used += length === 0 ? 0 : records.length(block);
      arrivals.push(this.#take(block, bytes));
    }
    return arrivals;
  }

  #take(block: number, bytes: Uint8Array): Arrival {
    const { records } = this.#state;
    const state = records.word(block, record.STATE);
    const id = records.word(block, record.ID);
    if (state === record.PROGRESS) {
      const progress = this.#read(block, bytes, this.#progress.get(id)?.future);
      records.free(block);
      return progress;
    }
    const slot = records.word(block, record.SLOT);
    const future = this.#own(slot, id);
    const arrival = this.#read(block, bytes, future);
    if (future !== undefined) {
      this.#futures[slot] = undefined;
      this.#unsettled -= 1;
      if (this.#unsettled === 0 && this.#futures.length > KEPT_PLACES) this.#futures = [];
    }
    if (!records.hasReaders(block)) records.free(block);
    else {
      records.set(block, record.MARKS, arrival.marks | record.KEPT);
      if (records.namesAny(block)) {
        records.addReader(block); // until it is decoded
        arrival.release = this.#releaseOf({ slot, id });
      }
    }
    return arrival;
  }

  #releaseOf(name: record.RecordName): (mayWait: boolean) => void {
    return (mayWait) => {
      if (mayWait) this.#state.locked(() => this.#dropReader(name));
      else this.#state.tryLocked(() => this.#dropReader(name));
    };
  }

  #read(block: number, bytes: Uint8Array, future: Future<never> | undefined): Arrival {
    const { records } = this.#state;
    const state = records.word(block, record.STATE);
    const marks = records.word(block, record.MARKS);
    const kind = records.kind(block);
    if (kind !== INTEGER) records.read(block, bytes);
    const tails = kind === INTEGER ? undefined : records.tails(block, bytes);
    const integer = kind === INTEGER ? records.integer(block) : 0;
    const detail = records.word(block, record.TIMEOUT);
    return { future, state, id: records.word(block, record.ID), kind, integer, bytes, tails, detail, marks };
  }

  /** The outcome; undefined for progress: it goes on to its reader. */
  #outcomeOf(arrival: Arrival, buffer: Uint8Array): Outcome | undefined {
    const { future, state, id, kind, tails, release } = arrival;
    const { memory } = this.#executor;
    const isValue = state === record.VALUE;
    const task = future === undefined ? "a task" : nameOf(future);
    const simple = isValue ? known(arrival) : undefined;
    if (simple !== undefined) return simple;
    if (isValue && kind === PLAIN && namesIn(arrival.bytes).length === 0)
      return Outcome.value(decodeCopy(arrival.bytes, finderIn(undefined), undefined, tails));
    const bytes = arrival.bytes.buffer === buffer.buffer ? arrival.bytes.slice() : arrival.bytes;
    switch (state) {
      case record.PROGRESS:
        this.#progress
          .get(id)
          ?.queue.put(known(arrival) ?? Outcome.arrived(false, { kind, bytes, tails, memory }, task));
        return undefined;
      case record.VALUE:
      case record.ERROR:
        if (kind === NOTHING || kind === INTEGER)
          return Outcome.failed(kind === NOTHING ? undefined : arrival.integer, task); // `throw undefined`
        return Outcome.arrived(!isValue, { kind, bytes, tails, memory, release }, task);
      case record.CANCELLED:
        return Outcome.cancelled();
      default:
        return Outcome.failed(this.#errorOf(arrival, task), task);
    }
  }

  #errorOf({ state, detail, marks, id }: Arrival, task: string): Error {
    if (state === record.OVERFLOW) {
      const { usage } = this.#state.records.store;
      return new ThreadError(`executor: there is no memory for the result of ${task}: ${usage}; raise maxBytes`);
    }
    if (state === record.BROKEN) return this.broken();
    if ((marks & record.TIMED_OUT) !== 0) {
      return new TimeoutError(
        `executor: ${task} ran longer than its timeout of ${detail} ms; its worker was terminated`,
      );
    }
    if (this.reasons.has(id)) {
      const cause = this.reasons.get(id);
      this.reasons.delete(id);
      return new ThreadError(`executor: the signal of ${task} was aborted, and its worker was terminated`, { cause });
    }
    const death = deathOf(detail);
    const name = death?.name ?? `thread ${detail}`;
    return (marks & record.SENT) !== 0 ? diedBefore(task, name, death?.cause) : diedIn(task, name, death?.cause);
  }

  /** The error of a broken executor. */
  broken(): BrokenExecutor {
    const cause = this.#failure();
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    return new BrokenExecutor(
      `executor: no worker can run tasks${why}; mend the initializer, and make a new executor`,
      {
        cause,
      },
    );
  }

  #failure(): unknown {
    const { records } = this.#state;
    const [ident, arrived] = this.#state.locked(() => {
      const failure = records.head(FAILURE);
      if (failure <= 0) return [~failure, undefined] as const;
      const bytes = new Uint8Array(records.length(failure));
      records.read(failure, bytes);
      const release = (): void => undefined; // it stays for other threads
      return [0, { kind: records.kind(failure), bytes, memory: this.#executor.memory, release }] as const;
    });
    if (arrived === undefined) return deathOf(ident)?.cause;
    const outcome = Outcome.arrived(true, arrived, "the initializer");
    outcome.asked();
    return outcome.errorOrThrow();
  }

  #receiveViews(): void {
    const arrived: [Future<never>, Arrival | undefined][] = [];
    const { records } = this.#state;
    this.#state.locked(() => {
      for (const future of this.#views) {
        const block = records.find(friends.name(future));
        if (block === NO_BLOCK) arrived.push([future, undefined]);
        else if (records.word(block, record.STATE) > record.RUNNING) {
          const bytes = new Uint8Array(hasBytes(records.word(block, record.STATE)) ? records.bytesLength(block) : 0);
          const arrival = this.#read(block, bytes, future);
          arrived.push([future, arrival]);
          records.set(block, record.MARKS, arrival.marks & ~record.UNTOLD);
          if (records.isLastReader(block)) records.free(block);
          else if (records.namesAny(block)) arrival.release = this.#releaseOf(friends.name(future));
          else records.dropReader(block);
        }
      }
    });
    for (const [future, arrival] of arrived) {
      this.#views.delete(future);
      const outcome =
        arrival === undefined ? Outcome.error(unknownHere(nameOf(future))) : this.#outcomeOf(arrival, NO_BYTES)!;
      // Else its submitter reports the error if no thread asks for it.
      if (arrival === undefined || (arrival.marks & record.UNTOLD) === 0) outcome.asked();
      friends.settle(future, outcome);
    }
  }

  // ---------------------------------------------------------------- waits

  /** Awaits arrivals in the event loop, while a future is not done. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    watching.add(this);
    // If a thread blocks for each result, it never gets there, and pays nothing.
    void Promise.resolve().then(() => this.#watchLater());
  }

  async #watchLater(): Promise<void> {
    try {
      while (!this.isIdle) {
        if (!(await this.#isSoonBelled())) await suspend(this.#bell(), undefined, this.#on);
        // While results stream in, a turn of the event loop is cheaper than a wake for each.
        while (this.receive() > 0 && !this.isIdle) await new Promise<void>((resolve) => this.#afterTurn(resolve));
      }
    } catch (error) {
      this.#failAll(error);
    } finally {
      this.#isWatching = false;
      watching.delete(this);
    }
    if (!this.isIdle) this.#watch();
  }

  /**
   * Does something arrive soon? The thread looks after each turn of its event loop: to sleep there, and to be woken, takes
   * longer than a short task. If nothing came the last time, it looks less often.
   */
  async #isSoonBelled(): Promise<boolean> {
    if (this.#block === NO_BLOCK || platform.cores() === 1) return false;
    if (this.#unlooked > 0) {
      this.#unlooked -= 1;
      return false;
    }
    for (let turn = 0; turn < this.turns; turn++) {
      await new Promise<void>((resolve) => this.#afterTurn(resolve));
      if (!this.#state.hasArrivals(this.#block)) continue;
      this.#skipped = 0;
      return true;
    }
    this.#unlooked = this.#skipped = Math.min(2 * this.#skipped + 1, SKIPPED_MAX);
    return false;
  }

  /**
   * The bell of this thread; the thread counts as waiting from now on. Undefined if something has arrived. Call
   * it under the lock.
   *
   * // This thread looks for deaths, and ends the task of a view: the bell rings; it arms the bell: the ring is lost.
   * So: it looks at the views under the acquire that arms the bell.
   */
  #armBell(): ReturnType<State["armBell"]> {
    const { records } = this.#state;
    for (const view of this.#views) {
      const block = records.find(friends.name(view));
      if (block === NO_BLOCK || records.word(block, record.STATE) > record.RUNNING) return undefined;
    }
    return this.#state.armBell(this.block());
  }

  /** Waits for an arrival. */
  *#bell(): Steps<void> {
    while (!this.isIdle) {
      let isDeadlocked = false;
      const bell = this.#state.locked(() => {
        const armed = this.#armBell();
        isDeadlocked = armed !== undefined && this.#awaiting.size > 0 && this.#state.isDeadlocked();
        return armed;
      });
      if (bell === undefined) return;
      if (isDeadlocked) [...this.#awaiting].at(-1)!(deadlock(this.label)); // its wait ends, and is counted out
      if (this.lookAtDeaths()) continue;
      this.#isSuspended = true;
      try {
        yield { ...bell, deadline: Deadline.NEVER };
      } finally {
        this.#isSuspended = false;
      }
      if (Atomics.load(bell.words, bell.index) !== bell.value) return;
      this.look();
    }
  }

  #failAll(error: unknown): void {
    const futures = [...this.#futures.filter((future) => future !== undefined), ...this.#views];
    this.#forgetAll();
    for (const future of futures) friends.settle(future, Outcome.error(error));
  }

  get #on(): { packageName: string; label: string } {
    return { packageName: "executor", label: `a task of ${this.label}` };
  }

  wait(_: Future<never>, isEnough: () => boolean, deadline: Deadline, twin: string): boolean {
    return this.waitFor(isEnough, deadline, this.#on, twin);
  }

  /** Blocks until `isEnough()` is true; asks it again after each arrival. False if the time ran out first. */
  waitFor(isEnough: () => boolean, deadline: Deadline, on: Blocker, twin: string): boolean {
    return block(this.#until(isEnough, deadline), on, twin);
  }

  /** Ends the wait of {@link #watching}. */
  #ringMyself(): void {
    this.#isSuspended = false;
    const { words } = this.#state.records.store;
    Atomics.add(words, (this.#block >> 2) + BELL, 1);
    wake(words, (this.#block >> 2) + BELL);
  }

  *#until(isEnough: () => boolean, deadline: Deadline): Steps<boolean> {
    const state = this.#state;
    const task = thisTask();
    const worker = task?.state === state && deadline === Deadline.NEVER ? task.worker : undefined;
    let isCounted = false;
    try {
      for (;;) {
        this.receive();
        if (isEnough()) return true;
        if (deadline.expired()) return false;
        const bell = state.locked(() => {
          const armed = this.#armBell();
          if (worker === undefined || armed === undefined) return armed;
          if (!isCounted) state.countWaiting(worker, 1, this.block());
          isCounted = true;
          if (state.isDeadlocked()) throw deadlock(this.label);
          return armed;
        });
        if (bell === undefined) continue;
        yield { ...bell, deadline };
        // Awake, and the bell has not rung: a thread has died.
        if (Atomics.load(bell.words, bell.index) === bell.value) this.look();
      }
    } finally {
      if (isCounted) state.locked(() => state.countWaiting(worker!, -1, this.block()));
    }
  }

  awaiting(fail: (error: Error) => void): () => void {
    const task = thisTask();
    if (task?.state !== this.#state) return () => undefined;
    const { worker } = task;
    this.#awaiting.add(fail);
    const isDeadlocked = this.#state.locked(() => {
      this.#state.countWaiting(worker, 1, this.block());
      return this.#state.isDeadlocked(); // if the bell is not armed yet, the next look at it finds out
    });
    if (isDeadlocked) void Promise.resolve().then(() => fail(deadlock(this.label)));
    return () => {
      if (this.#awaiting.delete(fail)) this.#state.locked(() => this.#state.countWaiting(worker, -1, this.block()));
    };
  }

  // ---------------------------------------------------------------- what a future asks

  isRunning(future: Future<never>): boolean {
    const { records } = this.#state;
    return this.#state.locked(() => {
      const block = records.find(friends.name(future));
      return block !== NO_BLOCK && records.word(block, record.STATE) === record.RUNNING;
    });
  }

  cancel(future: Future<never>): boolean {
    const { records } = this.#state;
    const isCancelled = this.#state.locked(() => {
      const block = records.find(friends.name(future));
      if (block === NO_BLOCK) return false;
      const state = records.word(block, record.STATE);
      if (state === record.PENDING) this.#state.cancel(block);
      return state === record.PENDING || state === record.CANCELLED;
    });
    this.receive();
    return isCancelled;
  }

  requestCancel(future: Future<never>): void {
    const { records } = this.#state;
    this.#state.locked(() => {
      const block = records.find(friends.name(future));
      if (block === NO_BLOCK) return;
      const state = records.word(block, record.STATE);
      if (state === record.PENDING) this.#state.cancel(block);
      else if (state === record.RUNNING) this.#state.requestCancel(block);
    });
    this.receive();
  }

  progress(future: Future<never>): AsyncIterableIterator<unknown> {
    const { slot, id } = friends.name(future);
    const isOwn = this.#futures[slot] === future;
    if (!isOwn && friends.outcome(future) === undefined)
      throw new ThreadError("executor: only the thread that submitted the task gets its progress; ask there");
    const queue = this.#progress.get(id)?.queue ?? new ProgressQueue();
    if (isOwn) this.#progress.set(id, { queue, future });
    else queue.end();
    return queue;
  }

  packed(future: Future<never>): Packed {
    const { slot, id, name } = friends.name(future);
    const { records } = this.#state;
    const isOwn = this.#own(slot, id) !== undefined;
    let ended: Envelope | undefined;
    for (;;) {
      this.receive();
      const outcome = friends.outcome(future);
      if (outcome !== undefined) {
        ended = envelopeOf(outcome, name);
        break;
      }
      const counted = this.#state.locked(() => countView({ slot, id }));
      if (counted === true) break;
      if (counted === false) throw unknownHere(nameOf(future));
    }
    const data: FutureData = { executor: this.#executor.handle(), slot, id, name, stays: isPackedToStay(), ended };
    return { ...packedAs(FUTURE_KIND, data), inner: ended };

    // Undefined: this thread's task has ended since the receive. What moves with its result may have come here.
    function countView(of: record.RecordName): boolean | undefined {
      const block = records.find(of);
      if (isOwn && block !== NO_BLOCK && records.word(block, record.STATE) > record.RUNNING) return undefined;
      if (block !== NO_BLOCK) records.addMessage(block);
      return block !== NO_BLOCK;
    }
  }
}

function envelopeOf(outcome: Outcome, name: string): Envelope {
  const { isCancelled } = outcome;
  const { isError, value } = isCancelled ? { isError: false, value: undefined } : outcome.forOthers;
  return pack({ isCancelled, isError, value } satisfies EndedData, `the result of ${name}`);
}

function outcomeIn(envelope: Envelope): Outcome {
  const { isCancelled, isError, value } = unpack<EndedData>(envelope);
  if (isCancelled) return Outcome.cancelled();
  return isError ? Outcome.error(value) : Outcome.value(value);
}

function hasBytes(state: number): boolean {
  return state === record.VALUE || state === record.ERROR || state === record.PROGRESS;
}

/** The outcome of each task that returns nothing. */
let nothing: Outcome | undefined;

/** A result without bytes. */
function known({ kind, integer }: Arrival): Outcome | undefined {
  if (kind === NOTHING) return (nothing ??= Outcome.value(undefined));
  return kind === INTEGER ? Outcome.value(integer) : undefined;
}

function nameOf(future: Future<never>): string {
  const { name, id } = friends.name(future);
  return taskLabel(id, name);
}

function unknownHere(task: string): ThreadError {
  return new ThreadError(
    `executor: the result of ${task} is no longer known here; ask in the thread that submitted it`,
  );
}

function deadlock(label: string): DeadlockError {
  return new DeadlockError(
    `executor: deadlock: all workers of ${label} wait for tasks that no worker is left to run; ` +
      "raise maxWorkers, or return the future instead of its result",
  );
}
