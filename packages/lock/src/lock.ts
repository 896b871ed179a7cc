/**
 * Mutual exclusion: Python's `threading.Lock`.
 *
 * Words: one exclusive synchronizer. See core's synchronizer.ts and exclusive.ts for its words and
 * invariants. Any thread may release a Lock; `release` does not compare owners.
 */
import {
  AsyncHoldable,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  type MemoryPlacement,
  placementOf,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
  suspend,
  ThreadError,
} from "@x/core";
import {
  acquiringExclusively,
  release,
  holderOf,
  isOwner,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  trySpin,
  wordsOf,
} from "@x/core/internal";

/**
 * The result of `acquireAsync` on a free lock. Shared, because a new promise would cost as much as
 * the acquire.
 */
const TAKEN = Promise.resolve(true);

/**
 * Mutual exclusion: at most one thread or task holds the lock.
 *
 *     const lock = new Lock();
 *     lock.acquire();
 *     try { tally[0]++; } finally { lock.release(); }
 *     lock.with(() => tally[0]++);                          // the same
 *     { using held = lock.hold(); tally[0]++; }             // the same
 *
 * The next holder sees all writes that the last holder made before `release`.
 *
 * - Not reentrant: a second `acquire` in the holder waits for itself. See {@link RLock}.
 * - Not owned: any thread may release it.
 * - Free of starvation: a newcomer may barge in, but a waiter passed over for 1 ms is served next.
 *
 * @see Python `threading.Lock`
 */
export class Lock extends AsyncHoldable {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/lock Lock";
  /** The size of a lock in bytes. */
  static readonly BYTES: number = SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Lock, import.meta.url);
  }

  /**
   * Returns the lock of a handle, or the lock in this memory.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a lock would
   *   not fit there
   */
  static from(place: PrimitiveHandle | MemoryPlacement): Lock {
    return new Lock(placementOf(place, Lock));
  }

  /**
   * Makes a free lock in new memory, or returns the lock in `place`. Zeroed memory is a free lock.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the lock would not fit there
   */
  constructor(place?: MemoryPlacement) {
    super(Lock, place);
  }

  /**
   * Takes the lock, and blocks this thread until it is free.
   *
   *     lock.acquire();
   *     try { tally[0]++; } finally { lock.release(); }
   *     if (lock.acquire(0)) { … }                       // only if it is free now
   *
   * After the return this thread sees all writes that the last holder made before `release`. Not
   * reentrant: a call in the holder waits for itself. Waiters are not served in order, but none is
   * passed over for long.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if this thread holds the lock, false if the time ran out first
   * @throws OwnerDiedError if the holder has died: this thread holds the lock now, and the protected
   *   data may be half changed; RangeError if timeout is negative or NaN; TypeError if it is no
   *   number; ThreadError where blocking is forbidden (a browser's page): use {@link acquireAsync}
   * @see Python `Lock.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "lock");
    return (
      tryAcquire(this.words, this.at) ||
      (timeout !== 0 && trySpin(this.words, this.at)) ||
      block(this.acquiring(Deadline.after(timeout)), this, "acquireAsync()")
    );
  }

  /**
   * {@link acquire} for tasks: does not block the event loop, and keeps the process alive
   * meanwhile. Two tasks of one thread exclude each other like two threads.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `acquire`: after an OwnerDiedError the task holds the
   *   lock; `signal.reason` on abort: the task does not hold the lock
   */
  override acquireAsync(options?: AsyncOptions): Promise<boolean> {
    return options === undefined && tryAcquire(this.words, this.at) ? TAKEN : acquireAsyncWith(options, this);
  }

  /**
   * Frees the lock, also if another thread holds it, and wakes a waiter.
   *
   * @throws ThreadError if the lock is free; nothing changes then
   * @see Python `Lock.release`
   */
  override release(): void {
    if (!release(this.words, this.at)) {
      throw new ThreadError("lock: release of an unlocked Lock; acquire it first, release it once");
    }
  }

  /**
   * Is the lock held, by any thread?
   *
   * @see Python `Lock.locked`
   */
  locked(): boolean {
    return this.holder !== undefined;
  }

  /** The ident of the thread that holds the lock, for reports; undefined while the lock is free. */
  get holder(): number | undefined {
    return holderOf(this.words, this.at);
  }

  /** `<locked Lock object at 0x0040>` or `unlocked`, as in Python. */
  override toString(): string {
    return `<${this.locked() ? "locked" : "unlocked"} Lock object ${this.place}>`;
  }

  /**
   * @internal Does this thread hold the lock? A Lock has no owner, but Condition needs this answer.
   */
  isOwned(): boolean {
    return isOwner(this.words, this.at);
  }

  /** @internal Frees the lock. The same method as RLock's, so that Condition works with both. */
  releaseSave(): number {
    this.release();
    return 1;
  }

  /** @internal Takes the lock again, if it is free and no thread waits. */
  restore(_depth: number): boolean {
    return tryAcquire(this.words, this.at) || trySpin(this.words, this.at);
  }

  /** @internal Takes the lock again. */
  *acquiringRestore(_depth: number): Steps<void> {
    while (!(yield* this.acquiring(Deadline.NEVER))); // also in a deadlock
  }

  /** @internal The contended path. Other generators may run it with `yield*`. */
  acquiring(deadline: Deadline): Steps<boolean> {
    return acquiringExclusively(this.words, this.at, deadline);
  }
}

async function acquireAsyncWith(options: AsyncOptions | undefined, lock: Lock): Promise<boolean> {
  const { deadline, signal } = checkAsyncOptions(options, "lock");
  const { words, at } = wordsOf(lock);
  return (signal?.aborted !== true && tryAcquire(words, at)) || suspend(lock.acquiring(deadline), signal, lock);
}
