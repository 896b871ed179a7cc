/**
 * A number of permits: Python's `threading.Semaphore`.
 *
 * Words: a synchronizer with permits (see core's synchronizer.ts and permits.ts), then
 *   INITIAL   0 before the semaphore is made; then, for ever, the initial number of permits plus 1
 *
 * Invariants
 *   1. `release(n)` adds n permits, and wakes n waiters.
 *   2. INITIAL changes once, and the thread that changes it adds the first permits. If many threads
 *      make the same semaphore in the same memory, only the first does this.
 */
import {
  adopt,
  AsyncHoldable,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkInteger,
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
  acquiringPermit,
  givePermits,
  permitsOf,
  STATE_MAX,
  SYNCHRONIZER_WORDS,
  takePermit,
  wordsOf,
} from "@x/core/internal";

const INITIAL = SYNCHRONIZER_WORDS;

const UNMADE = 0;

/**
 * The result of `acquireAsync` with a free permit. Shared, because a new promise would cost as much
 * as the acquire.
 */
const TAKEN = Promise.resolve(true);

/**
 * Limits the number of threads and tasks in a section: each takes a permit and gives it back.
 *
 *     const downloads = new Semaphore(4);                     // at most four at a time
 *     await downloads.withAsync(() => download(url));
 *
 * The thread that takes a permit sees all writes before the `release` of that permit. Waiters are
 * not served in order, but a waiter passed over for 1 ms is served next. More releases than
 * acquires are allowed and add permits; see {@link BoundedSemaphore}.
 *
 * @see Python `threading.Semaphore`
 */
export class Semaphore extends AsyncHoldable {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/semaphore Semaphore";
  /** The size of a semaphore in bytes. */
  static readonly BYTES: number = (SYNCHRONIZER_WORDS + 1) * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Semaphore, import.meta.url);
  }

  /**
   * Returns the semaphore of a handle, or the semaphore in this memory.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if a semaphore
   *   would not fit there; ThreadError if no semaphore was made there yet
   */
  static from(place: PrimitiveHandle | MemoryPlacement): Semaphore {
    return new Semaphore(...madeIn(placementOf(place, Semaphore)));
  }

  /**
   * Makes a semaphore with `value` permits, in new memory or in `place`. Threads with the same
   * value and the same memory, zeroed at first, share one semaphore.
   *
   * @param value the initial number of permits, 0 to 536870910
   * @throws RangeError if value is not a whole number in this range, or the semaphore would not fit
   *   there; TypeError if value is no number, or `place` is not shared memory; ThreadError if a
   *   semaphore with another initial value is there
   * @see Python `Semaphore(value)`
   */
  constructor(value: number = 1, place?: MemoryPlacement) {
    checkInteger(value, "the initial value", "semaphore", 0, STATE_MAX - 1);
    super(Semaphore, place);
    const was = Atomics.compareExchange(this.words, this.at + INITIAL, UNMADE, value + 1);
    if (was === UNMADE) {
      this.give(value);
    } else if (was !== value + 1) {
      throw new ThreadError(
        `semaphore: a semaphore with ${was - 1} initial permits is in this memory already; use from(), or zero the memory`,
      );
    }
  }

  /**
   * Takes a permit, and blocks this thread until there is one.
   *
   *     if (permits.acquire(100)) try { … } finally { permits.release(); }
   *
   * After the return this thread sees all writes before the `release` of the permit. Waiters are
   * not served in order, but none is passed over for long.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if this thread has the permit, false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError
   *   where blocking is forbidden (a browser's page): use {@link acquireAsync}
   * @see Python `Semaphore.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "semaphore");
    return takePermit(this.words, this.at) || block(this.acquiring(Deadline.after(timeout)), this, "acquireAsync()");
  }

  /**
   * {@link acquire} for tasks: does not block the event loop, and keeps the process alive
   * meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `acquire`, and `signal.reason` on abort: the task has no
   *   permit then
   */
  override acquireAsync(options?: AsyncOptions): Promise<boolean> {
    return options === undefined && takePermit(this.words, this.at) ? TAKEN : acquireAsyncWith(options, this);
  }

  /**
   * Gives back `n` permits at once, and wakes `n` waiters.
   *
   * @throws RangeError if n is not a whole number of 1 or more, or there would be more than
   *   536870911 permits; TypeError if n is no number; nothing changes then
   * @see Python `Semaphore.release(n)`
   */
  override release(n: number = 1): void {
    checkInteger(n, "n", "semaphore", 1, STATE_MAX);
    this.give(n);
  }

  /** The number of free permits, for reports: another thread may change it at any moment. */
  get value(): number {
    return permitsOf(this.words, this.at);
  }

  /** `<Semaphore at 0x0040: value=3>`, as in Python. */
  override toString(): string {
    return `<Semaphore ${this.place}: value=${this.value}>`;
  }

  /** @internal The contended path. Other generators may run it with `yield*`. */
  acquiring(deadline: Deadline): Steps<boolean> {
    return acquiringPermit(this.words, this.at, deadline);
  }

  /** The largest number of permits. */
  protected get limit(): number {
    return STATE_MAX;
  }

  /** The initial number of permits. */
  get initial(): number {
    return Atomics.load(this.words, this.at + INITIAL) - 1;
  }

  private give(n: number): void {
    if (givePermits(this.words, this.at, n, this.limit)) return;
    throw new RangeError(
      `semaphore: released too often: ${this.value} and ${n} more permits exceed the bound of ${this.limit}; release each acquired permit once`,
    );
  }
}

async function acquireAsyncWith(options: AsyncOptions | undefined, semaphore: Semaphore): Promise<boolean> {
  const { deadline, signal } = checkAsyncOptions(options, "semaphore");
  const { words, at } = wordsOf(semaphore);
  return (
    (signal?.aborted !== true && takePermit(words, at)) || suspend(semaphore.acquiring(deadline), signal, semaphore)
  );
}

/** The initial number of permits of the semaphore in `place`, and its memory. */
export function madeIn(place: MemoryPlacement): [initial: number, place: MemoryPlacement] {
  const { words, at } = adopt(place, Semaphore.BYTES, "semaphore");
  const initial = Atomics.load(words, at + INITIAL) - 1;
  if (initial < 0) throw new ThreadError("semaphore: there is no semaphore in this memory yet; make it with new");
  return [initial, { buffer: words.buffer as SharedArrayBuffer, byteOffset: at * Int32Array.BYTES_PER_ELEMENT }];
}
