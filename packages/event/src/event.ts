/**
 * A flag that threads wait for: Python's `threading.Event`.
 *
 * Words
 *   STATE   bit 0      SET      the flag
 *           bit 1      WAITED   a thread may wait; the next `set` must wake
 *           bits 2..31 the number of sets, wrapping
 *           by any thread, by compare-exchange (followed by its async epoch)
 *
 * Invariants
 *   1. A thread waits only while SET is clear and WAITED is set.
 *   2. Only the change from clear to SET increments the count. So a waiter compares the count, not
 *      the flag, with the count at its arrival:
 *      // T1 waits; T2 sets, and clears at once; T1 reads a clear flag, and sleeps: lost.
 *   3. `set` clears WAITED and wakes all waiters; `clear` wakes no waiter.
 */
import {
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  type MemoryPlacement,
  placementOf,
  Primitive,
  type PrimitiveHandle,
  registerPrimitive,
  type Steps,
  suspend,
  WAITED_ON_WORDS,
  wake,
} from "@x/core";
import { and, compareExchange, load } from "@x/core/internal";

const STATE = 0;

const SET = 1;
const WAITED = 2;
const COUNT_BITS = 2;
const ONE_MORE = 1 << COUNT_BITS;

/**
 * A flag: one thread sets it, and other threads wait for it.
 *
 *     const stop = new Event();
 *     new Thread({ target: work, args: [stop] }).start();     // while (!stop.wait(100)) …
 *     stop.set();
 *
 * A thread that gets true from `wait` or `isSet` sees all writes before the `set`.
 *
 * @see Python `threading.Event`
 */
export class Event extends Primitive {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND: string = "@x/event Event";
  /** The size of an event in bytes. */
  static readonly BYTES: number = WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Event, import.meta.url);
  }

  /**
   * Returns the event of a handle, or the event in this memory.
   *
   * @throws TypeError if `place` is neither a handle nor shared memory; RangeError if an event
   *   would not fit there
   */
  static from(place: PrimitiveHandle | MemoryPlacement): Event {
    return new Event(placementOf(place, Event));
  }

  /**
   * Makes a clear event in new memory, or returns the event in `place`. Zeroed memory is a clear
   * event.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the event would not fit there
   */
  constructor(place?: MemoryPlacement) {
    super(Event, place);
  }

  /**
   * Is the flag set?
   *
   *     while (!stop.isSet()) step();
   *
   * @see Python `Event.is_set`
   */
  isSet(): boolean {
    return (load(this.words, this.at + STATE) & SET) !== 0;
  }

  /**
   * Sets the flag and wakes all waiters. Does nothing if the flag is set.
   *
   * @see Python `Event.set`
   */
  set(): void {
    for (;;) {
      const was = load(this.words, this.at + STATE);
      if ((was & SET) !== 0) return;
      const now = ((was & ~WAITED) + ONE_MORE) | SET;
      if (compareExchange(this.words, this.at + STATE, was, now) !== was) continue;
      if ((was & WAITED) !== 0) wake(this.words, this.at + STATE);
      return;
    }
  }

  /**
   * Clears the flag: later calls of `wait` wait for the next `set`. Waiters of an earlier `set`
   * still return true.
   *
   * @see Python `Event.clear`
   */
  clear(): void {
    and(this.words, this.at + STATE, ~SET);
  }

  /**
   * Blocks this thread until the flag is set.
   *
   *     if (!ready.wait(1000)) throw new Error("nothing within a second");
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if the flag is set, or was set during the wait; false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError
   *   where blocking is forbidden (a browser's page): use {@link waitAsync}
   * @see Python `Event.wait(timeout)`, in seconds
   */
  wait(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "event");
    return this.isSet() || block(this.waiting(Deadline.after(timeout)), this, "waitAsync()");
  }

  /**
   * {@link wait} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   *
   *     await Promise.race([job, stop.waitAsync({ signal })]);
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `wait`, and `signal.reason` on abort
   */
  async waitAsync(options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "event");
    return (signal?.aborted !== true && this.isSet()) || suspend(this.waiting(deadline), signal, this);
  }

  /** `<Event at 0x0040: set>` or `unset`, as in Python. */
  override toString(): string {
    return `<Event ${this.place}: ${this.isSet() ? "set" : "unset"}>`;
  }

  /** @internal The slow path. Other generators may run it with `yield*`. */
  *waiting(deadline: Deadline): Steps<boolean> {
    const at = this.at + STATE;
    let was = load(this.words, at);
    const count = was >> COUNT_BITS;
    for (; (was & SET) === 0 && was >> COUNT_BITS === count; was = load(this.words, at)) {
      if (deadline.expired()) return false;
      const waited = was | WAITED;
      compareExchange(this.words, at, was, waited); // if that fails, the wait returns at once
      yield { words: this.words, index: at, value: waited, deadline };
    }
    return true;
  }
}
