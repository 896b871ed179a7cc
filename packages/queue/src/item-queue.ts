/** The part common to all queues: items, and threads that wait for them. */
import {
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  prepare,
  Primitive,
  type Steps,
  suspend,
} from "@x/core";
import { checkTransfer, Existing, isPrepared, memoryInHandle } from "@x/core/internal";
import { Empty, Full, ShutDown } from "./errors.js";
import { arrived, arrivedAsync, type Encoded, encodeItem, itemOf, kept, notPut, type Taken } from "./item.js";
import { GETS, type Items, PUTS } from "./items.js";
import type { Key } from "./key.js";
import { newMemory, type PutOptions, type QueueHandle, type QueueOptions } from "./queue-handle.js";
import { QueueState } from "./queue-state.js";
import { DONE, FLAGS, GETS_GATE, IMMEDIATE, ITEMS, JOINS_GATE, MAXSIZE, PUTS_GATE, SHUT_DOWN } from "./queue-words.js";

/** The class of a queue. */
interface QueueClass {
  readonly KIND: string;
  readonly BYTES: number;
  readonly FIELDS: readonly string[];
  readonly OPTIONS: readonly string[];
  readonly ITEMS: new (words: Int32Array, at: number, memory: SharedArrayBuffer) => Items;
}

const PUT_OPTIONS: readonly string[] = ["timeout", "signal", "transfer"];

const EMPTY = "queue: no item came in time; wait longer, or put an item";
const FULL = "queue: the queue has maxsize items, and no room came in time; wait longer, or get an item";
const NO_PUT = "queue: put into a queue that is shut down; stop the putters first, or handle ShutDown";
const NO_GET = "queue: get from a queue that is shut down, and has no items left; handle ShutDown, or iterate over it";
const NOT_PUT =
  "queue: taskDone() called too many times: more tasks are done than items were put; call it once for each item";

/** The base of all queues. */
export abstract class ItemQueue<T> extends Primitive {
  private readonly state: QueueState;
  private readonly memory: SharedArrayBuffer;

  protected constructor(Class: QueueClass, from: Existing | QueueOptions) {
    const memory = Existing.is(from) ? from.memory : newMemory(from, Class.OPTIONS);
    super(Class, Existing.is(from) ? from.place : undefined);
    this.memory = memory;
    this.state = new QueueState(this.words, this.at, new Class.ITEMS(this.words, this.at + ITEMS, memory));
  }

  /** The handle of this queue: plain data to post to a foreign worker. There, `from` makes the queue of it. */
  override share(): QueueHandle {
    return { ...super.share(), memory: memoryInHandle(this.memory) };
  }

  /**
   * Takes the next item, and blocks this thread until there is one.
   *
   *     const job = queue.get();
   *     const soon = queue.get(100);                    // throws Empty after 100 ms
   *
   * After the return this thread sees all writes that the putter made before its `put`. A thread that
   * dies after it has taken an item takes the item with it: its task stays unfinished.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns a copy of the item, as structured clone makes it; primitives, threads, and exposed
   *   functions and classes arrive as themselves
   * @throws Empty if the time ran out first; ShutDown if the queue is shut down, and has no items left;
   *   RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where
   *   blocking is forbidden (a browser's page): use {@link getAsync}; ThreadError if the item holds
   *   shared memory that cannot reach this thread, or not while it blocks: the item stays in the queue;
   *   ThreadError if this thread has not loaded a module of the item, which is then lost
   * @see Python `Queue.get`, in seconds
   */
  get(timeout: number = Infinity): T {
    if (timeout !== Infinity) checkTimeout(timeout, "queue");
    const isInside = this.state.entersAtOnce();
    const taken =
      (isInside ? this.#take(false) : undefined) ??
      block(this.#taking(Deadline.after(timeout), isInside, false), this, "getAsync()");
    return itemOf<T>(arrived(taken, this.memory));
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
    const taken = await suspend(this.#taking(deadline, false, true), signal, this);
    const result = await arrivedAsync(taken, this.memory);
    if (result.envelope !== undefined && !isPrepared(result.envelope)) await prepare(result.envelope);
    return itemOf<T>(result);
  }

  /**
   * How many items the queue has. Another thread may change it at any time.
   *
   * @see Python `Queue.qsize`
   */
  qsize(): number {
    if (this.state.isImmediate) return 0;
    const gets = this.state.load(ITEMS + GETS); // first: so the number is never negative
    return (this.state.load(ITEMS + PUTS) - gets) | 0;
  }

  /** How many items the queue has: {@link qsize}, in the manner of collections. */
  get size(): number {
    return this.qsize();
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

  /** @internal The key that orders an item; undefined if the order of puts counts. */
  protected keyOf(_item: T): Key | undefined {
    return undefined;
  }

  /** @internal */
  protected putWithin(item: T, timeout: number, transfer?: readonly object[]): void {
    if (timeout !== Infinity) checkTimeout(timeout, "queue");
    const encoded = encodeItem(item, this.keyOf(item), this.memory, transfer);
    try {
      const isInside = this.state.entersAtOnce();
      if (isInside && this.#put(encoded)) return;
      block(this.#putting(encoded, Deadline.after(timeout), isInside), this, "putAsync()");
    } catch (error) {
      notPut(encoded, this.memory);
      throw error;
    }
  }

  /** @internal */
  protected async putWithinAsync(item: T, options: PutOptions | undefined): Promise<void> {
    const { deadline, signal } = checkAsyncOptions(options, "queue", PUT_OPTIONS);
    const { transfer } = (typeof options === "object" ? options : {}) as { readonly transfer?: unknown };
    const moved = transfer === undefined ? undefined : checkTransfer(transfer, "queue");
    const encoded = encodeItem(item, this.keyOf(item), this.memory, moved);
    try {
      await suspend(this.#putting(encoded, deadline, false), signal, this);
    } catch (error) {
      notPut(encoded, this.memory);
      throw error;
    }
  }

  /** @internal */
  protected takeMany(max: number, timeout: number): T[] {
    const all = [this.get(timeout)];
    const taken = max > 1 ? this.#takeMore(max - 1) : [];
    for (const one of taken) all.push(itemOf<T>(arrived(one, this.memory)));
    return all;
  }

  /** @internal The most items; 0 stands for any number. A putter that finds room now goes on. */
  protected get limit(): number {
    return this.state.load(MAXSIZE);
  }

  protected set limit(limit: number) {
    this.state.enter(this);
    this.words[this.at + MAXSIZE] = limit;
    this.state.exitAndWakeAll(PUTS_GATE);
  }

  /** @internal Counts finished tasks. @throws RangeError if there are fewer unfinished tasks */
  protected finish(count: number): void {
    this.state.enter(this);
    const unfinished = this.unfinished();
    if (count > unfinished) this.state.fail(new RangeError(NOT_PUT));
    this.words[this.at + DONE]! += count;
    if (count === unfinished) this.state.exitAndWakeAll(JOINS_GATE);
    else this.state.exit();
  }

  /** @internal */
  protected unfinished(): number {
    return this.state.unfinished();
  }

  /** @internal */
  protected isShut(): boolean {
    return (this.state.load(FLAGS) & SHUT_DOWN) !== 0;
  }

  /** @internal */
  protected shut(isImmediate: boolean): void {
    this.state.enter(this);
    const flags = this.words[this.at + FLAGS]!;
    this.words[this.at + FLAGS] = flags | (isImmediate ? SHUT_DOWN | IMMEDIATE : SHUT_DOWN);
    try {
      if (isImmediate) this.state.items.forgetAll(); // with the lock held: if this thread dies, the next owner goes on
    } finally {
      const joins = this.unfinished() === 0 ? [JOINS_GATE] : [];
      this.state.exitAndWakeAll(GETS_GATE, PUTS_GATE, ...joins);
    }
  }

  /** @internal */
  protected *joining(deadline: Deadline): Steps<boolean> {
    const { words, at } = this;
    const [word, joiners] = JOINS_GATE;
    while (this.unfinished() > 0) {
      yield* this.state.entering();
      const value = words[at + word]!;
      words[at + joiners]! += 1;
      this.state.exit();
      if (this.unfinished() === 0) break;
      if (deadline.expired()) return false;
      yield { words, index: at + word, value, deadline };
      if (Atomics.load(words, at + word) !== value) break; // all were finished, even if a put has come since
    }
    return true;
  }

  // ---------------------------------------------------------------- put and get

  #putting(item: Encoded, deadline: Deadline, isInside: boolean): Steps<true> {
    const mine = kept(item); // others encode while this putter waits
    return this.state.waiting(
      PUTS_GATE,
      deadline,
      isInside,
      () => this.#put(mine),
      () => new Full(FULL),
    );
  }

  #taking(deadline: Deadline, isInside: boolean, isAwaited: boolean): Steps<Taken> {
    return this.state.waiting(
      GETS_GATE,
      deadline,
      isInside,
      () => this.#take(isAwaited),
      () => new Empty(EMPTY),
    );
  }

  /** Puts the item, and releases the lock. Undefined if the queue is full; the lock stays held. */
  #put(item: Encoded): true | undefined {
    const { words, at, state } = this;
    const maxsize = words[at + MAXSIZE]!;
    if ((words[at + FLAGS]! & SHUT_DOWN) !== 0) return state.fail(new ShutDown(NO_PUT));
    if (maxsize > 0 && state.items.size >= maxsize) return undefined;
    const refusal = state.items.put(item);
    if (refusal !== undefined) return state.fail(refusal);
    state.exitAndWake(GETS_GATE);
    return true;
  }

  /** Takes an item, and releases the lock. Undefined if there is none; the lock stays held. */
  #take(isAwaited: boolean): Taken | undefined {
    const { words, at, state } = this;
    const flags = words[at + FLAGS]!;
    const isEmpty = state.items.size === 0 || (flags & IMMEDIATE) !== 0;
    if (isEmpty && flags !== 0) return state.fail(new ShutDown(NO_GET));
    if (isEmpty) return undefined;
    const taken = state.items.take(isAwaited, false);
    if (taken instanceof Error) {
      state.exitAndWake(GETS_GATE); // another getter may be able to read it, and the wake may have been for it
      throw taken;
    }
    state.exitAndWake(PUTS_GATE);
    return taken;
  }

  /** Takes up to `max` items that are there, under one acquire of the lock. */
  #takeMore(max: number): Taken[] {
    const { words, at, state } = this;
    const taken: Taken[] = [];
    state.enter(this);
    while ((words[at + FLAGS]! & IMMEDIATE) === 0 && taken.length < max && state.items.size > 0) {
      const next = state.items.take(false, true);
      if (next instanceof Error) break; // the next get throws it, or takes the item with its moved objects
      taken.push(next);
    }
    state.exitAndWake(PUTS_GATE, taken.length);
    return taken;
  }
}
