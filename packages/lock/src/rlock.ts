/**
 * Mutual exclusion with an owner: Python's `threading.RLock`.
 *
 * Words: one exclusive synchronizer (see core's synchronizer.ts and exclusive.ts), then
 *   DEPTH   the number of further acquires of the owner, besides the first; only the owner writes
 *           it, while it holds the lock
 *
 * Invariants
 *   1. Idents are never used again. So if the state shows the ident of this thread, this thread
 *      wrote it.
 *   2. DEPTH is 0 while the lock is free, and is written before the last release:
 *      // T1 releases; T2 acquires twice, DEPTH = 1; T1 writes DEPTH = 0: T2's first release would
 *      // free the lock.
 *      So: write DEPTH, then release. A single acquire and release, the usual case, writes only the
 *      state.
 */
import {
  block,
  checkTimeout,
  Deadline,
  Holdable,
  type MemoryPlacement,
  placementOf,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
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
} from "@x/core/internal";

const DEPTH = SYNCHRONIZER_WORDS;

/**
 * Reentrant mutual exclusion: the owner may acquire the lock again, and must release it as
 * often.
 *
 *     const lock = new RLock();
 *     function count(tree) { lock.with(() => { tally[0]++; tree.children.forEach(count); }); }
 *
 * The owner is a thread, so there is no async form: two tasks of one thread would both hold the
 * lock. Tasks use {@link Lock}. The next owner sees all writes that the last owner made before its
 * last `release`.
 *
 * @see Python `threading.RLock`
 */
export class RLock extends Holdable {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/lock RLock";
  /** The size of a lock in bytes. */
  static readonly BYTES: number = (SYNCHRONIZER_WORDS + 1) * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(RLock, import.meta.url);
  }

  /**
   * Returns the lock of a handle, or the lock in this memory.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a lock would
   *   not fit there
   */
  static from(place: PrimitiveHandle | MemoryPlacement): RLock {
    return new RLock(placementOf(place, RLock));
  }

  /**
   * Makes a free lock in new memory, or returns the lock in `place`. Zeroed memory is a free lock.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the lock would not fit there
   */
  constructor(place?: MemoryPlacement) {
    super(RLock, place);
  }

  /**
   * Takes the lock, and blocks this thread until it is free. The owner takes it again at once.
   *
   *     if (lock.acquire(100)) try { … } finally { lock.release(); }
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if this thread owns the lock, false if the time ran out first
   * @throws OwnerDiedError if the owner has died: this thread owns the lock now, and the protected
   *   data may be half changed; RangeError if timeout is negative or NaN; TypeError if it is no
   *   number; ThreadError where blocking is forbidden (a browser's page): use a Lock and its
   *   acquireAsync there
   * @see Python `RLock.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "lock");
    if (tryAcquire(this.words, this.at)) return true;
    if (this.isOwned()) this.words[this.at + DEPTH]! += 1;
    else if (timeout === 0 || !trySpin(this.words, this.at))
      return block(this.acquiring(Deadline.after(timeout)), this, "a Lock and its acquireAsync()");
    return true;
  }

  /**
   * Undoes one `acquire`. The last release frees the lock and wakes a waiter.
   *
   * @throws ThreadError if this thread does not own the lock; nothing changes then
   * @see Python `RLock.release`
   */
  override release(): void {
    checkOwned(this);
    if (this.words[this.at + DEPTH] === 0) release(this.words, this.at);
    else this.words[this.at + DEPTH]! -= 1;
  }

  /**
   * Is the lock owned, by any thread?
   *
   * @see Python `RLock.locked`
   */
  locked(): boolean {
    return this.owner !== undefined;
  }

  /** The ident of the thread that owns the lock; undefined while the lock is free. */
  get owner(): number | undefined {
    return holderOf(this.words, this.at);
  }

  /** `<locked RLock object owner=2 count=1 at 0x0040>`, as in Python; correct in every thread. */
  override toString(): string {
    const { owner = 0 } = this;
    const count = owner === 0 ? 0 : 1 + Atomics.load(this.words, this.at + DEPTH);
    return `<${owner === 0 ? "unlocked" : "locked"} RLock object owner=${owner} count=${count} ${this.place}>`;
  }

  /** @internal Does this thread own the lock? Python's `_is_owned`. */
  isOwned(): boolean {
    return isOwner(this.words, this.at);
  }

  /** @internal The number of acquires of this thread. Python's `_recursion_count`. */
  recursionCount(): number {
    return this.isOwned() ? 1 + this.words[this.at + DEPTH]! : 0;
  }

  /** @internal Releases the lock at any depth, and returns the depth. Python's `_release_save`. */
  releaseSave(): number {
    checkOwned(this);
    const depth = this.recursionCount();
    this.words[this.at + DEPTH] = 0;
    release(this.words, this.at);
    return depth;
  }

  /** @internal Takes the lock again at the same depth, if it is free and no thread waits. */
  restore(depth: number): boolean {
    const taken = tryAcquire(this.words, this.at) || trySpin(this.words, this.at);
    if (taken) this.words[this.at + DEPTH] = depth - 1;
    return taken;
  }

  /** @internal Takes the lock again at the same depth. Python's `_acquire_restore`. */
  *acquiringRestore(depth: number): Steps<void> {
    while (!(yield* this.acquiring(Deadline.NEVER, depth))); // also in a deadlock
  }

  /** @internal The contended path. Other generators may run it with `yield*`. */
  *acquiring(deadline: Deadline, depth = 1): Steps<boolean> {
    try {
      return yield* acquiringExclusively(this.words, this.at, deadline);
    } finally {
      if (this.isOwned()) this.words[this.at + DEPTH] = depth - 1; // also after an OwnerDiedError
    }
  }
}

function checkOwned(lock: RLock): void {
  if (!lock.isOwned())
    throw new ThreadError("lock: release of an RLock that this thread does not own; only its owner may");
}
