/**
 * Walks every schedule of a few threads, depth first. Two ways that lead to the same state (same memory, same waiting lists,
 * same histories of all threads) go on alike, so the second is not walked again, but counted.
 */
import { isDeepStrictEqual } from "node:util";
import { type Choice, isCertain } from "./choices.js";
import { Machine, type MachineOptions, TimeMoves } from "./machine.js";
import { type Moment, Oracle } from "./oracle.js";
import { parse, Report, seedOf } from "./report.js";
import { breakCopies, type Breakage } from "./broken.js";
import { fingerprint } from "./fingerprint.js";
import { OP_NAMES, TIME_ORIGIN } from "./protocol.js";
import { ASLEEP, ended, type State } from "./state.js";

/** One thread of a model: a function that the module of bodies exports, and what it is given besides its {@link Hand}. */
export interface ThreadOfModel {
  readonly body: string;
  readonly args?: unknown;
  /** Runs from one wait, work or rest to the next in a single step: for models of many threads. */
  readonly quiet?: boolean;
}

export interface Model {
  readonly name: string;
  /** Runs first and alone, uncounted. */
  readonly setup?: ThreadOfModel;
  readonly threads: readonly ThreadOfModel[];
  /** Names of the words of memory, in their order; these are all the words there are. */
  readonly words: readonly string[];
  /** Names of what bodies note down with `t.add`. */
  readonly notes?: readonly string[];
  /** Milliseconds that may pass by themselves, one after the other, at any time or never. */
  readonly ticks?: readonly number[];
  /**
   * So many threads may die, wherever they are; then the simulated supervisor does its part, step by step. Threads look again at
   * what they have waited for long.
   */
  readonly deaths?: number;
  /** The notes that count the living only: what a thread has added is taken back when it dies. */
  readonly lapsing?: readonly string[];
  /**
   * Threads are faster than time: nothing is late unless nobody can run, or those who can take a rest (`t.rest()`). For models that
   * would be too large.
   */
  readonly prompt?: boolean;
  /** How often a thread may be made to wait though it could go on. All schedules are walked if left out. */
  readonly preemptions?: number;
  /** Must hold in every state; returns what is wrong. */
  readonly invariant?: (see: See) => string | undefined;
  /** Must hold between two states; returns what is wrong. */
  readonly change?: (before: See, after: See, choice: Choice) => string | undefined;
  /** Must hold at the end of every schedule; returns what is wrong. */
  readonly final?: (see: See) => string | undefined;
  /** Is there what the waiting threads wait for? Then a deadlock is a lost wake-up. */
  readonly available?: (see: See) => boolean;
  /** May a schedule end though somebody waits? Else it is a deadlock. */
  readonly mayWait?: (see: See) => boolean;
  /** A word's value in words, for the report. */
  readonly format?: (word: string, value: number) => string;
  /** Longer schedules are livelocks. Default 600 steps. */
  readonly maxSteps?: number;
  /** For so many seconds at most, else the exploration fails. Default 30. */
  readonly seconds?: number;
}

/** An operation that a thread has done. */
interface Deed {
  readonly op: string;
  readonly word: string;
  /** Its first operand. */
  readonly x: number;
  readonly result: number;
}

/** A state, as models look at it. */
export class See {
  constructor(
    private readonly model: Model,
    readonly state: State,
  ) {}

  /** The value of a word. */
  word(name: string): number {
    const index = this.model.words.indexOf(name);
    if (index < 0) throw new Error(`explorer: the model has no word ${name}`);
    return this.state.memory[index]!;
  }

  /** The value of a note. */
  note(name: string): number {
    const index = this.model.notes?.indexOf(name) ?? -1;
    if (index < 0) throw new Error(`explorer: the model has no note ${name}`);
    return this.state.memory[this.model.words.length + index]!;
  }

  /** How many wait on a word, asleep or by a promise. */
  waiting(name: string): number {
    const index = this.model.words.indexOf(name);
    return this.state.queue.filter(({ word }) => word === index).length;
  }

  /** What a thread may not do with promises: await one word by two of them, or end while one waits that no wake is due to. */
  faultOfPromises(): string | undefined {
    const { memory, queue, threads } = this.state;
    for (const { promise, thread, word, value } of queue) {
      if (promise === ASLEEP) continue;
      const same = queue.filter((other) => other.thread === thread && other.word === word && other.promise !== ASLEEP);
      if (same.length > 1) return `T${thread + 1} awaits ${this.model.words[word]} by two promises`;
      if (ended(threads[thread]!) && memory[word] === value)
        return `T${thread + 1} has left a promise behind at ${this.model.words[word]}`;
    }
    return undefined;
  }

  /** What the thread of this number (from 1 on) has done, the last operation first. */
  *history(number: number): Generator<Deed> {
    const { moment } = this.state.threads[number - 1]!;
    let { result } = moment;
    for (let at = moment.before; at !== undefined; at = at.before) {
      yield { op: OP_NAMES.get(at.op.kind) ?? "", word: this.model.words[at.op.word] ?? "", x: at.op.x, result };
      result = at.result;
    }
  }

  /** The virtual time, in milliseconds. */
  get clock(): number {
    return this.state.clock;
  }

  /** The virtual time in wrapping milliseconds, of the clock that all threads share. */
  get sharedClock(): number {
    return (TIME_ORIGIN + this.state.clock) | 0;
  }

  /** Has the thread of this number (from 1 on) come to its end, or died? */
  done(number: number): boolean {
    return ended(this.state.threads[number - 1]!);
  }

  /** Has the thread of this number (from 1 on) died? */
  isDead(number: number): boolean {
    return this.state.threads[number - 1]?.dead === true;
  }
}

export type Kind = "deadlock" | "lost wake-up" | "assertion failed" | "livelock";

export interface Failure {
  readonly kind: Kind;
  readonly message: string;
  /** Replays the schedule: `explorer.replay(model, seed)`. */
  readonly seed: string;
  /** The schedule, step by step. */
  readonly table: string;
}

export interface Exploration {
  /** How many schedules there are; beyond 2^53 not exact. */
  readonly schedules: number;
  readonly states: number;
  /** How often a worker was asked. */
  readonly asked: number;
  readonly seconds: number;
  /** The time was up, or there were too many states, before all was seen. */
  readonly capped: boolean;
  readonly failure: Failure | undefined;
}

class Found extends Error {
  constructor(
    readonly kind: Kind,
    message: string,
  ) {
    super(message);
  }
}

/** The number of the thread that sets up. */
const SETUP = 9;

/** More entries than this no Map can have. */
const STATES_MAX = 2 ** 24 - 1;

class TimeUp extends Error {}

/** Several workers that know the bodies of some models, over the shipped code or over a broken copy of it. */
export class Explorer {
  private readonly oracles: Oracle[] = [];

  /**
   * @param bodies a module that exports bodies: functions of a {@link Hand} and their arguments
   * @param breakages makes temporary copies of built packages, with pieces of text replaced
   */
  static async open(bodies: URL, threads: number, breakages: readonly Breakage[] = []): Promise<Explorer> {
    const copies = breakages.length > 0 ? breakCopies(bodies, breakages) : undefined;
    try {
      const oracles = Array.from({ length: threads }, () => Oracle.open(copies?.bodies ?? bodies));
      return new Explorer(await Promise.all(oracles));
    } finally {
      copies?.remove();
    }
  }

  private constructor(oracles: readonly Oracle[]) {
    this.oracles.push(...oracles);
  }

  async close(): Promise<void> {
    await Promise.all(this.oracles.map((oracle) => oracle.close()));
  }

  /** Walks all schedules of `model`, as far as the first that fails. */
  explore(model: Model): Exploration {
    const exploration = this.walk(model, model.preemptions ?? Infinity);
    return exploration.failure === undefined ? exploration : this.search(model);
  }

  /** Walks the schedules of few preemptions first: quicker than `explore` at finding a failure, and finds one easier to read. */
  search(model: Model): Exploration {
    const most = model.preemptions ?? Infinity;
    for (let bound = 0; bound < Math.min(most, 5); bound++) {
      const exploration = this.walk(model, bound);
      if (exploration.failure !== undefined) return exploration;
    }
    return this.walk(model, most);
  }

  /** Runs one schedule of `model` again, by its seed. */
  replay(model: Model, seed: string): Failure | undefined {
    const { timeless, choices } = parse(seed);
    return new Walk(model, this.oracles, this.begin(model), Infinity, timeless).replay(choices);
  }

  private walk(model: Model, bound: number): Exploration {
    if (model.ticks === undefined) {
      try {
        return new Walk(model, this.oracles, this.begin(model), bound, true).run();
      } catch (error) {
        if (!(error instanceof TimeMoves)) throw error;
      }
    }
    return new Walk(model, this.oracles, this.begin(model), bound, false).run();
  }

  private begin(model: Model): State {
    if (model.threads.length > this.oracles.length) throw new Error("explorer: opened for fewer threads");
    const common = { words: model.words.length, notes: model.notes ?? [] };
    const supervised = (model.deaths ?? 0) > 0;
    const role = ({ quiet = false, ...thread }: ThreadOfModel, number: number) => ({
      ...thread,
      quiet,
      supervised,
      number,
      ...common,
    });
    const memory = new Int32Array(common.words + common.notes.length);
    const after = model.setup === undefined ? memory : this.setUp(model.setup, memory, role(model.setup, SETUP));
    const moments: Moment[] = model.threads.map((thread, index) => this.oracles[index]!.play(role(thread, index + 1)));
    return new Machine(this.oracles, alone(common.words)).begin(after, moments);
  }

  private setUp({ body }: ThreadOfModel, memory: Int32Array, role: Parameters<Oracle["play"]>[0]): Int32Array {
    const machine = new Machine(this.oracles, alone(role.words));
    let state = machine.begin(memory, [this.oracles[0]!.play(role)]);
    while (!machine.done(state)) {
      const [choice] = machine.choices(state);
      if (choice === undefined || state.wrong !== undefined)
        throw new Error(`explorer: ${body} failed: ${state.wrong ?? "it waits"}`);
      state = machine.step(state, choice);
    }
    return state.memory;
  }
}

/** A machine on which one thread runs to its end. */
function alone(words: number): MachineOptions {
  return { words, ticks: [], preemptions: Infinity, deaths: 0, lapsing: [], prompt: false, timeless: false };
}

/** One walk over all schedules within a bound. */
class Walk {
  private readonly machine: Machine;
  private readonly seen = new Map<number, number>();
  private readonly path: Choice[] = [];
  private readonly until: number;
  private readonly began = performance.now();

  constructor(
    private readonly model: Model,
    private readonly oracles: readonly Oracle[],
    private readonly first: State,
    private readonly bound: number,
    private readonly timeless: boolean,
  ) {
    const { words, notes = [], ticks = [], deaths = 0, lapsing = [], prompt = false } = model;
    const indices = lapsing.map((name) => notes.indexOf(name));
    this.machine = new Machine(oracles, {
      words: words.length,
      ticks,
      preemptions: bound,
      deaths,
      prompt,
      lapsing: indices,
      timeless,
    });
    this.until = this.began + 1000 * (model.seconds ?? 30);
  }

  run(): Exploration {
    const before = this.asked();
    let schedules = 0;
    let capped = false;
    let failure: Failure | undefined;
    try {
      schedules = this.walk(this.first);
    } catch (error) {
      if (error instanceof TimeUp) capped = true;
      else if (error instanceof Found) failure = this.failure(error);
      else throw error;
    }
    const seconds = (performance.now() - this.began) / 1000;
    return { schedules, states: this.seen.size, asked: this.asked() - before, seconds, capped, failure };
  }

  replay(choices: readonly Choice[]): Failure | undefined {
    let state = this.first;
    try {
      this.look(state, this.machine.choices(state));
      for (const choice of choices) {
        if (!this.machine.choices(state).some((possible) => isDeepStrictEqual(possible, choice))) {
          throw new Error(`explorer: the seed is of another model or other code: no ${JSON.stringify(choice)} here`);
        }
        this.path.push(choice);
        const next = this.machine.step(state, choice);
        this.compare(state, next, choice);
        state = next;
        this.look(state, this.machine.choices(state));
      }
    } catch (error) {
      if (error instanceof Found) return this.failure(error);
      throw error;
    }
    return undefined;
  }

  /** How many schedules go on from `state`. */
  private walk(state: State): number {
    const key = fingerprint(state, this.bound < Infinity);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    if ((this.seen.size & 1023) === 0 && performance.now() > this.until) throw new TimeUp();
    if (this.seen.size === STATES_MAX) throw new TimeUp();
    const choices = this.machine.choices(state);
    let schedules = this.look(state, choices) ? 1 : 0;
    for (const choice of choices) {
      this.path.push(choice);
      const next = this.machine.step(state, choice);
      this.compare(state, next, choice);
      schedules += this.walk(next);
      this.path.pop();
    }
    this.seen.set(key, schedules);
    return schedules;
  }

  /** Throws if something is wrong in `state`; says whether a schedule may end here. */
  private look(state: State, choices: readonly Choice[]): boolean {
    const { invariant, final, available, mayWait, maxSteps = 600 } = this.model;
    if (state.wrong !== undefined) throw new Found("assertion failed", state.wrong);
    const see = new See(this.model, state);
    const broken = invariant?.(see);
    if (broken !== undefined) throw new Found("assertion failed", broken);
    if (this.path.length > maxSteps) throw new Found("livelock", `more than ${maxSteps} steps`);
    if (choices.some(isCertain)) return false;
    if (!this.machine.done(state) && mayWait?.(see) !== true) {
      if (available?.(see) === true) throw new Found("lost wake-up", "somebody waits for what is there");
      throw new Found("deadlock", "nobody can go on");
    }
    const unfinished = final?.(see);
    if (unfinished !== undefined) throw new Found("assertion failed", `at the end, ${unfinished}`);
    return true;
  }

  private compare(before: State, after: State, choice: Choice): void {
    if (this.model.change === undefined) return;
    const broken = this.model.change(new See(this.model, before), new See(this.model, after), choice);
    if (broken !== undefined) throw new Found("assertion failed", broken);
  }

  private failure({ kind, message }: Found): Failure {
    const table = new Report(this.model, this.machine).table(this.first, this.path);
    const seed = seedOf(this.path, this.timeless);
    return { kind, message, seed, table };
  }

  private asked(): number {
    return this.oracles.reduce((sum, { asked }) => sum + asked, 0);
  }
}
