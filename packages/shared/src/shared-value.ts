/**
 * A value that is one and the same in all threads.
 *
 * Words: a guard (see guard.ts), then
 *   CURRENT   bit 0       the slot of the value, A or B
 *             bits 1..3   its kind, see KINDS
 *             bits 4..31  the number of changes, wrapping
 *             (followed by its async epoch)
 *   SLOT_A    two words: a number, as the two halves of a float; or the offset and the length of a block of
 *             the heap, with the bytes of any other value
 *   SLOT_B    likewise
 *   WAITERS   how many threads may wait for a change; never too few
 *   all by the owner of the guard, but for the async epoch; zeroed words are `undefined`
 *
 * Invariants
 *   1. A change writes the other slot, and takes effect by its store to CURRENT. A thread that dies
 *      before it has changed nothing; one that dies after it may lose the block of the old value.
 *   2. A number is read without the lock. CURRENT changes with every change of the value, so a reader that
 *      finds it unchanged after it has read the slot has read what belongs together:
 *      // T1 reads the first half of slot A; T2 writes B; T3 writes A; T1 reads the second half of
 *      // another number: CURRENT has changed twice, and T1 reads again.
 *      A wrong result needs a reader to stop between two loads for exactly a multiple of 2^28 changes.
 *   3. A waiter counts itself, and reads CURRENT, under the lock. A thread that changes the value wakes all
 *      waiters, after its release of the lock.
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
  WAITED_ON_WORDS,
  wake,
  ThreadError,
} from "@x/core";
import { decodeValue, encodeValue } from "@x/core/internal";
import { GUARD_WORDS } from "./guard.js";
import { Heap, type HeapHandle, nextHeap } from "./heap.js";
import { SharedBase } from "./shared-base.js";

const CURRENT = GUARD_WORDS;
const SLOTS = CURRENT + WAITED_ON_WORDS;
const SLOT_WORDS = 2;
const WAITERS = SLOTS + 2 * SLOT_WORDS;
const WORDS = WAITERS + 1;

const KIND_SHIFT = 1;
const KIND_MASK = 7;
const ONE_CHANGE = 16;

const KINDS = { UNDEFINED: 0, NULL: 1, FALSE: 2, TRUE: 3, NUMBER: 4, PLAIN: 5, PACKED: 6 } as const;

/** The values that need no bytes, by kind. */
const CONSTANTS: readonly unknown[] = [undefined, null, false, true];

const HALVES = /* @__PURE__ */ new Int32Array(2);
const FLOAT = /* @__PURE__ */ new Float64Array(HALVES.buffer);

/** Stands for a value that has bytes. */
const HAS_BYTES = Symbol("has bytes");

const slotOf = (current: number): number => current & 1;
const kindOf = (current: number): number => (current >> KIND_SHIFT) & KIND_MASK;

/** A value that was read: simple, or its bytes, copied out of the heap. */
interface Seen {
  readonly current: number;
  readonly simple: unknown;
  readonly bytes: Uint8Array | undefined;
}

/** A value on its way in. */
interface Incoming {
  readonly kind: number;
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

/** The result of `share()`: plain data, ready to post to any worker. */
export interface SharedValueHandle extends PrimitiveHandle {
  /** The memory of values that are no numbers. */
  readonly heap: HeapHandle;
}

/**
 * A value that is one and the same in all threads: a number, a string, or any other value that can
 * travel.
 *
 *     const balance = new SharedValue(0);
 *     function deposit(balance, n) { balance.update((old) => old + n); }   // in each of three threads
 *
 * Take it for a flag that stops threads, for a total, for the state of a program. Each operation is
 * atomic. `value.set(value.get() + 1)` is two: use {@link update}. What `get` returns is a copy: change it,
 * and `set` it. Primitives, threads and shared objects inside it are references.
 *
 * After `get` a thread sees all writes that the thread that set the value made before its `set`.
 *
 * @see Python's variables of a module, and `multiprocessing.Value`
 */
export class SharedValue<T = unknown> extends SharedBase {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/shared SharedValue";
  /** The size of a shared value in bytes, besides the bytes of what is no number. */
  static readonly BYTES: number = WORDS * Int32Array.BYTES_PER_ELEMENT;
  /** @internal */
  static readonly FIELDS: readonly string[] = ["heap"];

  static {
    registerPrimitive(SharedValue, import.meta.url);
  }

  /** Returns the value of a handle. @throws TypeError if `handle` is not what `share()` returned */
  static from<T = unknown>(handle: SharedValueHandle): SharedValue<T> {
    const place = placementOf(handle, SharedValue);
    const { heap } = handle as Partial<SharedValueHandle>;
    if (heap === undefined)
      throw new TypeError(`shared: from takes what share() of a SharedValue returned, got ${describe(handle)}`);
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
    const incoming = existing === undefined ? incomingOf(initial) : undefined;
    super(SharedValue, existing?.place);
    this.#heap = existing === undefined ? nextHeap(this) : Heap.of(existing.heap, this);
    if (incoming !== undefined) this.#write(incoming);
  }

  override share(): SharedValueHandle {
    return { ...super.share(), heap: this.#heap.handle };
  }

  /**
   * Returns the value; what is no number is a copy of it.
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
    const incoming = incomingOf(value);
    this.#changed(() => this.#write(incoming));
  }

  /**
   * Replaces the value by what `change` makes of it, as one operation, and returns the new value.
   *
   *     tally.update((n) => n + 1);
   *
   * @param change gets the value; runs once, with {@link lock} held, so it should be short. If it throws,
   *   the old value stays
   * @throws TypeError if `change` is no function, returns a promise, or returns what cannot travel;
   *   ThreadError if `change` itself sets the value; what `change` throws; and as {@link set}
   */
  update(change: (value: T) => T): T {
    checkFunction(change, "change", "shared");
    return this.#changed(() => {
      const before = this.words[this.at + CURRENT]!;
      const value = change(this.get());
      if (isPromise(value))
        throw new TypeError("shared: change returned a promise, which nobody waits for; it must not be async");
      if (this.words[this.at + CURRENT] !== before)
        throw new ThreadError("shared: change has set the value that it was to change; return the new value instead");
      this.#write(incomingOf(value));
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
    const wanted = incomingOf(expected);
    const incoming = incomingOf(replacement);
    return restored(
      this.#changed(() => {
        const old = this.#seen();
        const isEqual =
          old.bytes === undefined
            ? Object.is(old.simple, expected)
            : kindOf(old.current) === wanted.kind && equal(old.bytes, wanted.bytes!);
        if (isEqual) this.#write(incoming);
        return old;
      }),
    ) as T;
  }

  /**
   * Blocks this thread until `predicate` is true of the value, and returns that value.
   *
   *     running.waitFor((isRunning) => !isRunning);
   *
   * @param predicate gets the value; is called without the lock, once for each change that this thread
   *   sees. Values that are replaced at once may be missed
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
    // Invariant 1. The dead thread may have changed the value, and woken nobody.
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
      if (deadline.expired()) throw new TimeoutError("shared: the value did not become what it was waited for in time");
      yield { words, index: at + CURRENT, value: seen.current, deadline };
    }
  }
  /** Runs `change` under the lock, and wakes the waiters after it. */
  #changed<R>(change: () => R): R {
    const { words, at } = this;
    let waiters = 0;
    const result = this.guard.run(() => {
      const changed = change();
      waiters = words[at + WAITERS]!;
      words[at + WAITERS] = 0;
      return changed;
    });
    if (waiters > 0) this.#wakeWaiters();
    return result;
  }

  #wakeWaiters(): void {
    wake(this.words, this.at + CURRENT);
  }

  /** Replaces the value. Under the lock. */
  #write({ kind, number, bytes }: Incoming): void {
    const { words, at } = this;
    const was = words[at + CURRENT]!;
    const slot = 1 - slotOf(was);
    const index = at + SLOTS + slot * SLOT_WORDS;
    if (bytes !== undefined) {
      HALVES[0] = this.#heap.put(bytes);
      HALVES[1] = bytes.length;
    } else FLOAT[0] = number;
    // Atomic stores, because readers have no lock: invariant 2.
    Atomics.store(words, index, HALVES[0]!);
    Atomics.store(words, index + 1, HALVES[1]!);
    const changes = (was & -ONE_CHANGE) + ONE_CHANGE;
    Atomics.store(words, at + CURRENT, changes | (kind << KIND_SHIFT) | slot);
    if (kindOf(was) < KINDS.PLAIN) return;
    const old = at + SLOTS + slotOf(was) * SLOT_WORDS;
    this.#heap.free(words[old]!, words[old + 1]!);
  }

  /** The value, if it needs no bytes, without the lock. */
  #simple(): unknown {
    const { words, at } = this;
    for (;;) {
      const current = Atomics.load(words, at + CURRENT);
      const kind = kindOf(current);
      if (kind < KINDS.NUMBER) return CONSTANTS[kind];
      if (kind > KINDS.NUMBER) return HAS_BYTES;
      const index = at + SLOTS + slotOf(current) * SLOT_WORDS;
      HALVES[0] = Atomics.load(words, index);
      HALVES[1] = Atomics.load(words, index + 1);
      if (Atomics.load(words, at + CURRENT) === current) return FLOAT[0];
    }
  }

  /** The value. Under the lock. */
  #seen(): Seen {
    const { words, at } = this;
    const current = words[at + CURRENT]!;
    const simple = this.#simple();
    if (simple !== HAS_BYTES) return { current, simple, bytes: undefined };
    const index = at + SLOTS + slotOf(current) * SLOT_WORDS;
    return { current, simple, bytes: this.#heap.read(words[index]!, words[index + 1]!) };
  }
}

/** The value itself. Without the lock, because decoding may take long. */
function restored({ current, simple, bytes }: Seen): unknown {
  return bytes === undefined ? simple : decodeValue({ kind: kindOf(current) - KINDS.PLAIN, bytes });
}

function incomingOf(value: unknown): Incoming {
  if (typeof value === "number") return { kind: KINDS.NUMBER, number: value, bytes: undefined };
  const constant = CONSTANTS.indexOf(value);
  if (constant >= 0) return { kind: constant, number: 0, bytes: undefined };
  const { kind, bytes } = encodeValue(value, "value", "shared");
  return { kind: KINDS.PLAIN + kind, number: 0, bytes: bytes.slice() }; // others encode while this thread waits
}

function equal(some: Uint8Array, others: Uint8Array): boolean {
  return some.length === others.length && some.every((byte, index) => byte === others[index]);
}

/** The words of a value that exists. */
class Existing {
  constructor(
    readonly place: MemoryPlacement,
    readonly heap: HeapHandle,
  ) {}
}
