import { registerPrimitive } from "@x/core";
import { existing } from "@x/core/internal";
import { type QueueHandle, type QueueOptions } from "./queue-handle.js";
import { Queue } from "./queue.js";
import { Stack } from "./ring.js";

/**
 * A {@link Queue} whose last item comes out first.
 *
 *     const stack = new LifoQueue();
 *     stack.put(1); stack.put(2);
 *     stack.get();                                    // 2
 *
 * @see Python `queue.LifoQueue`
 */
export class LifoQueue<T = unknown> extends Queue<T> {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static override readonly KIND: string = "@x/queue LifoQueue";
  /** @internal */
  static override readonly ITEMS: typeof Stack = Stack;

  static {
    registerPrimitive(LifoQueue, import.meta.url);
  }

  /** Returns the queue of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static override from<T = unknown>(handle: QueueHandle): LifoQueue<T> {
    return new LifoQueue<T>(0, existing(handle, LifoQueue) as QueueOptions);
  }
}
