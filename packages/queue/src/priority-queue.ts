import { describe, type Envelope, PACK, pack, type Packed, registerPrimitive, unpack } from "@x/core";
import {
  callTransferred,
  existing,
  ifItThrows,
  isTarget,
  type TransferableCallable,
  transferableCallable,
} from "@x/core/internal";
import { Heap } from "./heap.js";
import { type Key, keyOf, type Priority } from "./key.js";
import { type QueueHandle, type QueueOptions } from "./queue-handle.js";
import { Queue } from "./queue.js";

/** The options of a {@link PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Returns the priority of an item: a number, a bigint or a string. The putter calls it, once for each
   * item. An exposed function, an object of an exposed class with a `call` method, or a function that uses nothing from around it.
   */
  readonly key?: ((item: T) => Priority) | { call(item: T): Priority } | undefined;
}

/**
 * A {@link Queue} whose smallest item comes out first.
 *
 *     const queue = new PriorityQueue();
 *     queue.put([2, "two"]); queue.put([1, "one"]);
 *     queue.get();                                    // [1, "one"]
 *
 *     const jobs = new PriorityQueue(0, { key: (job) => job.due });
 *
 * The priority of an item is the item itself, or the first item of an array, or the result of `key`: a
 * number, a bigint or a string. All items in the queue have priorities of one kind; numbers and bigints
 * are one kind. Strings compare as `<` compares them. Items of the same priority come out in the order
 * of their puts, and nothing else of an item is compared.
 *
 * `put` throws a TypeError if the item has no priority, or a priority of another kind than the items in the
 * queue; RangeError if it is a bigint of more than 64 bits.
 *
 * @see Python `queue.PriorityQueue`, which compares whole items
 */
export class PriorityQueue<T = Priority | readonly [Priority, ...unknown[]]> extends Queue<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static override readonly KIND: string = "@x/queue PriorityQueue";
  /** @internal */
  static override readonly FIELDS: readonly string[] = ["memory", "key"];
  /** @internal */
  static override readonly OPTIONS: readonly string[] = ["maxBytes", "key"];
  /** @internal */
  static override readonly ITEMS: typeof Heap = Heap;

  static {
    registerPrimitive(PriorityQueue, import.meta.url);
  }

  /**
   * Returns the queue of a handle.
   *
   * @throws TypeError if `handle` is not the result of `share()`; ThreadError if this thread has not
   *   imported the module that exposes the key
   */
  static override from<T = Priority | readonly [Priority, ...unknown[]]>(handle: QueueHandle): PriorityQueue<T> {
    const queue = new PriorityQueue<T>(0, existing(handle, PriorityQueue) as QueueOptions);
    const { key } = handle;
    if (key !== undefined) queue.#key = keyIn(key);
    return queue;
  }

  #key: TransferableCallable | undefined;

  /**
   * Makes an empty queue.
   *
   * @param maxsize as of a {@link Queue}
   * @throws as `Queue`; TypeError if `key` is no function
   * @see Python `PriorityQueue(maxsize=0)`
   */
  constructor(maxsize: number = 0, options: PriorityQueueOptions<T> = {}) {
    super(maxsize, options);
    const { key } = options;
    if (key !== undefined && !isTarget(key))
      throw new TypeError(`queue: key must be a function from an item to its priority, got ${describe(key)}`);
    this.#key = key;
  }

  /** The handle of this queue and its key, see {@link Queue.share}. */
  override share(): QueueHandle {
    const key: Envelope | undefined =
      this.#key && pack(transferableCallable(this.#key, "queue"), "the key of the queue");
    return { ...super.share(), ...(key && { key }) };
  }

  /** @internal Packs the queue. The receiver imports the module that exposes the key. */
  override [PACK](): Packed {
    const packed = super[PACK]();
    return { ...packed, inner: (packed.data as QueueHandle).key };
  }

  /** @internal */
  protected override keyOf(item: T): Key {
    if (this.#key !== undefined) return keyOf(callTransferred(this.#key, [item]));
    return keyOf(Array.isArray(item) ? item[0] : item);
  }
}

/** @throws TypeError if it is not the key of a handle */
function keyIn(packed: Envelope): TransferableCallable {
  if (ifItThrows(false, () => Array.isArray(packed.parts))) return unpack<TransferableCallable>(packed);
  throw new TypeError(`queue: from takes what share() returned, and not a handle with the key ${describe(packed)}`);
}
