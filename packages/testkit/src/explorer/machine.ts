/**
 * The machine that the threads of a model run on: memory, waiting lists as the specification of `Atomics` has them, event
 * loops, one clock. A state never changes; a step makes another one.
 */
import { type Choice, choicesIn, isCertain, type Limits } from "./choices.js";
import type { HistoryNode, ThreadReplayer } from "./thread-replayer.js";
import { beginProcess, deliver, end, KILLED, manage } from "./process.js";
import { OPS, TURN_KINDS, TURNS, WOKEN } from "./protocol.js";
import type { Environment } from "./environment.js";
import { ASLEEP, ended, insists, NOWHERE, type State, type ThreadState, type Waiter, type Will } from "./state.js";

/** Told of each operation while it is done: what it was, and what it returned. */
export type Listener = (thread: number, node: HistoryNode, before: number, after: number, result: number) => void;

/** Of the word that counts holders; see core's will.ts. */
const BEREFT = 1;
const HOLDER = 2;

/** Where virtual time begins. */
export const EPOCH = 1000;

const MOVES_TIME = new Set<Choice["kind"]>(["tick", "time out", "promise times out", "timer"]);

/** A machine that is thought timeless came upon somebody who waits for a time. */
export class TimeMoves extends Error {}

/** A value of {@link State} that may be written, until the step is done. */
type Draft = { -readonly [K in keyof State]: State[K] };

/** What a machine has to know of its model. */
export interface MachineOptions {
  readonly words: number;
  /** Milliseconds that may pass by themselves, one after the other. */
  readonly ticks: readonly number[];
  readonly preemptions: number;
  readonly deaths: number;
  /** May the supervisor of a process die? */
  readonly isSupervisorMortal: boolean;
  /** Time passes only while nobody can run, or those who can take a rest. So looking at the clock is no step of its own. */
  readonly prompt: boolean;
  /** The notes from which a death takes what the dead has added. */
  readonly lapsing: readonly number[];
  /** Nobody notices the time, so looking at the clock is no step of its own. Holds as long as it does not move. */
  readonly timeless: boolean;
  /** Are the threads the agents of a process? */
  readonly isProcess: boolean;
  readonly environment: Environment;
}

export class Machine {
  private readonly limits: Limits;

  constructor(
    private readonly replayers: readonly ThreadReplayer[],
    private readonly options: MachineOptions,
  ) {
    const { ticks, preemptions, deaths, isSupervisorMortal, prompt } = options;
    this.limits = { ticks: ticks.length, preemptions, deaths, isSupervisorMortal, prompt };
  }

  /** The state in which all threads are about to do their first operation. */
  begin(memory: Int32Array, nodes: readonly HistoryNode[]): State {
    const nothing = { ready: [], timers: [], signals: [], told: 0, vigil: undefined, wills: [] };
    const threads = nodes.map((node) => ({ ...nothing, node, asleep: false, dead: false }));
    const first: Draft = {
      memory,
      clock: EPOCH,
      ticks: 0,
      queue: [],
      threads,
      obituaries: [],
      process: this.options.isProcess ? beginProcess(nodes.length) : undefined,
      stirred: nodes.map((_, thread) => thread),
      last: -1,
      preemptions: 0,
      wrong: undefined,
    };
    nodes.forEach((_, thread) => this.runInvisible(first, thread));
    return first;
  }

  choices(state: State): Choice[] {
    return choicesIn(state, this.limits);
  }

  /** Is there nothing to do for now, but perhaps later? */
  isResting(state: State): boolean {
    return this.choices(state).every((choice) => !isCertain(choice) || this.movesTime(state, choice));
  }

  /** Must time pass before this can happen? */
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

  /** Has everybody come to the end? */
  done(state: State): boolean {
    return state.threads.every(ended);
  }

  step(state: State, choice: Choice, listen?: Listener): State {
    const next = this.stepped(state, choice, listen);
    if (this.options.deaths > 0) {
      const threads = next.threads.map((_, thread) => thread);
      next.stirred = threads.filter((thread) => next.threads[thread] !== state.threads[thread]);
    }
    return next;
  }

  private stepped(state: State, choice: Choice, listen?: Listener): Draft {
    const next: Draft = { ...state };
    const { thread } = choice;
    if (this.options.timeless && MOVES_TIME.has(choice.kind)) throw new TimeMoves();
    switch (choice.kind) {
      case "tick":
        next.clock += this.options.ticks[next.ticks++]!;
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
      case "die":
      case "terminate":
        this.kill(next, thread);
        return next;
      case "bury":
        next.obituaries = [...next.obituaries, thread];
        return next;
      case "rouse":
        this.wakeAll(next, next.threads[thread]!.vigil!.word, listen);
        return next;
      case "execute":
        this.execute(next, thread, listen);
        return next;
    }
    if (state.last !== thread && insists(state.threads[state.last])) next.preemptions++;
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
      case "tell":
        this.change(next, thread, { told: next.obituaries.length });
        this.proceed(next, thread, turn(TURNS.death, 0), 0, 0, listen);
        break;
    }
    return next;
  }

  /** Nothing of the thread runs any more, not even `finally`; its memory stays, and the waiting lists forget it. */
  private kill(next: Draft, thread: number): void {
    for (const note of this.options.lapsing) {
      let added = 0;
      for (let at = next.threads[thread]!.node.before; at !== undefined; at = at.before) {
        if (at.op.kind === OPS.note && at.op.word === note) added += at.op.x;
      }
      const index = this.options.words + note;
      if (added !== 0) this.write(next, index, next.memory[index]! - added);
    }
    this.leave(next, thread, KILLED);
  }

  /** The thread does nothing more, and the waiting lists forget it. */
  private leave(next: Draft, thread: number, exitCode: number): void {
    next.queue = next.queue.filter((waiter) => waiter.thread !== thread);
    this.change(next, thread, { dead: true, asleep: false, ready: [], timers: [] });
    if (next.process !== undefined) next.process = end(next.process, thread, exitCode, this.options.environment);
  }

  private execute(next: Draft, thread: number, listen?: Listener): void {
    const [first, ...others] = next.threads[thread]!.wills;
    const will = first!;
    const { word, bits, holders } = will;
    const rest = holders !== NOWHERE ? { ...will, holders: NOWHERE } : { ...will, bits: 0 };
    this.change(next, thread, { wills: holders === NOWHERE && bits === 0 ? others : [rest, ...others] });
    if (holders !== NOWHERE) this.write(next, holders, (next.memory[holders]! | BEREFT) - (will.counts ? HOLDER : 0));
    else if (bits === 0) this.wakeAll(next, word, listen);
    else if (isDue(next, will)) this.write(next, word, next.memory[word]! | bits);
  }

  private wakeAll(next: Draft, word: number, listen?: Listener): void {
    const woken = next.queue.filter((waiter) => waiter.word === word);
    next.queue = next.queue.filter((waiter) => waiter.word !== word);
    for (const waiter of woken) this.wakeUp(next, waiter, false, listen);
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

  /** The operation of `thread` returns `result`; goes on to the next that others can view. */
  private proceed(next: Draft, thread: number, result: number, before: number, after: number, listen?: Listener): void {
    const { node } = next.threads[thread]!;
    listen?.(thread, node, before, after, result);
    this.change(next, thread, { node: this.replayers[thread]!.next(node, result) });
    this.runInvisible(next, thread, listen);
  }

  /** Does what nobody else can see, and notices what went wrong. */
  private runInvisible(next: Draft, thread: number, listen?: Listener): void {
    const { node } = next.threads[thread]!;
    const { kind, quiet, message } = node.op;
    if (kind === OPS.fail) next.wrong ??= message;
    else if (quiet || (kind === OPS.clock && (this.options.timeless || this.options.prompt)))
      this.operate(next, thread, listen);
  }

  /** Does the operation that `thread` is about to do. */
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
      case OPS.obituary:
        return this.proceed(next, thread, next.obituaries.includes(x - 1) ? 1 : 0, 0, 0, listen);
      case OPS.registerBlockedWait:
        this.change(next, thread, { vigil: { heard: next.obituaries.length, word: NOWHERE } });
        return this.proceed(next, thread, next.obituaries.length, 0, 0, listen);
      case OPS.beginVigil:
        this.change(next, thread, { vigil: { ...next.threads[thread]!.vigil!, word } });
        return this.proceed(next, thread, 0, 0, 0, listen);
      case OPS.endVigil:
        this.change(next, thread, { vigil: undefined });
        return this.proceed(next, thread, 0, 0, 0, listen);
      case OPS.will: {
        const holders = y === NOWHERE ? NOWHERE : y >> 1;
        const counts = y !== NOWHERE && y % 2 === 1;
        const will = { word, bits: x, holders, counts, isCertain: y === NOWHERE, mark: node.op.promise };
        this.change(next, thread, { wills: [...next.threads[thread]!.wills, will] });
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
    next.memory = next.memory.slice();
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

/** Are the bits of the will to be set? See core's will.ts. */
function isDue({ memory }: State, { word, bits, isCertain, mark }: Will): boolean {
  if (isCertain) return true;
  const left = mark === NOWHERE ? 0 : memory[mark]!;
  return left !== 0 && ((memory[word]! ^ left) & ~bits) === 0;
}

function turn(kind: number, number: number): number {
  return kind + TURN_KINDS * number;
}
