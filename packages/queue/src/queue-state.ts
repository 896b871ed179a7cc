/**
 * The lock of a queue, and the waits for its items. Words: see queue-words.ts.
 *
 * Invariants
 *   1. A waiter counts itself, and reads the word, before it releases LOCK. The thread that lets a
 *      waiter go on changes the word under LOCK, and wakes after its release.
 *      // T1 finds no item, and releases; T2 puts, and sees no getter; T1 counts itself, and sleeps: lost.
 *      So: count, then release.
 *   2. A wake goes to one waiter. A waiter that leaves by an error passes it on, because the wake may
 *      have been its own.
 *      // T1 and T2 wait; T3 puts, and wakes T1; a listener of waits throws in T1; T2 sleeps beside
 *      // the item.
 *   3. The word changes before the count goes down:
 *      // T1 counts a getter out, and dies; the getter sleeps, and no put sees it.
 *   4. The next owner repairs the items of a dead owner of LOCK, see items.ts. A waiter whose wake died
 *      with its waker is woken by the supervisor, and checks again. This suffices for a getter and a
 *      putter. A joiner may check too late, so the next owner lets the joiners go on:
 *      // T1 waits; T2 ends the last task, and dies before it changes ALL_DONE; T3 puts; T1 checks, and
 *      // finds the task of T3: it sleeps, though all tasks were finished.
 */
import { block, type Blocker, Deadline, mayBlock, OwnerDiedError, type Steps, wake } from "@x/core";
import { acquireInPage, acquiringExclusively, release, tryAcquire, trySpin } from "@x/core/internal";
import { GETS, type Items, PUTS } from "./items.js";
import { DONE, FLAGS, type Gate, IMMEDIATE, ITEMS, JOINS_GATE, LOCK } from "./queue-words.js";

/** The result found under LOCK, which is released then. Undefined: no result yet, and LOCK stays held. */
type Now<R> = () => R | undefined;

export class QueueState {
  constructor(
    readonly words: Int32Array,
    readonly at: number,
    readonly items: Items,
  ) {}

  load(index: number): number {
    return Atomics.load(this.words, this.at + index);
  }

  /** Was the queue shut down immediately? */
  get isImmediate(): boolean {
    return (this.load(FLAGS) & IMMEDIATE) !== 0;
  }

  /** The number of items that were put, and whose tasks are not finished. Items that an immediate shutdown dropped do not count. */
  unfinished(): number {
    const { isImmediate } = this;
    const done = this.load(DONE); // first: so the number is never too low
    return Math.max(0, (this.load(ITEMS + (isImmediate ? GETS : PUTS)) - done) | 0);
  }

  /** Acquires LOCK if that needs no sleep. */
  entersAtOnce(): boolean {
    const { words, at } = this;
    if (!tryAcquire(words, at + LOCK) && !trySpin(words, at + LOCK))
      return !mayBlock() && acquireInPage((deadline) => this.#trying(deadline));
    this.items.refresh();
    return true;
  }

  /** Acquires LOCK. */
  *entering(): Steps<void> {
    while (!(yield* this.#trying(Deadline.NEVER))); // again after a deadlock, which the wait has reported
  }

  *#trying(deadline: Deadline): Steps<boolean> {
    const { words, at, items } = this;
    try {
      if (!tryAcquire(words, at + LOCK) && !(yield* acquiringExclusively(words, at + LOCK, deadline))) return false;
      items.refresh();
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      items.refresh();
      this.#repair(); // if this thread dies here, the next owner repairs
    }
    return true;
  }

  #repair(): void {
    const { items } = this;
    items.repair();
    if (this.isImmediate) items.forgetAll();
    if (this.unfinished() > 0) return;
    const [word] = JOINS_GATE;
    if (this.#open(JOINS_GATE)) wake(this.words, this.at + word);
  }

  /** Acquires LOCK, for calls without an async form. */
  enter(on: Blocker): void {
    if (!this.entersAtOnce()) block(this.entering(), on, "a worker");
  }

  exit(): void {
    release(this.words, this.at + LOCK);
  }

  /** Releases LOCK, and throws. */
  fail(error: Error): never {
    this.exit();
    throw error;
  }

  /** Releases LOCK, and lets `n` waiters at this gate go on, if there may be any. */
  exitAndWake([word, waiters]: Gate, n = 1): void {
    const { words, at } = this;
    const waiting = words[at + waiters]!;
    if (waiting > 0) {
      Atomics.add(words, at + word, 1);
      words[at + waiters] = Math.max(0, waiting - n);
    }
    this.exit();
    if (waiting > 0) wake(words, at + word, n);
  }

  /** Releases LOCK, and lets all waiters at these gates go on. */
  exitAndWakeAll(...gates: readonly Gate[]): void {
    const { words, at } = this;
    const awaited = gates.filter((gate) => this.#open(gate));
    this.exit();
    for (const [word] of awaited) wake(words, at + word);
  }

  /** Changes the word of a gate, and counts all waiters out. Returns false if there are none. */
  #open([word, waiters]: Gate): boolean {
    const { words, at } = this;
    if (words[at + waiters]! <= 0) return false;
    Atomics.add(words, at + word, 1);
    words[at + waiters] = 0;
    return true;
  }

  /**
   * Waits at a gate until `now` returns a result. One generator, because its cleanup waits: see core's
   * `suspend`.
   *
   * @param isInside does this thread hold LOCK, and has `now` returned no result?
   * @param now is called with LOCK held. With a result, or an error, it releases LOCK
   */
  *waiting<R>(gate: Gate, deadline: Deadline, isInside: boolean, now: Now<R>, tooLate: () => Error): Steps<R> {
    const { words, at } = this;
    const [word, waiters] = gate;
    let value = 0;
    let isCounted = false;
    let isTried = isInside;
    try {
      for (;;) {
        if (!isTried) {
          yield* this.entering();
          if (isCounted) this.#countOut(gate, value);
          isCounted = false;
          const result = now();
          if (result !== undefined) return result;
        }
        isTried = false;
        if (deadline.expired()) this.fail(tooLate());
        words[at + waiters]! += 1;
        value = words[at + word]!;
        isCounted = true;
        this.exit();
        yield { words, index: at + word, value, deadline };
      }
    } finally {
      if (isCounted) {
        yield* this.entering();
        this.#countOut(gate, value);
        if (words[at + word] === value) this.exit();
        else this.exitAndWake(gate); // the wake may have been for this waiter
      }
    }
  }

  /** Counts out a waiter that went on without a change of the word. A change has counted a waiter out. */
  #countOut([word, waiters]: Gate, value: number): void {
    const { words, at } = this;
    if (words[at + word] === value && words[at + waiters]! > 0) words[at + waiters]! -= 1;
  }
}
