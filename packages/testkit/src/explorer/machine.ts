/**
 * The machine under a model's threads: memory, waiting lists by the specification of `Atomics`,
 * event loops, a clock. States are immutable: a step returns a new state.
 */
import { type Choice, choicesIn, isCertain, type Limits } from "./choices.js";
import type { HistoryNode, ThreadReplayer } from "./thread-replayer.js";
import { beginProcess, deliver, end, KILLED, manage } from "./process.js";
import { OPS, TURN_KINDS, TURNS, WOKEN } from "./protocol.js";
import type { Environment } from "./environment.js";
import {
  ASLEEP,
  type DeathAction,
  hasEnded,
  NOWHERE,
  type State,
  type ThreadState,
  type Waiter,
  wouldPreempt,
} from "./state.js";

/** Receives each operation and its result, for the report. */
export type Listener = (thread: number, node: HistoryNode, before: number, after: number, result: number) => void;

/** The count of holders; see core's death-action.ts. */
const HOLDER_DIED = 1;
const HOLDER = 2;

/** The start of virtual time. */
export const EPOCH = 1000;

const MOVES_TIME = new Set<Choice["kind"]>(["tick", "time out", "promise times out", "timer"]);

/** Thrown by an untimed machine if a thread waits for a time. */
export class TimeMoves extends Error {}

/** A mutable {@link State}, for the duration of a step. */
type Draft = { -readonly [K in keyof State]: State[K] };

/** The parts of a {@link Draft} that belong to it alone, so that they may change in place. */
interface Copied {
  memory: Int32Array | undefined;
  threads: ThreadState[] | undefined;
  readonly each: ThreadState[];
}

const nothingCopied = (): Copied => ({ memory: undefined, threads: undefined, each: [] });

/** The machine's part of the model. */
export interface MachineOptions {
  readonly words: number;
  /** Milliseconds that may pass by themselves, one tick after the other. */
  readonly ticks: readonly number[];
  readonly preemptions: number;
  readonly deaths: number;
  /** May the supervisor of a process die? */
  readonly isSupervisorMortal: boolean;
  /** Time passes only while every thread waits or rests. So a read of the clock is not a step. */
  readonly urgent: boolean;
  /** The notes from which a death subtracts the dead thread's share. */
  readonly livingOnly: readonly number[];
  /** Time does not move in this run, so a read of the clock is not a step. See {@link TimeMoves}. */
  readonly untimed: boolean;
  /** Are the threads the agents of a process? */
  readonly isProcess: boolean;
  readonly environment: Environment;
}

export class Machine {
  private readonly limits: Limits;
  /** What this step has copied already. A quiet thread does hundreds of operations in one step. */
  private copied: Copied = nothingCopied();

  constructor(
    private readonly replayers: readonly ThreadReplayer[],
    private readonly options: MachineOptions,
  ) {
    const { ticks, preemptions, deaths, isSupervisorMortal, urgent } = options;
    this.limits = { ticks: ticks.length, preemptions, deaths, isSupervisorMortal, urgent };
  }

  /** The first state: each thread is before its first operation. */
  begin(memory: Int32Array, nodes: readonly HistoryNode[]): State {
    const nothing = { ready: [], timers: [], signals: [], seenDeaths: 0, blockedWait: undefined, deathActions: [] };
    const threads = nodes.map((node) => ({ ...nothing, node, asleep: false, dead: false }));
    const first: Draft = {
      memory,
      clock: EPOCH,
      ticks: 0,
      queue: [],
      threads,
      announcedDeaths: [],
      process: this.options.isProcess ? beginProcess(nodes.length) : undefined,
      changed: nodes.map((_, thread) => thread),
      last: -1,
      preemptions: 0,
      wrong: undefined,
    };
    this.copied = nothingCopied();
    nodes.forEach((_, thread) => this.runInvisible(first, thread));
    return first;
  }

  choices(state: State): Choice[] {
    return choicesIn(state, this.limits);
  }

  /** Can nothing happen before time passes? */
  isResting(state: State): boolean {
    return this.choices(state).every((choice) => !isCertain(choice) || this.movesTime(state, choice));
  }

  /** Must time pass before this choice? */
  movesTime({ queue, threads, clock }: State, choice: Choice): boolean {
    switch (choice.kind) {
      case "tick":
        return true;
      case "timer":
        return threads[choice.thread]!.timers.find(({ number }) => number === choice.number)!.due > clock;
      case "time out":
      case "promise times out":
        return queue.every(({ thread, due }) => thread !== choice.thread || due > clock);
      default:
        return false;
    }
  }

  /** Have all threads ended? */
  done(state: State): boolean {
    return state.threads.every(hasEnded);
  }

  step(state: State, choice: Choice, listen?: Listener): State {
    const next = this.stepped(state, choice, listen);
    if (this.options.deaths > 0) {
      const threads = next.threads.map((_, thread) => thread);
      next.changed = threads.filter((thread) => next.threads[thread] !== state.threads[thread]);
    }
    return next;
  }

  private stepped(state: State, choice: Choice, listen?: Listener): Draft {
    const next: Draft = { ...state };
    this.copied = nothingCopied();
    const { thread } = choice;
    if (this.options.untimed && MOVES_TIME.has(choice.kind)) throw new TimeMoves();
    switch (choice.kind) {
      case "tick":
        next.clock += this.options.ticks[next.ticks++]!;
        return next;
      case "time out":
        this.timeOut(
          next,
          next.queue.find((waiter) => waiter.thread === thread && waiter.promise === ASLEEP)!,
          listen,
        );
        return next;
      case "promise times out":
        this.timeOut(
          next,
          next.queue.find((waiter) => waiter.thread === thread && waiter.due !== Infinity)!,
          listen,
        );
        return next;
      case "die":
      case "terminate":
        this.kill(next, thread);
        return next;
      case "announce":
        next.announcedDeaths = [...next.announcedDeaths, thread];
        return next;
      case "wake blocked wait":
        this.wakeAll(next, next.threads[thread]!.blockedWait!.word, listen);
        return next;
      case "death action":
        this.runDeathAction(next, thread, listen);
        return next;
    }
    if (state.last !== thread && wouldPreempt(state.threads[state.last])) next.preemptions++;
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
      case "boot":
      case "message":
      case "close":
      case "drop":
      case "exit": {
        const [process, what] = deliver(next.process!, choice, this.options.environment);
        next.process = process;
        if (choice.kind === "boot") this.proceed(next, thread, what, 0, 0, listen);
        else if (choice.kind !== "drop") this.proceed(next, thread, turn(TURNS[choice.kind], what), 0, 0, listen);
        break;
      }
      case "drain":
        this.leave(next, thread, 0);
        break;
      case "deliver death":
        this.change(next, thread, { seenDeaths: next.announcedDeaths.length });
        this.proceed(next, thread, turn(TURNS.death, 0), 0, 0, listen);
        break;
    }
    return next;
  }

  /** Kills a thread: not even its `finally` runs. Its memory stays, and the waiting lists drop it. */
  private kill(next: Draft, thread: number): void {
    for (const note of this.options.livingOnly) {
      let added = 0;
      for (let at = next.threads[thread]!.node.before; at !== undefined; at = at.before) {
        if (at.op.kind === OPS.note && at.op.word === note) added += at.op.x;
      }
      const index = this.options.words + note;
      if (added !== 0) this.write(next, index, next.memory[index]! - added);
    }
    this.leave(next, thread, KILLED);
  }

  /** Ends a thread and drops it from the waiting lists. */
  private leave(next: Draft, thread: number, exitCode: number): void {
    next.queue = next.queue.filter((waiter) => waiter.thread !== thread);
    this.change(next, thread, { dead: true, asleep: false, ready: [], timers: [] });
    if (next.process !== undefined) next.process = end(next.process, thread, exitCode, this.options.environment);
  }

  private runDeathAction(next: Draft, thread: number, listen?: Listener): void {
    const [first, ...others] = next.threads[thread]!.deathActions;
    const action = first!;
    const { word, bits, holders } = action;
    const rest = holders !== NOWHERE ? { ...action, holders: NOWHERE } : { ...action, bits: 0 };
    this.change(next, thread, { deathActions: holders === NOWHERE && bits === 0 ? others : [rest, ...others] });
    if (holders !== NOWHERE)
      this.write(next, holders, (next.memory[holders]! | HOLDER_DIED) - (action.counts ? HOLDER : 0));
    else if (bits === 0) this.wakeAll(next, word, listen);
    else if (isDue(next, action)) this.write(next, word, next.memory[word]! | bits);
  }

  private wakeAll(next: Draft, word: number, listen?: Listener): void {
    const woken = next.queue.filter((waiter) => waiter.word === word);
    next.queue = next.queue.filter((waiter) => waiter.word !== word);
    for (const waiter of woken) this.wakeUp(next, waiter, false, listen);
  }

  private timeOut(next: Draft, waiter: Waiter, listen?: Listener): void {
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
    const { copied } = this;
    if (copied.threads === undefined) next.threads = copied.threads = [...next.threads];
    copied.each[thread] ??= copied.threads[thread] = { ...copied.threads[thread]! };
    Object.assign(copied.each[thread], change);
  }

  /**
   * Returns `result` from the thread's operation, then advances the thread to its next visible
   * operation.
   */
  private proceed(next: Draft, thread: number, result: number, before: number, after: number, listen?: Listener): void {
    const { node } = next.threads[thread]!;
    listen?.(thread, node, before, after, result);
    this.change(next, thread, { node: this.replayers[thread]!.next(node, result, next) });
    this.runInvisible(next, thread, listen);
  }

  /** Runs invisible operations, and records a failed check. */
  private runInvisible(next: Draft, thread: number, listen?: Listener): void {
    const { node } = next.threads[thread]!;
    const { kind, quiet, message } = node.op;
    if (kind === OPS.fail) next.wrong ??= message;
    else if (quiet || (kind === OPS.clock && (this.options.untimed || this.options.urgent)))
      this.operate(next, thread, listen);
  }

  /** Runs the pending operation of `thread`. */
  private operate(next: Draft, thread: number, listen?: Listener): void {
    const { node, timers, signals } = next.threads[thread]!;
    const { kind, word, x, y } = node.op;
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
        const index = this.options.words + word;
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
      case OPS.exit:
        listen?.(thread, node, 0, 0, 0);
        return this.leave(next, thread, 0);
      case OPS.start:
      case OPS.terminate:
      case OPS.isGone:
      case OPS.post:
      case OPS.take:
      case OPS.open:
      case OPS.listen:
      case OPS.close:
      case OPS.alive: {
        const [process, outcome] = manage(next.process!, thread, node.op, this.options.environment);
        next.process = process;
        return this.proceed(next, thread, outcome, 0, 0, listen);
      }
      case OPS.deathOf:
        return this.proceed(next, thread, next.announcedDeaths.includes(x - 1) ? 1 : 0, 0, 0, listen);
      case OPS.registerBlockedWait:
        this.change(next, thread, { blockedWait: { knownDeaths: next.announcedDeaths.length, word: NOWHERE } });
        return this.proceed(next, thread, next.announcedDeaths.length, 0, 0, listen);
      case OPS.enterBlockedWait:
        this.change(next, thread, { blockedWait: { ...next.threads[thread]!.blockedWait!, word } });
        return this.proceed(next, thread, 0, 0, 0, listen);
      case OPS.leaveBlockedWait:
        this.change(next, thread, { blockedWait: undefined });
        return this.proceed(next, thread, 0, 0, 0, listen);
      case OPS.deathAction: {
        const holders = y === NOWHERE ? NOWHERE : y >> 1;
        const counts = y !== NOWHERE && y % 2 === 1;
        const action = { word, bits: x, holders, counts, isCertain: y === NOWHERE, pending: node.op.promise };
        this.change(next, thread, { deathActions: [...next.threads[thread]!.deathActions, action] });
        if (counts) this.write(next, holders, next.memory[holders]! + HOLDER);
        return this.proceed(next, thread, 0, 0, 0, listen);
      }
      case OPS.pause:
        next.queue = [...next.queue, { word: NOWHERE, value: 0, thread, promise: ASLEEP, due: next.clock + x }];
        listen?.(thread, node, 0, 0, ASLEEP);
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
    if (this.copied.memory === undefined) next.memory = this.copied.memory = next.memory.slice();
    next.memory[index] = value;
  }

  private wait(next: Draft, thread: number, before: number, listen?: Listener): void {
    const { node } = next.threads[thread]!;
    const { kind, word, x: value, y: timeout, promise } = node.op;
    const due = next.clock + timeout;
    if (before !== value) return this.proceed(next, thread, WOKEN.notEqual, before, before, listen);
    if (timeout === 0) return this.proceed(next, thread, WOKEN.timedOut, before, before, listen);
    if (kind === OPS.wait) {
      next.queue = [...next.queue, { word, value, thread, promise: ASLEEP, due }];
      listen?.(thread, node, before, before, ASLEEP);
      return this.change(next, thread, { asleep: true });
    }
    next.queue = [...next.queue, { word, value, thread, promise, due }];
    this.proceed(next, thread, WOKEN.ok, before, before, listen);
  }

  private notify(next: Draft, thread: number, before: number, listen?: Listener): void {
    const { word, x: most } = next.threads[thread]!.node.op;
    const woken = next.queue.filter((waiter) => waiter.word === word).slice(0, most === Infinity ? undefined : most);
    next.queue = next.queue.filter((waiter) => !woken.includes(waiter));
    this.proceed(next, thread, woken.length, before, before, listen);
    for (const waiter of woken) this.wakeUp(next, waiter, false, listen);
  }
}

/** Must the action set its bits? See core's death-action.ts. */
function isDue({ memory }: State, { word, bits, isCertain, pending }: DeathAction): boolean {
  if (isCertain) return true;
  const left = pending === NOWHERE ? 0 : memory[pending]!;
  return left !== 0 && ((memory[word]! ^ left) & ~bits) === 0;
}

function turn(kind: number, number: number): number {
  return kind + TURN_KINDS * number;
}
