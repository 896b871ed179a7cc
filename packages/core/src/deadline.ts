/**
 * A timeout becomes a fixed moment once, on entry to a public method; loops that wake early ask how much is left of it.
 * A deadline belongs to its thread: it is never sent to another one.
 *
 * There are two kinds, because fake timers stop the clock of a thread:
 *   of a thread   by the real clock ({@link Deadline.after}): nobody could move a fake one while the thread blocks
 *   of a task     by the timers that the program has at that time ({@link Deadline.ofTask}): it has come once its timer has fired, so a
 *                 test that moves fake timers moves it, whether or not they move `performance.now`
 */
import { clock } from "./platform/clock.js";

/** A fixed moment at which a wait gives up; its time limit in milliseconds, turned into that once, at the public method. */
export class Deadline {
  /** The deadline that never comes. */
  static readonly NEVER: Deadline = new Deadline(Infinity, false);

  /** The moment `ms` milliseconds from now, for a wait that blocks the thread; `Infinity` never comes. */
  static after(ms: number): Deadline {
    return ms === Infinity ? Deadline.NEVER : new Deadline(clock.now() + ms, false);
  }

  /** The same, `ms` milliseconds from now, for a wait of a task: {@link suspend} says when it has come. */
  static ofTask(ms: number): Deadline {
    if (ms === Infinity) return Deadline.NEVER;
    const deadline = new Deadline(performance.now() + ms, true);
    if (ms === 0) deadline.come();
    return deadline;
  }

  private hasCome = false;

  private constructor(
    private readonly moment: number,
    /** Is it of a task? */
    readonly isOfTask: boolean,
  ) {}

  /** Milliseconds until the moment, 0 once it has come. */
  left(): number {
    if (this.moment === Infinity) return Infinity;
    if (this.hasCome) return 0;
    return Math.max(0, this.moment - (this.isOfTask ? performance.now() : clock.now()));
  }

  /** Has the moment come? */
  expired(): boolean {
    if (this.isOfTask) return this.hasCome;
    return this.moment !== Infinity && clock.now() >= this.moment;
  }

  /** @internal The timer of a task's deadline has fired. */
  come(): void {
    this.hasCome = true;
  }

  /** The earlier one of the two. */
  orSooner(other: Deadline): Deadline {
    return other.left() < this.left() ? other : this;
  }
}
