/**
 * The deadline of a wait. A public method turns its timeout into a deadline once, on entry; a loop
 * that wakes early reads the time left. A deadline is never sent to another thread.
 *
 * There are two kinds, because fake timers stop the clock of a thread:
 *   of a thread   by the real clock ({@link Deadline.after}): while the thread blocks, none of its code
 *                 could move a fake clock
 *   of a task     by the timers of the program at that time ({@link Deadline.ofTask}): it comes when its
 *                 timer fires. So a test that moves fake timers moves it, even if `performance.now` is
 *                 not faked
 */
import { clock } from "./platform/clock.js";

/** The moment at which a wait gives up. */
export class Deadline {
  /** The deadline that never comes. */
  static readonly NEVER: Deadline = new Deadline(Infinity, false);

  /**
   * The moment `ms` milliseconds from now, for a wait that blocks the thread; `Infinity` never
   * comes.
   */
  static after(ms: number): Deadline {
    return ms === Infinity ? Deadline.NEVER : new Deadline(clock.now() + ms, false);
  }

  /**
   * The moment `ms` milliseconds from now, for a wait of a task; {@link suspend} calls `come` then.
   */
  static ofTask(ms: number): Deadline {
    if (ms === Infinity) return Deadline.NEVER;
    const deadline = new Deadline(performance.now() + ms, true);
    if (ms === 0) deadline.come();
    return deadline;
  }

  readonly #moment: number;
  #hasCome = false;

  private constructor(
    moment: number,
    /** Is it the deadline of a task? */
    readonly isOfTask: boolean,
  ) {
    this.#moment = moment;
  }

  /** Milliseconds until the deadline; 0 after it. */
  left(): number {
    if (this.#moment === Infinity) return Infinity;
    if (this.#hasCome) return 0;
    return Math.max(0, this.#moment - (this.isOfTask ? performance.now() : clock.now()));
  }

  /** Has the deadline come? */
  expired(): boolean {
    if (this.isOfTask) return this.#hasCome;
    return this.#moment !== Infinity && clock.now() >= this.#moment;
  }

  /** @internal The timer of a task has fired: the deadline has come. */
  come(): void {
    this.#hasCome = true;
  }

  /** The earlier of the two deadlines. */
  orSooner(other: Deadline): Deadline {
    return other.left() < this.left() ? other : this;
  }
}
