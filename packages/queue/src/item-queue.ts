/**
 * What all queues have: items, and threads that wait for them.
 *
 * Words
 *   LOCK …     an exclusive synchronizer, see core's synchronizer.ts and exclusive.ts
 *   FLAGS      SHUT_DOWN   no more puts
 *              IMMEDIATE   no more gets, either; the items that are left count as none
 *   MAXSIZE    the most items; 0: any number
 *   DONE       the number of finished tasks, wrapping
 *   NOT_EMPTY  changes when a getter may go on (followed by its async epoch)
 *   GETTERS    how many getters may wait for NOT_EMPTY; never too few
 *   NOT_FULL   changes when a putter may go on (followed by its async epoch)
 *   PUTTERS    how many putters may wait for NOT_FULL; never too few
 *   ALL_DONE   changes when all tasks are finished (followed by its async epoch)
 *   JOINERS    how many joiners may wait for ALL_DONE; never too few
 *   ITEMS …    the items, see items.ts
 *   all by the owner of LOCK, but for the async epochs
 *
 * Invariants
 *   1. A waiter counts itself, and reads the word, before it releases LOCK. The thread that lets a
 *      waiter go on changes the word under LOCK, and wakes after its release.
 *      // T1 finds no item, and releases; T2 puts, and sees no getter; T1 counts itself, and sleeps: lost.
 *      So: count, then release.
 *   2. A wake goes to one waiter. A waiter that leaves by an error passes it on, because the wake may
 *      have been its own.
 *      // T1 and T2 wait; T3 puts, and wakes T1; a listener of waits throws in T1; T2 sleeps beside
 *      // the item.
 *   3. The word changes before the count goes down:
 *      // T1 counts a getter out, and dies; the getter sleeps, and no put sees it.
 *   4. Every step takes effect by one store, see items.ts. So a dead owner of LOCK leaves nothing to
 *      repair: the next owner swallows the OwnerDiedError. A waiter whose wake died with its waker is
 *      woken by the supervisor, and looks again.
 */
import {
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkInteger,
  checkTimeout,
  Deadline,
  describe,
  type MemoryPlacement,
  OwnerDiedError,
  placementOf,
  prepare,
  Primitive,
  type PrimitiveHandle,
  type Steps,
  suspend,
  wake,
  WAITED_ON_WORDS,
} from "@x/core";
import {
  acquiringExclusively,
  checkKeys,
  release,
  isPrepared,
  newStoreMemory,
  STORE_BYTES_MAX,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  trySpin,
} from "@x/core/internal";
import { Empty, Full, ShutDown } from "./errors.js";
import { type Encoded, encodeItem, itemOf } from "./item.js";
import { arrived, GETS, Items, ITEMS_WORDS, PUTS, type Taken } from "./items.js";

const LOCK = 0;
const FLAGS: number = SYNCHRONIZER_WORDS;
const MAXSIZE: number = FLAGS + 1;
const DONE: number = FLAGS + 2;
const NOT_EMPTY: number = FLAGS + 3;
const GETTERS: number = NOT_EMPTY + WAITED_ON_WORDS;
const NOT_FULL: number = GETTERS + 1;
const PUTTERS: number = NOT_FULL + WAITED_ON_WORDS;
const ALL_DONE: number = PUTTERS + 1;
const JOINERS: number = ALL_DONE + WAITED_ON_WORDS;
const ITEMS: number = JOINERS + 1;

/** The size of a queue without its items, in bytes. */
export const QUEUE_BYTES: number = (ITEMS + ITEMS_WORDS) * Int32Array.BYTES_PER_ELEMENT;

/** The word of joiners, and their count. */
const JOINS: readonly [number, number] = [ALL_DONE, JOINERS];

const SHUT_DOWN = 1;
const IMMEDIATE = 2;

/** Of a 32-bit word, less than the wrap of PUTS − GETS. */
export const MAXSIZE_MAX: number = 2 ** 30;

/** 256 MiB: browsers refuse to reserve much more for many queues. */
const MAX_BYTES = 2 ** 28;
const MIN_BYTES = 2 ** 12;

/** The result of `share()`: plain data, ready to post to any worker. */
export interface QueueHandle extends PrimitiveHandle {
  /** The memory of the items. */
  readonly memory: SharedArrayBuffer;
}

/** The options of a queue. */
export interface QueueOptions {
  /**
   * The most bytes that the items may take together, 4096 to 1 GiB; default 256 MiB. The memory grows
   * as it is needed, and does not shrink. A `put` that finds no room there throws {@link Full}.
   */
  readonly maxBytes?: number | undefined;
}

/** The class of a queue. */
interface QueueClass {
  readonly KIND: string;
  readonly BYTES: number;
  readonly FIELDS: readonly string[];
  readonly LIFO: boolean;
}

const EMPTY = "queue: no item came in time; wait longer, or put one";
const FULL = "queue: the queue has maxsize items, and no room came in time; wait longer, or get one";
const NO_MEMORY = "queue: the memory of the queue is full; get items first, or make it with a larger maxBytes";
const NO_PUT = "queue: put into a queue that is shut down";
const NO_GET = "queue: get from a queue that is shut down, and has no items left";
/** The cure where a thread may not block, and LOCK is held: for calls without an async twin. */
const WORKER = "a worker";

function maxBytesOf(options: QueueOptions): number {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`queue: expected { maxBytes }, got ${describe(options)}`);
  checkKeys(options, ["maxBytes"], "queue");
  const { maxBytes = MAX_BYTES } = options;
  checkInteger(maxBytes, "maxBytes", "queue", MIN_BYTES, STORE_BYTES_MAX);
  return maxBytes;
}

/** For `from`: checks that it is the handle of this kind of queue. */
export function handleOf(handle: QueueHandle, Class: { readonly KIND: string }): MemoryPlacement {
  const place = placementOf(handle, Class);
  if (!((place as Partial<QueueHandle>).memory instanceof SharedArrayBuffer))
    throw new TypeError("queue: from takes what share() of a queue returned; it has no memory of items");
  return place;
}

/** The base of all queues. */
export abstract class ItemQueue<T> extends Primitive {
  private readonly items: Items;
  private readonly memory: SharedArrayBuffer;

  protected constructor(Class: QueueClass, from: (MemoryPlacement & { memory: SharedArrayBuffer }) | QueueOptions) {
    const isHandle = "memory" in from;
    super(Class, isHandle ? from : undefined);
    this.memory = isHandle ? from.memory : newStoreMemory(maxBytesOf(from));
    this.items = new Items(this.words, this.at + ITEMS, this.memory, Class.LIFO);
  }

  /** The handle of this queue: plain data to post to a foreign worker. There, `from` makes the queue of it. */
  override share(): QueueHandle {
    return { ...super.share(), memory: this.memory };
  }

  /**
   * Takes the next item, and blocks this thread until there is one.
   *
   *     const job = queue.get();
   *     const soon = queue.get(100);                    // throws Empty after 100 ms
   *
   * After the return this thread sees all writes that the putter made before its `put`.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns a copy of the item, as structured clone makes it; primitives, threads and what was
   *   exposed arrive as themselves
   * @throws Empty if the time ran out first; ShutDown if the queue is shut down, and has no items left;
   *   RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where
   *   blocking is forbidden (a browser's page): use {@link getAsync}; ThreadError if this thread has
   *   not loaded a module of the item, which is then lost
   * @see Python `Queue.get`
   */
  get(timeout: number = Infinity): T {
    if (timeout !== Infinity) checkTimeout(timeout, "queue");
    const taken = this.#takeAtOnce() ?? block(this.#taking(Deadline.after(timeout)), this, "getAsync()");
    return itemOf<T>(arrived(taken));
  }

  /**
   * Takes the next item, if there is one.
   *
   * @throws as {@link get}
   * @see Python `Queue.get_nowait`
   */
  getNowait(): T {
    return this.get(0);
  }

  /**
   * {@link get} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   * Imports the modules of the item.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `get`; `signal.reason` on abort: the task has taken no item
   */
  async getAsync(options?: AsyncOptions): Promise<T> {
    const { deadline, signal } = checkAsyncOptions(options, "queue");
    const result = arrived(await suspend(this.#taking(deadline), signal, this));
    if (result.envelope !== undefined && !isPrepared(result.envelope)) await prepare(result.envelope);
    return itemOf<T>(result);
  }

  /**
   * How many items the queue has. Another thread may change it at any time.
   *
   * @see Python `Queue.qsize`
   */
  qsize(): number {
    if ((this.#load(FLAGS) & IMMEDIATE) !== 0) return 0;
    const gets = this.#load(ITEMS + GETS); // first: so the number is never negative
    return (this.#load(ITEMS + PUTS) - gets) | 0;
  }

  /**
   * Has the queue no items? Another thread may change it at any time.
   *
   * @see Python `Queue.empty`
   */
  empty(): boolean {
    return this.qsize() === 0;
  }

  // ---------------------------------------------------------------- for the subclasses

  protected putWithin(item: T, timeout: number): void {
    if (timeout !== Infinity) checkTimeout(timeout, "queue");
    const encoded = encodeItem(item);
    if (!this.#putAtOnce(encoded)) block(this.#putting(encoded, Deadline.after(timeout)), this, "putAsync()");
  }

  protected async putWithinAsync(item: T, options: AsyncOptions | undefined): Promise<void> {
    const { deadline, signal } = checkAsyncOptions(options, "queue");
    const encoded = encodeItem(item);
    if (signal?.aborted === true || !this.#putAtOnce(encoded))
      await suspend(this.#putting({ ...encoded, bytes: encoded.bytes.slice() }, deadline), signal, this);
  }

  protected takeMany(max: number, timeout: number): T[] {
    const first = this.get(timeout);
    const others: Taken[] = [];
    block(this.#takingMore(max - 1, others), this, WORKER);
    return [first, ...others.map((taken) => itemOf<T>(arrived(taken)))];
  }

  /** The most items; 0 stands for any number. A putter that finds room now goes on. */
  protected get limit(): number {
    return this.#load(MAXSIZE);
  }

  protected set limit(limit: number) {
    block(
      this.#inside(() => {
        this.words[this.at + MAXSIZE] = limit;
        this.#exitAndWakeAll([NOT_FULL, PUTTERS]);
      }),
      this,
      WORKER,
    );
  }

  /** Counts finished tasks. @throws RangeError if there are fewer unfinished tasks */
  protected finish(count: number): void {
    block(
      this.#inside(() => {
        const unfinished = this.unfinished();
        if (count > unfinished)
          this.#fail(
            new RangeError("queue: taskDone() called too many times; call it once for each item that was put"),
          );
        this.words[this.at + DONE]! += count;
        this.#exitAndWakeAll(...(count === unfinished ? [JOINS] : []));
      }),
      this,
      WORKER,
    );
  }

  /** The number of items that were put, and whose tasks are not finished. Items that an immediate shutdown dropped do not count. */
  protected unfinished(): number {
    const isImmediate = (this.#load(FLAGS) & IMMEDIATE) !== 0;
    const done = this.#load(DONE); // first: so the number is never too low
    return Math.max(0, (this.#load(ITEMS + (isImmediate ? GETS : PUTS)) - done) | 0);
  }

  protected isShut(): boolean {
    return (this.#load(FLAGS) & SHUT_DOWN) !== 0;
  }

  protected shut(isImmediate: boolean): void {
    block(
      this.#inside(() => {
        this.words[this.at + FLAGS]! |= isImmediate ? SHUT_DOWN | IMMEDIATE : SHUT_DOWN;
        const joins = this.unfinished() === 0 ? [JOINS] : [];
        this.#exitAndWakeAll([NOT_EMPTY, GETTERS], [NOT_FULL, PUTTERS], ...joins);
      }),
      this,
      WORKER,
    );
  }

  protected *joining(deadline: Deadline): Steps<boolean> {
    const { words, at } = this;
    while (this.unfinished() > 0) {
      yield* this.#entering();
      const value = words[at + ALL_DONE]!;
      words[at + JOINERS]! += 1;
      this.#exit();
      if (this.unfinished() === 0) break;
      if (deadline.expired()) return false;
      yield { words, index: at + ALL_DONE, value, deadline };
      if (Atomics.load(words, at + ALL_DONE) !== value) break; // all were finished, even if a put has come since
    }
    return true;
  }

  // ---------------------------------------------------------------- LOCK

  #load(index: number): number {
    return Atomics.load(this.words, this.at + index);
  }

  #entersAtOnce(): boolean {
    const { words, at } = this;
    if (!tryAcquire(words, at + LOCK) && !trySpin(words, at + LOCK)) return false;
    this.items.refresh();
    return true;
  }

  *#entering(): Steps<void> {
    const { words, at } = this;
    try {
      if (!tryAcquire(words, at + LOCK)) while (!(yield* acquiringExclusively(words, at + LOCK, Deadline.NEVER))); // also in a deadlock
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error; // invariant 4: there is nothing to repair
    }
    this.items.refresh();
  }

  /** Runs `body` with LOCK held; it releases LOCK. */
  *#inside(body: () => void): Steps<void> {
    yield* this.#entering();
    body();
  }

  #exit(): void {
    release(this.words, this.at + LOCK);
  }

  #fail(error: Error): never {
    this.#exit();
    throw error;
  }

  /** Releases LOCK, and lets `n` waiters for this word go on, if there may be any. */
  #exitAndWake(word: number, waiters: number, n = 1): void {
    const { words, at } = this;
    const waiting = words[at + waiters]!;
    if (waiting > 0) {
      Atomics.add(words, at + word, 1);
      words[at + waiters] = Math.max(0, waiting - n);
    }
    this.#exit();
    if (waiting > 0) wake(words, at + word, n);
  }

  /** Releases LOCK, and lets all waiters for these words go on. */
  #exitAndWakeAll(...all: readonly (readonly [word: number, waiters: number])[]): void {
    const { words, at } = this;
    const awaited = all.filter(([, waiters]) => words[at + waiters]! > 0);
    for (const [word, waiters] of awaited) {
      Atomics.add(words, at + word, 1);
      words[at + waiters] = 0;
    }
    this.#exit();
    for (const [word] of awaited) wake(words, at + word);
  }

  // ---------------------------------------------------------------- put and get

  #putAtOnce(item: Encoded): boolean {
    if (!this.#entersAtOnce()) return false;
    if (this.#put(item) !== undefined) return true;
    this.#exit();
    return false;
  }

  #takeAtOnce(): Taken | undefined {
    if (!this.#entersAtOnce()) return undefined;
    const taken = this.#take();
    if (taken === undefined) this.#exit();
    return taken;
  }

  #putting(item: Encoded, deadline: Deadline): Steps<true> {
    return this.#waiting(
      NOT_FULL,
      PUTTERS,
      deadline,
      () => this.#put(item),
      () => new Full(FULL),
    );
  }

  #taking(deadline: Deadline): Steps<Taken> {
    return this.#waiting(
      NOT_EMPTY,
      GETTERS,
      deadline,
      () => this.#take(),
      () => new Empty(EMPTY),
    );
  }

  /** Puts the item, and releases LOCK. Undefined if the queue is full; LOCK stays held. */
  #put(item: Encoded): true | undefined {
    const { words, at, items } = this;
    const maxsize = words[at + MAXSIZE]!;
    if ((words[at + FLAGS]! & SHUT_DOWN) !== 0) return this.#fail(new ShutDown(NO_PUT));
    if (maxsize > 0 && items.size >= maxsize) return undefined;
    if (!items.put(item)) return this.#fail(new Full(NO_MEMORY));
    this.#exitAndWake(NOT_EMPTY, GETTERS);
    return true;
  }

  /** Takes an item, and releases LOCK. Undefined if there is none; LOCK stays held. */
  #take(): Taken | undefined {
    const { words, at, items } = this;
    const flags = words[at + FLAGS]!;
    const isEmpty = items.size === 0 || (flags & IMMEDIATE) !== 0;
    if (isEmpty && flags !== 0) return this.#fail(new ShutDown(NO_GET));
    if (isEmpty) return undefined;
    const taken = items.take();
    this.#exitAndWake(NOT_FULL, PUTTERS);
    return taken;
  }

  /** Takes up to `max` items that are there, in one turn of LOCK. */
  *#takingMore(max: number, into: Taken[]): Steps<void> {
    const { words, at, items } = this;
    if (max === 0) return;
    yield* this.#entering();
    if ((words[at + FLAGS]! & IMMEDIATE) === 0) while (into.length < max && items.size > 0) into.push(items.take());
    this.#exitAndWake(NOT_FULL, PUTTERS, into.length);
  }

  /**
   * Waits until `now` returns a result. One generator, because its cleanup waits: see core's
   * `suspend`.
   *
   * @param now is called with LOCK held. With a result, or an error, it releases LOCK
   */
  *#waiting<R>(
    word: number,
    waiters: number,
    deadline: Deadline,
    now: () => R | undefined,
    tooLate: () => Error,
  ): Steps<R> {
    const { words, at } = this;
    let value = 0;
    let isCounted = false;
    try {
      for (;;) {
        yield* this.#entering();
        if (isCounted) this.#countOut(word, waiters, value);
        isCounted = false;
        const result = now();
        if (result !== undefined) return result;
        if (deadline.expired()) this.#fail(tooLate());
        words[at + waiters]! += 1;
        value = words[at + word]!;
        isCounted = true;
        this.#exit();
        yield { words, index: at + word, value, deadline };
      }
    } finally {
      if (isCounted) {
        yield* this.#entering();
        this.#countOut(word, waiters, value);
        if (words[at + word] === value) this.#exit();
        else this.#exitAndWake(word, waiters); // the wake may have been for this waiter
      }
    }
  }

  /** Counts out a waiter that went on without a change of the word. A change has counted a waiter out. */
  #countOut(word: number, waiters: number, value: number): void {
    const { words, at } = this;
    if (words[at + word] === value && words[at + waiters]! > 0) words[at + waiters]! -= 1;
  }
}
