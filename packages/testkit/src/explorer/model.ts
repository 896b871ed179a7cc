/** A model: threads, their shared memory, and the conditions that must hold. */
import type { Choice } from "./choices.js";
import type { StateView, WordsOfModel } from "./state-view.js";

/**
 * A thread of a model: a function of the module of bodies. It receives a {@link ModelThread} and
 * `args`.
 */
export interface ThreadOfModel {
  readonly body: string;
  readonly args?: unknown;
  /** Runs from one wait, work or rest to the next in a single step: for models of many threads. */
  readonly quiet?: boolean;
}

export interface Model extends WordsOfModel {
  readonly name: string;
  /** Runs first and alone. The explorer does not count its schedules. */
  readonly setup?: ThreadOfModel;
  readonly threads: readonly ThreadOfModel[];
  /** Milliseconds that may pass by themselves, in this order, at any time or never. */
  readonly ticks?: readonly number[];
  /**
   * How many threads may die, at any point. The simulated supervisor then acts, step by step, and
   * long waits are checked again after each death.
   */
  readonly deaths?: number;
  /** May the supervisor of a process die, too? Its workers die with it. */
  readonly isSupervisorMortal?: boolean;
  /** May the thread of this number (from 1) die before its next operation? If left out, any thread may. */
  readonly mayDie?: (view: StateView, number: number) => boolean;
  /** Notes of living threads only: a death subtracts the dead thread's share. */
  readonly livingOnly?: readonly string[];
  /**
   * Threads are faster than time: time passes only while every thread waits or rests (`t.rest()`).
   * For models that are too large otherwise.
   */
  readonly urgent?: boolean;
  /**
   * The most preemptions in a schedule: a thread stops though it could go on. If left out, all
   * schedules are walked.
   */
  readonly preemptions?: number;
  /** Checks every state. Returns an error, or undefined. */
  readonly invariant?: (view: StateView) => string | undefined;
  /** Checks every step. Returns an error, or undefined. */
  readonly change?: (before: StateView, after: StateView, choice: Choice) => string | undefined;
  /** Checks the end of every schedule. Returns an error, or undefined. */
  readonly final?: (view: StateView) => string | undefined;
  /** Is the resource of the waiters free? Then a deadlock is reported as a lost wake-up. */
  readonly available?: (view: StateView) => boolean;
  /** May a schedule end while a thread waits? If not, this is a deadlock. */
  readonly mayWait?: (view: StateView) => boolean;
  /**
   * May a schedule end where only time can go on? For threads with an endless periodic task. Needs
   * `urgent`.
   */
  readonly mayRest?: (view: StateView) => boolean;
  /**
   * A thread that waits longer than this many ms is in a deadlock. For models with an endless
   * periodic task, which hides deadlocks otherwise.
   */
  readonly maxTime?: number;
  /** Formats the value of a word for the report. */
  readonly format?: (word: string, value: number) => string;
  /** A longer schedule is a livelock. Default 600 steps. */
  readonly maxSteps?: number;
  /** The exploration fails after this many seconds. Default 30. */
  readonly seconds?: number;
}
