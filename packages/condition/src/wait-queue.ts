/**
 * The waiters of a Condition, in order of arrival: a queue of nodes in shared memory, one node per
 * waiter.
 *
 * All words except STATE belong to the owner of the condition's lock and are plain memory. `wait`
 * and `notify` need that lock anyway, so the queue needs no synchronization of its own.
 *
 * Words of the queue
 *   FIRST, LAST   the first and the last node; a node's name is the index of its first word, NONE
 *                 is 0
 *   COUNT         the number of nodes in the queue
 *   FREE          free nodes, linked by NEXT
 *   COUNTER       the index of the allocation counter, the word that says where the next new node
 *                 begins: a word of the slab, shared by all conditions in it, or OWN_COUNTER in
 *                 the user's memory
 *   OWN_COUNTER   see COUNTER
 *   LIMIT         the index where the memory for nodes ends
 *   DIRTY         1 while a thread changes the queue; a thread that finds 1 follows an owner that
 *                 died during a change
 *   (Each thread that makes the condition writes COUNTER, OWN_COUNTER and LIMIT, with the same
 *   values. They never change afterwards.)
 * Words of a node
 *   STATE         WAITING       its waiter sleeps here, or is about to (followed by its epoch)
 *                 NOTIFIED      its waiter has not acknowledged the notify yet
 *                 ACKNOWLEDGED  its waiter knows of the notify
 *                 SUSPECT       waiting; a notify was not acknowledged in time. A waiter that finds
 *                               this sets WAITING again
 *                 LEAVING       its waiter timed out or was aborted, cannot be notified any more,
 *                               and is acquiring the lock
 *                 DETACHED      LEAVING, and removed from the queue
 *                 by compare-exchange; from WAITING, NOTIFIED and SUSPECT also without the lock
 *   NEXT, PREV    its neighbours
 *   OWNER         the ident of its waiter's thread
 *
 * Invariants
 *   1. The change from WAITING to NOTIFIED or LEAVING decides how the wait ends, and happens once.
 *      // The tempting way, a waiter that decides after its sleep, loses a notify:
 *      // T1's time runs out; T2 notifies T1; T1 takes the lock and returns false; T3 stays asleep.
 *   2. A notified waiter is woken after the notifier releases the lock. Woken earlier it would find
 *      the lock held and sleep again: two more context switches per notify. If the notifier dies
 *      before the wake, the supervisor wakes the waiter.
 *   3. A notify must not be lost to a dead waiter while a live waiter exists. A sleeping waiter is
 *      counted by the wake. A waiter between its check and its sleep, or just awake, sets
 *      ACKNOWLEDGED without the lock. If neither happens within the sum of NAPS, the waiter becomes
 *      SUSPECT and the notify goes to the next. So does a waiter whose thread has died, at once: its
 *      sleep may still be counted.
 *      // In Firefox: T1 sleeps, and is terminated; T2 joins T1, and notifies: the wake counts T1, which
 *      // has not left its sleep for lack of a core; T3 sleeps on.
 *   4. A suspect waiter returns to the front of the queue, because it may only be slow. If a notify
 *      finds too few other waiters, it notifies all suspect waiters: a spurious notify is merely
 *      wasteful, a missing one blocks a live waiter.
 *      // The tempting way, to remove T1 and let it enqueue itself again, loses a notify:
 *      // T1 is slow, and removed; T2 is notified instead, and notifies in its turn, with the queue
 *      // empty; T1 enqueues itself, and sleeps for ever.
 *   5. The owner of the lock may die at any point, and the next owner continues. So the NEXT chain
 *      from FIRST is valid after every single write. All other words can be derived from it and the
 *      states; a thread that finds DIRTY does so:
 *      // T1 makes T2 NOTIFIED, and dies before it unlinks T2; T2 frees its node, and links it to
 *      // the free nodes: all waiters behind T2 are lost.
 *   6. Only its waiter frees a node. The node of a dead waiter is never used again, which costs 20
 *      bytes.
 */
import { mayBlock, pause, ThreadError, WAITED_ON_WORDS } from "@x/core";
import { getIdent, hasDied, spinUntilChanged, wakeOne } from "@x/core/internal";

const FIRST = 0;
const LAST = 1;
const COUNT = 2;
const FREE = 3;
export const COUNTER = 4;
const OWN_COUNTER = 5;
export const LIMIT = 6;
const DIRTY = 7;

/** The size of the queue in words, without its nodes. */
export const QUEUE_WORDS = 8;

/** The word of a node on which its waiter sleeps. */
export const STATE = 0;
const NEXT = WAITED_ON_WORDS;
const PREV = WAITED_ON_WORDS + 1;
const OWNER = WAITED_ON_WORDS + 2;

/** The size of a node in words. */
export const NODE_WORDS: number = WAITED_ON_WORDS + 3;

const NONE = 0;

export const WAITING = 1;
const NOTIFIED = 2;
const ACKNOWLEDGED = 3;
const SUSPECT = 4;
export const LEAVING = 5;
const DETACHED = 6;

const NO_NODES: readonly number[] = [];

/**
 * Milliseconds that a notifier sleeps between checks for an acknowledgement: 0.1 s in all, longer
 * than a live waiter needs.
 */
const NAPS: readonly number[] = [0.05, 1, 10, 90];

/** The queue whose words begin at `at`. */
export class WaitQueue {
  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
  ) {}

  /**
   * Gives the queue the memory from `nodes` to `limit` for its nodes, unless it has some.
   * Idempotent.
   */
  setNodeMemory(nodes: number, limit: number): void {
    Atomics.compareExchange(this.words, this.at + LIMIT, 0, limit);
    Atomics.compareExchange(this.words, this.at + OWN_COUNTER, 0, nodes);
    Atomics.compareExchange(this.words, this.at + COUNTER, 0, this.at + OWN_COUNTER);
  }

  /**
   * The capacity in nodes if they are in the user's memory, from index `nodes` on; undefined in
   * a slab.
   */
  capacity(nodes: number): number | undefined {
    if (this.words[this.at + COUNTER] !== this.at + OWN_COUNTER) return undefined;
    return (this.words[this.at + LIMIT]! - nodes) / NODE_WORDS;
  }

  /** The number of waiters. */
  get count(): number {
    return Atomics.load(this.words, this.at + COUNT);
  }

  // ---------------------------- all methods below: under the lock, unless they say otherwise

  /** Appends a node and returns it. @throws ThreadError if there is no memory for a node */
  enqueue(): number {
    const { words, at } = this;
    const free = words[at + FREE]!;
    if (free !== NONE) words[at + FREE] = words[free + NEXT]!;
    const node = free === NONE ? this.#allocate() : free;
    words[node + OWNER] = getIdent();
    this.#beginChange();
    const last = words[at + LAST]!;
    words[node + NEXT] = NONE;
    words[node + PREV] = last;
    words[last === NONE ? at + FIRST : last + NEXT] = node;
    words[at + LAST] = node;
    words[at + COUNT]! += 1;
    Atomics.store(words, node + STATE, WAITING);
    this.#endChange();
    return node;
  }

  /** Is the node the next to be notified? */
  isFirst(node: number): boolean {
    return this.words[this.at + FIRST] === node;
  }

  /**
   * Acknowledges a notify, if any, and returns false. Otherwise changes the state to
   * `becomes`, WAITING or LEAVING, and returns true. The waiter calls this when it is awake,
   * without the lock.
   */
  acknowledge(node: number, becomes: number): boolean {
    for (;;) {
      const was = Atomics.compareExchange(this.words, node + STATE, NOTIFIED, ACKNOWLEDGED);
      if (was !== WAITING && was !== SUSPECT) return false;
      if (this.#change(node, was, becomes)) return true;
    }
  }

  /**
   * Removes the node of a waiter that ends its wait, and frees it. Returns true if the waiter was
   * notified.
   */
  remove(node: number): boolean {
    const { words, at } = this;
    this.#beginChange();
    const state = words[node + STATE];
    if (state === LEAVING) this.#unlink(node);
    words[node + NEXT] = words[at + FREE]!;
    words[at + FREE] = node;
    this.#endChange();
    return state === ACKNOWLEDGED;
  }

  /**
   * Notifies the first `n` waiters, or all if they are fewer. Returns their nodes, which are not
   * woken yet.
   */
  notify(n: number): readonly number[] {
    const { words, at } = this;
    if (words[at + FIRST] === NONE) return NO_NODES;
    const notified: number[] = [];
    this.#beginChange();
    for (let node = words[at + FIRST]!, next: number; node !== NONE && notified.length < n; node = next) {
      next = words[node + NEXT]!;
      const isNotified = this.#change(node, WAITING, NOTIFIED);
      if (isNotified || this.#change(node, LEAVING, DETACHED)) this.#unlink(node);
      if (isNotified) notified.push(node);
    }
    if (notified.length < n) this.#notifySuspects(notified);
    this.#endChange();
    return notified;
  }

  #notifySuspects(notified: number[]): void {
    for (const node of this.#nodes()) {
      if (!this.#change(node, SUSPECT, NOTIFIED) && !this.#change(node, WAITING, NOTIFIED)) continue;
      this.#unlink(node);
      notified.push(node);
    }
  }

  /** Wakes notified waiters and returns the unresponsive ones. With or without the lock. */
  wake(notified: readonly number[]): readonly number[] {
    const notSleeping = notified.filter((node) => this.#isDead(node) || !wakeOne(this.words, node + STATE));
    return notSleeping.filter((node) => !this.#isAcknowledged(node));
  }

  /**
   * Makes unresponsive waiters SUSPECT while the queue has other waiters. Returns the number of new
   * suspects.
   */
  suspect(unresponsive: readonly number[]): number {
    this.#beginChange();
    let suspects = 0;
    for (const node of unresponsive) {
      if (this.words[this.at + COUNT]! <= suspects || !this.#change(node, NOTIFIED, SUSPECT)) continue;
      this.#prepend(node);
      suspects++;
    }
    this.#endChange();
    return suspects;
  }

  #beginChange(): void {
    if (this.words[this.at + DIRTY] !== 0) this.#repair();
    this.words[this.at + DIRTY] = 1;
  }

  #endChange(): void {
    this.words[this.at + DIRTY] = 0;
  }

  /**
   * Repairs the queue after an owner died during a change: removes the nodes whose wait is decided,
   * and restores the rest.
   */
  #repair(): void {
    const { words, at } = this;
    let last = NONE;
    let count = 0;
    for (const node of this.#nodes()) {
      const state = Atomics.load(words, node + STATE);
      const stays = state === WAITING || state === SUSPECT || state === LEAVING;
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

  /** Has the thread of its waiter died? */
  #isDead(node: number): boolean {
    return hasDied(this.words[node + OWNER]!);
  }

  /** Waits for an acknowledgement of the notify; returns false after all NAPS, or if its waiter is dead. */
  #isAcknowledged(node: number): boolean {
    // also true if the waiter has left and another waiter uses the node
    const acknowledged = (): boolean => Atomics.load(this.words, node + STATE) !== NOTIFIED;
    if (this.#isDead(node)) return acknowledged();
    if (spinUntilChanged(this.words, node + STATE, NOTIFIED)) return true; // by a waiter that runs on another core
    if (mayBlock()) {
      for (const nap of NAPS) {
        pause(nap);
        if (acknowledged()) return true;
      }
    }
    return false;
  }

  /** The nodes of the queue. The caller may unlink the node it was given. */
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

  /** Inserts the node at the front of a queue that is not empty. */
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

  #allocate(): number {
    const { words, at } = this;
    const counter = words[at + COUNTER]!;
    const node = Atomics.add(words, counter, NODE_WORDS);
    if (node + NODE_WORDS <= words[at + LIMIT]!) return node;
    Atomics.sub(words, counter, NODE_WORDS);
    throw new ThreadError(
      `condition: there is no memory for another waiter; make the condition with { buffer, byteOffset, waiters } ` +
        `in Condition.bytes(waiters) bytes of your own`,
    );
  }
}
