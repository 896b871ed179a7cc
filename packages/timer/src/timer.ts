/**
 * A call after a while, in a thread of its own: Python's `threading.Timer`.
 *
 * From `start` on it is alive, listed, and holds the process unless it is a daemon. Until its time comes it is an entry of the
 * supervisor's list of timers and takes no worker, so thousands of them cost next to nothing.
 *
 *   finished   an Event: set by `cancel`, and once the function has returned; all threads that know the timer share it
 */
import {
  type ArgumentsOf,
  type AsyncOptions,
  brandClass,
  type ButLast,
  checkAsyncOptions,
  checkTimeout,
  describe,
  expose,
  isPromise,
  isTarget,
  type Keywords,
  type Runnable,
  type Target,
  ThreadError,
  callPortable,
} from "@x/core";
import { Event } from "@x/event";
import { currentThread, internals, Thread } from "@x/thread";

/**
 * A thread that calls a function after an interval, unless it is cancelled before.
 *
 *     const timer = new Timer(10_000, hello);
 *     timer.start();
 *     timer.cancel();                                         // from any thread: hello is not called
 *
 * The function reaches its thread as a target does: expose it, unless it uses nothing from around it. `interval`, `function`,
 * `args` and `kwargs` may be assigned until it fires (`interval` until it is started).
 *
 * @see Python `threading.Timer`, in seconds
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a Timer of which nothing more is known is any Timer
export class Timer<A extends readonly unknown[] = any[], R = unknown> extends Thread<R> {
  /** Milliseconds from `start` to the call. */
  interval: number;
  /** Set once the function has returned, or the timer was cancelled; not if the function threw. */
  readonly finished: Event;

  static {
    Object.defineProperty(this, "name", { value: "Timer" }); // in reports, also where a minifier has called it otherwise
    brandClass(this, "@x/timer Timer");
    expose(import.meta.url, { Timer });
  }

  /**
   * @param interval milliseconds; Infinity never fires
   * @param func what to call
   * @param args its arguments
   * @param kwargs an object that becomes its last argument
   * @throws RangeError if interval is negative or NaN; TypeError if an argument is not of its kind. Nothing travels yet: see
   *   `start`
   * @see Python `Timer(interval, function, args=None, kwargs=None)`
   */
  constructor(interval: number, func: Runnable<A, R>, ...[args, kwargs]: TimerArguments<A>) {
    checkTimeout(interval, "timer", "interval");
    checkFunction(func);
    if (args !== undefined) checkArgs(args);
    checkKwargs(kwargs);
    super();
    this.interval = interval;
    this.finished = new Event();
    assign(this, { function: func, args: [...(args ?? [])], kwargs });
  }

  /**
   * Starts to wait; the function is called `interval` milliseconds from now. Returns the timer.
   *
   * @throws ThreadError if it was started before; TypeError if function or arguments cannot travel
   * @see Python `Timer.start`
   */
  override start(): this {
    internals.uncover(this, Timer.prototype);
    checkTimeout(this.interval, "timer", "interval");
    if (ownsWait(this)) return super.start();
    internals.startLater(this, this.finished.isSet() ? 0 : this.interval);
    return this;
  }

  /**
   * {@link start} in the form in which tasks start any thread. It has nothing to wait for.
   *
   * @throws (rejects with) what `start` throws, and `signal.reason` if the signal is aborted already
   */

  override async startAsync(options?: AsyncOptions): Promise<this> {
    const { signal } = checkAsyncOptions(options, "timer");
    if (signal?.aborted === true) throw signal.reason;
    if (!ownsWait(this)) return this.start();
    checkTimeout(this.interval, "timer", "interval");
    return super.startAsync(options);
  }

  /**
   * Calls it off: unless it has fired already, the function is not called, and the thread ends at once. May be called from any
   * thread, before, while and after it waits; a second call does nothing.
   *
   * @see Python `Timer.cancel`
   */
  cancel(): void {
    this.finished.set();
    internals.callOff(this);
  }

  /**
   * What its thread does: calls the function, unless cancelled. A direct call waits in the calling thread. A subclass that overrides it owns
   * the wait, too: its `run` begins at the start, on a worker, as in CPython.
   *
   *     class Repeat extends Timer {
   *       run() { while (!this.finished.wait(this.interval)) this.function(...this.args); }
   *     }
   */
  override run(): R | PromiseLike<R> {
    const isDue = !ownsWait(this) && currentThread() === (this as unknown as Thread); // the supervisor has waited
    if (!isDue) this.finished.wait(this.interval);
    if (this.finished.isSet()) return undefined as R;
    const result = super.run();
    if (isPromise(result)) {
      return result.then((value) => {
        this.finished.set();
        return value as R;
      });
    }
    this.finished.set();
    return result;
  }

  /**
   * What it calls; known in the thread that made it and in its own, others see undefined. May be assigned until it fires, in the thread that made it.
   *
   * Undefined is in the type as TypeScript 5.0 wants it there; it is refused.
   *
   * @throws TypeError if it is no function or cannot travel; ThreadError in another thread than that which made it
   */
  get function(): Target<A, R | PromiseLike<R>> | undefined {
    return known(this)?.function as Target<A, R | PromiseLike<R>> | undefined;
  }
  set function(func: Target<A, R | PromiseLike<R>> | undefined) {
    checkFunction(func);
    assign(this, { ...callOf(this), function: func });
  }

  /** The arguments it is called with; otherwise as {@link function}. Assign a new array: changes in place are not seen. */
  get args(): readonly unknown[] | undefined {
    return known(this)?.args;
  }
  set args(args: readonly unknown[] | undefined) {
    checkArgs(args);
    assign(this, { ...callOf(this), args: [...args] });
  }

  /** The object that becomes its last argument; otherwise as {@link args}. */
  get kwargs(): object | undefined {
    return known(this)?.kwargs;
  }
  set kwargs(kwargs: object | undefined) {
    checkKwargs(kwargs);
    assign(this, { ...callOf(this), kwargs });
  }
}

/** What follows the function: all its arguments, or all but the last one and that. */
type TimerArguments<A extends readonly unknown[]> = [] extends A
  ? [args?: ArgumentList<A>, kwargs?: Keywords<A>]
  : [args: ArgumentList<A>, kwargs?: Keywords<A>];

type ArgumentList<A extends readonly unknown[]> =
  ArgumentsOf<A> | ([Keywords<A>] extends [never] ? never : readonly [...ButLast<A>]);

interface Call {
  readonly function: Target;
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
}

/**
 * What each timer calls, in the thread that made it. Not in the object: its fields travel, and a private field would not (over
 * there the constructor does not run).
 */
const calls = new WeakMap<object, Call>();

function assign(timer: object, call: Call): void {
  const args = call.kwargs === undefined ? call.args : [...call.args, call.kwargs];
  internals.setTarget(timer as Thread, call.function, args, call.kwargs !== undefined);
  calls.set(timer, call);
}

/** Does the `run` of a subclass wait for the interval, rather than the supervisor? */
function ownsWait(timer: Thread): boolean {
  return timer.run !== Timer.prototype.run;
}

/** What it calls: as the thread that made it says, or as it has arrived in its own. */
function known(timer: object): Call | undefined {
  const call = calls.get(timer);
  if (call !== undefined || currentThread() !== (timer as Thread)) return call;
  const { target, args, hasKwargs } = internals.work(timer as Thread);
  if (target === undefined) return undefined;
  return {
    function: isTarget(target) ? target : (...given: unknown[]) => callPortable(target, given), // it came as text
    args: hasKwargs ? args.slice(0, -1) : args,
    kwargs: hasKwargs ? (args.at(-1) as object) : undefined,
  };
}

function callOf(timer: object): Call {
  const call = calls.get(timer);
  if (call === undefined) throw new ThreadError("timer: only the thread that made a timer may change what it calls");
  return call;
}

function checkFunction(func: unknown): asserts func is Target {
  if (isTarget(func)) return;
  throw new TypeError(
    `timer: function must be a function, or an object with a call method, got ${describe(func)}; ` +
      `pass the function itself, and what it is to be called with as args`,
  );
}

function checkArgs(args: unknown): asserts args is readonly unknown[] {
  if (Array.isArray(args)) return;
  throw new TypeError(`timer: args must be an array of arguments, got ${describe(args)}; write [${describe(args)}]`);
}

function checkKwargs(kwargs: unknown): asserts kwargs is object | undefined {
  if (kwargs === undefined || (typeof kwargs === "object" && kwargs !== null)) return;
  throw new TypeError(`timer: kwargs must be an object, got ${describe(kwargs)}; it becomes the last argument`);
}
