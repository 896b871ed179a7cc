/**
 * Producers and consumers share a buffer of limited size. Two Conditions over the same Lock:
 * producers wait for room, consumers for items.
 */
import { Condition } from "@x/condition";
import { Lock } from "@x/lock";
import { expose, Thread } from "@x/thread";

const [PUT, TAKEN, MOST, CLOSED] = [0, 1, 2, 3];

/** A queue of whole numbers in shared memory. */
class BoundedBuffer {
  private readonly items: Int32Array;
  /** Counts of put and taken items, the largest number in the buffer, and the flag for the end. */
  private readonly state = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
  private readonly lock = new Lock();
  private readonly notFull = new Condition(this.lock);
  private readonly notEmpty = new Condition(this.lock);

  constructor(readonly capacity: number) {
    this.items = new Int32Array(new SharedArrayBuffer(capacity * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Waits for room. */
  put(item: number): void {
    this.lock.with(() => {
      this.notFull.waitFor(() => this.length < this.capacity);
      this.items[this.get(PUT) % this.capacity] = item;
      this.state[PUT] = this.get(PUT) + 1;
      this.state[MOST] = Math.max(this.most, this.length);
      this.notEmpty.notify();
    });
  }

  /** Waits for an item. @returns undefined after the last item */
  take(): number | undefined {
    return this.lock.with(() => {
      this.notEmpty.waitFor(() => this.length > 0 || this.get(CLOSED) > 0);
      if (this.length === 0) return undefined;
      const item = this.items[this.get(TAKEN) % this.capacity];
      this.state[TAKEN] = this.get(TAKEN) + 1;
      this.notFull.notify();
      return item;
    });
  }

  /** Marks the end, and wakes all waiting consumers. */
  close(): void {
    this.lock.with(() => {
      this.state[CLOSED] = 1;
      this.notEmpty.notifyAll();
    });
  }

  /** The largest number of items in it so far. */
  get most(): number {
    return this.get(MOST);
  }

  private get length(): number {
    return this.get(PUT) - this.get(TAKEN);
  }

  private get(what: number): number {
    return this.state[what] as number;
  }
}

function produce(first: number, count: number, buffer: BoundedBuffer): void {
  for (let item = first; item < first + count; item++) buffer.put(item);
}

function consume(buffer: BoundedBuffer): number[] {
  const taken: number[] = [];
  for (let item; (item = buffer.take()) !== undefined;) taken.push(item);
  return taken;
}

expose({ BoundedBuffer, produce, consume });

/** @param each how many items each producer makes */
export function main({ producers = 3, consumers = 2, each = 2000, capacity = 8 } = {}): number {
  const buffer = new BoundedBuffer(capacity);
  const consuming = Array.from({ length: consumers }, () => new Thread({ target: consume, args: [buffer] }).start());
  const producing = Array.from({ length: producers }, (_, i) =>
    new Thread({ target: produce, args: [i * each, each, buffer] }).start(),
  );
  for (const thread of producing) thread.join();
  buffer.close();

  const taken = consuming.map((thread) => thread.result());
  taken.forEach((items, i) => console.log(`consumer ${i + 1} took ${items.length} items`));
  const all = taken.flat();
  const isRight = all.length === producers * each && new Set(all).size === all.length;
  console.log(`${producers * each} items put, ${all.length} taken, each once: ${isRight ? "yes" : "no"}`);
  console.log(`never more than ${buffer.most} waited, of ${capacity} that may`);
  return isRight ? 0 : 1;
}
