/** One queue per word: the tasks of this thread that await it, in their order. */
import { awaited, watchForDeaths } from "./awaited-words.js";
import { type Blocker, labelOf } from "./death-monitor.js";
import type { Woken } from "./steps.js";
import { waitAsync } from "./wait-async.js";
import { armEpoch, isWakeOfAll, wakePromises } from "./wake.js";

/** The part of a task that the queue uses. */
interface QueuedTask {
  queue: Queue | undefined;
  place: Place | undefined;
  readonly on: Blocker;
  /** The start of its wait, by this thread's clock. */
  readonly since: number;
  /** The number of deaths in the process before the task's first check. */
  readonly knownDeaths: number;
  /** Goes on after a wake. */
  resume(woken: Woken): void;
  /** Checks its word once more, and leaves if it would have to wait again. */
  checkLast(): void;
}

/** The place of a task in a queue. */
export interface Place {
  readonly task: QueuedTask;
  /** The number of tasks that joined the queue before it. */
  readonly number: number;
  previous: Place | undefined;
  next: Place | undefined;
}

/** A linked list of tasks, because many tasks join and leave in any order. */
export class Queue {
  readonly #words: Int32Array;
  readonly #index: number;
  #first: Place | undefined;
  #last: Place | undefined;
  #joined = 0;
  /** The place of the task that runs now. If the task waits again, it keeps this place. */
  #current: Place | undefined;
  /** The armed epoch of the pending `waitAsync`. */
  #epoch = 0;
  #pending = false;

  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /**
   * Queues `task`, and returns true; false if the word is no longer `value`. A task that waits
   * again keeps its place.
   */
  join(task: QueuedTask, value: number): boolean {
    if (Atomics.load(this.#words, this.#index) !== value) return false;
    this.#arm();
    if (Atomics.load(this.#words, this.#index) !== value) {
      this.#disarmIfEmpty();
      return false;
    }
    if (this.#current?.task !== task) this.#append(task);
    task.queue = this;
    awaited.add(this);
    watchForDeaths(task.knownDeaths);
    return true;
  }

  #append(task: QueuedTask): void {
    const place: Place = { task, number: this.#joined++, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    task.place = place;
  }

  #remove({ previous, next }: Place): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
  }

  waits(): { on: string; since: number }[] {
    const waits = [];
    for (let place = this.#first; place !== undefined; place = place.next) {
      const { on, since } = place.task;
      waits.push({ on: labelOf(on), since });
    }
    return waits;
  }

  wake(): void {
    wakePromises(this.#words, this.#index);
  }

  /**
   * Wakes the tasks, even if the epoch is not armed:
   *     // T1 awaits; T2 advances the epoch, so it is no longer ARMED, and dies before it notifies:
   *     // T1 is not woken, nor by a later wake, which sees no ARMED.
   * So: notify in any case.
   */
  recheck(): void {
    if (!wakePromises(this.#words, this.#index)) Atomics.notify(this.#words, this.#index + 1);
  }

  abandon(): void {
    const tasks: QueuedTask[] = [];
    for (let place = this.#first; place !== undefined; place = place.next) tasks.push(place.task);
    for (const task of tasks) if (task.queue === this) task.checkLast();
  }

  leave(task: QueuedTask): void {
    this.#remove(task.place!);
    task.queue = undefined;
    this.#disarmIfEmpty();
  }

  #arm(): void {
    while (!this.#pending) {
      const armed = armEpoch(this.#words, this.#index);
      const wait = waitAsync(this.#words, this.#index + 1, armed);
      if (!wait.async) continue; // the epoch was advanced meanwhile
      this.#epoch = armed;
      this.#pending = true;
      void wait.value.then(() => this.#woken());
    }
  }

  #woken(): void {
    this.#pending = false;
    const all = isWakeOfAll(this.#epoch, Atomics.load(this.#words, this.#index + 1));
    const end = this.#joined; // tasks that join from now on were not woken
    for (let place = this.#first; place !== undefined && place.number < end; place = place.next) {
      const { task } = place;
      this.#current = place;
      task.queue = undefined;
      task.resume("ok");
      this.#current = undefined;
      const waitsAgain = (task.queue as Queue | undefined) === this;
      if (!waitsAgain) this.#remove(place);
      else if (!all) break;
    }
    if (this.#first !== undefined) return this.#arm();
    awaited.delete(this);
    if (this.#pending)
      this.wake(); // a task armed the epoch, and then did not have to wait
    else queues.get(this.#words)!.delete(this.#index);
  }

  #disarmIfEmpty(): void {
    if (this.#first === undefined && this.#pending) this.wake();
  }
}

const queues = new WeakMap<Int32Array, Map<number, Queue>>();

/** The queue of the tasks of this thread that await `words[index]`. */
export function queueOf(words: Int32Array, index: number): Queue {
  let ofWords = queues.get(words);
  if (ofWords === undefined) {
    ofWords = new Map<number, Queue>();
    queues.set(words, ofWords);
  }
  let queue = ofWords.get(index);
  if (queue === undefined) {
    queue = new Queue(words, index);
    ofWords.set(index, queue);
  }
  return queue;
}
