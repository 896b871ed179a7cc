/**
 * Those who wait on a Condition, in order of waiting: a queue of nodes in shared memory, one for each.
 *
 * All but a node's STATE belongs to whoever holds the condition's lock, and is plain memory: the lock that `wait` and `notify`
 * need anyway makes the queue exact for free.
 *
 * Words of the queue
 *   FIRST, LAST   the nodes that stand in it first and last; nodes are called by the index of their first word, NONE is 0
 *   COUNT         how many stand in it
 *   FREE          nodes to be used again, linked by NEXT
 *   COUNTER       the index of the word that says where the next node is to be cut: a word of the slab, for all who live in it,
 *                 or CUT, in memory of the user's
 *   CUT           see COUNTER
 *   LIMIT         the index where the memory for nodes ends
 *   OPEN          1 while somebody is changing the queue: who finds it so comes after one who has died in there
 *   (the three before it are written once, by whoever makes the condition, or all who do, alike)
 * Words of a node
 *   STATE         WAITING    its waiter sleeps here, or is about to (followed by its turnstile)
 *                 NOTIFIED   and nobody has said yet that he knows
 *                 CLAIMED    he knows
 *                 DOUBTED    waiting, but was notified once and did not stir; a waiter who finds this makes it WAITING again
 *                 LEAVING    his time is up, or he was aborted, and nobody may notify him any more; he is on his way to the lock
 *                 OUT        the same, and taken out of the queue
 *                 by compare-exchange, from WAITING, NOTIFIED and DOUBTED also without the lock
 *   NEXT, PREV    its neighbours
 *
 * Invariants
 *   1. Whoever changes WAITING to NOTIFIED or LEAVING has decided what becomes of the waiter: one of the two, once.
 *      // The tempting way, a waiter who decides when his sleep is over, loses a notify:
 *      // T1's time runs out; T2 notifies T1; T1 takes the lock and returns false; T3 sleeps on.
 *   2. Who is notified is woken once his notifier has released the lock. Woken at once he would find it held, and go to sleep again, on
 *      the lock: two switches of threads more for each notify. Should the notifier die in between, his vigil wakes him.
 *   3. A notify is spent on somebody who takes notice, as long as there is one: a thread may have died in its wait. Who sleeps is
 *      woken, and counted by the wake; who is on his way to sleep, or back from it, claims his node at once, without the lock. If
 *      neither happens within the time of all NAPS, he is doubted, and the notify goes to the next.
 *   4. Who is doubted stands first in the queue again: he may only be slow. So that nobody hangs who lives, those who are doubted
 *      are notified all of them if a notify finds nobody else: rather one too many than one too few.
 *      // The tempting way, out of the queue and in again by himself, loses a notify: T1 is slow, and taken out; T2 is notified
 *      // instead, and notifies the next in its turn: there is none; T1 stands in line again, and sleeps for ever.
 *   5. The holder of the lock may die at any point, and the next one goes on. So NEXT, from FIRST, is right after each single write;
 *      all else can be found again from that and the nodes' states, and is, by whoever finds OPEN:
 *      // T1 makes T2 NOTIFIED, and dies before it takes him out; T2 makes his node free, and links it to the free ones: whoever stands
 *      // behind T2 is lost.
 *   6. A node is made free by its waiter alone. One whose thread has died is never used again, which costs 16 bytes.
 */
import { changesSoon, mayBlock, newSlab, pause, type Placement, ThreadError, WAITED_ON_WORDS, wakeOne } from "@x/core";

const FIRST = 0;
const LAST = 1;
const COUNT = 2;
const FREE = 3;
const COUNTER = 4;
const CUT = 5;
const LIMIT = 6;
const OPEN = 7;

/** How many words the queue takes, without its nodes. */
export const QUEUE_WORDS = 8;

/** The word of a node on which its waiter sleeps. */
export const STATE = 0;
const NEXT = WAITED_ON_WORDS;
const PREV = WAITED_ON_WORDS + 1;

/** How many words a node takes. */
export const NODE_WORDS: number = WAITED_ON_WORDS + 2;

const NONE = 0;

export const WAITING = 1;
const NOTIFIED = 2;
const CLAIMED = 3;
const DOUBTED = 4;
export const LEAVING = 5;
const OUT = 6;

const NOBODY: readonly number[] = [];

/** For so many milliseconds whoever notified sleeps between looks at a node that nobody claims. */
const NAPS: readonly number[] = [0.05, 1, 10, 90];

/** The queue whose words begin at `at`. */
export class Waiters {
  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
  ) {}

  /** Gives the queue the memory from `nodes` to `limit` to cut nodes from, unless it has some. Idempotent. */
  settle(nodes: number, limit: number): void {
    Atomics.compareExchange(this.words, this.at + LIMIT, 0, limit);
    Atomics.compareExchange(this.words, this.at + CUT, 0, nodes);
    Atomics.compareExchange(this.words, this.at + COUNTER, 0, this.at + CUT);
  }

  /** How many nodes there can be, if they are in memory of the user's, beginning at `nodes`. */
  room(nodes: number): number | undefined {
    if (this.words[this.at + COUNTER] !== this.at + CUT) return undefined;
    return (this.words[this.at + LIMIT]! - nodes) / NODE_WORDS;
  }

  /** How many wait. */
  get count(): number {
    return Atomics.load(this.words, this.at + COUNT);
  }

  // ------------------------------------------------ all that follows: under the lock, unless it says otherwise

  /** A node at the end of the queue. @throws ThreadError if there is no memory for one */
  enlist(): number {
    const { words, at } = this;
    const free = words[at + FREE]!;
    if (free !== NONE) words[at + FREE] = words[free + NEXT]!;
    const node = free === NONE ? this.#cut() : free;
    this.#open();
    const last = words[at + LAST]!;
    words[node + NEXT] = NONE;
    words[node + PREV] = last;
    words[last === NONE ? at + FIRST : last + NEXT] = node;
    words[at + LAST] = node;
    words[at + COUNT]! += 1;
    Atomics.store(words, node + STATE, WAITING);
    this.#close();
    return node;
  }

  /** Is it the next to be notified? */
  isFirst(node: number): boolean {
    return this.words[this.at + FIRST] === node;
  }

  /**
   * The waiter is awake: he claims that he was notified, or else `becomes` WAITING or LEAVING; says whether he does. By him,
   * without the lock.
   */
  stir(node: number, becomes: number): boolean {
    for (;;) {
      const was = Atomics.compareExchange(this.words, node + STATE, NOTIFIED, CLAIMED);
      if (was === becomes) return true;
      if (was !== WAITING && was !== DOUBTED) return false;
      if (this.#change(node, was, becomes)) return true;
    }
  }

  /** The waiter goes, and his node with him. Was he notified? */
  withdraw(node: number): boolean {
    const { words, at } = this;
    this.#open();
    const state = words[node + STATE];
    if (state === LEAVING) this.#unlink(node);
    words[node + NEXT] = words[at + FREE]!;
    words[at + FREE] = node;
    this.#close();
    return state === CLAIMED;
  }

  /** Notifies the first `n`, or all if they are fewer, who are yet to be woken: returns their nodes. */
  notify(n: number): readonly number[] {
    const { words, at } = this;
    if (words[at + FIRST] === NONE) return NOBODY;
    const notified: number[] = [];
    this.#open();
    for (let node = words[at + FIRST]!, next: number; node !== NONE && notified.length < n; node = next) {
      next = words[node + NEXT]!;
      const isNotified = this.#change(node, WAITING, NOTIFIED);
      if (isNotified || this.#change(node, LEAVING, OUT)) this.#unlink(node);
      if (isNotified) notified.push(node);
    }
    if (notified.length < n) this.#notifyDoubted(notified);
    this.#close();
    return notified;
  }

  #notifyDoubted(notified: number[]): void {
    for (const node of this.#nodes()) {
      if (!this.#change(node, DOUBTED, NOTIFIED) && !this.#change(node, WAITING, NOTIFIED)) continue;
      this.#unlink(node);
      notified.push(node);
    }
  }

  /** Wakes those who were notified; returns those of whom there is no sign of life. Without the lock, or with it. */
  wake(notified: readonly number[]): readonly number[] {
    const silent = notified.filter((node) => !wakeOne(this.words, node + STATE));
    return silent.filter((node) => !this.#isClaimed(node));
  }

  /** Doubts those who have still not claimed, as long as there is somebody else; returns how many it doubts. */
  doubt(silent: readonly number[]): number {
    this.#open();
    let doubted = 0;
    for (const node of silent) {
      if (this.words[this.at + COUNT]! <= doubted || !this.#change(node, NOTIFIED, DOUBTED)) continue;
      this.#prepend(node);
      doubted++;
    }
    this.#close();
    return doubted;
  }

  #open(): void {
    if (this.words[this.at + OPEN] !== 0) this.#mend();
    this.words[this.at + OPEN] = 1;
  }

  #close(): void {
    this.words[this.at + OPEN] = 0;
  }

  /** Somebody has died in here: whoever he had decided upon is taken out, and the rest put in order. */
  #mend(): void {
    const { words, at } = this;
    let last = NONE;
    let count = 0;
    for (const node of this.#nodes()) {
      const state = Atomics.load(words, node + STATE);
      const stays = state === WAITING || state === DOUBTED || state === LEAVING;
      if (stays) {
        words[node + PREV] = last;
        last = node;
        count++;
      } else {
        words[last === NONE ? at + FIRST : last + NEXT] = words[node + NEXT]!;
      }
    }
    words[at + LAST] = last;
    words[at + COUNT] = count;
  }

  /** Waits for the waiter to take notice; says whether he does. */
  #isClaimed(node: number): boolean {
    const claimed = (): boolean => Atomics.load(this.words, node + STATE) !== NOTIFIED; // he may be gone, and his node another's
    if (changesSoon(this.words, node + STATE, NOTIFIED)) return true; // by a waiter who is running, on another core
    if (mayBlock()) {
      for (const nap of NAPS) {
        pause(nap);
        if (claimed()) return true;
      }
    }
    return false;
  }

  /** Those in the queue. The one at hand may be unlinked meanwhile. */
  *#nodes(): Generator<number> {
    const { words, at } = this;
    for (let node = words[at + FIRST]!, next: number; node !== NONE; node = next) {
      next = words[node + NEXT]!;
      yield node;
    }
  }

  #change(node: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.words, node + STATE, from, to) === from;
  }

  /** Before all others: there are some. */
  #prepend(node: number): void {
    const { words, at } = this;
    const first = words[at + FIRST]!;
    words[node + NEXT] = first;
    words[node + PREV] = NONE;
    words[first + PREV] = node;
    words[at + FIRST] = node;
    words[at + COUNT]! += 1;
  }

  #unlink(node: number): void {
    const { words, at } = this;
    const [next, prev] = [words[node + NEXT]!, words[node + PREV]!];
    words[prev === NONE ? at + FIRST : prev + NEXT] = next;
    words[next === NONE ? at + LAST : next + PREV] = prev;
    words[at + COUNT]! -= 1;
  }

  #cut(): number {
    const { words, at } = this;
    const counter = words[at + COUNTER]!;
    const node = Atomics.add(words, counter, NODE_WORDS);
    if (node + NODE_WORDS <= words[at + LIMIT]!) return node;
    Atomics.sub(words, counter, NODE_WORDS);
    throw new ThreadError(
      `condition: more wait at the same time than there is memory for; make it with { buffer, byteOffset, waiters } ` +
        `in Condition.bytes(waiters) bytes of your own`,
    );
  }
}

/** A slab: one line of its own, then conditions, then, in its second half, nodes for all of them. */
const SLAB_BYTES = 2 ** 20;
const SLAB_WORDS = SLAB_BYTES / Int32Array.BYTES_PER_ELEMENT;
const SLAB_LINE = 16;
const SLAB_NODES = SLAB_WORDS / 2;
/** The word that says where the next node is to be cut. */
const SLAB_COUNTER = 2;
/** With more nodes cut than this it takes no more conditions, so that those it has find room. */
const SLAB_FULL = SLAB_NODES + SLAB_NODES / 2;

let slab: Int32Array | undefined;
let used = 0;

/** Cuts `words` words from this thread's slab, for a condition whose queue begins at `queueAt` of them. */
export function cutFromSlab(words: number, queueAt: number): Placement & { readonly buffer: SharedArrayBuffer } {
  if (slab === undefined || used + words > SLAB_NODES || Atomics.load(slab, SLAB_COUNTER) > SLAB_FULL) {
    slab = newSlab(SLAB_BYTES);
    slab[SLAB_COUNTER] = SLAB_NODES;
    used = SLAB_LINE;
  }
  slab[used + queueAt + COUNTER] = SLAB_COUNTER;
  slab[used + queueAt + LIMIT] = SLAB_WORDS;
  const byteOffset = used * Int32Array.BYTES_PER_ELEMENT;
  used += words;
  return { buffer: slab.buffer as SharedArrayBuffer, byteOffset };
}
