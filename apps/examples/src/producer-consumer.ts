/**
 * Producers and consumers of the textbook, by a Queue: it waits for room and for items. Its shutdown ends
 * the consumers. bounded-buffer.ts does the same by two Conditions.
 */
import { Queue } from "@x/queue";
import { expose, Thread } from "@x/thread";

interface Item {
  readonly producer: number;
  readonly number: number;
}

function produce(items: Queue<Item>, producer: number, count: number): void {
  for (let number = 0; number < count; number++) items.put({ producer, number });
}

/** @returns the items in the order in which it got them */
function consume(items: Queue<Item>): Item[] {
  const taken: Item[] = [];
  for (const item of items) {
    taken.push(item);
    items.taskDone();
  }
  return taken;
}

expose({ produce, consume });

/** Do the items of each producer come in their order? */
function areInOrder(items: readonly Item[]): boolean {
  const last = new Map<number, number>();
  return items.every(({ producer, number }) => {
    const isLater = number > (last.get(producer) ?? -1);
    last.set(producer, number);
    return isLater;
  });
}

/** @param each how many items each producer makes */
export function main({ producers = 2, consumers = 3, each = 1000, capacity = 8 } = {}): number {
  const items = new Queue<Item>(capacity);
  const consuming = Array.from({ length: consumers }, () => new Thread({ target: consume, args: [items] }).start());
  const producing = Array.from({ length: producers }, (_, producer) =>
    new Thread({ target: produce, args: [items, producer, each] }).start(),
  );
  for (const thread of producing) thread.join();
  items.join(); // until each item is done
  items.shutdown(); // ends the loops of the consumers

  const taken = consuming.map((thread) => thread.result());
  const all = taken.flat();
  const count = producers * each;
  const isOnce = all.length === count && new Set(all.map((item) => item.producer * each + item.number)).size === count;
  const isInOrder = taken.every(areInOrder);
  console.log(`${producers} producers put ${count} items, ${consumers} consumers took ${all.length}`);
  console.log(`each once: ${isOnce ? "yes" : "no"}`);
  console.log(`those of a producer in their order: ${isInOrder ? "yes" : "no"}`);
  return isOnce && isInOrder ? 0 : 1;
}
