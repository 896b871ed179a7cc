/**
 * Mutual exclusion: Python's `threading.Lock`.
 *
 * Words: one synchronizer that is held by one at a time; its words and invariants stand in core's synchronizer.ts and exclusive.ts.
 * Nobody checks who releases it: any thread may.
 */
import {
  acquiringExclusively,
  AsyncHoldable,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  free,
  handled,
  type Handle,
  holderOf,
  isHeldHere,
  type Placement,
  registerPrimitive,
  type Steps,
  suspend,
  SYNCHRONIZER_WORDS,
  takeFree,
  takeSoon,
  ThreadError,
} from "@x/core";

/** Of everybody who found the lock free: it is settled for good, and to make one takes as long as to take the lock. */
const TAKEN = Promise.resolve(true);

/**
 * A lock that one thread, or one task, holds at a time.
 *
 *     const lock = new Lock();
 *     lock.acquire();
 *     try { tally[0]++; } finally { lock.release(); }
 *     lock.with(() => tally[0]++);                          // the same
 *     { using held = lock.hold(); tally[0]++; }             // the same
 *
 * All that the last holder did before `release` is visible to the next. Not reentrant: a thread that holds it and acquires
 * it again waits for itself; see {@link RLock}. Not owned: any thread may release it. Nobody starves: newcomers may barge
 * in, but whoever has been passed over for a millisecond is served next.
 *
 * @see Python `threading.Lock`
 */
export class Lock extends AsyncHoldable {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/lock Lock";
  /** How much memory a lock takes. */
  static readonly BYTES: number = SYNCHRONIZER_WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Lock, import.meta.url);
  }

  /**
   * The lock that `share()` handed over, or that lives in this memory.
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there
   */
  static from(place: Handle | Placement): Lock {
    return new Lock(handled(place, Lock));
  }

  /**
   * A lock in memory of its own, free at first, or the one that lives in `place`: zeroed memory is a free lock.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the lock would not fit there
   */
  constructor(place?: Placement) {
    super(Lock, place);
  }

  /**
   * Takes the lock, blocking this thread until it is free.
   *
   *     lock.acquire();
   *     try { tally[0]++; } finally { lock.release(); }
   *     if (lock.acquire(0)) { … }                            // only if it is free now
   *
   * All that the last holder did before `release` is visible once this returns true. Not reentrant: a thread that holds the
   * lock and calls this waits for itself. Waiters are not served in order, but nobody is passed over for long.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true once held, false if the time ran out first
   * @throws OwnerDiedError if the thread that held it has died: this thread holds it now, and what it protects may be half
   *   changed; RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where blocking is forbidden
   *   (a browser's page): use {@link acquireAsync}
   * @see Python `Lock.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "lock");
    return (
      takeFree(this.words, this.at) ||
      (timeout !== 0 && takeSoon(this.words, this.at)) ||
      block(this.acquiring(Deadline.after(timeout)), this, "acquireAsync()")
    );
  }

  /**
   * {@link acquire} for tasks: gives way to the event loop, and keeps the process alive meanwhile. Two tasks of one thread
   * exclude each other as two threads do.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `acquire` throws (with OwnerDiedError the lock is held), and `signal.reason` on abort: then it is not
   */
  override acquireAsync(options?: AsyncOptions): Promise<boolean> {
    return options === undefined && takeFree(this.words, this.at) ? TAKEN : acquireAsyncWith(options, this);
  }

  /**
   * Frees the lock, whoever holds it, and wakes one who waits.
   *
   * @throws ThreadError if it is free already; then nothing has changed
   * @see Python `Lock.release`
   */
  override release(): void {
    if (!free(this.words, this.at)) {
      throw new ThreadError("lock: release of an unlocked Lock; acquire it first, release it once");
    }
  }

  /**
   * Is the lock held, by anybody?
   *
   * @see Python `Lock.locked`
   */
  locked(): boolean {
    return this.holder !== undefined;
  }

  /** The number of the thread that took the lock and has not released it yet, for reports; undefined while it is free. */
  get holder(): number | undefined {
    return holderOf(this.words, this.at);
  }

  /** `<locked Lock object at 0x0040>` or `unlocked`, as Python tells it. */
  override toString(): string {
    return `<${this.locked() ? "locked" : "unlocked"} Lock object ${this.place}>`;
  }

  /** @internal Does the calling thread hold it? A Lock has no owner, but what is built on it may want one. */
  isOwned(): boolean {
    return isHeldHere(this.words, this.at);
  }

  /** @internal Frees the lock. Like its twin of RLock, for Condition, which need not know which of the two it has. */
  releaseSave(): number {
    this.release();
    return 1;
  }

  /** @internal Takes it back, if it is free and nobody waits. */
  restore(_depth: number): boolean {
    return takeFree(this.words, this.at) || takeSoon(this.words, this.at);
  }

  /** @internal Takes it back. */
  *acquiringRestore(_depth: number): Steps<void> {
    while (!(yield* this.acquiring(Deadline.NEVER))); // also if it is hopeless
  }

  /** @internal The contended path; others may run it with `yield*`. */
  acquiring(deadline: Deadline): Steps<boolean> {
    return acquiringExclusively(this.words, this.at, deadline);
  }
}

async function acquireAsyncWith(options: AsyncOptions | undefined, lock: Lock): Promise<boolean> {
  const { deadline, signal } = checkAsyncOptions(options, "lock");
  return (signal?.aborted !== true && takeFree(lock.words, lock.at)) || suspend(lock.acquiring(deadline), signal, lock);
}
