/**
 * A number of permits: Python's `threading.Semaphore`.
 *
 * Words: one synchronizer with a number of permits (see core's synchronizer.ts and permits.ts), and behind it
 *   INITIAL   0 until somebody has made the semaphore, then for ever how many permits it began with, plus 1
 *
 * Invariants
 *   1. `release(n)` makes room for n, and wakes as many.
 *   2. INITIAL changes once, and whoever changes it releases the first permits: of many threads that make the same semaphore
 *      in the same memory one does, and the others find it made.
 */
import {
  acquiringPermit,
  adopt,
  AsyncHoldable,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkInteger,
  checkTimeout,
  Deadline,
  givePermits,
  handled,
  type Handle,
  permitsOf,
  type Placement,
  registerPrimitive,
  STATE_MAX,
  type Steps,
  suspend,
  SYNCHRONIZER_WORDS,
  takePermit,
  ThreadError,
} from "@x/core";

const INITIAL = SYNCHRONIZER_WORDS;

const UNMADE = 0;

/** Of everybody who found a permit: it is settled for good, and to make one takes as long as to take the permit. */
const TAKEN = Promise.resolve(true);

/**
 * A number of permits that threads and tasks take and give back.
 *
 *     const downloads = new Semaphore(4);                     // at most four at a time
 *     await downloads.withAsync(() => download(url));
 *
 * All that happened before a `release` is visible to whoever takes that permit. Waiters are not served in order, but whoever
 * has been passed over for a millisecond is served next. Releasing more than was acquired is allowed and adds permits; see
 * {@link BoundedSemaphore}.
 *
 * @see Python `threading.Semaphore`
 */
export class Semaphore extends AsyncHoldable {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/semaphore Semaphore";
  /** How much memory a semaphore takes. */
  static readonly BYTES: number = (SYNCHRONIZER_WORDS + 1) * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Semaphore, import.meta.url);
  }

  /**
   * The semaphore that `share()` handed over, or that was made in this memory.
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there; ThreadError if none was made there yet
   */
  static from(place: Handle | Placement): Semaphore {
    return new Semaphore(...madeIn(handled(place, Semaphore)));
  }

  /**
   * A semaphore with `value` permits, in memory of its own or in `place`. Threads that make the same one in the same memory,
   * zeroed at first, get one and the same.
   *
   * @param value permits at first, 0 to 536870910
   * @throws RangeError if value is not a whole number of that range, or the semaphore would not fit there; TypeError if value
   *   is no number, or `place` is not shared memory; ThreadError if one with another value lives there
   * @see Python `Semaphore(value)`
   */
  constructor(value: number = 1, place?: Placement) {
    checkInteger(value, "the initial value", "semaphore", 0, STATE_MAX - 1);
    super(Semaphore, place);
    const was = Atomics.compareExchange(this.words, this.at + INITIAL, UNMADE, value + 1);
    if (was === UNMADE) {
      this.give(value);
    } else if (was !== value + 1) {
      throw new ThreadError(
        `semaphore: one that began with ${was - 1} permits lives there already; use from(), or zero the memory`,
      );
    }
  }

  /**
   * Takes one permit, blocking this thread until there is one.
   *
   *     if (permits.acquire(100)) try { … } finally { permits.release(); }
   *
   * All that happened before the release of that permit is visible once this returns true. Waiters are not served in order,
   * but nobody is passed over for long.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true once taken, false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where blocking is forbidden
   *   (a browser's page): use {@link acquireAsync}
   * @see Python `Semaphore.acquire(blocking, timeout)`, in seconds
   */
  override acquire(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "semaphore");
    return takePermit(this.words, this.at) || block(this.acquiring(Deadline.after(timeout)), this, "acquireAsync()");
  }

  /**
   * {@link acquire} for tasks: gives way to the event loop, and keeps the process alive meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `acquire` throws, and `signal.reason` on abort: then no permit was taken
   */
  override acquireAsync(options?: AsyncOptions): Promise<boolean> {
    return options === undefined && takePermit(this.words, this.at) ? TAKEN : acquireAsyncWith(options, this);
  }

  /**
   * Gives back `n` permits at once, and wakes as many who wait.
   *
   * @throws RangeError if n is not a whole number from 1, or there would be more than 536870911 permits; TypeError if n is no
   *   number; then nothing has changed
   * @see Python `Semaphore.release(n)`
   */
  override release(n: number = 1): void {
    checkInteger(n, "n", "semaphore", 1, STATE_MAX);
    this.give(n);
  }

  /** How many permits are left at this moment, for reports: it may be another number by the time you look at it. */
  get value(): number {
    return permitsOf(this.words, this.at);
  }

  /** `<Semaphore at 0x0040: value=3>`, as Python tells it. */
  override toString(): string {
    return `<Semaphore ${this.place}: value=${this.value}>`;
  }

  /** @internal The contended path; others may run it with `yield*`. */
  acquiring(deadline: Deadline): Steps<boolean> {
    return acquiringPermit(this.words, this.at, deadline);
  }

  /** More permits than this there cannot be. */
  protected get limit(): number {
    return STATE_MAX;
  }

  /** How many permits it began with. */
  get initial(): number {
    return Atomics.load(this.words, this.at + INITIAL) - 1;
  }

  private give(n: number): void {
    if (givePermits(this.words, this.at, n, this.limit)) return;
    throw new RangeError(
      `semaphore: released too often: ${this.value} permits and ${n} more would be over ${this.limit}`,
    );
  }
}

async function acquireAsyncWith(options: AsyncOptions | undefined, semaphore: Semaphore): Promise<boolean> {
  const { deadline, signal } = checkAsyncOptions(options, "semaphore");
  return (
    (signal?.aborted !== true && takePermit(semaphore.words, semaphore.at)) ||
    suspend(semaphore.acquiring(deadline), signal, semaphore)
  );
}

/** How many permits the semaphore began with that was made in `place`, and where that is. */
export function madeIn(place: Placement): [initial: number, place: Placement] {
  const { words, at } = adopt(place, Semaphore.BYTES, "semaphore");
  const initial = Atomics.load(words, at + INITIAL) - 1;
  if (initial < 0) throw new ThreadError("semaphore: none was made in this memory yet; make it with new");
  return [initial, { buffer: words.buffer as SharedArrayBuffer, byteOffset: at * Int32Array.BYTES_PER_ELEMENT }];
}
