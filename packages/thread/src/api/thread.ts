/**
 * Python's `threading.Thread`, on a worker of its own.
 *
 * An object of this class is a handle. In the starter it also holds the target with its arguments,
 * and later the outcome. In other threads it is a view of the same entry of the table
 * (table/layout.ts): from an argument, from `enumerate`, or from `currentThread` in the thread itself.
 *
 * States of a handle: INITIAL (no entry), started (an entry; the table says if it is alive).
 */
import {
  type AbortSignalLike,
  type AsyncOptions,
  block,
  checkAsyncOptions,
  checkTimeout,
  Deadline,
  type Envelope,
  mayBlock,
  PACK,
  type Packed,
  prepare,
  registerKind,
  suspend,
  ThreadError,
  TimeoutError,
  type Blocker,
} from "@x/core";
import {
  brandClass,
  callableName,
  exposedName,
  callTransferred,
  checkTransfer,
  listenToAbort,
  stopListeningToAbort,
  isPrepared,
  type TransferableCallable,
  Uncloneable,
} from "@x/core/internal";
import { withStackOfCall } from "../diagnostics/call-stack.js";
import { LOST_CHANGE, lostFields } from "../diagnostics/lost-changes.js";
import { host } from "../platform/host.js";
import { packJob, putFields, type Start, uncover } from "../protocol/job.js";
import { whenFirst } from "../protocol/kinds.js";
import { type Outcome } from "../protocol/outcome.js";
import { awaitedStarts } from "../runtime/awaited-starts.js";
import { checkGuard } from "../runtime/guard.js";
import { awaitThreadsAtEnd } from "../runtime/shutdown.js";
import { ask, askToTerminate } from "../runtime/supervisor-client.js";
import { setTaskContext, type TaskContext, taskContext } from "../runtime/task-context.js";
import {
  defaultName,
  keepUntilEnded,
  stopKeeping,
  cache,
  currentObject,
  setThreadClass,
  type View,
  VIEW,
} from "../runtime/thread-objects.js";
import { allArrived, begun, starting } from "../runtime/worker-pool.js";
import { checkRoom } from "../table/capacity.js";
import { exchangeStackSize } from "../table/counters.js";
import { isAlive, nativeIdOf, markShared, setDaemon } from "../table/entries.js";
import { DAEMON, type Entry, FLIPS, NAME_BYTES, PENDING, RAW } from "../table/layout.js";
import { nameOf, rename } from "../table/names.js";
import { thisWorker } from "../table/this-worker.js";
import { beginning, ending, spinUntilBegun, spinUntilEnded } from "../table/waits.js";
import { checkNotAborted, eitherOf, startingUnless, terminateByAbort } from "./thread-abort.js";
import { checkJoinable, checkRoomFor, checkStartable } from "./thread-checks.js";
import { KIND, objectOf, packHandle, type ThreadData } from "./thread-handle.js";
import { INTERNALS, type ThreadInternals } from "./thread-internals.js";
import { checkDaemon, checkOptions, nameFrom, type ThreadOptions } from "./thread-options.js";
import { ThreadOutcome } from "./thread-outcome.js";
import { passOn, registerThread } from "./thread-start.js";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A thread: it runs in parallel with all others.
 *
 *     export function square(x: number) { return x * x; }
 *     expose({ square });                        // says where the other thread finds it
 *
 *     if (isMainThread) {
 *       const thread = new Thread({ target: square, args: [7] });
 *       console.log(thread.start().result());                 // 49
 *     }
 *
 * There are three ways to make a thread: with a function for the target; with an object of an exposed
 * class with a `call` method for the target; or by a subclass with its own `run`. The own enumerable
 * fields of a subclass's object travel to the thread at `start`, and back at `join`. Its constructor
 * does not run again there.
 *
 * Arguments and results are copied by structured clone. Primitives, threads, exposed functions and
 * objects of exposed classes may be anywhere inside, and arrive as themselves. The thread sees all
 * writes to shared memory before `start`. After `join` has returned true, the caller sees all
 * writes of the thread.
 *
 * @see Python `threading.Thread`
 */
export class Thread<R = unknown, A extends readonly unknown[] = never[]> extends Uncloneable {
  #entry: Entry | undefined;
  #name: string;
  #daemon: boolean;
  #nativeId: number | undefined;
  #target: TransferableCallable | undefined;
  #args: readonly unknown[];
  #hasKwargs = false;
  /** The objects in the arguments to move to the thread. */
  readonly #transfer: readonly object[];
  readonly #signal: AbortSignalLike | undefined;
  /** Listens to the signal, from the start to the end. */
  #aborter: { abort(): void } | undefined;
  /** The sent fields, until they come back. */
  #started: Readonly<Record<string, unknown>> | undefined;
  readonly #outcome = new ThreadOutcome((outcome) => this.#takeBack(outcome));
  /** True while a task awaits its start. */
  #isStarting = false;

  /** @internal */
  static readonly [INTERNALS]: ThreadInternals<Thread> = {
    work: (thread) => ({ target: thread.#target, args: thread.#args, hasKwargs: thread.#hasKwargs }),
    setTarget(thread, target, args, hasKwargs) {
      const entry = thread.#entry;
      if (entry !== undefined && isAlive(entry)) {
        ask({ ask: "replace", start: { entry, job: packJob(thread, Thread, target, args, hasKwargs) } });
      }
      thread.#target = target;
      thread.#args = args;
      thread.#hasKwargs = hasKwargs;
    },
    dropWork(thread) {
      thread.#target = undefined;
      thread.#args = [];
    },
    uncover,
    startLater(thread, delay) {
      checkStartable(thread, thread.#entry !== undefined || thread.#isStarting);
      thread.#launch(PENDING, delay);
      thread.#outcome.isStored = true;
    },
    callOff(thread) {
      if (thread.#entry !== undefined) ask({ ask: "call off", entry: thread.#entry });
    },
    terminate(thread) {
      if (thread.#entry !== undefined) askToTerminate(thread.#entry);
    },
    launch(thread) {
      checkStartable(thread, thread.#entry !== undefined || thread.#isStarting);
      thread.#launch(FLIPS);
      if (thisWorker.isOurs) thread.#awaitBegin(); // if this worker ended first, the start would end with it
    },
    entry: () => (currentObject() as Thread).#entry as Entry,
    terminateEntry: (entry) => askToTerminate(entry),
    setDaemon,
    async load(envelope) {
      if (!isPrepared(envelope)) await (thisWorker.load?.(envelope) ?? prepare(envelope));
    },
    turns: () => host().turns(),
    setTaskContext,
    asyncContext: () => host().asyncContext?.() as never,
    reportError: (text, error) => host().writeError(`${text}\n${host().inspectError(error)}\n`),
    withStackOfCall,
    atProcessEnd: (callback) => host().onProcessEnd(() => undefined, callback),
    leftovers: () => (host().whenIdle === undefined ? host().leftovers() : undefined),
  };

  /**
   * Names fields of a subclass: they are the same in all threads from the start on. Each read sees the
   * last write of any thread. All other fields travel at the start, and come back at the end.
   *
   *     class Task extends Thread {
   *       static shared = sharedFields("running", "left");   // of @x/shared
   *       running = true;
   *       left = 50;
   *       run() { while (this.running && this.left > 0) this.left--; }
   *       terminate() { this.running = false; }       // the starter calls it
   *     }
   *
   * The fields hold any values that can travel, like the fields of a `SharedObject` of `@x/shared`. Call
   * its `sharedFields`: the call returns the names, and loads the package. If the program loads the package
   * anyway, a list of names does, too. Without the package the start throws a ThreadError. `this.left--`
   * is a read and a write: if two threads write the field, hold a lock.
   *
   * @see Python's fields of a thread's `self`
   */
  declare static readonly shared?: readonly string[];

  static {
    Object.defineProperty(this, "name", { value: "Thread" }); // for reports, even if a minifier has renamed the class
    brandClass(this, "@x/thread Thread");
    setThreadClass(this);
    whenFirst(() => registerKind(KIND, import.meta.url, (data: ThreadData) => Thread.#revive(data)));
  }

  /**
   * Makes a thread. After `start` it calls `target`. The type of its result is the target's return
   * type.
   *
   * @param options `{ target, args, kwargs, name, daemon, signal, transfer }`
   * @throws TypeError if an option has the wrong type, or an unknown name. Nothing is packed yet:
   *   see {@link start}
   * @see Python `Thread(target, name, args, kwargs, daemon)`
   */
  constructor(options?: ThreadOptions<A, R>) {
    super();
    if (isView(options)) {
      const view = options;
      this.#entry = view[VIEW];
      this.#name = view.name;
      this.#daemon = view.daemon;
      this.#nativeId = view.nativeId;
      this.#target = view.target;
      this.#args = view.args ?? [];
      this.#hasKwargs = view.hasKwargs === true;
      this.#transfer = [];
      this.#outcome.isStored = true;
      return;
    }
    const { target, name, args, kwargs, daemon, signal, transfer } = checkOptions(options);
    this.#name = name || defaultName(target);
    this.#daemon = daemon ?? currentObject().daemon;
    this.#target = (target ?? undefined) as TransferableCallable | undefined;
    this.#args = kwargs === undefined ? args : [...args, kwargs];
    this.#transfer = transfer;
    this.#signal = signal;
  }

  /**
   * Starts the thread, and returns it when its worker runs. Where blocking is forbidden it returns
   * before that.
   *
   *     const threads = hosts.map((host) => new Thread({ target: ping, args: [host] }).start());
   *
   * It needs no turn of the event loop: `start().join()` works at once, in the main thread too. A
   * server uses {@link startAsync}, because its event loop must run.
   *
   * @throws ThreadError if the thread was started before, if there is no worker for it ("can't
   *   start new thread"), or while a thread imports the calling module (put starts behind
   *   `if (isMainThread)`), or if its signal is aborted; TypeError if target, arguments or fields cannot
   *   travel, or an object of `transfer` cannot be moved: after a repair it can be started again
   * @see Python `Thread.start`
   */
  start(): this {
    checkStartable(this, this.#entry !== undefined || this.#isStarting);
    checkNotAborted(this.#name, this.#signal);
    this.#launch(0);
    this.#awaitBegin();
    return this;
  }

  /**
   * {@link start} for tasks: does not block the event loop while the thread's worker starts.
   * Target, arguments and fields are copied at the call.
   *
   *     const answer = await (await new Thread({ target: render, args: [page] }).startAsync()).resultAsync();
   *
   * If tasks start many threads at once, the threads start one after another, in the order of the
   * calls, because new workers would take all cores from the event loop. A few workers serve many
   * short threads. All threads start in the end, even if they wait for each other.
   *
   * @param options how long to wait for a worker: milliseconds, or `{ timeout, signal }`
   * @returns the thread, when it runs
   * @throws (rejects with) the errors of `start`; TimeoutError if the time ran out, and
   *   `signal.reason` on abort: the thread was not started, and can be started again. Neither
   *   happens any more after its worker is requested
   */
  async startAsync(options?: AsyncOptions): Promise<this> {
    const { timeout, deadline, signal } = checkAsyncOptions(options, "thread");
    checkStartable(this, this.#entry !== undefined || this.#isStarting);
    checkNotAborted(this.#name, this.#signal);
    const job = this.#ready(0);
    const put = (launchIt: (start: Start) => void): void => {
      checkRoom(); // others may have started threads meanwhile
      this.#register(0, job, launchIt);
    };
    this.#isStarting = true;
    try {
      const on = { packageName: "thread", label: `a worker for ${this.#name}` };
      const either = eitherOf(this.#signal, signal);
      const start = (): Promise<boolean> => suspend(starting(put, exchangeStackSize(), deadline), either, on);
      if (!(await startingUnless(this.#name, this.#signal, start))) {
        throw new TimeoutError(`thread: no worker was free for ${this.#name} within ${timeout} ms; it was not started`);
      }
    } finally {
      this.#isStarting = false;
    }
    const entry = this.#entry as unknown as Entry;
    awaitedStarts.add(entry.ident);
    try {
      await suspend(begun(entry), undefined, "thread");
    } finally {
      awaitedStarts.delete(entry.ident);
    }
    this.#outcome.checkBegun(entry);
    return this;
  }

  /**
   * Calls the target with the arguments; a started thread runs this. A direct call runs in the
   * calling thread. Subclasses override it, and may make it async.
   *
   * @see Python `Thread.run`
   */
  run(): R | PromiseLike<R> {
    return (this.#target && callTransferred(this.#target, this.#args)) as R;
  }

  /**
   * Blocks until the thread has ended, in any way. Then the fields of a subclass's object are back,
   * and all writes of the thread to shared memory are visible. It does not throw the thread's
   * error: see {@link result}.
   *
   * @param timeout milliseconds; 0 only looks, Infinity waits for ever
   * @returns true if the thread has ended, false if the time ran out first
   * @throws ThreadError if the thread was not started, or is the calling thread, or where blocking
   *   is forbidden: use {@link joinAsync}; RangeError if timeout is negative or NaN; TypeError if
   *   it is no number
   * @see Python `Thread.join(timeout)`, in seconds; it returns None
   */
  join(timeout: number = Infinity): boolean {
    return this.#join(timeout, "joinAsync()");
  }

  /** @param instead what to use where blocking is forbidden */
  #join(timeout: number, instead: string): boolean {
    checkTimeout(timeout, "thread");
    const entry = checkJoinable(this.#entry, this);
    if (timeout > 0) spinUntilEnded(entry);
    const ended = !isAlive(entry) || block(ending(entry, Deadline.after(timeout)), this.#end, instead);
    if (ended) this.#outcome.collect();
    return ended;
  }

  /**
   * {@link join} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `join`, and `signal.reason` on abort: the thread continues
   */
  async joinAsync(options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "thread");
    const ended = await suspend(ending(checkJoinable(this.#entry, this), deadline), signal, this.#end);
    if (!ended) return false;
    const arriving = allArrived();
    if (arriving !== undefined) await arriving;
    this.#outcome.collect();
    return true;
  }

  /**
   * Joins, then returns the result of `run`, or throws its error. The error is whole: class,
   * message, cause, code, fields and stack. The stack of this call is appended.
   *
   *     const total = parts.map((part) => part.result()).reduce((a, b) => a + b);
   *
   * @param timeout milliseconds; 0 only looks, Infinity waits for ever
   * @throws the thread's error; ThreadError with the cause of its death if it sent none;
   *   TimeoutError if the time ran out; the errors of {@link join}, but they name {@link resultAsync}
   * @see Python has it for futures only: `Future.result(timeout)`
   */
  result(timeout: number = Infinity): R {
    if (!this.#join(timeout, "resultAsync()")) throw this.#noResult(timeout);
    const entry = this.#entry as Entry;
    if (this.#outcome.isElsewhere) block(this.#outcome.fetching(entry), "thread", "resultAsync()");
    return this.#outcome.resultOrThrow(entry, this) as R;
  }

  /**
   * {@link result} for tasks: does not block the event loop, and keeps the process alive meanwhile.
   *
   * @param options milliseconds, or `{ timeout, signal }`
   * @throws (rejects with) the errors of `result`, and `signal.reason` on abort: the thread
   *   continues
   */
  async resultAsync(options?: AsyncOptions): Promise<R> {
    if (!(await this.joinAsync(options)))
      throw this.#noResult(typeof options === "number" ? options : options?.timeout);
    const entry = this.#entry as Entry;
    if (this.#outcome.isElsewhere) await suspend(this.#outcome.fetching(entry), undefined, "thread");
    const arriving = allArrived();
    if (arriving !== undefined) await arriving;
    return this.#outcome.resultOrThrow(entry, this) as R;
  }

  /**
   * Returns true if the thread was started and has not ended.
   *
   * @see Python `Thread.is_alive`
   */
  isAlive(): boolean {
    return this.#entry !== undefined && isAlive(this.#entry);
  }

  /**
   * The name in reports, the same in all threads. An assigned value is converted to a string.
   *
   * Where tasks of an executor interleave (`tasksPerWorker`), a task reads and assigns its own name of the current
   * thread. A task without a name has the name of its thread.
   */
  get name(): string {
    return this.#task?.name ?? this.#ownName;
  }
  set name(name: string) {
    const task = this.#task;
    if (task !== undefined) {
      task.name = nameFrom(name);
      return;
    }
    this.#name = nameFrom(name);
    if (this.#entry !== undefined && isAlive(this.#entry)) rename(this.#entry, this.#name);
  }

  /** The running task, if this is the current thread, and if each task has a name. */
  get #task(): TaskContext | undefined {
    const task = taskContext();
    return task !== undefined && this === (currentObject() as unknown) ? task : undefined;
  }

  /** The name of the thread, in its tasks, too. */
  get #ownName(): string {
    if (this.#entry !== undefined) {
      const name = nameOf(this.#entry);
      if (isAlive(this.#entry)) this.#name = fuller(this.#name, name); // after the end the slot may belong to another thread
    }
    return this.#name;
  }

  /** The thread's number: undefined before the start, kept after the end, never used again. */
  get ident(): number | undefined {
    return this.#entry?.ident;
  }

  /**
   * The system's number of its worker; undefined before the start. Blocks while the thread is
   * starting.
   */
  get nativeId(): number | undefined {
    if (this.#nativeId === undefined && this.#entry !== undefined) {
      if (isAlive(this.#entry)) block(beginning(this.#entry), "thread", "joinAsync() first");
      const nativeId = nativeIdOf(this.#entry);
      if (isAlive(this.#entry)) this.#nativeId = nativeId;
    }
    return this.#nativeId;
  }

  /**
   * True if the process does not wait for the thread. It may be assigned before the start.
   *
   * @throws ThreadError on assignment after the start; TypeError if the assigned value is no
   *   boolean
   */
  get daemon(): boolean {
    return this.#daemon;
  }
  set daemon(daemon: boolean) {
    checkDaemon(daemon);
    if (this.#entry !== undefined || this.#isStarting)
      throw new ThreadError(`thread: cannot set daemon status of ${this.name}: it has been started`);
    this.#daemon = daemon;
  }

  /** @deprecated As in Python: read `name`. */
  getName(): string {
    return this.name;
  }
  /** @deprecated As in Python: assign to `name`. */
  setName(name: string): void {
    this.name = name;
  }
  /** @deprecated As in Python: read `daemon`. */
  isDaemon(): boolean {
    return this.daemon;
  }
  /** @deprecated As in Python: assign to `daemon`. */
  setDaemon(daemon: boolean): void {
    this.daemon = daemon;
  }

  /** `<Thread(Thread-1 (loop), started daemon 4)>`, as in Python: initial, started or stopped. */
  override toString(): string {
    const { name, daemon } = this;
    const state = this.#entry === undefined ? "initial" : isAlive(this.#entry) ? "started" : "stopped";
    const ident = this.ident === undefined ? "" : ` ${this.ident}`;
    return `<${exposedName(this.constructor)}(${name}, ${state}${daemon ? " daemon" : ""}${ident})>`;
  }

  /** The same text, in JSON. */
  toJSON(): string {
    return this.toString();
  }

  /** @internal The text that Node prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal The form in which it travels inside arguments and results. */
  [PACK](): Packed {
    const entry = this.#entry;
    if (entry === undefined)
      throw new ThreadError(`thread: ${this.name} cannot travel to another thread before it is started`);
    const isAskable = isAlive(entry) && markShared(entry);
    if (!isAskable) this.#outcome.collect();
    const name = this.#task === undefined ? this.name : this.#ownName; // a task's name stays here
    const known = { entry, name, daemon: this.#daemon, nativeId: this.#nativeId };
    return packHandle(this, known, isAskable ? undefined : this.#outcome);
  }

  static #revive(data: ThreadData): Thread {
    const thread = objectOf(data) as Thread;
    if (data.outcome !== undefined) thread.#outcome.keep(data.outcome);
    return thread;
  }

  /** Starts it, with more flags than `start`. */
  #launch(flags: number, delay = 0): void {
    const job = this.#ready(flags);
    this.#register(flags, job, (start) => passOn(start, flags, delay));
  }

  /** Checks that it can be started, and packs its job. */
  #ready(flags: number): Envelope {
    checkRoomFor(flags);
    this.#settle();
    if (this.#transfer.length > 0) checkTransfer(this.#transfer, "thread"); // again: they may have moved since
    const job = packJob(this, Thread, this.#target, this.#args, this.#hasKwargs, this.#transfer);
    this.#started = { ...(this as object) };
    awaitThreadsAtEnd();
    return job;
  }

  /** Registers it in the table, and passes it to `put`. */
  #register(flags: number, job: Envelope, put: (start: Start) => void): void {
    const all = flags | (this.#daemon ? DAEMON : 0);
    const moved = this.#transfer.length > 0 ? this.#transfer : undefined;
    const entry = (this.#entry = registerThread(this.#name, all, job, this.#outcome, put, moved));
    if (this.#signal !== undefined) this.#listenTo(this.#signal);
    if ((flags & PENDING) !== 0) cache(entry, this);
    else if ((flags & RAW) === 0) keepUntilEnded(entry, this);
  }

  #listenTo(signal: AbortSignalLike): void {
    this.#aborter = { abort: () => terminateByAbort(this.#entry as Entry, this.#name, signal.reason) };
    listenToAbort(signal, this.#aborter);
  }

  /** Reads name and daemon. A subclass may have set them by fields, or by its own accessors. */
  #settle(): void {
    uncover(this, Thread.prototype);
    const { name, daemon } = this;
    checkDaemon(daemon);
    this.#name = nameFrom(name);
    this.#daemon = daemon;
  }

  /** Waits until its worker runs; throws if there is no worker. */
  #awaitBegin(): void {
    const entry = this.#entry as Entry;
    if (!mayBlock()) return;
    spinUntilBegun(entry);
    block(begun(entry), "thread", "joinAsync()");
    this.#outcome.checkBegun(entry);
  }

  /** @internal True if this copy of the package made it, and may read its private fields. */
  static isOwn(value: unknown): value is Thread {
    return typeof value === "object" && value !== null && #entry in value;
  }

  /** @internal `startNewThread`: not listed, always a daemon, with an outcome for no thread. */
  static startRaw(target: unknown, args: readonly unknown[]): number {
    const thread = new Thread({
      target: target as never,
      args: args,
      name: callableName(target) || "an anonymous function",
      daemon: true,
    });
    checkGuard();
    thread.#launch(RAW);
    thread.#awaitBegin();
    return (thread.#entry as Entry).ident;
  }

  /** The blocker of joining threads. */
  get #end(): Blocker {
    return { packageName: "thread", label: `${this.name} to end` };
  }

  /** Takes back the fields and the number of the worker: they travel with the outcome. */
  #takeBack({ nativeId, fields }: Outcome): void {
    this.#nativeId ??= nativeId;
    if (this.#aborter !== undefined) stopListeningToAbort(this.#signal!, this.#aborter);
    const lost = lostFields(this, this.name, this.#started, fields);
    this.#started = undefined;
    if (lost !== undefined) host().warn(lost, LOST_CHANGE);
    putFields(this, fields);
    stopKeeping(this.#entry as Entry, this);
  }

  #noResult(timeout: number | undefined): TimeoutError {
    return new TimeoutError(`thread: ${this.name} has not ended within ${timeout} ms, so there is no result yet`);
  }
}

function isView(options: unknown): options is View {
  return typeof options === "object" && options !== null && VIEW in options;
}

/** The table cuts long names. If a handle knows the full name, it returns it. */
function fuller(known: string, cut: string): string {
  return known.length > cut.length && known.startsWith(cut) && cut.length >= NAME_BYTES / 4 ? known : cut;
}
