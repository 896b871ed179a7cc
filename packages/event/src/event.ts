/**
 * A flag that threads wait for: Python's `threading.Event`.
 *
 * Words
 *   STATE   bit 0      SET      the flag
 *           bit 1      WAITED   somebody may wait; the next `set` must wake
 *           bits 2..31 how often it has been set, wrapping
 *           any thread, by compare-exchange (followed by its turnstile, see core's wait.ts)
 *
 * Invariants
 *   1. A thread waits only while SET is clear and WAITED is set.
 *   2. Only the change from clear to SET counts up. So a waiter who finds another count than the one he came with knows that
 *      the event was set meanwhile, whatever the flag says now:
 *      // T1 waits; T2 sets, and clears at once; T1 runs and looks at the flag: it would wait on, though it was signalled.
 *   3. `set` takes WAITED off and wakes everybody; `clear` wakes nobody.
 */
import {
  and,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  compareExchange,
  Deadline,
  handled,
  type Handle,
  load,
  type Placement,
  registerPrimitive,
  Shared,
  type Steps,
  suspend,
  WAITED_ON_WORDS,
  wake,
} from "@x/core";

const STATE = 0;

const SET = 1;
const WAITED = 2;
const COUNT_BITS = 2;
const ONE_MORE = 1 << COUNT_BITS;

/**
 * A flag that one thread sets and others wait for.
 *
 *     const stop = new Event();
 *     new Thread({ target: work, args: [stop] }).start();     // while (!stop.wait(100)) …
 *     stop.set();
 *
 * All that happened before `set` is visible to whoever `wait` has returned true to, or `isSet`.
 *
 * @see Python `threading.Event`
 */
export class Event extends Shared {
  /** How other threads know what this is: the package and the class. */
  static readonly KIND: string = "@x/event Event";
  /** How much memory an event takes. */
  static readonly BYTES: number = WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(Event, import.meta.url);
  }

  /**
   * The event that `share()` handed over, or that lives in this memory.
   *
   * @throws TypeError if it is neither; RangeError if it would not fit there
   */
  static from(place: Handle | Placement): Event {
    return new Event(handled(place, Event));
  }

  /**
   * An event in memory of its own, clear at first, or the one that lives in `place`: zeroed memory is a clear event.
   *
   * @throws TypeError if `place` is not shared memory; RangeError if the event would not fit there
   */
  constructor(place?: Placement) {
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
   * Sets the flag and wakes everybody who waits. Does nothing if it is set already.
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
   * Clears the flag: who calls `wait` from now on waits for the next `set`. Those who were waiting at the last one have
   * been signalled, and return true.
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
   * @returns true if the flag was set, now or meanwhile; false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; TypeError if it is no number; ThreadError where blocking is forbidden
   *   (a browser's page): use {@link waitAsync}
   * @see Python `Event.wait(timeout)`, in seconds
   */
  wait(timeout: number = Infinity): boolean {
    if (timeout !== Infinity) checkTimeout(timeout, "event");
    return this.isSet() || block(this.waiting(Deadline.after(timeout)), this, "waitAsync()");
  }

  /**
   * {@link wait} for tasks: gives way to the event loop, and keeps the process alive meanwhile.
   *
   *     await Promise.race([job, stop.waitAsync({ signal })]);
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) what `wait` throws, and `signal.reason` on abort
   */
  async waitAsync(options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "event");
    return (signal?.aborted !== true && this.isSet()) || suspend(this.waiting(deadline), signal, this);
  }

  /** `<Event at 0x0040: set>` or `unset`, as Python tells it. */
  override toString(): string {
    return `<Event ${this.place}: ${this.isSet() ? "set" : "unset"}>`;
  }

  /** @internal The slow path; others may run it with `yield*`. */
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
