/**
 * A timeout becomes a fixed moment once, on entry to a public method; loops that wake early ask how much is left of it.
 * The clock is monotonic and belongs to this thread: a deadline is never sent to another one.
 */
export class Deadline {
  /** The deadline that never comes. */
  static readonly NEVER: Deadline = new Deadline(Infinity);

  /** The moment `ms` milliseconds from now; `Infinity` never comes. */
  static after(ms: number): Deadline {
    return ms === Infinity ? Deadline.NEVER : new Deadline(performance.now() + ms);
  }

  private constructor(private readonly moment: number) {}

  /** Milliseconds until the moment, 0 once it has come. */
  left(): number {
    return this.moment === Infinity ? Infinity : Math.max(0, this.moment - performance.now());
  }

  /** Has the moment come? */
  expired(): boolean {
    return this.moment !== Infinity && performance.now() >= this.moment;
  }

  /** The earlier one of the two. */
  orSooner(other: Deadline): Deadline {
    return other.moment < this.moment ? other : this;
  }
}
