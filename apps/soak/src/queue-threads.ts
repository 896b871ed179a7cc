/** The threads of a queue program. Each notes in shared memory what it has put or got, because it may die at any point. */
import { expose, Lock, type Queue, ShutDown, type SimpleQueue } from "@x/threading";

/** The items of producer p are numbered from p × PART. */
export const PART = 10_000;

/** Ends a consumer of a queue without shutdown. */
export const STOP = -1;

export type AnyQueue = Queue<Item> | SimpleQueue<Item>;

/** An item: its number alone, or with something that travels in another way. */
export type Item =
  | number
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly lock: Lock }
  | { readonly id: number; readonly words: Int32Array }
  | { readonly id: number; readonly buffer: ArrayBuffer };

/** What an item holds, in turn. */
const CONTENTS = ["nothing", "text", "a lock", "shared memory", "a moved buffer"] as const;

/** Some texts and buffers are large. */
function sizeOf(id: number): number {
  return (id * 37) % (id % 11 === 0 ? 200_000 : 900);
}

function put(queue: AnyQueue, id: number): void {
  switch (CONTENTS[id % CONTENTS.length]!) {
    case "nothing":
      return queue.put(id);
    case "text":
      return queue.put({ id, text: "x".repeat(sizeOf(id)) });
    case "a lock":
      return queue.put({ id, lock: new Lock() });
    case "shared memory":
      return queue.put({ id, words: shared(id) });
    case "a moved buffer": {
      const buffer = new ArrayBuffer(sizeOf(id) + 1);
      new Uint8Array(buffer).fill(id);
      queue.putMoved({ id, buffer }, [buffer]);
      if (buffer.byteLength !== 0) throw new Error(`the buffer of item ${id} was copied`);
    }
  }
}

function shared(id: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(4));
  words[0] = id;
  return words;
}

/** The number of an item. @throws if the item is not whole */
export function numberOf(item: Item): number {
  if (typeof item === "number") return item;
  const { id } = item;
  if (!isWhole(item)) throw new Error(`item ${id} is not whole`);
  return id;
}

function isWhole(item: Exclude<Item, number>): boolean {
  const { id } = item;
  if ("text" in item) return item.text.length === sizeOf(id);
  if ("lock" in item) return item.lock instanceof Lock;
  if ("words" in item) return item.words[0] === id;
  const bytes = new Uint8Array(item.buffer);
  return bytes.length === sizeOf(id) + 1 && bytes[0] === (id & 255) && bytes.at(-1) === (id & 255);
}

/** Mixes up the order of the items. */
export function priority(item: unknown): number {
  const id = typeof item === "number" ? item : (item as { readonly id: number }).id;
  return (id * 7919) % 1009;
}

/** Puts `count` items. `sent[me]`: how many are put for certain. */
export function produce(queue: AnyQueue, me: number, count: number, sent: Int32Array): void {
  for (let n = 0; n < count; n++) {
    put(queue, me * PART + n);
    Atomics.store(sent, me, n + 1);
  }
}

/** Notes an item: `log[0]` is how many, and then their numbers. Returns false after the last. */
function note(log: Int32Array, item: Item): boolean {
  const id = numberOf(item);
  if (id === STOP) return false;
  const n = Atomics.load(log, 0);
  log[n + 1] = id;
  Atomics.store(log, 0, n + 1);
  return true;
}

export function consume(queue: AnyQueue, log: Int32Array): void {
  try {
    while (note(log, queue.get()));
  } catch (error) {
    if (!(error instanceof ShutDown)) throw error;
  }
}

export async function consumeAsync(queue: AnyQueue, log: Int32Array): Promise<void> {
  try {
    while (note(log, await queue.getAsync()));
  } catch (error) {
    if (!(error instanceof ShutDown)) throw error;
  }
}

expose({ produce, consume, consumeAsync, priority });
