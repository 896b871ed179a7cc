/** What is explored: threads, what they share, and what must hold. */
import type { Choice } from "./choices.js";
import type { StateView, WordsOfModel } from "./state-view.js";

/** One thread of a model: a function that the module of bodies exports, and what it is given besides its {@link ModelThread}. */
export interface ThreadOfModel {
  readonly body: string;
  readonly args?: unknown;
  /** Runs from one wait, work or rest to the next in a single step: for models of many threads. */
  readonly quiet?: boolean;
}

export interface Model extends WordsOfModel {
  readonly name: string;
  /** Runs first and alone, uncounted. */
  readonly setup?: ThreadOfModel;
  readonly threads: readonly ThreadOfModel[];
  /** Milliseconds that may pass by themselves, one after the other, at any time or never. */
  readonly ticks?: readonly number[];
  /**
   * So many threads may die, wherever they are; then the simulated supervisor does its part, step by step. Threads look again at
   * what they have waited for long.
   */
  readonly deaths?: number;
  /** May the supervisor of a process die, too? What it has started dies with it. */
  readonly isSupervisorMortal?: boolean;
  /** May the thread of this number (from 1 on) die before its next operation? All may if left out. */
  readonly mayDie?: (view: StateView, number: number) => boolean;
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
  readonly invariant?: (view: StateView) => string | undefined;
  /** Must hold between two states; returns what is wrong. */
  readonly change?: (before: StateView, after: StateView, choice: Choice) => string | undefined;
  /** Must hold at the end of every schedule; returns what is wrong. */
  readonly final?: (view: StateView) => string | undefined;
  /** Is there what the waiting threads wait for? Then a deadlock is a lost wake-up. */
  readonly available?: (view: StateView) => boolean;
  /** May a schedule end though somebody waits? Else it is a deadlock. */
  readonly mayWait?: (view: StateView) => boolean;
  /** May a schedule end where only time could bring more? For what goes on for ever, once in a while. Such a model is `prompt`. */
  readonly mayRest?: (view: StateView) => boolean;
  /** Milliseconds after which nobody should wait any more: for what goes on for ever, where nothing else tells a deadlock. */
  readonly maxTime?: number;
  /** A word's value in words, for the report. */
  readonly format?: (word: string, value: number) => string;
  /** Longer schedules are livelocks. Default 600 steps. */
  readonly maxSteps?: number;
  /** For so many seconds at most, else the exploration fails. Default 30. */
  readonly seconds?: number;
}
