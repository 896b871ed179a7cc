/**
 * The machine that the threads of a model run on: memory, waiting lists as the specification of `Atomics` has them, event
 * loops, one clock. A state never changes; a step makes another one.
 */
import type { Moment, Oracle } from "./oracle.js";
import { OPS, TURN_KINDS, TURNS, WOKEN } from "./protocol.js";

/** Somebody in the waiting list of a word, first come first served. */
export interface Waiter {
  readonly word: number;
  /** What stood there when he began to wait. */
  readonly value: number;
  readonly thread: number;
  /** The number of the promise, or ASLEEP for a thread that blocks. */
  readonly promise: number;
  readonly due: number;
}
export const ASLEEP = -1;
/** Who pauses waits on no word of the model. */
const NOWHERE = -1;

interface Timer {
  readonly number: number;
  readonly due: number;
}

export interface ThreadState {
  readonly moment: Moment;
  /** Blocked in `Atomics.wait`. */
  readonly asleep: boolean;
  /** What waits for a turn of the event loop, in order. */
  readonly ready: readonly number[];
  readonly timers: readonly Timer[];
  /** Signals that may be aborted yet. */
  readonly signals: readonly number[];
}

export interface State {
  /** The model's words, then its notes. */
  readonly memory: Int32Array;
  readonly clock: number;
  /** How often time has passed by itself. */
  readonly ticks: number;
  readonly queue: readonly Waiter[];
  readonly threads: readonly ThreadState[];
  /** Who ran last, and how often one was made to wait though it could have gone on. */
  readonly last: number;
  readonly preemptions: number;
  /** What a thread found wrong. */
  readonly wrong: string | undefined;
}

/** What can happen next. A seam: the death of a thread would be one more. */
export type Choice =
  | { readonly kind: "run" | "time out" | "promise" | "promise times out"; readonly thread: number }
  | { readonly kind: "timer" | "abort"; readonly thread: number; readonly number: number }
  | { readonly kind: "tick"; readonly thread: -1 };

/** Told of each operation while it is done: what it was, and what it returned. */
export type Listener = (thread: number, moment: Moment, before: number, after: number, result: number) => void;

/** Where virtual time begins. */
export const EPOCH = 1000;

const MOVES_TIME = new Set<Choice["kind"]>(["tick", "time out", "promise times out", "timer"]);

/** A machine that is thought timeless came upon somebody who waits for a time. */
export class TimeMoves extends Error {}

/** A value of {@link State} that may be written, until the step is done. */
type Draft = { -readonly [K in keyof State]: State[K] };

export class Machine {
  constructor(
    private readonly oracles: readonly Oracle[],
    private readonly words: number,
    private readonly ticks: readonly number[],
    private readonly bound: number,
    /** Nobody notices the time, so looking at the clock is no step of its own. Holds as long as it does not move. */
    private readonly timeless: boolean,
  ) {}

  /** The state in which all threads are about to do their first operation. */
  begin(memory: Int32Array, moments: readonly Moment[]): State {
    const fresh = { asleep: false, ready: [], timers: [], signals: [] };
    const threads = moments.map((moment) => ({ ...fresh, moment }));
    const first: Draft = {
      memory,
      clock: EPOCH,
      ticks: 0,
      queue: [],
      threads,
      last: -1,
      preemptions: 0,
      wrong: undefined,
    };
    moments.forEach((_, thread) => this.hush(first, thread));
    return first;
  }

  /** Everything that can happen next, the most ordinary first. */
  choices(state: State): Choice[] {
    const choices: Choice[] = [];
    const { last, threads } = state;
    const canGoOn = last >= 0 && this.running(state, last);
    if (canGoOn) choices.push({ kind: "run", thread: last });
    if (state.preemptions < this.bound || !this.insists(state, last)) {
      threads.forEach((_, thread) => {
        if (thread !== last || !canGoOn) this.moves(state, thread, choices);
      });
    }
    this.lapses(state, choices);
    return choices;
  }

  /** What brings `thread` forward. */
  private moves(state: State, thread: number, choices: Choice[]): void {
    const { moment, ready, timers, signals } = state.threads[thread]!;
    if (this.running(state, thread)) choices.push({ kind: "run", thread });
    if (moment.op.kind !== OPS.idle) return;
    if (ready.length > 0) choices.push({ kind: "promise", thread });
    const [first, ...others] = timers;
    if (first !== undefined) {
      const { number } = others.reduce((soonest, timer) => (timer.due < soonest.due ? timer : soonest), first);
      choices.push({ kind: "timer", thread, number });
    }
    if (moment.op.x === 0) for (const number of signals) choices.push({ kind: "abort", thread, number });
  }

  /** What only time brings. */
  private lapses(state: State, choices: Choice[]): void {
    for (const { thread, promise, due } of state.queue) {
      if (due === Infinity) continue;
      const kind = promise === ASLEEP ? "time out" : "promise times out";
      if (!choices.some((choice) => choice.kind === kind && choice.thread === thread)) choices.push({ kind, thread });
    }
    if (state.ticks < this.ticks.length && !this.done(state)) choices.push({ kind: "tick", thread: -1 });
  }

  /** Is `thread` about to do an operation? */
  private running(state: State, thread: number): boolean {
    const { moment, asleep } = state.threads[thread]!;
    return !asleep && moment.op.kind !== OPS.idle && moment.op.kind !== OPS.fail;
  }

  /** Would it be a preemption if another thread than `last` ran now? */
  private insists(state: State, last: number): boolean {
    if (last < 0 || !this.running(state, last)) return false;
    const { kind, x } = state.threads[last]!.moment.op;
    return kind !== OPS.work || x === 0;
  }

  /** Has everybody come to the end? */
  done(state: State): boolean {
    return state.threads.every((thread) => settled(thread));
  }

  step(state: State, choice: Choice, listen?: Listener): State {
    const next: Draft = { ...state };
    const { thread } = choice;
    if (this.timeless && MOVES_TIME.has(choice.kind)) throw new TimeMoves();
    switch (choice.kind) {
      case "tick":
        next.clock += this.ticks[next.ticks++]!;
        return next;
      case "time out":
        this.lapse(
          next,
          next.queue.find((waiter) => waiter.thread === thread && waiter.promise === ASLEEP)!,
          listen,
        );
        return next;
      case "promise times out":
        this.lapse(
          next,
          next.queue.find((waiter) => waiter.thread === thread && waiter.due !== Infinity)!,
          listen,
        );
        return next;
    }
    if (state.last !== thread && this.insists(state, state.last)) next.preemptions++;
    next.last = thread;
    const { ready, timers, signals } = state.threads[thread]!;
    switch (choice.kind) {
      case "run":
        this.operate(next, thread, listen);
        break;
      case "promise":
        this.change(next, thread, { ready: ready.slice(1) });
        this.proceed(next, thread, ready[0]!, 0, 0, listen);
        break;
      case "timer":
        next.clock = Math.max(next.clock, timers.find(({ number }) => number === choice.number)!.due);
        this.change(next, thread, { timers: timers.filter(({ number }) => number !== choice.number) });
        this.proceed(next, thread, turn(TURNS.timer, choice.number), 0, 0, listen);
        break;
      case "abort":
        this.change(next, thread, { signals: signals.filter((number) => number !== choice.number) });
        this.proceed(next, thread, turn(TURNS.abort, choice.number), 0, 0, listen);
        break;
    }
    return next;
  }

  private lapse(next: Draft, waiter: Waiter, listen?: Listener): void {
    next.clock = Math.max(next.clock, waiter.due);
    next.queue = next.queue.filter((other) => other !== waiter);
    this.wakeUp(next, waiter, true, listen);
  }

  private wakeUp(next: Draft, { thread, promise }: Waiter, timedOut: boolean, listen?: Listener): void {
    if (promise === ASLEEP) {
      this.change(next, thread, { asleep: false });
      this.proceed(next, thread, timedOut ? WOKEN.timedOut : WOKEN.ok, 0, 0, listen);
    } else {
      const { ready } = next.threads[thread]!;
      this.change(next, thread, { ready: [...ready, turn(timedOut ? TURNS.timedOut : TURNS.ok, promise)] });
    }
  }

  private change(next: Draft, thread: number, change: Partial<ThreadState>): void {
    const threads = [...next.threads];
    threads[thread] = { ...threads[thread]!, ...change };
    next.threads = threads;
  }

  /** The operation of `thread` returns `result`; goes on to the next that others can see. */
  private proceed(next: Draft, thread: number, result: number, before: number, after: number, listen?: Listener): void {
    const { moment } = next.threads[thread]!;
    listen?.(thread, moment, before, after, result);
    this.change(next, thread, { moment: this.oracles[thread]!.next(moment, result) });
    this.hush(next, thread, listen);
  }

  /** Does what nobody else can see, and notices what went wrong. */
  private hush(next: Draft, thread: number, listen?: Listener): void {
    const { moment } = next.threads[thread]!;
    const { kind, quiet, message } = moment.op;
    if (kind === OPS.fail) next.wrong ??= message;
    else if (quiet || (this.timeless && kind === OPS.clock)) this.operate(next, thread, listen);
  }

  /** Does the operation that `thread` is about to do. */
  private operate(next: Draft, thread: number, listen?: Listener): void {
    const { moment, timers, signals } = next.threads[thread]!;
    const { kind, word, x, y } = moment.op;
    const before = next.memory[word] ?? 0;
    let result = before;
    let after = before;
    switch (kind) {
      case OPS.load:
      case OPS.read:
        break;
      case OPS.store:
      case OPS.write:
        after = result = x;
        break;
      case OPS.compareExchange:
        if (before === x) after = y;
        break;
      case OPS.exchange:
        after = x;
        break;
      case OPS.add:
        after = (before + x) | 0;
        break;
      case OPS.sub:
        after = (before - x) | 0;
        break;
      case OPS.and:
        after = before & x;
        break;
      case OPS.or:
        after = before | x;
        break;
      case OPS.xor:
        after = before ^ x;
        break;
      case OPS.note: {
        const index = this.words + word;
        after = result = (next.memory[index]! + x) | 0;
        if (x !== 0) this.write(next, index, after);
        return this.proceed(next, thread, result, after - x, after, listen);
      }
      case OPS.clock:
        return this.proceed(next, thread, next.clock, 0, 0, listen);
      case OPS.setTimer:
        this.change(next, thread, { timers: [...timers, { number: word, due: next.clock + x }] });
        result = after = 0;
        break;
      case OPS.clearTimer:
        this.change(next, thread, { timers: timers.filter(({ number }) => number !== word) });
        result = after = 0;
        break;
      case OPS.signal:
        this.change(next, thread, { signals: [...signals, word] });
        result = after = 0;
        break;
      case OPS.work:
        result = after = 0;
        break;
      case OPS.pause:
        next.queue = [...next.queue, { word: NOWHERE, value: 0, thread, promise: ASLEEP, due: next.clock + x }];
        listen?.(thread, moment, 0, 0, ASLEEP);
        return this.change(next, thread, { asleep: true });
      case OPS.wait:
      case OPS.waitAsync:
        return this.wait(next, thread, before, listen);
      case OPS.notify:
        return this.notify(next, thread, before, listen);
      default:
        throw new Error(`explorer: operation ${kind} cannot be done`);
    }
    if (kind < OPS.wait && after !== before) this.write(next, word, after);
    this.proceed(next, thread, result, before, after, listen);
  }

  private write(next: Draft, index: number, value: number): void {
    next.memory = next.memory.slice();
    next.memory[index] = value;
  }

  private wait(next: Draft, thread: number, before: number, listen?: Listener): void {
    const { moment } = next.threads[thread]!;
    const { kind, word, x: value, y: timeout, promise } = moment.op;
    const due = next.clock + timeout;
    if (before !== value) return this.proceed(next, thread, WOKEN.notEqual, before, before, listen);
    if (timeout === 0) return this.proceed(next, thread, WOKEN.timedOut, before, before, listen);
    if (kind === OPS.wait) {
      next.queue = [...next.queue, { word, value, thread, promise: ASLEEP, due }];
      listen?.(thread, moment, before, before, ASLEEP);
      return this.change(next, thread, { asleep: true });
    }
    next.queue = [...next.queue, { word, value, thread, promise, due }];
    this.proceed(next, thread, WOKEN.ok, before, before, listen);
  }

  private notify(next: Draft, thread: number, before: number, listen?: Listener): void {
    const { word, x: most } = next.threads[thread]!.moment.op;
    const woken = next.queue.filter((waiter) => waiter.word === word).slice(0, most === Infinity ? undefined : most);
    next.queue = next.queue.filter((waiter) => !woken.includes(waiter));
    this.proceed(next, thread, woken.length, before, before, listen);
    for (const waiter of woken) this.wakeUp(next, waiter, false, listen);
  }
}

export function settled({ moment }: ThreadState): boolean {
  return moment.op.kind === OPS.idle && moment.op.x === 1;
}

function turn(kind: number, number: number): number {
  return kind + TURN_KINDS * number;
}
