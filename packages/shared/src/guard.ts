/**
 * The lock of a shared object: each operation holds it, and a thread may hold it for several.
 *
 * Words
 *   LOCK …      an exclusive synchronizer, see core's synchronizer.ts and exclusive.ts
 *   HOLDS       the number of acquires by the owner for several operations, without their releases
 *   OPERATIONS  the number of operations now run by the owner: 2 or more if an operation calls a
 *               function, and this function runs other operations
 *   by the owner of LOCK; 0 while it is free
 *
 * Invariants
 *   1. The owner releases LOCK immediately after both counts are 0.
 *   2. An operation takes effect by a single store. So a thread may die at any step of it. The next
 *      owner repairs the values derived from the store: counts, for example.
 *   3. If a thread dies while HOLDS is not 0, half of its operations may be undone. The next owner
 *      gets OwnerDiedError, once. A death inside a single operation throws no error.
 */
import { block, type Blocker, Deadline, mayBlock, OwnerDiedError, type Steps, ThreadError } from "@x/core";
import {
  acquireInPage,
  acquiringExclusively,
  holderOf,
  isOwner,
  release,
  SYNCHRONIZER_WORDS,
  tryAcquire,
  trySpin,
} from "@x/core/internal";

const LOCK = 0;
const HOLDS = SYNCHRONIZER_WORDS;
const OPERATIONS = HOLDS + 1;

/** The size of a guard, in words. */
export const GUARD_WORDS: number = OPERATIONS + 1;

const CURE = "a worker";

/** The object protected by a guard. */
export interface Guarded {
  /** Extends the views to memory added by other threads. Call it after every acquisition. */
  refresh(): void;
  /** Completes the half-done operation of a dead owner. */
  repair(): void;
}

export class Guard {
  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
    private readonly guarded: Guarded,
    private readonly on: Blocker,
  ) {}

  /** The ident of the owner; undefined if the lock is free. */
  get owner(): number | undefined {
    return holderOf(this.words, this.at + LOCK);
  }

  /** Does this thread hold the lock? */
  get isHeld(): boolean {
    return isOwner(this.words, this.at + LOCK);
  }

  /** Runs an operation. @throws OwnerDiedError: see invariant 3; the operation has not run */
  run<R>(operation: () => R): R {
    this.enter();
    try {
      return operation();
    } finally {
      this.leave();
    }
  }

  /** Begins an operation; {@link leave} ends it. @throws as {@link run} */
  enter(): void {
    if (this.entersAtOnce()) return;
    this.#enterSlowly();
    this.#begin();
  }

  /** {@link enter}, if this thread can do so without a wait. Returns false if it cannot: in a wait other code of the thread may run. */
  entersAtOnce(): boolean {
    const { words, at } = this;
    if (!tryAcquire(words, at + LOCK) && !this.isHeld && !trySpin(words, at + LOCK)) return false;
    this.#begin();
    return true;
  }

  leave(): void {
    this.words[this.at + OPERATIONS]! -= 1;
    this.#exit();
  }

  /** The steps of {@link run}, for a thread without the lock. */
  *running<R>(operation: () => R): Steps<R> {
    yield* this.#acquiringForOperation(Deadline.NEVER);
    return this.run(operation);
  }

  /** Acquires the lock for several operations. @throws OwnerDiedError: this thread holds the lock */
  acquire(timeout: number, on: Blocker): boolean {
    const { words, at } = this;
    const isAcquired =
      tryAcquire(words, at + LOCK) ||
      this.isHeld ||
      trySpin(words, at + LOCK) ||
      block(this.#acquiring(Deadline.after(timeout), 1), on, CURE);
    if (isAcquired) words[at + HOLDS]! += 1;
    return isAcquired;
  }

  /** @throws ThreadError if this thread does not hold the lock for several operations */
  release(): void {
    const { words, at } = this;
    if (!this.isHeld || words[at + HOLDS] === 0)
      throw new ThreadError("shared: release of a lock that this thread does not own; only its owner may");
    words[at + HOLDS]! -= 1;
    this.#exit();
  }

  #begin(): void {
    this.words[this.at + OPERATIONS]! += 1;
    this.guarded.refresh();
  }

  #exit(): void {
    const { words, at } = this;
    if (words[at + OPERATIONS] === 0 && words[at + HOLDS] === 0) release(words, at + LOCK);
  }

  #enterSlowly(): void {
    if (!mayBlock() && acquireInPage((deadline) => this.#acquiringForOperation(deadline))) return;
    block(this.#acquiringForOperation(Deadline.NEVER), this.on, CURE);
  }

  *#acquiringForOperation(deadline: Deadline): Steps<boolean> {
    try {
      while (!(yield* this.#acquiring(deadline, 0))) {
        // Without a deadline the only cause is a deadlock, and the wait has reported it.
        if (deadline.expired()) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof OwnerDiedError) this.#exit();
      throw error;
    }
  }

  /** @param holds the new value of HOLDS if the dead owner held the lock for several operations */
  *#acquiring(deadline: Deadline, holds: number): Steps<boolean> {
    const { words, at, guarded } = this;
    try {
      return yield* acquiringExclusively(words, at + LOCK, deadline);
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      guarded.refresh();
      guarded.repair(); // if this thread dies here, the next owner repairs
      const wasHeld = words[at + HOLDS]! > 0;
      words[at + OPERATIONS] = 0;
      words[at + HOLDS] = wasHeld ? holds : 0;
      if (wasHeld) throw error;
      return true;
    }
  }
}
