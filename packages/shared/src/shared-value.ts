/**
 * A value shared by all threads.
 *
 * Words: a guard (see guard.ts); a cell (see cell.ts); then
 *   WAITERS   how many threads may wait for a change; never too few
 *   by the owner of the guard
 *
 * Invariants
 *   1. A waiter counts itself, and reads CURRENT, under the lock. After a change the writer releases the
 *      lock, then wakes all waiters.
 */
import {
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkFunction,
  checkTimeout,
  Deadline,
  describe,
  isPromise,
  type MemoryPlacement,
  placementOf,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
  suspend,
  TimeoutError,
  wake,
  ThreadError,
} from "@x/core";
import {
  CELL_WORDS,
  HAS_BYTES,
  type Incoming,
  incomingOf,
  isCopyOf,
  namesMemoryIn,
  notStored,
  restored,
  type Seen,
  seenIn,
  simpleIn,
  storingIn,
  write,
} from "./cell.js";
import { GUARD_WORDS } from "./guard.js";
import { Heap, type HeapHandle, isHeapHandle, nextHeap } from "./heap.js";
import { SharedBase } from "./shared-base.js";

const CELL = GUARD_WORDS;
const WAITERS = CELL + CELL_WORDS;
const WORDS = WAITERS + 1;

/** The result of `share()`: plain data, ready to post to any worker. */
export interface SharedValueHandle extends PrimitiveHandle {
  /** The memory of values with bytes; numbers need none. */
  readonly heap: HeapHandle;
}

/**
 * A value shared by all threads: a number, a string, or any other value that can
 * travel.
 *
 *     const balance = new SharedValue(0);
 *     function deposit(balance, n) { balance.update((old) => old + n); }   // in each of three threads
 *
 * Take it for a flag that stops threads, for a total, for the state of a program. Each operation is
 * atomic. `value.set(value.get() + 1)` is two: use {@link update}. `get` returns a copy: change it,
 * and `set` it. Primitives, threads and shared objects inside it are references.
 *
 * T1 sets the value, and T2 gets it: then T2 sees all earlier writes of T1.
 *
 * @see Python's variables of a module, and `multiprocessing.Value`
 */
export class SharedValue<T = unknown> extends SharedBase {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedValue";
  /** The size of a shared value in bytes. A value may need further bytes elsewhere, unless it is a number. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["heap"];

  static {
    registerPrimitive(SharedValue, import.meta.url);
  }

  /** Returns the value of a handle. @throws TypeError if `handle` is not the result of `share()` */
  static from<T = unknown>(handle: SharedValueHandle): SharedValue<T> {
    const place = placementOf(handle, SharedValue);
    const { heap } = handle as Partial<SharedValueHandle>;
    if (!isHeapHandle(heap))
      throw new TypeError(
        `shared: from takes what share() of a SharedValue returned, got ${describe(heap)} as its heap`,
      );
    return new SharedValue<T>(undefined as T, new Existing(place, heap));
  }

  readonly #heap: Heap;

  /**
   * Makes a value.
   *
   * @throws TypeError if `initial` cannot travel
   */
  constructor(initial: T);
  /** @internal */
  constructor(initial: T, existing: Existing);
  constructor(initial: T, existing?: Existing) {
    const incoming = existing === undefined ? incomingOf(initial, "value", undefined) : undefined;
    super(SharedValue, existing?.place);
    this.#heap = existing === undefined ? nextHeap(this) : Heap.of(existing.heap, this);
    if (incoming === undefined) return;
    if (namesMemoryIn(incoming)) this.set(initial);
    else this.#write(incoming);
  }

  override share(): SharedValueHandle {
    return { ...super.share(), heap: this.#heap.handle };
  }

  /**
   * Returns the value; an object is a copy.
   *
   * @throws ThreadError if this thread has not loaded a module of the value; OwnerDiedError if a thread died
   *   while it held {@link lock} for several operations
   */
  get(): T {
    const simple = this.#simple();
    return (simple === HAS_BYTES ? restored(this.guard.run(() => this.#seen())) : simple) as T;
  }

  /**
   * Replaces the value.
   *
   * @throws TypeError if `value` cannot travel; OwnerDiedError as {@link get}; ThreadError if the memory is
   *   full. The old value stays
   */
  set(value: T): void {
    const incoming = incomingOf(value, "value", this.#heap);
    if (incoming.bytes === undefined) this.#set(incoming);
    else storingIn(this.#heap, incoming, () => this.#set(incoming));
  }

  /**
   * Replaces the value by the result of `change`, atomically, and returns the new value.
   *
   *     tally.update((n) => n + 1);
   *
   * @param change gets the value; runs once, with {@link lock} held, so it should be short. If it throws,
   *   the old value stays
   * @throws TypeError if `change` is no function, returns a promise, or returns what cannot travel;
   *   ThreadError if `change` itself sets the value; the error of `change`; and as {@link set}
   */
  update(change: (value: T) => T): T {
    checkFunction(change, "change", "shared");
    return this.#changed(() => {
      const before = this.words[this.at + CELL]!;
      const value = change(this.get());
      if (isPromise(value))
        throw new TypeError(
          "shared: change returned a promise, and no thread waits for it; write a function that is not async",
        );
      if (this.words[this.at + CELL] !== before)
        throw new ThreadError("shared: change has set the value itself; return the new value instead");
      const incoming = incomingOf(value, "value", this.#heap);
      storingIn(this.#heap, incoming, () => this.#write(incoming));
      return value;
    });
  }

  /**
   * Replaces the value by `replacement` if it is equal to `expected`, and returns the old value.
   * Numbers, strings and other primitive values are equal if `Object.is` says so, objects if they are
   * equal copies.
   *
   * @throws as {@link set}
   * @see `Atomics.compareExchange`
   */
  compareExchange(expected: T, replacement: T): T {
    const wanted = incomingOf(expected, "value", undefined);
    const incoming = incomingOf(replacement, "value", this.#heap);
    const old = storingIn(this.#heap, incoming, () =>
      this.#changed(() => {
        const seen = this.#seen();
        if (isCopyOf(seen, expected, wanted)) this.#write(incoming);
        else notStored(this.#heap, incoming);
        return seen;
      }),
    );
    return restored(old) as T;
  }

  /**
   * Blocks this thread until `predicate` is true for the value, and returns the value.
   *
   *     running.waitFor((isRunning) => !isRunning);
   *
   * @param predicate gets the value; is called without the lock, for each change that this thread sees.
   *   It may miss a value, if the next value replaces it at once
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @throws TimeoutError if the time ran out first; RangeError if timeout is negative or NaN; TypeError if it
   *   is no number, or `predicate` no function; ThreadError where blocking is forbidden: use
   *   {@link waitForAsync}; ThreadError if this thread holds {@link lock}; what `predicate` throws
   * @see Python `Condition.wait_for`
   */
  waitFor(predicate: (value: T) => unknown, timeout: number = Infinity): T {
    checkFunction(predicate, "predicate", "shared");
    if (timeout !== Infinity) checkTimeout(timeout, "shared");
    return block(this.#waiting(predicate, Deadline.after(timeout)), this, "waitForAsync()");
  }

  /**
   * {@link waitFor} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `waitFor`; `signal.reason` on abort
   */
  async waitForAsync(predicate: (value: T) => unknown, options?: AsyncOptions): Promise<T> {
    checkFunction(predicate, "predicate", "shared");
    const { deadline, signal } = checkAsyncOptions(options, "shared");
    return suspend(this.#waiting(predicate, deadline), signal, this);
  }

  /** `<SharedValue 42 at 0x0040>`. */
  override toString(): string {
    const simple = this.#simple();
    return `<SharedValue ${simple === HAS_BYTES ? "object" : String(simple)} ${this.place}>`;
  }

  /** @internal */
  override refresh(): void {
    // The heap has a guard of its own.
  }

  /** @internal */
  override repair(): void {
    // Invariant 1. The dead thread may have changed the value, and woken no waiter.
    this.#wakeWaiters();
  }

  *#waiting(predicate: (value: T) => unknown, deadline: Deadline): Steps<T> {
    const { words, at } = this;
    if (this.guard.isHeld)
      throw new ThreadError(
        "shared: waitFor by a thread that holds the lock of the value waits for ever; release it first",
      );
    for (;;) {
      const seen = yield* this.guard.running(() => {
        words[at + WAITERS]! += 1;
        return this.#seen();
      });
      const value = restored(seen) as T;
      if (predicate(value)) return value;
      if (deadline.expired()) throw new TimeoutError("shared: the predicate did not become true in time; wait longer");
      yield { words, index: at + CELL, value: seen.current, deadline };
    }
  }
  /** Runs `change` under the lock, and wakes the waiters after it. */
  #changed<R>(change: () => R): R {
    this.guard.enter();
    let result: R;
    try {
      result = change();
    } catch (error) {
      this.guard.leave();
      throw error;
    }
    this.#leaveChanged();
    return result;
  }

  /** `#changed` without a function to call, because most changes are of this kind. */
  #set(incoming: Incoming): void {
    this.guard.enter();
    try {
      this.#write(incoming);
    } catch (error) {
      this.guard.leave();
      throw error;
    }
    this.#leaveChanged();
  }

  /** Ends a change: releases the lock, and wakes the waiters. */
  #leaveChanged(): void {
    const { words, at } = this;
    const waiters = words[at + WAITERS]!;
    if (waiters > 0) words[at + WAITERS] = 0;
    this.guard.leave();
    if (waiters > 0) this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    wake(this.words, this.at + CELL);
  }

  /** Replaces the value. Under the lock. */
  #write(incoming: Incoming): void {
    write(this.words, this.at + CELL, this.#heap, incoming);
  }

  /** The value, if it needs no bytes, without the lock. */
  #simple(): unknown {
    return simpleIn(this.words, this.at + CELL);
  }

  /** The value. Under the lock. */
  #seen(): Seen {
    return seenIn(this.words, this.at + CELL, this.#heap);
  }
}

/** The words of an existing value. */
class Existing {
  constructor(
    readonly place: MemoryPlacement,
    readonly heap: HeapHandle,
  ) {}
}
