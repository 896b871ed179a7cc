/**
 * Walks every schedule of a few threads, depth first. Two paths to the same state (memory, waiting
 * lists, histories of all threads) continue alike, so the second path is counted and not walked.
 */
import { isDeepStrictEqual } from "node:util";
import { type Choice, isCertain } from "./choices.js";
import { fingerprint } from "./fingerprint.js";
import { EPOCH, Machine, type MachineOptions } from "./machine.js";
import type { Model } from "./model.js";
import type { ThreadReplayer } from "./thread-replayer.js";
import { Report, seedOf } from "./report.js";
import { StateView } from "./state-view.js";
import type { State } from "./state.js";

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
  /** The number of schedules; not exact beyond 2^53. */
  readonly schedules: number;
  readonly states: number;
  /** How often a worker was asked. */
  readonly asked: number;
  readonly seconds: number;
  /** The walk stopped early: the time was up, or there were too many states. */
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

/** The most entries of a Map. */
const STATES_MAX = 2 ** 24 - 1;

class TimeUp extends Error {}

/** The start of a model's schedules. */
export interface Opening {
  readonly first: State;
  /** The names of the words. The list grows if the model is of a process. */
  readonly words: readonly string[];
  readonly options: MachineOptions;
}

/** A walk over all schedules within a bound. */
export class Walk {
  private readonly machine: Machine;
  private readonly first: State;
  private readonly seen = new Map<number, number>();
  private readonly path: Choice[] = [];
  private readonly until: number;
  private readonly began = performance.now();

  constructor(
    private readonly model: Model,
    private readonly replayers: readonly ThreadReplayer[],
    private readonly opening: Opening,
    private readonly bound: number,
    private readonly untimed: boolean,
  ) {
    const {
      notes = [],
      ticks = [],
      deaths = 0,
      isSupervisorMortal = false,
      livingOnly: names = [],
      urgent = false,
    } = model;
    const livingOnly = names.map((name) => notes.indexOf(name));
    this.first = opening.first;
    this.machine = new Machine(replayers, {
      ...opening.options,
      ticks,
      preemptions: bound,
      deaths,
      isSupervisorMortal,
      urgent,
      livingOnly,
      untimed,
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
      this.look(state, this.choices(state));
      for (const choice of choices) {
        if (!this.choices(state).some((possible) => isDeepStrictEqual(possible, choice))) {
          throw new Error(`explorer: the seed is of another model or other code: no ${JSON.stringify(choice)} here`);
        }
        this.path.push(choice);
        const next = this.machine.step(state, choice);
        this.compare(state, next, choice);
        state = next;
        this.look(state, this.choices(state));
      }
    } catch (error) {
      if (error instanceof Found) return this.failure(error);
      throw error;
    }
    return undefined;
  }

  private choices(state: State): Choice[] {
    const choices = this.machine.choices(state);
    const { mayDie } = this.model;
    if (mayDie === undefined) return choices;
    const view = new StateView(this.model, this.opening.words, state);
    return choices.filter(({ kind, thread }) => (kind !== "die" && kind !== "terminate") || mayDie(view, thread + 1));
  }

  /** How many schedules continue from `state`. */
  private walk(state: State): number {
    const key = fingerprint(state, this.bound < Infinity);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    if ((this.seen.size & 1023) === 0 && performance.now() > this.until) throw new TimeUp();
    if (this.seen.size === STATES_MAX) throw new TimeUp();
    const choices = this.choices(state);
    let schedules = this.look(state, choices) ? 1 : 0;
    const isEnd = schedules > 0 && this.model.mayRest !== undefined;
    for (const choice of isEnd ? choices.filter((choice) => !this.machine.movesTime(state, choice)) : choices) {
      this.path.push(choice);
      const next = this.machine.step(state, choice);
      this.compare(state, next, choice);
      schedules += this.walk(next);
      this.path.pop();
    }
    this.seen.set(key, schedules);
    return schedules;
  }

  /** Throws if `state` breaks a condition. Returns true if a schedule may end here. */
  private look(state: State, choices: readonly Choice[]): boolean {
    const { invariant, final, available, mayWait, maxSteps = 600, maxTime = Infinity } = this.model;
    if (state.wrong !== undefined) throw new Found("assertion failed", state.wrong);
    const view = new StateView(this.model, this.opening.words, state);
    const broken = invariant?.(view);
    if (broken !== undefined) throw new Found("assertion failed", broken);
    if (this.path.length > maxSteps) throw new Found("livelock", `more than ${maxSteps} steps`);
    if (state.clock - EPOCH > maxTime) throw new Found("deadlock", `a thread waits for more than ${maxTime} ms`);
    const rests = this.model.mayRest?.(view) === true && this.machine.isResting(state);
    if (!rests && choices.some(isCertain)) return false;
    if (!rests && !this.machine.done(state) && mayWait?.(view) !== true) {
      if (available?.(view) === true) throw new Found("lost wake-up", "a thread waits though the resource is free");
      throw new Found("deadlock", "no thread can go on");
    }
    const unfinished = final?.(view);
    if (unfinished !== undefined) throw new Found("assertion failed", `at the end, ${unfinished}`);
    return true;
  }

  private compare(before: State, after: State, choice: Choice): void {
    if (this.model.change === undefined) return;
    const { words } = this.opening;
    const broken = this.model.change(
      new StateView(this.model, words, before),
      new StateView(this.model, words, after),
      choice,
    );
    if (broken !== undefined) throw new Found("assertion failed", broken);
  }

  private failure({ kind, message }: Found): Failure {
    const table = new Report(this.model, this.machine, this.opening.words, this.opening.options.environment).table(
      this.first,
      this.path,
    );
    const seed = seedOf(this.path, this.untimed);
    return { kind, message, seed, table };
  }

  private asked(): number {
    return this.replayers.reduce((sum, { asked }) => sum + asked, 0);
  }
}
