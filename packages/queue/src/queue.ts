/** A queue of items: Python's `queue.Queue`. Words: queue-words.ts. */
import {
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkInteger,
  checkTimeout,
  Deadline,
  describe,
  registerPrimitive,
  suspend,
} from "@x/core";
import { checkTransfer, existing } from "@x/core/internal";
import { ShutDown } from "./errors.js";
import { ItemQueue } from "./item-queue.js";
import type { Items } from "./items.js";
import { type PutOptions, type QueueHandle, type QueueOptions } from "./queue-handle.js";
import { QUEUE_BYTES } from "./queue-words.js";
import { Ring } from "./ring.js";

/** Of a 32-bit word, less than the wrap of PUTS − GETS. */
const MAXSIZE_MAX = 2 ** 30;

/**
 * Moves items from putting threads to getting threads: first in, first out.
 *
 *     const jobs = new Queue(100);
 *     jobs.put({ url });                              // a producer; waits while the queue has 100 items
 *     for (const job of jobs) { … jobs.taskDone(); }  // a consumer; ends at a shutdown
 *     jobs.join();                                    // until every item is done
 *     jobs.shutdown();
 *
 * An item is copied, as structured clone copies it. A getter sees all writes that the putter made
 * before its `put`. Blocking and async forms mix on one queue. Which of several waiting getters gets
 * an item is not promised.
 *
 * @see Python `queue.Queue`
 */
export class Queue<T = unknown> extends ItemQueue<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/queue Queue";
  /** The size of a queue without its items, in bytes. */
  static readonly BYTES: number = QUEUE_BYTES;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];
  /** @internal */
  static readonly OPTIONS: readonly string[] = ["maxBytes"];
  /** @internal The order of the items. */
  static readonly ITEMS: new (words: Int32Array, at: number, memory: SharedArrayBuffer) => Items = Ring;

  static {
    registerPrimitive(Queue, import.meta.url);
  }

  /**
   * Returns the queue of a handle.
   *
   * @throws TypeError if `handle` is not the result of `share()`
   */
  static from<T = unknown>(handle: QueueHandle): Queue<T> {
    return new Queue<T>(0, existing(handle, Queue) as QueueOptions);
  }

  /**
   * Makes an empty queue.
   *
   * @param maxsize the most items; a `put` waits while there are as many. 0 or less, or Infinity: any
   *   number. Default 0
   * @throws TypeError if maxsize is no number; RangeError if it is no whole number, or more than
   *   1073741824
   * @see Python `Queue(maxsize=0)`
   */
  constructor(maxsize: number = 0, options: QueueOptions = {}) {
    const limit = limitOf(maxsize);
    super(new.target, options);
    if (limit !== 0) this.limit = limit;
  }

  /**
   * Puts an item, and blocks this thread while the queue is full.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @throws Full if there was no room in time, or if the items take `maxBytes` together; ShutDown after
   *   a shutdown; TypeError if the item cannot travel, with the place and the cure; RangeError if
   *   timeout is negative or NaN; ThreadError where blocking is forbidden (a browser's page): use
   *   {@link putAsync}
   * @see Python `Queue.put`
   */
  put(item: T, timeout: number = Infinity): void {
    this.putWithin(item, timeout);
  }

  /** Puts an item, if there is room now. @throws as {@link put} @see Python `Queue.put_nowait` */
  putNowait(item: T): void {
    this.putWithin(item, 0);
  }

  /**
   * Puts an item, as {@link put} does, and moves the objects of a list with it, instead of copying them.
   *
   *     const pixels = new ArrayBuffer(8_000_000);
   *     frames.putMoved({ number, pixels }, [pixels]);  // pixels is empty here from now on
   *
   * Use it for large buffers, because a move takes the same time for any size, and for what cannot be copied, such
   * as ports and streams. The getter sees all bytes that this thread has written before. The objects move when the item
   * is put: if it is not put, this thread keeps them. They are freed if the item is dropped by an immediate shutdown,
   * or if its getter dies.
   *
   * @param transfer `ArrayBuffer`s, ports, streams, and all else that the runtime can transfer
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @throws the errors of `put`; TypeError if something in the list cannot be moved, with its place; ThreadError in a
   *   worker that this library has not started
   * @see Python has no counterpart: its queues hold references
   */
  putMoved(item: T, transfer: readonly object[], timeout: number = Infinity): void {
    this.putWithin(item, timeout, checkTransfer(transfer, "queue"));
  }

  /**
   * {@link put} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal, transfer }`; the objects of `transfer` move with the item, as
   *   those of {@link putMoved}
   * @throws (rejects with) the errors of `put` and `putMoved`; `signal.reason` on abort: nothing was put or moved
   */
  putAsync(item: T, options?: PutOptions): Promise<void> {
    return this.putWithinAsync(item, options);
  }

  /** Puts each item in turn, and waits for room as {@link put} does. @throws as `put`; the items before it stay */
  putMany(items: Iterable<T>): void {
    if (typeof (items as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] !== "function")
      throw new TypeError(`queue: items must be an iterable, such as an array, got ${describe(items)}`);
    for (const item of items) this.put(item);
  }

  /**
   * Waits as {@link get} does, then takes all items that are there, up to `max`.
   *
   * An item with moved objects begins a batch, or comes in the next.
   *
   * @param max 1 or more
   * @param timeout milliseconds for the first item; 0 does not wait, Infinity waits for ever
   * @throws as `get`; TypeError and RangeError for max
   */
  getMany(max: number, timeout: number = Infinity): T[] {
    checkInteger(max, "max", "queue", 1, MAXSIZE_MAX);
    return this.takeMany(max, timeout);
  }

  /**
   * The most items; Infinity if there is no limit. Set it to change the limit for all threads; a
   * waiting putter that finds room goes on.
   *
   * @see Python `Queue.maxsize`, which wakes no putter
   */
  get maxsize(): number {
    return this.limit || Infinity;
  }

  set maxsize(maxsize: number) {
    this.limit = limitOf(maxsize);
  }

  /** Has the queue `maxsize` items? Another thread may change it at any time. @see Python `Queue.full` */
  full(): boolean {
    return this.qsize() >= this.maxsize;
  }

  /**
   * Counts the tasks of `count` items as finished. Any thread may call it.
   *
   * @throws RangeError if there are fewer unfinished tasks; nothing changes then
   * @see Python `Queue.task_done`
   */
  taskDone(count: number = 1): void {
    checkInteger(count, "count", "queue", 1, MAXSIZE_MAX);
    this.finish(count);
  }

  /** The number of items whose tasks are not finished. @see Python `Queue.unfinished_tasks` */
  get unfinishedTasks(): number {
    return this.unfinished();
  }

  /**
   * Blocks this thread until no task is unfinished.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if the number of unfinished tasks was 0, false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; ThreadError where blocking is forbidden: use
   *   {@link joinAsync}
   * @see Python `Queue.join`, which has no timeout
   */
  join(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "queue");
    return block(this.joining(Deadline.after(timeout)), this, "joinAsync()");
  }

  /** {@link join} for tasks. On abort it rejects with `signal.reason`. */
  async joinAsync(options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "queue");
    return suspend(this.joining(deadline), signal, this);
  }

  /**
   * Ends the queue: each `put` throws {@link ShutDown}, and so does each `get` once the items are
   * taken. Waiting threads go on, and throw it.
   *
   * @param immediate true: drops the items, and what they hold. Their tasks are not unfinished any more
   * @see Python `Queue.shutdown`
   */
  shutdown(immediate: boolean = false): void {
    if (typeof immediate !== "boolean")
      throw new TypeError(`queue: immediate must be a boolean, got ${describe(immediate)}`);
    this.shut(immediate);
  }

  /** Was the queue shut down? @see Python `Queue.is_shutdown` */
  get isShutdown(): boolean {
    return this.isShut();
  }

  /** Yields items, and blocks between them; ends at a shutdown. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (;;) {
      let item: T;
      try {
        item = this.get();
      } catch (error) {
        if (error instanceof ShutDown) return;
        throw error;
      }
      yield item;
    }
  }

  /** Yields items without blocking; ends at a shutdown. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      let item: T;
      try {
        item = await this.getAsync();
      } catch (error) {
        if (error instanceof ShutDown) return;
        throw error;
      }
      yield item;
    }
  }

  /** `<Queue at 0x0040: items=3, maxsize=10, unfinished=4>`. */
  override toString(): string {
    const { name } = this.constructor;
    const end = this.isShutdown ? ", shut down" : "";
    return `<${name} ${this.place}: items=${this.qsize()}, maxsize=${this.maxsize}, unfinished=${this.unfinishedTasks}${end}>`;
  }
}

/** The word of a maximum: 0 if there is none. */
function limitOf(maxsize: unknown): number {
  if (typeof maxsize !== "number") throw new TypeError(`queue: maxsize must be a number, got ${describe(maxsize)}`);
  if (maxsize === Infinity || maxsize <= 0) return 0;
  checkInteger(maxsize, "maxsize", "queue", 1, MAXSIZE_MAX);
  return maxsize;
}
