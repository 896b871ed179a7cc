/**
 * A random program of threads that put into a queue, and threads that get out of it, while some of them die:
 *
 *   an item that a producer has put   is in the notes of one consumer, or in the queue, or was in the hand of a
 *                                     consumer that died after it had taken the item
 *   an item in a dead hand            one at most for each dead consumer
 */
import { LifoQueue, PriorityQueue, Queue, SimpleQueue, sleepAsync, terminate, Thread } from "@x/threading";
import { type AnyQueue, consume, consumeAsync, type Item, PART, priority, produce, STOP } from "./queue-threads.js";
import { Random } from "./random.js";

/** What a program did. */
export interface QueueOutcome {
  readonly items: number;
  readonly threads: number;
  readonly deaths: number;
  /** Items that died with their consumers. */
  readonly inDeadHands: number;
}

const PRODUCERS_MAX = 16;
const ITEMS_MAX = 300;
const DEATHS_MAX = 5;
const DEAD_WITHIN_MS = 20_000;

/** The kinds of queues, and how many items each may have; 0: any number. */
const KINDS = ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"] as const;
const SIZES = [0, 1, 3, 40] as const;

function make(random: Random): AnyQueue {
  const [kind, size] = [random.one(KINDS), random.one(SIZES)];
  switch (kind) {
    case "Queue":
      return new Queue(size);
    case "LifoQueue":
      return new LifoQueue(size);
    case "PriorityQueue":
      return new PriorityQueue<Item>(size, { key: priority });
    case "SimpleQueue":
      return new SimpleQueue();
  }
}

/** A thread of a program. */
interface Member {
  readonly thread: Thread;
  readonly isConsumer: boolean;
}

class QueueProgram {
  readonly #queue: AnyQueue;
  readonly #sent = new Int32Array(new SharedArrayBuffer(4 * PRODUCERS_MAX));
  readonly #logs: Int32Array[] = [];
  readonly #living = new Set<Member>();
  readonly #items: number;
  #producers = 0;
  #threads = 0;
  #deaths = 0;
  #deadConsumers = 0;

  constructor(private readonly random: Random) {
    this.#queue = make(random);
    this.#items = 1 + random.below(ITEMS_MAX);
  }

  async run(kills: boolean): Promise<QueueOutcome> {
    const { random } = this;
    for (let i = 1 + random.below(3); i > 0; i--) this.#produce();
    for (let i = 1 + random.below(3); i > 0; i--) this.#consume();
    for (let i = kills ? random.below(DEATHS_MAX + 1) : 0; i > 0; i--) {
      await sleepAsync(random.below(12));
      await this.#kill(random.one([...this.#living]));
    }
    for (const member of [...this.#living]) if (!member.isConsumer) await this.#end(member);
    this.#stop();
    for (const member of [...this.#living]) await this.#end(member);
    return this.#settle();
  }

  #start(thread: Thread<unknown>, isConsumer: boolean): void {
    this.#living.add({ thread: thread, isConsumer });
    this.#threads++;
    thread.start();
  }

  #produce(): void {
    const args = [this.#queue, this.#producers++, this.#items, this.#sent] as const;
    this.#start(new Thread({ target: produce, args: [...args], daemon: true }), false);
  }

  #consume(): void {
    const log = new Int32Array(new SharedArrayBuffer(4 * (PRODUCERS_MAX * this.#items + 1)));
    this.#logs.push(log);
    const target = this.random.oneIn(2) ? consume : consumeAsync;
    this.#start(new Thread({ target, args: [this.#queue, log], daemon: true }), true);
  }

  /** Ends a thread at any point, and starts another instead of it. */
  async #kill(member: Member): Promise<void> {
    const { thread, isConsumer } = member;
    if (thread.isAlive()) terminate(thread);
    if (!(await this.#end(member))) return;
    this.#deaths++;
    if (isConsumer) this.#deadConsumers++;
    if (isConsumer) this.#consume();
    else if (this.#producers < PRODUCERS_MAX) this.#produce();
  }

  /** Waits for the end of a thread. Returns true if it was terminated. @throws its error, if it ended by another */
  async #end(member: Member): Promise<boolean> {
    const { thread } = member;
    if (!(await thread.joinAsync(DEAD_WITHIN_MS)))
      throw new Error(`${thread.name} has not ended: ${String(this.#queue)}`);
    this.#living.delete(member);
    try {
      thread.result(0);
      return false;
    } catch (error) {
      if (/was terminated$/.test((error as Error).message)) return true;
      throw error;
    }
  }

  /** Lets the consumers end after the last item. */
  #stop(): void {
    const queue = this.#queue;
    if (queue instanceof Queue) return queue.shutdown();
    for (const { isConsumer } of this.#living) if (isConsumer) queue.put(STOP);
  }

  /** Checks that each item is in one place. */
  #settle(): QueueOutcome {
    const queue = this.#queue;
    const found = this.#logs.flatMap((log) => [...log.subarray(1, log[0]! + 1)]);
    const seen = new Set(found);
    if (seen.size !== found.length)
      throw new Error(`${found.length - seen.size} items came out twice: ${String(queue)}`);
    if (!queue.empty()) throw new Error(`items are left: ${String(queue)}`);
    let [sent, missing] = [0, 0];
    for (let me = 0; me < this.#producers; me++) {
      const count = Atomics.load(this.#sent, me);
      const isNextPut = seen.has(me * PART + count); // it died between its put and its note
      sent += isNextPut ? count + 1 : count;
      for (let n = 0; n < count; n++) if (!seen.has(me * PART + n)) missing++;
    }
    const puts = queue instanceof Queue ? queue.unfinishedTasks : sent; // no thread counts a task as done
    const unknown = puts - sent; // put by a dead producer, and taken by a dead consumer
    if (missing + unknown > this.#deadConsumers || unknown < 0 || sent - missing !== found.length) {
      throw new Error(
        `${missing} items are lost, and ${unknown} of unknown producers, with ${this.#deadConsumers} dead consumers; ` +
          `${found.length} came out of ${puts}: ${String(queue)}`,
      );
    }
    return { items: puts, threads: this.#threads, deaths: this.#deaths, inDeadHands: missing + unknown };
  }
}

/** Runs the program of a seed. @throws if an item is lost or doubled, or a thread fails */
export function runQueueProgram(seed: number, kills: boolean): Promise<QueueOutcome> {
  return new QueueProgram(new Random(seed)).run(kills);
}
