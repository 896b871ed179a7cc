/** Threads that find shared memory inside of values. */
import { Condition } from "@x/condition";
import { expose } from "@x/core";
import { Lock, RLock } from "@x/lock";
import { Queue, SimpleQueue } from "@x/queue";
import { SharedArray, SharedMap, SharedObject, SharedValue } from "@x/shared";

/** A thread that gets a value must have imported its package. */
export const KINDS = [Condition, Lock, Queue, SimpleQueue, SharedArray, SharedMap, SharedValue];

export class Account extends SharedObject {
  balance = 0;
  lock = new RLock();

  deposit(amount) {
    this.lock.with(() => {
      this.balance += amount;
    });
  }
}

/** Deposits into each account of a bank, by its name. */
export function deposit(bank, times) {
  for (let i = 0; i < times; i++) for (const name of bank.keys()) bank.get(name).deposit(1);
}

/** Answers each request, a number and the queue of the asker, until it gets null. */
export function serve(requests) {
  for (let request; (request = requests.get()) !== null;) request.reply.put(request.n ** 2);
}

/** Asks the server `count` times by a queue of its own, and returns the sum of the answers. */
export function ask(requests, count) {
  const reply = new Queue();
  let sum = 0;
  for (let n = 1; n <= count; n++) {
    requests.put({ n, reply });
    sum += reply.get();
  }
  return sum;
}

/** As `ask`, but by a new queue for each request, and without blocking. */
export async function askAsync(requests, count) {
  let sum = 0;
  for (let n = 1; n <= count; n++) {
    const reply = new Queue();
    await requests.putAsync({ n, reply });
    sum += await reply.getAsync();
  }
  return sum;
}

/** Adds 1 to the first word of each memory in an array. */
export function increment(array) {
  for (const memory of array) Atomics.add(new Int32Array(memory), 0, 1);
}

/** Returns the sum of the last words of `count` items. */
export function sumOf(queue, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += new Int32Array(queue.get()).at(-1);
  return sum;
}

/** Sends each item back, with what it looks like here. */
export function echo(from, to, count) {
  for (let i = 0; i < count; i++) {
    const item = from.get();
    to.put([item, shapeOf(item)]);
  }
}

/** As `echo`, without blocking. */
export async function echoAsync(from, to, count) {
  for (let i = 0; i < count; i++) {
    const item = await from.getAsync();
    await to.putAsync([item, shapeOf(item)]);
  }
}

/** What a value looks like: its shared parts by their kind and their content, at any depth. */
export function shapeOf(value) {
  if (value instanceof SharedArrayBuffer) return ["memory", ...new Int32Array(value)];
  if (value instanceof Queue) {
    const items = value.empty() ? [] : value.getMany(value.qsize());
    if (items.length > 0) value.putMany(items);
    return ["Queue", ...items.map(shapeOf)];
  }
  if (value instanceof SharedMap || value instanceof Map)
    return [value.constructor.name, ...[...value].map(([key, item]) => [key, shapeOf(item)])];
  if (value instanceof SharedArray) return ["SharedArray", ...value.toArray().map(shapeOf)];
  if (value instanceof SharedValue) return ["SharedValue", shapeOf(value.get())];
  if (value instanceof Lock) return "Lock";
  if (ArrayBuffer.isView(value)) return [value.constructor.name, shapeOf(value.buffer)];
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, field]) => [key, shapeOf(field)]);
}

/** Puts memory that no other thread has, then dies. */
export function putAndDie(queue, count) {
  for (let i = 0; i < count; i++) queue.put(memoryOf(i));
  process.exit(1);
}

/** Puts values with memory inside, and a queue with memory inside, until it is terminated. */
export function produce(queue) {
  for (let i = 0; ; i++) {
    const inner = new SimpleQueue();
    inner.put(memoryOf(i));
    queue.put({ i, memory: memoryOf(i), inner });
  }
}

/** Moves values from queue to queue until it is terminated. */
export function move(from, to) {
  for (;;) to.put(from.get());
}

export function memoryOf(n) {
  const memory = new SharedArrayBuffer(4096);
  new Int32Array(memory).fill(n);
  return memory;
}

/** Gets an item twice, and returns whether the queue inside is one object. */
export function isSame(queue) {
  const [first, second] = [queue.get(), queue.get()];
  return first === second && first.lock === second.lock && first.get("inner") === second.get("inner");
}

expose(import.meta.url, {
  Account,
  ask,
  askAsync,
  deposit,
  echo,
  echoAsync,
  increment,
  isSame,
  move,
  produce,
  putAndDie,
  serve,
  sumOf,
});
