/** Runs steps by `Atomics.waitAsync`: a task waits, and its thread returns to the event loop. */
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

/** Milliseconds, about 25 days: the longest delay of a timer in JavaScript. */
const TIMER_MAX = 2 ** 31 - 1;

/** 2 ms: a real timer never fires earlier than that before its time. */
const EARLY_MS = 2;

/**
 * Runs `steps` to their end as a task: the thread returns to its event loop at each of them. Keeps
 * the process alive meanwhile.
 *
 * An abort calls the generator's `return`. So its `finally` blocks run, and may wait, too. Then the
 * promise rejects with `signal.reason`. Caution: if the `finally` of inner steps waits, the outer
 * `yield*` then continues as if the inner steps had ended normally. So steps whose cleanup waits
 * must be one generator.
 *
 * @param on what the steps wait for, for reports
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

/**
 * Steps that wait in a {@link Queue} until it resumes them, the deadline comes, or the signal
 * aborts.
 */
class Task {
  queue: Queue | undefined;
  place: Place | undefined;
  /** The start of its wait, by this thread's clock. */
  since = 0;
  /** The number of deaths in the process before the task's first check. */
  readonly knownDeaths: number = deathCount();
  #deadline: Deadline = Deadline.NEVER;
  #cancelTimer: (() => void) | undefined;
  /** Milliseconds of the deadline that are left after the running timer. */
  #rest = 0;
  #wasEarly = false;
  /**
   * The timers of this wait. A test may install fake timers meanwhile, so the wait keeps its own.
   */
  #timers: Timers | undefined;
  #keepsAlive = false;
  #waitEnds: (() => void) | undefined;
  /** The wait whose start was reported to the listener. */
  #wait: Wait | undefined;
  readonly #steps: Steps<unknown>;
  readonly #signal: AbortSignalLike | undefined;
  readonly #resolve: (value: never) => void;
  readonly #reject: (reason: unknown) => void;
  #running = false;
  #leaving = false;
  #failure: { readonly error: unknown } | undefined;
  /** The reason why it leaves. */
  #reason: unknown;

  constructor(
    steps: Steps<unknown>,
    signal: AbortSignalLike | undefined,
    readonly on: Blocker,
    resolve: (value: never) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#steps = steps;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal !== undefined) listen(signal, this);
  }

  /** Runs `move`, and then the steps up to the next wait. */
  advance(move: () => IteratorResult<Wait, unknown>): void {
    this.#running = true;
    try {
      if (this.#wait !== undefined && Atomics.load(this.#wait.words, this.#wait.index) !== this.#wait.value)
        this.#reportEnd();
      let step = move();
      while (step.done !== true) {
        if (!this.#leaving && this.#hasToLeave()) step = this.#leave();
        else if (this.#waits(step.value)) return;
        else step = this.#steps.next("not-equal");
      }
      const { value } = step;
      this.#settle(() => {
        if (this.#failure !== undefined) this.#reject(this.#failure.error);
        else if (this.#leaving) this.#reject(this.#reason);
        else this.#resolve(value as never);
      });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running = false;
    }
  }

  /**
   * The steps, or other code such as a listener, have thrown: lets the steps clean up, which may
   * wait.
   */
  #fail(error: unknown): void {
    this.queue?.leave(this);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#failure !== undefined) return this.#settle(() => this.#reject(error));
    this.#failure = { error };
    this.#leaving = true;
    this.#waitEnds = undefined; // no more reports
    this.advance(() => this.#steps.return(undefined));
  }

  #hasToLeave(): boolean {
    if (this.#signal?.aborted === true) this.#reason = this.#signal.reason;
    else if ((this.#reason = lostFor(this.on)) === undefined) return false;
    return true;
  }

  #leave(): IteratorResult<Wait, unknown> {
    this.#leaving = true;
    return this.#steps.return(undefined);
  }

  resume(woken: Woken): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.advance(() => this.#steps.next(woken));
  }

  /** Reports the end of a wait. As in {@link block}, a check of an unchanged word ends no wait. */
  #reportEnd(): void {
    const waitEnds = this.#waitEnds;
    this.#wait = undefined;
    this.#waitEnds = undefined;
    waitEnds?.();
  }

  #waits(wait: Wait): boolean {
    const { words, index, value, deadline } = wait;
    const queue = queueOf(words, index);
    if (!queue.join(this, value)) return false;
    this.#deadline = deadline;
    if (waitEvents.listener !== undefined && this.#failure === undefined)
      this.#waitEnds ??= waitBegins(packageOf(this.on), true);
    if (this.#waitEnds !== undefined) this.#wait = wait;
    this.since = clock.now();
    this.#wasEarly = false;
    this.#timers = undefined;
    this.#setTimer(deadline.left());
    if (!this.#keepsAlive) {
      this.#keepsAlive = true;
      platform.keepAlive(1);
    }
    return true;
  }

  #setTimer(left: number): void {
    if (left === Infinity) return;
    const ms = Math.min(Math.ceil(left), TIMER_MAX);
    this.#rest = left - ms;
    this.#timers ??= this.#deadline.isOfTask ? platform.timers() : clock;
    this.#cancelTimer = this.#timers.setTimer(this.#timeUp, ms);
  }

  readonly #timeUp = (): void => {
    this.#cancelTimer = undefined;
    if (this.queue === undefined) return;
    const early = this.#rest > 0 ? this.#rest : this.#earlyBy();
    if (early > 0) return this.#setTimer(early);
    this.#deadline.come();
    this.queue.leave(this);
    this.resume("timed-out");
  };

  /**
   * Milliseconds by which the timer has fired too early; 0 if it has not. A real timer may be early
   * by a fraction of a millisecond. If a task's clock shows more than EARLY_MS, or shows too early
   * twice, the clock or the timer is a fake; then the timer counts.
   */
  #earlyBy(): number {
    const left = this.#deadline.left();
    if (!this.#deadline.isOfTask) return left;
    if (left > EARLY_MS || this.#wasEarly) return 0;
    this.#wasEarly = left > 0;
    return left;
  }

  abort(): void {
    if (this.#running || this.#leaving) return; // running steps have aborted their own signal: they see it at their next wait
    this.#reason = this.#signal!.reason;
    this.queue!.leave(this);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.advance(() => this.#leave());
  }

  /** Checks its word once more, and leaves if it would have to wait again. */
  checkLast(): void {
    if (this.#leaving || lostFor(this.on) === undefined) return;
    this.queue!.leave(this);
    this.resume("ok");
  }

  #settle(report: () => void): void {
    if (this.#signal !== undefined) stopListening(this.#signal, this);
    if (this.#keepsAlive) platform.keepAlive(-1);
    this.#keepsAlive = false;
    this.#reportEnd();
    report();
  }
}
