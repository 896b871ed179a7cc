import { describe, registerPrimitive } from "@x/core";
import { checkTransfer, existing } from "@x/core/internal";
import { ItemQueue } from "./item-queue.js";
import { type QueueHandle, type QueueOptions } from "./queue-handle.js";
import { QUEUE_BYTES } from "./queue-words.js";
import { Ring } from "./ring.js";

/**
 * A queue of any number of items, first in, first out, without tasks and without shutdown.
 *
 *     const messages = new SimpleQueue();
 *     messages.put("hello");
 *     messages.get();                                 // "hello"
 *
 * @see Python `queue.SimpleQueue`
 */
export class SimpleQueue<T = unknown> extends ItemQueue<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/queue SimpleQueue";
  /** The size of a queue without its items, in bytes. */
  static readonly BYTES: number = QUEUE_BYTES;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["memory"];
  /** @internal */
  static readonly OPTIONS: readonly string[] = ["maxBytes"];
  /** @internal */
  static readonly ITEMS: typeof Ring = Ring;

  static {
    registerPrimitive(SimpleQueue, import.meta.url);
  }

  /** Returns the queue of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<T = unknown>(handle: QueueHandle): SimpleQueue<T> {
    return new SimpleQueue<T>(existing(handle, SimpleQueue) as QueueOptions);
  }

  /** Makes an empty queue. @throws TypeError if `options` is a size: a {@link Queue} has one */
  constructor(options: QueueOptions = {}) {
    if (typeof options === "number")
      throw new TypeError(`queue: a SimpleQueue has no maxsize, got ${describe(options)}; use new Queue(maxsize)`);
    super(new.target, options);
  }

  /**
   * Puts an item; never waits.
   *
   * @throws Full if the items take `maxBytes` together; TypeError if the item cannot travel
   * @see Python `SimpleQueue.put`
   */
  put(item: T): void {
    this.putWithin(item, Infinity);
  }

  /**
   * Puts an item, and moves the objects of a list with it: see {@link Queue.putMoved}. Never waits.
   *
   * @param transfer `ArrayBuffer`s, ports, streams, and all else that the runtime can transfer
   * @throws the errors of `put`; TypeError if something in the list cannot be moved, with its place; ThreadError in a
   *   worker that this library has not started
   */
  putMoved(item: T, transfer: readonly object[]): void {
    this.putWithin(item, Infinity, checkTransfer(transfer, "queue"));
  }

  /** `<SimpleQueue at 0x0040: items=3>`. */
  override toString(): string {
    return `<SimpleQueue ${this.place}: items=${this.qsize()}>`;
  }
}
