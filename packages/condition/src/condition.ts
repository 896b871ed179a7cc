/**
 * Waiting for something to become true, under a lock: Python's `threading.Condition`.
 *
 * Words
 *   0 …     an RLock, for a condition that was made without a lock of another's
 *   LOCK    OWN, OTHER: which lock it is under; UNDECIDED at first
 *           once, by compare-exchange, by whoever makes the condition
 *   QUEUE … those who wait, see wait-queue.ts
 *   NODES … in memory of the user's: the nodes of the queue. In memory of its own they come from elsewhere in the slab
 *
 * Invariants
 *   1. A waiter stands in the queue before he releases the lock: whoever holds it next finds him.
 *      // T1 releases; T2 acquires and notifies nobody; T1 stands in line: lost. Hence first the queue, then the lock.
 *   2. However a wait ends, notified, too late, or aborted, the lock is held again, as deep as before, and the queue knows
 *      no trace of it. Who was notified but goes by an abort, or by OwnerDiedError, passes the notify on.
 *   3. "Held" means by the calling thread, also for a Lock, which has no owner: two of whom only one holds it would spoil the queue.
 *
 * Why a queue of nodes: a single word that `notify` counts up, with all waiters asleep on it, wakes the wrong ones. Who has
 * released the lock but does not sleep yet sees the changed word and returns too, so that one notify wakes two; or a waiter who
 * came later takes the wake-up that was due to an earlier one.
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
  type Handle,
  handled,
  ifItThrows,
  isPromise,
  mayBlock,
  leaveToTheDead,
  OwnerDiedError,
  type Placement,
  oneObject,
  registerPrimitive,
  tellMade,
  type Steps,
  type Sync,
  suspend,
  ThreadError,
  type Wait,
  whenFreed,
} from "@x/core";
import { Lock, RLock } from "@x/lock";
import { cutFromSlab, LEAVING, NODE_WORDS, QUEUE_WORDS, STATE, Waiters, WAITING } from "./wait-queue.js";

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const LOCK: number = RLock.BYTES / WORD_BYTES;
const QUEUE: number = LOCK + 1;
/** A cache line, so that its nodes begin on another one. */
const NODES: number = 16 * Math.ceil((QUEUE + QUEUE_WORDS) / 16);

const UNDECIDED = 0;
const OWN = 1;
const OTHER = 2;

/** For how many waiters there is room in memory of the user's, unless he says otherwise. */
const WAITERS = 64;
const WAITERS_MAX = 2 ** 24;
const FIELDS = ["waiters", "lock"];

/** Memory of the user's for a condition to live in. */
export interface ConditionPlacement extends Placement {
  /** How many can wait at the same time; the memory is `Condition.bytes(waiters)` long. Default 64. */
  readonly waiters?: number | undefined;
}

/** What `share()` returns: plain data that may be posted to any worker. */
export interface ConditionHandle extends Handle {
  /** The lock that it is under; none if that lives in the condition's own memory. */
  readonly lock?: Handle;
  /** How many can wait at the same time. */
  readonly waiters?: number;
}

/**
 * Threads and tasks that wait, under a lock, for something to become true.
 *
 *     const ready = new Condition();
 *     ready.with(() => { ready.waitFor(() => data[0] !== 0); use(data); });      // one thread
 *     ready.with(() => { data[0] = 42; ready.notify(); });                       // another
 *
 * `wait` releases the lock, sleeps until it is notified, and takes the lock again. What is waited for is the caller's to look
 * at, under the lock; {@link waitFor} does so. `notify` wakes those who have waited longest, is never remembered, and never
 * wakes one who was not waiting. All that was done under the lock before `notify` is visible to whoever it wakes.
 *
 * Several conditions may be under one lock. A condition is under an {@link RLock} of its own unless it is given a lock; the
 * async forms need a {@link Lock}: `new Condition(new Lock())`.
 *
 * @see Python `threading.Condition`
 */
export class Condition<L extends Lock | RLock = RLock> extends AsyncHoldable {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/condition Condition";
  /** How much memory a condition takes for 64 who wait at the same time. */
  static readonly BYTES: number = Condition.bytes(WAITERS);

  static {
    registerPrimitive(Condition, import.meta.url);
  }

  /**
   * How much memory a condition takes for `waiters` who wait at the same time: 64 bytes, and 16 for each.
   *
   *     const condition = new Condition(lock, { buffer: new SharedArrayBuffer(Condition.bytes(4)), waiters: 4 });
   *
   * @throws TypeError if waiters is no number; RangeError if it is not a whole number from 1 to 16777216
   */
  static bytes(waiters: number): number {
    checkInteger(waiters, "waiters", "condition", 1, WAITERS_MAX);
    return (NODES + waiters * NODE_WORDS) * WORD_BYTES;
  }

  /**
   * The condition that `share()` handed over, under the same lock; or the one that lives in this memory, if its lock does, too.
   *
   *     const ready = Condition.from<Lock>(message);           // posted by a thread that made it over a Lock
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there; ThreadError if its lock lives elsewhere
   */
  static from<L extends Lock | RLock = RLock>(place: ConditionHandle | ConditionPlacement): Condition<L> {
    const { lock } = handled(place, Condition) as Partial<ConditionHandle>;
    if (lock === undefined) return new Condition<L>(undefined, place);
    const isLock = ifItThrows(false, () => (lock as Partial<Handle> | null)?.kind === Lock.KIND);
    return new Condition<L>(oneObject<Lock | RLock>(isLock ? Lock.from(lock) : RLock.from(lock)) as L, place);
  }

  /** The lock that it is under. */
  readonly lock: L;

  readonly #waiters: Waiters;

  /**
   * A condition under `lock`, in memory of its own or in `place`: zeroed memory is a condition for which nobody waits, under an
   * RLock of its own if no lock is given. Threads that make the same one in the same memory get one and the same.
   *
   * @param lock a Lock or RLock; default an RLock of its own
   * @throws TypeError if `lock` is neither, or `place` is not shared memory; RangeError if the condition would not fit there;
   *   ThreadError if one under another lock lives there
   * @see Python `Condition(lock)`
   */
  constructor(lock?: L, place?: ConditionPlacement) {
    const kind = checkLock(lock);
    const bytes = Condition.bytes((place as ConditionPlacement | null | undefined)?.waiters ?? WAITERS);
    super({ KIND: Condition.KIND, BYTES: bytes, FIELDS }, place === undefined ? newPlace() : place);
    const { words, at } = this;
    const was = Atomics.compareExchange(words, at + LOCK, UNDECIDED, kind);
    if (was !== UNDECIDED && was !== kind) {
      throw new ThreadError(
        `condition: one under ${kind === OWN ? "another lock" : "a lock of its own"} lives there already; ` +
          `hand over what its share() returns, or zero the memory`,
      );
    }
    this.#waiters = new Waiters(words, at + QUEUE);
    this.#waiters.settle(at + NODES, at + bytes / WORD_BYTES);
    this.lock = lock ?? (new RLock({ buffer: words.buffer as SharedArrayBuffer, byteOffset: at * WORD_BYTES }) as L);
  }

  /** {@link AsyncHoldable.share}: hands its lock over as well. */
  override share(): ConditionHandle {
    const room = this.#waiters.room(this.at + NODES) ?? WAITERS;
    return {
      ...super.share(),
      ...(room !== WAITERS && { waiters: room }),
      ...(this.words[this.at + LOCK] === OTHER && { lock: this.lock.share() }),
    };
  }

  /** Takes the lock: its own `acquire`, with a timeout in milliseconds. */
  override acquire(timeout?: number): boolean {
    return this.lock.acquire(timeout);
  }

  /** Takes the lock: its own `acquireAsync`. @throws (rejects with) ThreadError over an RLock: use `new Condition(new Lock())` */
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

  /** Is the lock held, by anybody? */
  locked(): boolean {
    return this.lock.locked();
  }

  /**
   * Releases the lock, blocks this thread until it is notified, and takes the lock again.
   *
   *     while (queue.length === 0) if (!notEmpty.wait(1000)) return;
   *
   * The lock is released whatever its depth, and taken again as deep. What was done under the lock before the `notify` is visible
   * once this returns; others may have been faster since, so look at what you waited for once more, or use {@link waitFor}.
   * Those who have waited longest are notified first; who was notified competes for the lock like everybody.
   *
   * @param timeout milliseconds, for the waiting alone: taking the lock again may take longer. 0 releases it once, Infinity
   *   waits for ever
   * @returns true if it was notified, false if the time ran out first
   * @throws ThreadError if this thread does not hold the lock, or may not block (a browser's page): use {@link waitAsync} there;
   *   OwnerDiedError if the lock was taken back from a thread that has died; it is held then, too; RangeError if timeout is negative or NaN; TypeError if it is no number
   * @see Python `Condition.wait(timeout)`, in seconds
   */
  wait(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "condition");
    return this.#wait(Deadline.after(timeout));
  }

  /**
   * {@link wait} for tasks: gives way to the event loop, and keeps the process alive meanwhile. On abort, too, the lock is held
   * again when the promise is settled.
   *
   *     await ready.withAsync(async () => { while (!done) await ready.waitAsync({ signal }); });
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `wait` throws; `signal.reason` on abort; ThreadError over an RLock: use `new Condition(new Lock())`
   */
  async waitAsync(this: Condition<Lock>, options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "condition");
    checkAwaitable(this.lock);
    this.#checkHeld("wait");
    return suspend(this.waiting(deadline), signal, this);
  }

  /**
   * Waits until `predicate` returns something true.
   *
   *     const job = jobs.with(() => jobs.waitFor(() => take(), 1000));
   *
   * `predicate` is called under the lock: at once, after each notify, and once more when the time is over. If it is true at once
   * the lock need not be held. Notifies do not prolong the time, which begins when `predicate` has been false for the first time.
   *
   * @param timeout milliseconds; 0 releases the lock once, Infinity waits for ever
   * @returns what `predicate` returned last: false, or whatever it returns instead, if the time ran out first
   * @throws what `wait` throws, and what `predicate` throws; TypeError if it is not a function, or returned a promise
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
   * {@link waitFor} for tasks. `predicate` may be async: the lock is held until it has settled.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `waitFor` throws, and `signal.reason` on abort: then the lock is held again
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
   * Wakes `n` of those who wait, or all if they are fewer, in the order in which they began to wait.
   *
   *     queue.with(() => { put(job); queue.notify(); });
   *
   * Does not release the lock: those who were woken go on when the caller has released it. Never remembered: with nobody waiting
   * nothing happens. A waiter whose thread has died is passed over.
   *
   * @param n how many; 0 or less does nothing
   * @throws ThreadError if this thread does not hold the lock; TypeError if n is no number; RangeError if it is no whole one
   * @see Python `Condition.notify(n)`
   */
  notify(n: number = 1): void {
    if (n !== 1) checkInteger(n, "n", "condition", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    this.#checkHeld("notify");
    this.#notify(n);
  }

  /**
   * Wakes all who wait.
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

  /** `<Condition(<locked RLock object owner=1 count=1 at 0x0040>, 2) at 0x0040>`: its lock, and how many wait. */
  override toString(): string {
    return `<Condition(${String(this.lock)}, ${this.#waiters.count}) ${this.place}>`;
  }

  /** @internal Does the calling thread hold the lock? Python's `_is_owned`. */
  isOwned(): boolean {
    return this.lock.isOwned();
  }

  /**
   * @internal The steps of every wait.
   *
   * In one piece, as steps that wait once more when they are told to return (an abort) must be: a `yield*` to such steps goes on
   * afterwards as if they had ended by themselves, and only the innermost ones know better.
   */
  *waiting(deadline: Deadline): Steps<boolean> {
    const { words, lock } = this;
    const waiters = this.#waiters;
    const node = waiters.enlist();
    const wait: Wait = {
      words,
      index: node + STATE,
      value: WAITING,
      deadline,
      sleepsAtOnce: !waiters.isFirst(node), // it will be a while: others are notified before
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
          waits = waiters.stir(node, WAITING);
        }
      } finally {
        if (waits) waiters.stir(node, LEAVING);
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
      notified = waiters.withdraw(node);
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

  /** Who is notified is woken once this thread has released the lock: before that he could only go to sleep again. */
  #notify(n: number): void {
    const notified = this.#waiters.notify(n);
    if (notified.length > 0) whenFreed(this.lock.words, this.lock.at, () => this.#wake(notified));
  }

  #wake(notified: readonly number[]): void {
    const silent = this.#waiters.wake(notified);
    if (silent.length === 0) return;
    const passOn = (): void => this.#notify(this.#waiters.doubt(silent));
    // Who only releases the lock, or notifies, is nobody to tell that somebody else has died with it: the next one is told.
    const inherit = (error: unknown): void => {
      if (!(error instanceof OwnerDiedError)) throw error;
      passOn();
      leaveToTheDead(this.lock.words, this.lock.at, error);
    };
    const passOnAndRelease = (): void => {
      passOn();
      this.release();
    };
    if (this.isOwned()) return passOn();
    if (!mayBlock()) {
      if (this.lock instanceof Lock) void this.lock.acquireAsync().then(passOnAndRelease, inherit);
      return;
    }
    try {
      this.acquire();
    } catch (error) {
      return inherit(error);
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

/** Which lock is meant: its own, or this one. By the kind, as the class object may be of another copy of the package. */
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

function newPlace(): Placement {
  tellMade(Condition.KIND);
  return cutFromSlab(NODES, QUEUE);
}
