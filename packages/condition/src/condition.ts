/**
 * Waiting for a change under a lock: Python's `threading.Condition`.
 *
 * Words
 *   0 …     an RLock, for a condition that is made without a lock
 *   LOCK    OWN, OTHER: which lock the condition uses; UNDECIDED at first
 *           once, by compare-exchange, by the first thread that makes the condition
 *   QUEUE … the waiters, see wait-queue.ts
 *   NODES … the nodes of the queue, in the user's memory; else elsewhere in the slab
 *
 * Invariants
 *   1. A waiter enqueues its node before it releases the lock, so the next owner of the lock finds
 *      it.
 *      // T1 releases; T2 acquires, and notifies an empty queue; T1 enqueues its node: lost.
 *      So: enqueue, then release.
 *   2. However a wait ends (notify, timeout or abort), the waiter holds the lock again, as deep as
 *      before, and its node has left the queue. A notified waiter that ends by an abort or an
 *      OwnerDiedError passes the notify on.
 *   3. "Held" means held by the calling thread, also for a Lock, which has no owner. Two
 *      callers, of which only one holds the lock, would corrupt the queue.
 *
 * Why a queue of nodes: if all waiters slept on one word that `notify` increments, it would wake
 * the wrong ones. A waiter between release and sleep sees the changed word and returns, so one
 * notify ends two waits. Or a later waiter consumes the wake-up of an earlier waiter.
 */
import {
  AsyncHoldable,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkFunction,
  checkInteger,
  checkTimeout,
  Deadline,
  describe,
  isPromise,
  mayBlock,
  type MemoryPlacement,
  OwnerDiedError,
  placementOf,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
  suspend,
  ThreadError,
  type Wait,
} from "@x/core";
import { afterRelease, knownObject, ifItThrows, report, restoreDeadOwner, type Sync, wordsOf } from "@x/core/internal";
import { Lock, RLock } from "@x/lock";
import { allocateFromSlab } from "./node-memory.js";
import { LEAVING, NODE_WORDS, QUEUE_WORDS, STATE, WAITING, WaitQueue } from "./wait-queue.js";

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const LOCK: number = RLock.BYTES / WORD_BYTES;
const QUEUE: number = LOCK + 1;
/** Whole cache lines, so that the nodes begin on another line than the queue. */
const NODES: number = 16 * Math.ceil((QUEUE + QUEUE_WORDS) / 16);

const UNDECIDED = 0;
const OWN = 1;
const OTHER = 2;

/** The default capacity for waiters in the user's memory. */
const WAITERS = 64;
const WAITERS_MAX = 2 ** 24;
const FIELDS = ["waiters", "lock"];

/** Memory that the user supplies for a condition. */
export interface ConditionPlacement extends MemoryPlacement {
  /**
   * The largest number of waiters at the same time. The memory is `Condition.bytes(waiters)` long.
   * Default 64.
   */
  readonly waiters?: number | undefined;
}

/** The result of `share()`: plain data, ready to post to any worker. */
export interface ConditionHandle extends PrimitiveHandle {
  /** The lock of the condition; undefined if it is the condition's own. */
  readonly lock?: PrimitiveHandle;
  /** The largest number of waiters at the same time. */
  readonly waiters?: number;
}

/**
 * Lets threads and tasks wait, under a lock, for a change by another thread.
 *
 *     const ready = new Condition();
 *     ready.with(() => { ready.waitFor(() => data[0] !== 0); use(data); });      // one thread
 *     ready.with(() => { data[0] = 42; ready.notify(); });                       // another
 *
 * `wait` releases the lock, sleeps until a notify, and takes the lock again. After that the caller
 * checks under the lock whether its data has changed; {@link waitFor} does this in a loop. `notify`
 * wakes the longest waiters first. It is never remembered, and never wakes a thread that was not
 * waiting. A woken waiter sees all writes that the notifier made before `notify`.
 *
 * Several conditions may share a lock. By default a condition has an {@link RLock} of its own. The
 * async forms need a {@link Lock}: `new Condition(new Lock())`.
 *
 * @see Python `threading.Condition`
 */
export class Condition<L extends Lock | RLock = RLock> extends AsyncHoldable {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/condition Condition";
  /** The size of a condition for 64 waiters, in bytes. */
  static readonly BYTES: number = Condition.bytes(WAITERS);

  static {
    registerPrimitive(Condition, import.meta.url);
  }

  /**
   * Returns the size in bytes of a condition for `waiters` waiters at the same time: 64, and 20 for
   * each.
   *
   *     const condition = new Condition(lock, { buffer: new SharedArrayBuffer(Condition.bytes(4)), waiters: 4 });
   *
   * @throws TypeError if waiters is no number; RangeError if it is not a whole number from 1 to
   *   16777216
   */
  static bytes(waiters: number): number {
    checkInteger(waiters, "waiters", "condition", 1, WAITERS_MAX);
    return (NODES + waiters * NODE_WORDS) * WORD_BYTES;
  }

  /**
   * Returns the condition of a handle, under the same lock, or the condition in this memory under
   * its own lock.
   *
   *     const ready = Condition.from<Lock>(message);      // a Condition over a Lock
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a condition
   *   would not fit there; ThreadError if its lock is elsewhere
   */
  static from<L extends Lock | RLock = RLock>(place: ConditionHandle | ConditionPlacement): Condition<L> {
    const { lock } = placementOf(place, Condition) as Partial<ConditionHandle>;
    if (lock === undefined) return new Condition<L>(undefined, place);
    const isLock = ifItThrows(false, () => (lock as Partial<PrimitiveHandle>).kind === Lock.KIND);
    return new Condition<L>(knownObject<Lock | RLock>(isLock ? Lock.from(lock) : RLock.from(lock)) as L, place);
  }

  /** The lock of this condition. */
  readonly lock: L;

  readonly #queue: WaitQueue;

  /**
   * Makes a condition under `lock`, in new memory or in `place`. Zeroed memory is a condition
   * without waiters. Threads that make a condition with the same arguments in the same memory share
   * one condition.
   *
   * @param lock a Lock or RLock; default an RLock of the condition's own
   * @throws TypeError if `lock` is no lock, or `place` is not shared memory; RangeError if the
   *   condition would not fit there; ThreadError if a condition under another lock is there
   * @see Python `Condition(lock)`
   */
  constructor(lock?: L, place?: ConditionPlacement) {
    const kind = checkLock(lock);
    const { waiters = WAITERS } = (place as ConditionPlacement | null | undefined) ?? {};
    const bytes = Condition.bytes(waiters);
    super({ KIND: Condition.KIND, BYTES: bytes, FIELDS }, place === undefined ? allocateFromSlab(NODES, QUEUE) : place);
    const { words, at } = this;
    const was = Atomics.compareExchange(words, at + LOCK, UNDECIDED, kind);
    if (was !== UNDECIDED && was !== kind) {
      throw new ThreadError(
        `condition: a condition under ${kind === OWN ? "another lock" : "a lock of its own"} is in this memory already; ` +
          `send what its share() returns, or zero the memory`,
      );
    }
    this.#queue = new WaitQueue(words, at + QUEUE);
    this.#queue.setNodeMemory(at + NODES, at + bytes / WORD_BYTES);
    this.lock = lock ?? (new RLock({ buffer: words.buffer as SharedArrayBuffer, byteOffset: at * WORD_BYTES }) as L);
    if (place === undefined) report(this, Condition.KIND);
  }

  /** Returns a handle of the condition and its lock, see {@link AsyncHoldable.share}. */
  override share(): ConditionHandle {
    const capacity = this.#queue.capacity(this.at + NODES) ?? WAITERS;
    return {
      ...super.share(),
      ...(capacity !== WAITERS && { waiters: capacity }),
      ...(this.words[this.at + LOCK] === OTHER && { lock: this.lock.share() }),
    };
  }

  /** Acquires the lock: its own `acquire`, with a timeout in milliseconds. */
  override acquire(timeout?: number): boolean {
    return this.lock.acquire(timeout);
  }

  /**
   * Acquires the lock: its own `acquireAsync`.
   *
   * @throws (rejects with) ThreadError over an RLock: use `new Condition(new Lock())`
   */
  override async acquireAsync(this: Condition<Lock>, options?: AsyncOptions): Promise<boolean> {
    checkAwaitable(this.lock);
    return this.lock.acquireAsync(options);
  }

  override holdAsync(this: Condition<Lock>, options?: AsyncOptions): ReturnType<Lock["holdAsync"]> {
    return super.holdAsync(options);
  }

  override withAsync<R>(this: Condition<Lock>, body: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<R> {
    return super.withAsync(body, options);
  }

  /** Releases the lock: its own `release`. */
  override release(): void {
    this.lock.release();
  }

  /** Is the lock held, by any thread? */
  locked(): boolean {
    return this.lock.locked();
  }

  /**
   * Releases the lock, blocks this thread until a notify, and takes the lock again.
   *
   *     while (queue.length === 0) if (!notEmpty.wait(1000)) return;
   *
   * Releases an RLock completely, and takes it again as deep as before. After the return this
   * thread sees all writes that the notifier made before `notify`. Another thread may have changed
   * the data since, so check it again, or use {@link waitFor}. The longest waiters are notified
   * first; a notified waiter competes for the lock with all other threads.
   *
   * @param timeout milliseconds, for the wait alone: to take the lock again may take longer. 0
   *   releases it once, Infinity waits for ever
   * @returns true after a notify, false if the time ran out first
   * @throws ThreadError if this thread does not hold the lock, or may not block (a browser's page):
   *   use {@link waitAsync} there; OwnerDiedError if the owner of the lock died meanwhile: this
   *   thread holds the lock now; RangeError if timeout is negative or NaN; TypeError if it is no
   *   number
   * @see Python `Condition.wait(timeout)`, in seconds
   */
  wait(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "condition");
    return this.#wait(Deadline.after(timeout));
  }

  /**
   * {@link wait} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   * The lock is held again when the promise settles, also after an abort.
   *
   *     await ready.withAsync(async () => { while (!done) await ready.waitAsync({ signal }); });
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `wait`; `signal.reason` on abort; ThreadError over an
   *   RLock: use `new Condition(new Lock())`
   */
  async waitAsync(this: Condition<Lock>, options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "condition");
    checkAwaitable(this.lock);
    this.#checkHeld("wait");
    return suspend(this.waiting(deadline), signal, this);
  }

  /**
   * Waits until `predicate` returns a true value.
   *
   *     const job = jobs.with(() => jobs.waitFor(() => take(), 1000));
   *
   * Calls `predicate` under the lock: at once, after each notify, and again when the time is over.
   * If the first result is true, this thread need not hold the lock. The time begins after the
   * first false result; a notify does not extend it.
   *
   * @param timeout milliseconds; 0 releases the lock once, Infinity waits for ever
   * @returns the last result of `predicate`: false, or another false value, if the time ran out
   *   first
   * @throws the errors of `wait` and of `predicate`; TypeError if `predicate` is not a function, or
   *   returned a promise
   * @see Python `Condition.wait_for(predicate, timeout)`
   */
  waitFor<T>(predicate: () => Sync<T>, timeout: number = Infinity): T {
    checkFunction(predicate, "the predicate", "condition");
    checkTimeout(timeout, "condition");
    let result = evaluated(predicate);
    if (result) return result;
    const deadline = Deadline.after(timeout);
    do {
      this.#wait(deadline);
      result = evaluated(predicate);
    } while (!result && !deadline.expired());
    return result;
  }

  /**
   * {@link waitFor} for tasks. `predicate` may be async: its caller holds the lock until the
   * promise settles.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `waitFor`, and `signal.reason` on abort: the lock is held
   *   again then, too
   */
  async waitForAsync<T>(
    this: Condition<Lock>,
    predicate: () => T | PromiseLike<T>,
    options?: AsyncOptions,
  ): Promise<Awaited<T>> {
    checkFunction(predicate, "the predicate", "condition");
    const { timeout = Infinity, signal } = checkAsyncOptions(options, "condition");
    checkAwaitable(this.lock);
    if (signal?.aborted === true) throw signal.reason;
    let result = await predicate();
    if (result) return result;
    const deadline = Deadline.ofTask(timeout);
    do {
      this.#checkHeld("wait");
      await suspend(this.waiting(deadline), signal, this);
      result = await predicate();
    } while (!result && !deadline.expired());
    return result;
  }

  /**
   * Wakes `n` waiters, or all if they are fewer, the longest waiters first.
   *
   *     queue.with(() => { put(job); queue.notify(); });
   *
   * Does not release the lock: the woken waiters continue after the caller releases it. A notify
   * without waiters does nothing and is not remembered. Skips a waiter if its thread has died.
   *
   * @param n the number of waiters; 0 or less does nothing
   * @throws ThreadError if this thread does not hold the lock; TypeError if n is no number;
   *   RangeError if it is not a whole number
   * @see Python `Condition.notify(n)`
   */
  notify(n: number = 1): void {
    if (n !== 1) checkInteger(n, "n", "condition", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    this.#checkHeld("notify");
    this.#notify(n);
  }

  /**
   * Wakes all waiters.
   *
   *     state.with(() => { open = true; state.notifyAll(); });
   *
   * @throws ThreadError if this thread does not hold the lock
   * @see Python `Condition.notify_all`
   */
  notifyAll(): void {
    this.#checkHeld("notifyAll");
    this.#notify(Infinity);
  }

  /**
   * `<Condition(<locked RLock object owner=1 count=1 at 0x0040>, 2) at 0x0040>`: its lock, and the
   * number of waiters.
   */
  override toString(): string {
    return `<Condition(${String(this.lock)}, ${this.#queue.count}) ${this.place}>`;
  }

  /** @internal Does this thread hold the lock? Python's `_is_owned`. */
  isOwned(): boolean {
    return this.lock.isOwned();
  }

  /**
   * @internal The steps of every wait.
   *
   * One generator, because its steps wait again after an abort calls `return()`. If they stood in a
   * generator of their own, the `yield*` to it would continue as if it had ended normally, and only
   * the inner generator would know of the abort.
   */
  *waiting(deadline: Deadline): Steps<boolean> {
    const { words, lock } = this;
    const queue = this.#queue;
    const node = queue.enqueue();
    const wait: Wait = {
      words,
      index: node + STATE,
      value: WAITING,
      deadline,
      sleepsAtOnce: !queue.isFirst(node), // other waiters are notified first
    };
    let waits = true;
    let notified: boolean;
    let ownerDied: OwnerDiedError | undefined;
    let aborted = true;
    try {
      const saved = lock.releaseSave();
      try {
        while (waits && !deadline.expired()) {
          yield wait;
          waits = queue.acknowledge(node, WAITING);
        }
      } finally {
        if (waits) queue.acknowledge(node, LEAVING);
        let held = lock.restore(saved);
        if (!held) {
          try {
            yield* lock.acquiringRestore(saved);
            held = true;
          } catch (error) {
            held = true;
            ownerDied = error as OwnerDiedError;
          } finally {
            if (!held) yield* lock.acquiringRestore(saved); // aborted meanwhile: invariant 2
          }
        }
      }
      if (ownerDied !== undefined) throw ownerDied;
      aborted = false;
    } finally {
      notified = queue.remove(node);
      if (aborted && notified) this.#notify(1);
    }
    return notified;
  }

  #wait(deadline: Deadline): boolean {
    this.#checkHeld("wait");
    if (!mayBlock()) {
      throw new ThreadError("condition: this thread may not block; use waitAsync() of a Condition over a Lock");
    }
    return block(this.waiting(deadline), this, "waitAsync()");
  }

  /** Wakes notified waiters after this thread releases the lock: invariant 2 of wait-queue.ts. */
  #notify(n: number): void {
    const notified = this.#queue.notify(n);
    if (notified.length === 0) return;
    const { words, at } = wordsOf(this.lock);
    afterRelease(words, at, () => this.#wake(notified));
  }

  #wake(notified: readonly number[]): void {
    const unresponsive = this.#queue.wake(notified);
    if (unresponsive.length === 0) return;
    const passOn = (): void => this.#notify(this.#queue.suspect(unresponsive));
    // `release` and `notify` must not throw OwnerDiedError: the next `acquire` does.
    const recover = (error: unknown): void => {
      if (!(error instanceof OwnerDiedError)) throw error;
      passOn();
      const { words, at } = wordsOf(this.lock);
      restoreDeadOwner(words, at, error);
    };
    const passOnAndRelease = (): void => {
      passOn();
      this.release();
    };
    if (this.isOwned()) return passOn();
    if (!mayBlock()) {
      if (this.lock instanceof Lock) void this.lock.acquireAsync().then(passOnAndRelease, recover);
      return;
    }
    try {
      this.acquire();
    } catch (error) {
      return recover(error);
    }
    passOnAndRelease();
  }

  #checkHeld(what: string): void {
    if (this.lock.isOwned()) return;
    throw new ThreadError(
      `condition: ${what} by a thread that does not hold the lock; acquire it first, or use with()`,
    );
  }
}

/**
 * Returns OWN or OTHER. Compares the kind, because the class may come from another copy of the
 * package.
 */
function checkLock(lock: unknown): number {
  if (lock === undefined) return OWN;
  const kind = (lock as { constructor?: { KIND?: unknown } } | null)?.constructor?.KIND;
  if (kind === Lock.KIND || kind === RLock.KIND) return OTHER;
  throw new TypeError(`condition: expected a Lock or an RLock, got ${describe(lock)}`);
}

function checkAwaitable(lock: Lock | RLock): void {
  if ("acquireAsync" in lock) return;
  throw new ThreadError(
    "condition: the lock is an RLock, which belongs to a thread and not to a task, so it cannot be awaited; " +
      "use new Condition(new Lock())",
  );
}

function evaluated<T>(predicate: () => Sync<T>): T {
  const result = predicate() as T;
  if (!isPromise(result)) return result;
  throw new TypeError(
    "condition: the predicate returned a promise, which waitFor() cannot wait for; use waitForAsync()",
  );
}
