/** Threads that put into a queue, and threads that get out of it. */
import { Empty, Full, Queue } from "@x/queue";
import type { QueueHandle } from "@x/queue";
import { type GroupContestant, type RoundBody, threadGroup } from "./thread-group.js";

/** "1 and 1": one producer, one consumer. */
export const PAIRS = ["1 and 1", "2 and 2"] as const;
export type Pairs = (typeof PAIRS)[number];

/** 1000: both sides run on while the other has its turn. */
export const ITEMS_MAX = 1000;
/** How long a thread waits before it asks whether the round is over. */
const TICK_MS = 20;

/** The number of producers, and of consumers. */
export const sideOf = (pairs: Pairs): number => Number(pairs[0]);

/** Million items a second, from all producers to all consumers. */
export function throughQueue(item: (n: number) => unknown): GroupContestant<QueueHandle, Pairs> {
  return threadGroup<QueueHandle, Pairs>({
    participants: (pairs) => 2 * sideOf(pairs),
    share: () => new Queue(ITEMS_MAX).share(),
    enter(handle, pairs): RoundBody {
      const queue = Queue.from<unknown>(handle);
      const produce: RoundBody = (me) => {
        for (let n = 0; !me.stopped(); n++) {
          try {
            queue.put(item(n), TICK_MS);
          } catch (error) {
            if (!(error instanceof Full)) throw error;
          }
        }
        return 0;
      };
      const consume: RoundBody = (me) => {
        let items = 0;
        while (!me.stopped()) {
          try {
            queue.get(TICK_MS);
            items++;
          } catch (error) {
            if (!(error instanceof Empty)) throw error;
          }
        }
        return items;
      };
      return (me) => (me.index < sideOf(pairs) ? produce(me) : consume(me));
    },
    sample: (items, ms) => items.reduce((sum, one) => sum + one, 0) / ms / 1e3,
  });
}

/** An object of four fields. */
export const fourFields = (n: number): unknown => ({ id: n, name: "an item", price: 1.5, isSold: false });
