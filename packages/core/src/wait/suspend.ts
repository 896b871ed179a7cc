/** Runs steps by `Atomics.waitAsync`: a task waits, and the thread goes back to its event loop. */
import type { AbortSignalLike } from "../check.js";
import { Deadline } from "../deadline.js";
import { clock, type Timers } from "../platform/clock.js";
import { platform } from "../platform/index.js";
import { listen, stopListening } from "./abort-listeners.js";
import { type Blocker, lostFor, packageOf } from "./death-monitor.js";
import { deathCount } from "./deaths.js";
import type { Steps, Wait, Woken } from "./steps.js";
import { type Place, type Queue, queueOf } from "./task-queue.js";
import { waitBegins, waitEvents } from "./wait-events.js";

/** The longest that a timer of a JavaScript engine can run. */
const TIMER_MAX = 2 ** 31 - 1;

/** Real timers fire at most so many milliseconds early. */
const EARLY_MS = 2;

/**
 * Runs `steps` to their end, giving way to the event loop at each of them. Keeps the process alive meanwhile.
 *
 * On abort the generator is told to return where it stands, so its `finally` blocks run (they may wait, too), and the
 * promise rejects with `signal.reason`. Beware: where the `finally` of inner steps waits, the `yield*` that runs them goes on
 * afterwards as if they had ended by themselves. Steps that clean up after an abort by waiting have to be one generator.
 *
 * @param on what is waited for, for reports
 */
export function suspend<R>(steps: Steps<R>, signal?: AbortSignalLike, on: Blocker = "core"): Promise<R> {
  if (signal?.aborted === true) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's own
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    new Task(steps, signal, on, resolve, reject).advance(() => steps.next());
  });
}

/** Steps that are being awaited: they wait in a {@link Queue} until it resumes them, the time runs out, or the signal aborts. */
class Task {
  queue: Queue | undefined;
  place: Place | undefined;
  /** When it began to wait, by this thread's clock. */
  since = 0;
  /** Of how many deaths it knew before it looked at anything. */
  readonly knownDeaths: number = deathCount();
  private deadline: Deadline = Deadline.NEVER;
  private cancelTimer: (() => void) | undefined;
  /** For how many milliseconds a timer has to run after the one that runs. */
  private rest = 0;
  private wasEarly = false;
  /** Those by which it waits: others may be installed meanwhile. */
  private timers: Timers | undefined;
  private keepsAlive = false;
  private waitEnds: (() => void) | undefined;
  /** That of which somebody has been told. */
  private wait: Wait | undefined;
  private running = false;
  private leaving = false;
  private failure: { readonly error: unknown } | undefined;
  /** Why it leaves. */
  private reason: unknown;

  constructor(
    private readonly steps: Steps<unknown>,
    private readonly signal: AbortSignalLike | undefined,
    readonly on: Blocker,
    private readonly resolve: (value: never) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    if (signal !== undefined) listen(signal, this);
  }

  /** Goes on by `move`, as far as the next step that has to wait. */
  advance(move: () => IteratorResult<Wait, unknown>): void {
    this.running = true;
    try {
      if (this.wait !== undefined && Atomics.load(this.wait.words, this.wait.index) !== this.wait.value) this.tellEnd();
      let step = move();
      while (step.done !== true) {
        if (!this.leaving && this.hasToLeave()) step = this.leave();
        else if (this.waits(step.value)) return;
        else step = this.steps.next("not-equal");
      }
      const { value } = step;
      this.settle(() => {
        if (this.failure !== undefined) this.reject(this.failure.error);
        else if (this.leaving) this.reject(this.reason);
        else this.resolve(value as never);
      });
    } catch (error) {
      this.fail(error);
    } finally {
      this.running = false;
    }
  }

  /** The steps have thrown; or something else has, a listener say: then they do what they have to do on leaving, and may wait for that. */
  private fail(error: unknown): void {
    this.queue?.leave(this);
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (this.failure !== undefined) return this.settle(() => this.reject(error));
    this.failure = { error };
    this.leaving = true;
    this.waitEnds = undefined; // nobody is told any more
    this.advance(() => this.steps.return(undefined));
  }

  private hasToLeave(): boolean {
    if (this.signal?.aborted === true) this.reason = this.signal.reason;
    else if ((this.reason = lostFor(this.on)) === undefined) return false;
    return true;
  }

  private leave(): IteratorResult<Wait, unknown> {
    this.leaving = true;
    return this.steps.return(undefined);
  }

  resume(woken: Woken): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.advance(() => this.steps.next(woken));
  }

  /** Tells that a wait has ended; as in {@link block}, not of a look at a word that is as it was. */
  private tellEnd(): void {
    const { waitEnds } = this;
    this.wait = undefined;
    this.waitEnds = undefined;
    waitEnds?.();
  }

  private waits(wait: Wait): boolean {
    const { words, index, value, deadline } = wait;
    const queue = queueOf(words, index);
    if (!queue.join(this, value)) return false;
    this.deadline = deadline;
    if (waitEvents.listener !== undefined && this.failure === undefined)
      this.waitEnds ??= waitBegins(packageOf(this.on), true);
    if (this.waitEnds !== undefined) this.wait = wait;
    this.since = clock.now();
    this.wasEarly = false;
    this.timers = undefined;
    this.setTimer(deadline.left());
    if (!this.keepsAlive) {
      this.keepsAlive = true;
      platform.keepAlive(1);
    }
    return true;
  }

  private setTimer(left: number): void {
    if (left === Infinity) return;
    const ms = Math.min(Math.ceil(left), TIMER_MAX);
    this.rest = left - ms;
    this.timers ??= this.deadline.isOfTask ? platform.timers() : clock;
    this.cancelTimer = this.timers.setTimer(this.timeUp, ms);
  }

  private readonly timeUp = (): void => {
    this.cancelTimer = undefined;
    if (this.queue === undefined) return;
    const early = this.rest > 0 ? this.rest : this.earlyBy();
    if (early > 0) return this.setTimer(early);
    this.deadline.come();
    this.queue.leave(this);
    this.resume("timed-out");
  };

  /**
   * By how many milliseconds the timer has fired too early, 0 if it has not. A real timer may be early by a fraction of a millisecond. If
   * the clock of a task says more than that, or says it twice, then clock and timer differ, as one of them is a fake: the timer counts.
   */
  private earlyBy(): number {
    const left = this.deadline.left();
    if (!this.deadline.isOfTask) return left;
    if (left > EARLY_MS || this.wasEarly) return 0;
    this.wasEarly = left > 0;
    return left;
  }

  abort(): void {
    if (this.running || this.leaving) return; // if running, it is the steps that abort: they go on to their next wait
    this.reason = this.signal!.reason;
    this.queue!.leave(this);
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.advance(() => this.leave());
  }

  /** Looks once more at what it waits for, and leaves if it would have to wait on. */
  lookLast(): void {
    if (this.leaving || lostFor(this.on) === undefined) return;
    this.queue!.leave(this);
    this.resume("ok");
  }

  private settle(report: () => void): void {
    if (this.signal !== undefined) stopListening(this.signal, this);
    if (this.keepsAlive) platform.keepAlive(-1);
    this.keepsAlive = false;
    this.tellEnd();
    report();
  }
}
