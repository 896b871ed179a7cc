/** The bodies of the threads of queue.model.ts. The queue lives at word 0, its blocks from word BLOCKS on. */
import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown } from "@x/queue";
import { wordsOf } from "@x/core/internal";

const END = 24;
const BLOCKS = 52;

const KINDS = { fifo: Queue, lifo: LifoQueue, priority: PriorityQueue };

const queueOf = (t, kind = "fifo") =>
  t.quietly(() => {
    const Kind = KINDS[kind];
    const { buffer, byteOffset } = t.at(0);
    return Kind.from({ kind: Kind.KIND, buffer, byteOffset, memory: buffer });
  });

/** Makes the queue with `items` items: 100, 101 …, which a priority queue gets in the worst order. `first` instead of 100. */
export function make(t, { maxsize = 0, items = 0, first = 100, kind } = {}) {
  t.quietly(() => {
    const queue = queueOf(t, kind);
    wordsOf(queue).words[END] = 4 * BLOCKS;
    if (maxsize > 0) queue.maxsize = maxsize;
    for (let i = 0; i < items; i++) queue.put(first + (kind === "priority" ? items - 1 - i : i));
    t.add("put", items);
  });
}

/** Notes an item that has come out: a sum that no item may enter twice, and how many. */
function got(t, item) {
  t.check(t.add(`got ${item}`, 1) === 1, `item ${item} came out twice`);
  t.add("got", 1);
}

/** Puts `items`. */
export function putter(t, { items = [1], timeout = Infinity, kind } = {}) {
  const queue = queueOf(t, kind);
  for (const item of items) {
    try {
      queue.put(item, timeout);
      t.add("put", 1);
    } catch (error) {
      if (error instanceof ShutDown) t.add("refused", 1);
      else t.check(error instanceof Full && timeout !== Infinity, `threw ${error}`);
    }
  }
}

/** Gets `times` items. */
export function getter(t, { times = 1, timeout = Infinity, kind } = {}) {
  const queue = queueOf(t, kind);
  for (let time = 0; time < times; time++) {
    try {
      got(t, queue.get(timeout));
    } catch (error) {
      if (error instanceof ShutDown) t.add("refused", 1);
      else t.check(error instanceof Empty && timeout !== Infinity, `threw ${error}`);
    }
  }
}

/** Gets an item in each of `tasks` concurrent tasks. */
export async function asyncGetter(t, { tasks = 1, timeout = Infinity, abortable = false } = {}) {
  const queue = queueOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    try {
      got(t, await queue.getAsync({ timeout, signal }));
    } catch (error) {
      if (error instanceof ShutDown) t.add("refused", 1);
      else if (error instanceof Empty) t.check(timeout !== Infinity, "gave up without a timeout");
      else {
        t.check(abortable && error === signal.reason, `rejected: ${error}`);
        t.add("aborted", 1);
      }
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

export async function asyncPutter(t, { items = [1], abortable = false } = {}) {
  const queue = queueOf(t);
  await Promise.all(
    items.map(async (item) => {
      const signal = abortable ? t.signal() : undefined;
      try {
        await queue.putAsync(item, { signal });
        t.add("put", 1);
      } catch (error) {
        t.check(abortable && error === signal.reason, `rejected: ${error}`);
        t.add("aborted", 1);
      }
    }),
  );
}

/** Shuts the queue down. */
export function closer(t, { immediate = false } = {}) {
  queueOf(t).shutdown(immediate);
}

/** Finishes `count` tasks. */
export function worker(t, { count = 1 } = {}) {
  const queue = queueOf(t);
  for (let i = 0; i < count; i++) {
    queue.taskDone();
    t.add("done", 1);
  }
}

/** Waits until all tasks are done. */
export function joiner(t) {
  queueOf(t).join();
  t.add("joined", 1);
}

/** Gets all items that are there. Those of the beginning come out in their order, whatever happens to other threads. */
export function drainer(t, { kind } = {}) {
  const queue = queueOf(t, kind);
  let last = 0;
  try {
    for (;;) {
      const item = queue.get(0);
      got(t, item);
      if (item < 100) continue;
      t.check(item > last, `item ${item} came out after ${last}`);
      last = item;
    }
  } catch (error) {
    t.check(error instanceof Empty, `threw ${error}`);
  }
}
