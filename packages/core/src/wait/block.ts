/**
 * The one place that sleeps and wakes.
 *
 * A slow path is written once, as a generator of steps: it yields what it would sleep on, and a driver sleeps.
 * `block` sleeps by `Atomics.wait`; `suspend` awaits by `Atomics.waitAsync`. Steps compose by `yield*`.
 *
 * Every word that is waited on is followed by a second word, its turnstile, for those who await:
 *
 *   word      the primitive's own; blocked threads sleep on it
 *   turnstile bit 0        ARMED: some thread may have promises here
 *             bits 1..15   turned once by every wake of some
 *             bits 16..31  turned once by every wake of all
 *             changed only in this file
 *
 * Why two words: `Atomics.notify(word, 1)` wakes whoever waited first. Were it the promise of a thread that is itself
 * blocked, the wake-up would be spent on somebody who cannot run, while one who could sleeps on:
 *
 *     // T1 awaits the lock, then blocks in join(T2). T2 sleeps on the lock. T3 releases and notifies one: T1's promise.
 *     // T1 cannot run before T2 ends, T2 sleeps for ever.
 *
 * So a wake goes to n sleepers, and besides to every thread that has promises; in each of them the waiting tasks try in
 * their order until one has to wait again. Whoever finds nothing to take waits again: a needless wake is always legal.
 *
 * Invariants
 *   1. A thread arms the turnstile, and is queued on it, before it looks at the word for the last time:
 *      // T1 looks at the word; T2 changes it, sees no ARMED, wakes nobody; T1 arms and waits: lost. Hence arm, then look.
 *   2. A thread has at most one `waitAsync` pending per word, however many of its tasks await it.
 *   3. A thread whose last task gives up turns the turnstile: nothing pending keeps memory alive or is woken for nobody.
 */
import type { AbortSignalLike } from "../check.js";
import { Deadline } from "../deadline.js";
import { COUNT, deathCount } from "./deaths.js";
import { runDeferred } from "./deferred.js";
import { ThreadError } from "../errors.js";
import type { Timers } from "../platform/clock.js";
import { platform } from "../platform/index.js";
import { clock, realm, type BlockedWait, type Blocker } from "../global-slot.js";
import { Spinner } from "./spin.js";
import { deathMonitor } from "./death-monitor.js";
import { waitBegins } from "./wait-events.js";

/** What a step waits for: that `words[index]` is no longer `value`, or a wake there, or the deadline. */
export interface Wait {
  /** The words of the primitive. */
  readonly words: Int32Array;
  /** Which of them is waited on; its turnstile follows it. */
  readonly index: number;
  /** What it is as long as there is something to wait for. */
  readonly value: number;
  /** When to give up. */
  readonly deadline: Deadline;
  /** Where the number of the thread stands that is waited for, if it is one thread. */
  readonly holder?: Holder | undefined;
  /**
   * Is there no sense in looking for a while before sleeping? Not for what is contended, whose cache line would be taken from its
   * holder, nor where whoever is to come needs this core.
   */
  readonly sleepsAtOnce?: boolean;
}

/** The number of a thread is `words[index] >> shift`, of the same words. */
export interface Holder {
  /** Which word of the same words. */
  readonly index: number;
  /** How many bits below the number mean something else. */
  readonly shift: number;
}

/**
 * Why a step went on. Only a hint: look at the words again in any case. `deadlock`: nobody is left who could end this wait. Steps
 * that may fail then do as if their time had run out; others wait on.
 */
export type Woken = "ok" | "not-equal" | "timed-out" | "deadlock";

/** A slow path: yields each {@link Wait}, is sent {@link Woken}, returns the result. */
export type Steps<R> = Generator<Wait, R, Woken>;

/** How many words one waited-on word takes: itself and its turnstile. */
export const WAITED_ON_WORDS = 2;

const ARMED = 1;
const TURN_SOME = 1 << 1;
const TURN_ALL = 1 << 16;

/** The longest that a timer of a JavaScript engine can run. */
const TIMER_MAX = 2 ** 31 - 1;

/** Real timers fire at most so many milliseconds early. */
const EARLY_MS = 2;

/**
 * Runs `steps` to their end, blocking this thread at each of them.
 *
 * Whoever has slept for long looks again, and asks to be woken when a thread dies (see wait/death-monitor.ts), in this order:
 *     // T1 finds the lock held by T2; T2 dies, and all vigils are woken; T1 begins his vigil, and sleeps for ever.
 * Hence first a vigil, which knows of which deaths he has heard, then the look, then the sleep.
 *
 * @param on what is waited for; its package begins the error's message, and `asyncTwin` is the cure that it names
 * @throws ThreadError where this thread may not block (a browser's page), unless no step needs to wait; what the vigil found, if the
 *   steps then returned false; that the supervisor is dead, if they have to wait after that: they are told to return, as on an abort
 */
export function block<R>(steps: Steps<R>, on: Blocker, asyncTwin: string): R {
  let blockedWait: BlockedWait | undefined;
  let entered: BlockedWait | undefined;
  let deadlock: Error | undefined;
  let mayFail = true;
  let waitEnds: (() => void) | undefined;
  let step = steps.next();
  try {
    while (step.done !== true) {
      if (!mayBlock()) throw new ThreadError(`${packageOf(on)}: this thread may not block; use ${asyncTwin}`);
      runDeferred();
      const lost = lostFor(on);
      if (lost !== undefined) throw lost;
      const { words, index, value, deadline } = step.value;
      const left = deadline.left();
      const nap = blockedWait === undefined ? Math.min(left, deathMonitor()?.longWaitMs ?? Infinity) : left;
      if (realm.onWait !== undefined) waitEnds ??= waitBegins(packageOf(on), false);
      entered = blockedWait;
      blockedWait?.enter(step.value);
      const came = nap > 0 && step.value.sleepsAtOnce !== true && spinner.spin(words, index, value);
      const woken = came ? "not-equal" : sleep(step.value, nap, blockedWait);
      deadlock = blockedWait?.leave();
      entered = undefined;
      if (waitEnds !== undefined && Atomics.load(words, index) !== value) {
        // Before the steps go on: the listener may want what they are about to take. A look at a word that is as it was ends nothing.
        const tell = waitEnds;
        waitEnds = undefined;
        tell();
      }
      const isLong = woken === "timed-out" && nap < left;
      if (woken === "timed-out" && !isLong) deadline.come();
      if (deadlock !== undefined) mayFail = false; // told once, and it waits on
      blockedWait = isLong ? deathMonitor()?.registerBlockedWait(on, mayFail) : undefined;
      step = steps.next(deadlock !== undefined ? "deadlock" : isLong ? "ok" : woken);
    }
  } catch (error) {
    entered?.leave();
    cleanUp(steps);
    waitEnds?.();
    throw error;
  }
  waitEnds?.();
  if (deadlock !== undefined && step.value === false) throw deadlock;
  return step.value;
}

/** Something that is not of the steps has thrown, a listener say: the steps do what they have to do on leaving, and may wait for that. */
function cleanUp(steps: Steps<unknown>): void {
  const step = steps.return(undefined);
  if (step.done !== true && mayBlock()) sleepThrough(steps, step);
}

/** Sleeps for `ms` milliseconds. */
function sleep(wait: Wait, ms: number, blockedWait: BlockedWait | undefined): Woken {
  const nap = blockedWait?.nap ?? Infinity;
  return nap < ms ? sleepInNaps(wait, ms, blockedWait!, nap) : Atomics.wait(wait.words, wait.index, wait.value, ms);
}

/**
 * Sleeps, and looks every now and then for what nobody could wake it for. Sleepers are woken in the order in which they fell asleep, and
 * this one falls asleep again and again, so it would always be the last:
 *     // T1 to T9 take turns with a lock, a tenth of a second each; main waits for it, and begins anew twice a second: for ever.
 *
 * So it waits as tasks do, on the turnstile, where each wake wakes all.
 */
function sleepInNaps(
  { words, index, value, deadline }: Wait,
  ms: number,
  blockedWait: BlockedWait,
  longest: number,
): Woken {
  const armed = arm(words, index);
  if (Atomics.load(words, index) !== value) return "not-equal";
  for (let left = ms; ;) {
    const nap = Math.min(left, longest);
    const woken = Atomics.wait(words, index + 1, armed, nap);
    if (woken !== "timed-out") return "ok";
    if (nap >= left) return woken;
    if (blockedWait.isStale()) return "ok";
    left = deadline.left();
  }
}

/** What a wait throws instead of sleeping, as the supervisor is dead. A sleep waits for nothing that could die. */
function lostFor(on: Blocker): Error | undefined {
  const lost = deathMonitor()?.lost;
  return lost !== undefined && packageOf(on) !== "sleep" ? lost : undefined;
}

const spinner = new Spinner();

/** @internal {@link block} for a worker that has nothing to do until it is woken. It keeps no vigil: nobody it waits for could die. */
export function idle<R>(steps: Steps<R>): R {
  return sleepThrough(steps, steps.next());
}

function sleepThrough<R>(steps: Steps<R>, first: IteratorResult<Wait, R>): R {
  let step = first;
  while (step.done !== true) {
    const { words, index, value, deadline } = step.value;
    step = steps.next(Atomics.wait(words, index, value, deadline.left()));
  }
  return step.value;
}

function packageOf(on: Blocker): string {
  return typeof on === "string" ? on : on.packageName;
}

/** What is waited for, in a report. */
export function labelOf(on: Blocker): string {
  return typeof on === "string" ? on : on.label;
}

let blockable: boolean | undefined;

/** May this thread block? Found out once, by a wait that does not wait. */
export function mayBlock(): boolean {
  if (blockable === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
      blockable = true;
    } catch {
      blockable = false; // only a page's agent throws here: the arguments are right
    }
  }
  return blockable;
}

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

/** For what the tasks of this thread wait, one entry each. */
export function taskWaits(): { readonly on: string; readonly since: number }[] {
  return [...realm.awaited].flatMap((word) => word.waits());
}

/** The supervisor is dead: all tasks of this thread that wait look once more, and are told. Those that only sleep sleep on. */
export function abandonWaits(): void {
  for (const word of [...realm.awaited]) word.abandon();
}

/** Counts a death that was noted before, and tells all that wait for one. */
export function countDeath(): void {
  if (realm.deaths === undefined) return;
  Atomics.add(realm.deaths, COUNT, 1);
  Atomics.notify(realm.deaths, COUNT);
}

/** Calls back, in a later turn, once more deaths than `known` were told. */
export function onNextDeath(known: number, callback: () => void): void {
  if (realm.deaths === undefined) return;
  const change = awaitChange(realm.deaths, COUNT, known) ?? Promise.resolve();
  void change.then(callback);
}

let isWatching = false;

/** A thread without a supervisor watches for deaths by itself, as long as its tasks wait. */
function watchForDeaths(known: number): void {
  if (isWatching || realm.deathMonitor !== undefined || realm.deaths === undefined) return;
  isWatching = true;
  onNextDeath(known, () => {
    isWatching = false;
    if (realm.awaited.size === 0) return;
    watchForDeaths(deathCount());
    recheckTasks();
  });
}

/** A thread has died: all tasks of this thread look again at what they wait for. A needless look is always legal. */
export function recheckTasks(): void {
  for (const word of [...realm.awaited]) word.recheck();
}

/** Blocks this thread for `ms` milliseconds. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Resolves once somebody wakes `words[index]`; undefined if that is no longer `value`. Keeps no process alive. */
export function awaitChange(words: Int32Array, index: number, value: number): Promise<unknown> | undefined {
  const wait = Atomics.waitAsync(words, index, value);
  return wait.async ? wait.value : undefined;
}

/** Wakes up to `n` sleepers on `words[index]`, and every thread that awaits it. Says whether there was anybody. */
export function wake(words: Int32Array, index: number, n: number = Infinity): boolean {
  const sleepers = wakeSleepers(words, index, n);
  return wakePromises(words, index, n) || sleepers > 0;
}

/** Wakes up to `n` sleepers, in the order in which they fell asleep; returns how many there were. */
export function wakeSleepers(words: Int32Array, index: number, n: number = Infinity): number {
  return Atomics.notify(words, index, n);
}

/** Wakes every thread that awaits `words[index]`; says whether there may be one. `n` Infinity: all of its tasks try. */
export function wakePromises(words: Int32Array, index: number, n: number = Infinity): boolean {
  if (!turn(words, index, n)) return false;
  Atomics.notify(words, index + 1);
  return true;
}

/**
 * {@link wake} for a word that one waits on. True only if he was there, asleep or awaiting: one who was on his way to sleep,
 * or whose thread has died, does not count.
 */
export function wakeOne(words: Int32Array, index: number): boolean {
  return Atomics.notify(words, index) > 0 || (turn(words, index, Infinity) && Atomics.notify(words, index + 1) > 0);
}

/** Arms the turnstile of `words[index]`; returns what it is then. */
function arm(words: Int32Array, index: number): number {
  const turnstile = index + 1;
  for (;;) {
    const was = Atomics.load(words, turnstile);
    const armed = was | ARMED;
    if (was === armed || Atomics.compareExchange(words, turnstile, was, armed) === was) return armed;
  }
}

/** Turns the turnstile of `words[index]`, so that those who are about to await it look again; says whether it was armed. */
function turn(words: Int32Array, index: number, n: number): boolean {
  const turnstile = index + 1;
  for (;;) {
    const was = Atomics.load(words, turnstile);
    if ((was & ARMED) === 0) return false;
    const turned = (was & ~ARMED) + (n === Infinity ? TURN_ALL : TURN_SOME);
    if (Atomics.compareExchange(words, turnstile, was, turned | 0) === was) return true;
  }
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
    if (realm.onWait !== undefined && this.failure === undefined)
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

/** The tasks of this thread that listen to one signal. */
interface Listening {
  readonly tasks: Set<Task>;
  readonly abort: () => void;
}

/** By signal. One listener serves all tasks: Node warns of a leak where one signal has more than ten. */
const listening = new WeakMap<AbortSignalLike, Listening>();

function listen(signal: AbortSignalLike, task: Task): void {
  let known = listening.get(signal);
  if (known === undefined) {
    const tasks = new Set<Task>();
    const abort = (): void => {
      signal.removeEventListener("abort", abort);
      listening.delete(signal);
      for (const each of [...tasks]) if (tasks.delete(each)) each.abort(); // unless it has ended by what another one did
    };
    known = { tasks, abort };
    signal.addEventListener("abort", abort);
    listening.set(signal, known);
  }
  known.tasks.add(task);
}

function stopListening(signal: AbortSignalLike, task: Task): void {
  const known = listening.get(signal);
  if (known === undefined || !known.tasks.delete(task) || known.tasks.size > 0) return;
  listening.delete(signal);
  signal.removeEventListener("abort", known.abort);
}

/** The place of a task in a queue. */
interface Place {
  readonly task: Task;
  /** So many have joined the queue before it. */
  readonly number: number;
  previous: Place | undefined;
  next: Place | undefined;
}

function waitAsync(words: Int32Array, index: number, value: number): ReturnType<typeof Atomics.waitAsync> {
  if (typeof Atomics.waitAsync === "function") return Atomics.waitAsync(words, index, value);
  throw new ThreadError(
    "core: this engine has no Atomics.waitAsync, so no task can wait; wait in a worker by the form that blocks, " +
      "or use a newer one: Node 16, Chrome 87, Safari 16.4, Firefox 145",
  );
}

/** The tasks of this thread that await one word, in their order: a list, as each of many tasks may join, be woken and leave. */
class Queue {
  private first: Place | undefined;
  private last: Place | undefined;
  private joined = 0;
  /** That of the task which goes on at the moment: should it wait again, it has kept its place. */
  private current: Place | undefined;
  private turn = 0;
  private pending = false;

  constructor(
    private readonly words: Int32Array,
    private readonly index: number,
  ) {}

  /** Queues `task` unless the word is no longer `value`. A task that waits again after a wake has kept its place. */
  join(task: Task, value: number): boolean {
    if (Atomics.load(this.words, this.index) !== value) return false;
    this.arm();
    if (Atomics.load(this.words, this.index) !== value) {
      this.disarmIfEmpty();
      return false;
    }
    if (this.current?.task !== task) this.append(task);
    task.queue = this;
    realm.awaited.add(this);
    watchForDeaths(task.knownDeaths);
    return true;
  }

  private append(task: Task): void {
    const place: Place = { task, number: this.joined++, previous: this.last, next: undefined };
    if (this.last === undefined) this.first = place;
    else this.last.next = place;
    this.last = place;
    task.place = place;
  }

  private remove({ previous, next }: Place): void {
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
  }

  waits(): { on: string; since: number }[] {
    const waits = [];
    for (let place = this.first; place !== undefined; place = place.next) {
      const { on, since } = place.task;
      waits.push({ on: labelOf(on), since });
    }
    return waits;
  }

  wake(): void {
    wakePromises(this.words, this.index);
  }

  /**
   * Wakes also where nobody seems to await:
   *     // T1 awaits; T2 turns the turnstile, and dies before it notifies: it is not ARMED, and T1 is not woken.
   */
  recheck(): void {
    if (!wakePromises(this.words, this.index)) Atomics.notify(this.words, this.index + 1);
  }

  abandon(): void {
    const tasks: Task[] = [];
    for (let place = this.first; place !== undefined; place = place.next) tasks.push(place.task);
    for (const task of tasks) if (task.queue === this) task.lookLast();
  }

  leave(task: Task): void {
    this.remove(task.place!);
    task.queue = undefined;
    this.disarmIfEmpty();
  }

  private arm(): void {
    while (!this.pending) {
      const armed = arm(this.words, this.index);
      const wait = waitAsync(this.words, this.index + 1, armed);
      if (!wait.async) continue; // turned since: look again
      this.turn = armed;
      this.pending = true;
      void wait.value.then(() => this.woken());
    }
  }

  private woken(): void {
    this.pending = false;
    const turned = Atomics.load(this.words, this.index + 1);
    const all = turned >>> 16 !== this.turn >>> 16;
    const end = this.joined; // who joins from now on was not woken
    for (let place = this.first; place !== undefined && place.number < end; place = place.next) {
      const { task } = place;
      this.current = place;
      task.queue = undefined;
      task.resume("ok");
      this.current = undefined;
      const waitsAgain = (task.queue as Queue | undefined) === this;
      if (!waitsAgain) this.remove(place);
      else if (!all) break;
    }
    if (this.first !== undefined) return this.arm();
    realm.awaited.delete(this);
    if (this.pending)
      this.wake(); // armed by a task that then need not wait
    else queues.get(this.words)!.delete(this.index);
  }

  private disarmIfEmpty(): void {
    if (this.first === undefined && this.pending) this.wake();
  }
}

const queues = new WeakMap<Int32Array, Map<number, Queue>>();

function queueOf(words: Int32Array, index: number): Queue {
  let ofWords = queues.get(words);
  if (ofWords === undefined) {
    ofWords = new Map<number, Queue>();
    queues.set(words, ofWords);
  }
  let queue = ofWords.get(index);
  if (queue === undefined) {
    queue = new Queue(words, index);
    ofWords.set(index, queue);
  }
  return queue;
}
