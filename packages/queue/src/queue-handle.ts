/** The options and handles of queues, and their checks. */
import { type AsyncOptions, checkInteger, describe, type Envelope, type PrimitiveHandle } from "@x/core";
import { checkKeys, newStoreMemory, STORE_BYTES_MAX } from "@x/core/internal";

/** The result of `share()`: plain data, ready to post to any worker. */
export interface QueueHandle extends PrimitiveHandle {
  /** The memory of the items. */
  readonly memory: SharedArrayBuffer;
  /** The packed `key` of a priority queue. */
  readonly key?: Envelope;
}

/** The options of a queue. */
export interface QueueOptions {
  /**
   * The most bytes that the items may take together, 4096 to 1 GiB; default 256 MiB. The memory grows
   * as it is needed, and does not shrink. A `put` that finds no room there throws {@link Full}.
   */
  readonly maxBytes?: number | undefined;
}

/** The options of `putAsync`: milliseconds, or an object. */
export type PutOptions =
  | number
  | (Exclude<AsyncOptions, number> & {
      /** The objects in the item that move with it, instead of being copied: see {@link Queue.putMoved}. Default: none. */
      readonly transfer?: readonly object[] | undefined;
    });

/** 256 MiB: browsers refuse to reserve much more for many queues. */
const MAX_BYTES = 2 ** 28;
const MIN_BYTES = 2 ** 12;

/** New memory for the items of a queue. */
export function newMemory(options: QueueOptions, names: readonly string[]): SharedArrayBuffer {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`queue: expected { ${names.join(", ")} }, got ${describe(options)}`);
  checkKeys(options, names, "queue");
  const { maxBytes = MAX_BYTES } = options;
  checkInteger(maxBytes, "maxBytes", "queue", MIN_BYTES, STORE_BYTES_MAX);
  return newStoreMemory(maxBytes);
}
