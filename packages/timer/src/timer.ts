/**
 * A delayed call in a thread of its own: Python's `threading.Timer`.
 *
 * From `start` on the timer is an alive, listed thread, and keeps the process alive unless it is a
 * daemon. Before its time it needs no worker: it is an entry in the supervisor's list of timers. So
 * thousands of timers cost almost nothing.
 *
 *   finished   an Event: set by `cancel`, and after the function returns. All threads with this
 *              timer share it
 */
import { type AsyncOptions, checkAsyncOptions, checkTimeout, describe, expose, isPromise, ThreadError } from "@x/core";
import {
  type ArgumentsOf,
  brandClass,
  type ButLast,
  callTransferred,
  isTarget,
  type Keywords,
  type ThreadTarget,
  type Target,
} from "@x/core/internal";
import { Event } from "@x/event";
import { currentThread, Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";

const internals = /* @__PURE__ */ internalsOf(Thread);

/**
 * A thread that calls a function after an interval, unless it is cancelled first.
 *
 *     const timer = new Timer(10_000, hello);
 *     timer.start();
 *     timer.cancel();                    // from any thread: hello is not called
 *
 * The function travels to its thread like the target of a Thread: expose it, unless it uses nothing
 * from around it. A program may assign `function`, `args` and `kwargs` until the timer fires, and
 * `interval` until it starts.
 *
 * @see Python `threading.Timer`, in seconds
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default for any Timer
export class Timer<A extends readonly unknown[] = any[], R = unknown> extends Thread<R> {
  /** Milliseconds from `start` to the call. */
  interval: number;
  /** Set after the function returned, or the timer was cancelled; not if the function threw. */
  readonly finished: Event;

  static {
    Object.defineProperty(this, "name", { value: "Timer" }); // for reports: a minifier may rename the class
    brandClass(this, "@x/timer Timer");
    expose({ Timer });
  }

  /**
   * @param interval milliseconds; Infinity never fires
   * @param func the function to call
   * @param args its arguments
   * @param kwargs an object that becomes its last argument
   * @throws RangeError if interval is negative or NaN; TypeError if an argument has a wrong type.
   *   Nothing travels yet: see `start`
   * @see Python `Timer(interval, function, args=None, kwargs=None)`
   */
  constructor(interval: number, func: ThreadTarget<A, R>, ...[args, kwargs]: TimerArguments<A>) {
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
   * Starts the timer: its thread calls the function in `interval` milliseconds. Returns the timer.
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
   * The async form of {@link start}. Never waits.
   *
   * @throws (rejects with) the errors of `start`, and `signal.reason` if the signal is already
   *   aborted
   */
  override async startAsync(options?: AsyncOptions): Promise<this> {
    const { signal } = checkAsyncOptions(options, "timer");
    if (signal?.aborted === true) throw signal.reason;
    if (!ownsWait(this)) return this.start();
    checkTimeout(this.interval, "timer", "interval");
    return super.startAsync(options);
  }

  /**
   * Cancels the timer: if it has not fired yet, the function is never called, and the thread ends
   * at once. Works in every thread, before and after the start. A second call does nothing.
   *
   * @see Python `Timer.cancel`
   */
  cancel(): void {
    this.finished.set();
    internals.callOff(this);
  }

  /**
   * Calls the function, unless the timer is cancelled. The timer's thread runs this. A direct call
   * waits in the calling thread. If a subclass overrides it, the wait is its own, too: `run` begins
   * at the start, on a worker, as in CPython.
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
   * The function of the timer, in the thread of its constructor and in its own thread; undefined in
   * other threads. The thread of the constructor may assign it until the timer fires.
   *
   * The type includes undefined because TypeScript 5.0 requires it. An assignment of undefined
   * throws.
   *
   * @throws TypeError if it is no function or cannot travel; ThreadError outside the thread of the
   *   constructor
   */
  get function(): Target<A, R | PromiseLike<R>> | undefined {
    return known(this)?.function as Target<A, R | PromiseLike<R>> | undefined;
  }
  set function(func: Target<A, R | PromiseLike<R>> | undefined) {
    checkFunction(func);
    assign(this, { ...callOf(this), function: func });
  }

  /**
   * The arguments of the call; see {@link function}. Assign a new array: changes in place have no
   * effect.
   */
  get args(): readonly unknown[] | undefined {
    return known(this)?.args;
  }
  set args(args: readonly unknown[] | undefined) {
    checkArgs(args);
    assign(this, { ...callOf(this), args: [...args] });
  }

  /** The object that becomes the last argument; see {@link args}. */
  get kwargs(): object | undefined {
    return known(this)?.kwargs;
  }
  set kwargs(kwargs: object | undefined) {
    checkKwargs(kwargs);
    assign(this, { ...callOf(this), kwargs });
  }
}

/**
 * The arguments after the function: all its arguments as `args`, or the last argument as `kwargs`.
 */
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
 * The call of each timer, in the thread of its constructor. Not a field of the object, because
 * fields travel. Not a private field, because the receiver does not run the constructor.
 */
const calls = new WeakMap<object, Call>();

function assign(timer: object, call: Call): void {
  const args = call.kwargs === undefined ? call.args : [...call.args, call.kwargs];
  internals.setTarget(timer as Thread, call.function, args, call.kwargs !== undefined);
  calls.set(timer, call);
}

/** Does the `run` of a subclass wait for the interval? Else the supervisor does. */
function ownsWait(timer: Thread): boolean {
  return timer.run !== Timer.prototype.run;
}

/** The call, from the thread of the constructor, or received in the timer's own thread. */
function known(timer: object): Call | undefined {
  const call = calls.get(timer);
  if (call !== undefined || currentThread() !== (timer as Thread)) return call;
  const { target, args, hasKwargs } = internals.work(timer as Thread);
  if (target === undefined) return undefined;
  return {
    function: isTarget(target) ? target : (...given: unknown[]) => callTransferred(target, given), // a function from its text
    args: hasKwargs ? args.slice(0, -1) : args,
    kwargs: hasKwargs ? (args.at(-1) as object) : undefined,
  };
}

function callOf(timer: object): Call {
  const call = calls.get(timer);
  if (call === undefined)
    throw new ThreadError(
      "timer: only the thread that made a timer may change its function and arguments; change them there",
    );
  return call;
}

function checkFunction(func: unknown): asserts func is Target {
  if (isTarget(func)) return;
  throw new TypeError(
    `timer: function must be a function, or an object with a call method, got ${describe(func)}; ` +
      `pass the function itself, and its arguments as args`,
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
