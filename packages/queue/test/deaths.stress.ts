/**
 * Threads that die at any point of a put or a get. The queue's own counts, the notes of the threads and
 * the items that are left tell for each item where it is:
 *
 *   an item that a producer has put    is in the notes of one consumer, or in the queue, or was in the
 *                                      hand of a consumer that died after it took the item
 *   an item in a dead hand             one at most for each dead consumer
 */
import { wordsOf } from "@x/core/internal";
import { pauseAsync, stress, watchdog } from "@x/testkit";
import { Empty, LifoQueue, PriorityQueue, Queue } from "@x/queue";
import { terminate, Thread } from "@x/thread";
import { expect } from "vitest";
import { consume, consumeAsync, numberOf, PART, produce } from "./deaths.workers.mjs";

watchdog();

/** The indexes of the queue's counts of puts and gets. */
const [PUTS, GETS] = [17, 18];
const DEATHS = 6;
/** Milliseconds after which no further death begins: Chromium takes two seconds to end a thread that computes. */
const DEATHS_FOR = 1000;
const LOG_WORDS = 2 ** 20;
const DEAD_WITHIN = 10_000;

/** Ends threads at any point. They must have lived till then. */
function kill(...threads: Thread[]): void {
  for (const thread of threads) {
    if (!thread.isAlive()) thread.result(0); // throws what ended it
    terminate(thread);
  }
  for (const thread of threads) expect(thread.join(DEAD_WITHIN)).toBe(true);
}

/** A run of producers and consumers on a queue; see the head of this file. */
class Run {
  readonly sent = new Int32Array(new SharedArrayBuffer(4 * 64));
  readonly logs: Int32Array[] = [];
  readonly producers: Thread[] = [];
  readonly consumers: Thread[] = [];
  private next = 0;
  deadConsumers = 0;

  constructor(readonly queue: Queue) {}

  count(index: number): number {
    const { words, at } = wordsOf(this.queue);
    return Atomics.load(words, at + index);
  }

  produce(): void {
    const thread = new Thread({ target: produce, args: [this.queue, this.next++, this.sent], daemon: true });
    this.producers.push(thread);
    thread.start();
  }

  consume(): void {
    const log = new Int32Array(new SharedArrayBuffer(4 * LOG_WORDS));
    this.logs.push(log);
    const target = this.logs.length % 2 === 0 ? consumeAsync : consume;
    const thread = new Thread({ target, args: [this.queue, log], daemon: true });
    this.consumers.push(thread);
    thread.start();
  }

  killProducer(): void {
    kill(this.producers.shift()!);
  }

  killConsumer(): void {
    kill(this.consumers.shift()!);
    this.deadConsumers++;
  }

  killAll(): void {
    this.deadConsumers += this.consumers.length;
    kill(...this.producers.splice(0), ...this.consumers.splice(0));
  }

  /** How many items consumers have noted. */
  noted(): number {
    return this.logs.reduce((sum, log) => sum + Atomics.load(log, 0), 0);
  }

  /** How many items were taken, and never noted. Only while no consumer lives. */
  inDeadHands(): number {
    this.queue.maxsize += 0; // enters the lock: its next owner counts the get of a dead owner
    return this.count(GETS) - this.noted();
  }

  /** Takes what is left, and checks that each item is in one place. Returns how many died with their consumer. */
  settle(): number {
    const lost = this.inDeadHands();
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(this.deadConsumers);
    const left: number[] = [];
    for (;;) {
      try {
        left.push(numberOf(this.queue.get(0)));
      } catch (error) {
        if (!(error instanceof Empty)) throw error;
        break;
      }
    }
    expect(this.count(GETS)).toBe(this.count(PUTS));
    const found = [...this.logs.flatMap((log) => [...log.subarray(1, log[0]! + 1)]), ...left];
    const seen = new Set(found);
    expect(found.length).toBe(seen.size); // none came out twice
    let [sent, missing] = [0, 0];
    for (let me = 0; me < this.next; me++) {
      let count = Atomics.load(this.sent, me);
      if (count < PART && seen.has(me * PART + count)) count++; // it died between its put and its note
      sent += count;
      for (let n = 0; n < count; n++) if (!seen.has(me * PART + n)) missing++;
    }
    // A producer may have died between the put and the note of an item that then died with its consumer.
    const unknown = this.count(PUTS) - sent;
    expect(unknown).toBeGreaterThanOrEqual(0);
    expect(missing + unknown).toBe(lost);
    return lost;
  }
}

const moment = (): Promise<void> => pauseAsync(5 + Math.random() * 40);

function* deaths(): Generator<number> {
  const end = performance.now() + DEATHS_FOR;
  for (let death = 0; death < DEATHS && performance.now() < end; death++) yield death;
}

/** One consumer at a time: the counts tell after each death whether it had an item in its hand. */
async function oneConsumer(queue: Queue): Promise<Record<string, number>> {
  const run = new Run(queue);
  run.produce();
  run.produce();
  let before = 0;
  for (const death of deaths()) {
    run.consume();
    await moment();
    run.killConsumer();
    const lost = run.inDeadHands();
    expect([before, before + 1]).toContain(lost);
    before = lost;
    if (death % 2 === 0) continue;
    run.killProducer();
    run.produce();
  }
  run.killAll();
  const lost = run.settle();
  return { items: run.count(PUTS), "dead consumers": run.deadConsumers, "items in their hands": lost };
}

async function manyConsumers(queue: Queue): Promise<Record<string, number>> {
  const run = new Run(queue);
  for (let i = 0; i < 2; i++) {
    run.produce();
    run.consume();
  }
  for (const death of deaths()) {
    await moment();
    if (death % 2 === 0) {
      run.killConsumer();
      run.consume();
    } else {
      run.killProducer();
      run.produce();
    }
  }
  run.killAll();
  const lost = run.settle();
  return { items: run.count(PUTS), "dead consumers": run.deadConsumers, "items in their hands": lost };
}

/** Many items move in the heap, in both directions. */
const priority = (item: unknown): number => {
  const n = typeof item === "number" ? item : (item as { n: number }).n;
  return (n * 7919) % 1009;
};

for (const [name, make] of [
  ["Queue", () => new Queue()],
  ["Queue(4)", () => new Queue(4)],
  ["LifoQueue(4)", () => new LifoQueue(4)],
  ["PriorityQueue(9)", () => new PriorityQueue<unknown>(9, { key: priority })],
] as const) {
  stress(`${name}, one consumer at a time, threads die`, () => oneConsumer(make()));
  stress(`${name}, two consumers, threads die`, () => manyConsumers(make()));
}
