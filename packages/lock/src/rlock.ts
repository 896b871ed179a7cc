/**
 * Mutual exclusion with an owner: Python's `threading.RLock`.
 *
 * Words: one synchronizer that is held by one at a time (see core's synchronizer.ts and exclusive.ts), and behind it
 *   AGAIN   how often the owner has acquired it besides the first time; only the owner writes it, and only while it owns
 *
 * Invariants
 *   1. Numbers of threads are never used again, so a word that shows my number was written by me.
 *   2. AGAIN is 0 when free; it is written before the release that frees the lock:
 *      // T1 frees; T2 acquires, and once more, AGAIN = 1; T1 writes AGAIN = 0: T2's first release would free the lock.
 *      So whoever acquires and releases it once, as most do, writes nothing but the state.
 */
import {
  acquiringExclusively,
  block,
  checkTimeout,
  Deadline,
  free,
  handled,
  type Handle,
  Holdable,
  holderOf,
  isHeldHere,
  type Placement,
  registerPrimitive,
  type Steps,
  SYNCHRONIZER_WORDS,
  takeFree,
  takeSoon,
  ThreadError,
} from "@x/core";

const AGAIN = SYNCHRONIZER_WORDS;

/**
 * A lock that its owner may acquire again and again; it is free once released as often.
 *
 *     const lock = new RLock();
 *     function count(tree) { lock.with(() => { tally[0]++; tree.children.forEach(count); }); }
 *
 * Owned by a thread, so there is no async form: two tasks of one thread would both hold it. Tasks use {@link Lock}.
 * All that the last owner did before the last `release` is visible to the next.
 *
 * @see Python `threading.RLock`
 */
export class RLock extends Holdable {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/lock RLock";
  /** How much memory a lock takes. */
  static readonly BYTES: number = (SYNCHRONIZER_WORDS + 1) * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(RLock, import.meta.url);
  }

  /**
   * The lock that `share()` handed over, or that lives in this memory.
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there
   */
  static from(place: Handle | Placement): RLock {
    return new RLock(handled(place, RLock));
  }

  /**
   * A lock in memory of its own, free at first, or the one that lives in `place`: zeroed memory is a free lock.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the lock would not fit there
   */
  constructor(place?: Placement) {
    super(RLock, place);
  }

  /**
   * Takes the lock, blocking this thread until it is free; at once if this thread owns it already.
   *
   *     if (lock.acquire(100)) try { … } finally { lock.release(); }
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true once owned, false if the time ran out first
   * @throws OwnerDiedError if the thread that held it has died: this thread holds it now, and what it protects may be half
   *   changed; RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where blocking is forbidden
   *   (a browser's page): use a Lock and its acquireAsync there
   * @see Python `RLock.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "lock");
    if (takeFree(this.words, this.at)) return true;
    if (this.isOwned()) this.words[this.at + AGAIN]! += 1;
    else if (timeout === 0 || !takeSoon(this.words, this.at))
      return block(this.acquiring(Deadline.after(timeout)), this, "a Lock and its acquireAsync()");
    return true;
  }

  /**
   * Undoes one `acquire`; the last one frees the lock and wakes one who waits.
   *
   * @throws ThreadError if this thread does not own it; then nothing has changed
   * @see Python `RLock.release`
   */
  override release(): void {
    checkOwned(this);
    if (this.words[this.at + AGAIN] === 0) free(this.words, this.at);
    else this.words[this.at + AGAIN]! -= 1;
  }

  /**
   * Is the lock owned, by anybody?
   *
   * @see Python `RLock.locked`
   */
  locked(): boolean {
    return this.owner !== undefined;
  }

  /** The number of the thread that owns the lock; undefined while it is free. */
  get owner(): number | undefined {
    return holderOf(this.words, this.at);
  }

  /** `<locked RLock object owner=2 count=1 at 0x0040>`, as Python tells it; right from any thread. */
  override toString(): string {
    const { owner = 0 } = this;
    const count = owner === 0 ? 0 : 1 + Atomics.load(this.words, this.at + AGAIN);
    return `<${owner === 0 ? "unlocked" : "locked"} RLock object owner=${owner} count=${count} ${this.place}>`;
  }

  /** @internal Does the calling thread own it? Python's `_is_owned`. */
  isOwned(): boolean {
    return isHeldHere(this.words, this.at);
  }

  /** @internal How often the calling thread has acquired it. Python's `_recursion_count`. */
  recursionCount(): number {
    return this.isOwned() ? 1 + this.words[this.at + AGAIN]! : 0;
  }

  /** @internal Frees the lock whatever its depth, which it returns. Python's `_release_save`. */
  releaseSave(): number {
    checkOwned(this);
    const depth = this.recursionCount();
    this.words[this.at + AGAIN] = 0;
    free(this.words, this.at);
    return depth;
  }

  /** @internal Takes it back, as deep as it was, if it is free and nobody waits. */
  restore(depth: number): boolean {
    const taken = takeFree(this.words, this.at) || takeSoon(this.words, this.at);
    if (taken) this.words[this.at + AGAIN] = depth - 1;
    return taken;
  }

  /** @internal Takes it back, as deep as it was. Python's `_acquire_restore`. */
  *acquiringRestore(depth: number): Steps<void> {
    while (!(yield* this.acquiring(Deadline.NEVER, depth))); // also if it is hopeless
  }

  /** @internal The contended path; others may run it with `yield*`. */
  *acquiring(deadline: Deadline, depth = 1): Steps<boolean> {
    try {
      return yield* acquiringExclusively(this.words, this.at, deadline);
    } finally {
      if (this.isOwned()) this.words[this.at + AGAIN] = depth - 1; // also when it was taken from the dead, which throws
    }
  }
}

function checkOwned(lock: RLock): void {
  if (!lock.isOwned())
    throw new ThreadError("lock: release of an RLock that this thread does not own; only its owner may");
}
