/**
 * A worker gives way to a submitter that has no core.
 *
 * Workers never sleep while tasks are pending. If they fill the cores, the scheduler lets a submitter wait for
 * the end of their time slices, which are several milliseconds long: so late is its event loop for everything
 * else, too. A worker of another pool sleeps after each task, until the submitter sends it the next one.
 *
 * So a worker naps if the submitter has not taken its earlier results yet, until it takes them, for less than
 * half a millisecond. If this was in vain, the submitter does other work: the next nap comes after twice the
 * time.
 */
import { pause } from "@x/core";
import { NO_BLOCK, platform } from "@x/core/internal";
import type { State } from "./state.js";
import { ALIVE } from "./words.js";

/** 100 us: a worker with shorter tasks does not nap, because the results of many tasks go home at once. */
const TASK_MS = 0.1;
/** A worker with short tasks looks at the clock after so many. */
const TASKS = 16;
/** 50 us: Linux lets a thread sleep for as long besides. */
const NAP_MS = 0.05;
const NAPS = 4;
/** 1 ms: a nap takes a tenth of it, or less. */
const LEAST_MS = 1;
/** 64 ms: naps in vain take less than a hundredth of it. */
const MOST_MS = 64;

export class GivingWay {
  /** How many tasks shall run until the next look at the clock. */
  tasks = TASKS;
  /** Infinity: not since the worker was idle. */
  #lastLook = Infinity;
  #lastNap = 0;
  #every = LEAST_MS;

  constructor(private readonly state: State) {}

  /** The worker was idle: the time of its next tasks is not known yet. */
  reset(): void {
    this.tasks = TASKS;
    this.#lastLook = Infinity;
  }

  /**
   * After `tasks` tasks: naps if a submitter needs the core.
   *
   * @returns the time
   */
  look(): number {
    const now = performance.now();
    const wasLong = this.tasks === 1;
    const isLong = now - this.#lastLook >= TASK_MS * this.tasks;
    this.tasks = isLong ? 1 : TASKS;
    this.#lastLook = now;
    // Long twice in a row: many short tasks take long, too, if this thread has lost its core meanwhile.
    if (!wasLong || !isLong || now - this.#lastNap < this.#every || !this.#isNeeded) return now;
    for (let i = 0; i < NAPS && this.#isNeeded; i++) pause(NAP_MS);
    this.#every = this.#isNeeded ? Math.min(2 * this.#every, MOST_MS) : LEAST_MS;
    return (this.#lastNap = this.#lastLook = performance.now());
  }

  /** Do the workers fill the cores, and has a submitter not taken its results? */
  get #isNeeded(): boolean {
    const { records } = this.state;
    const owner = records.late;
    return owner !== NO_BLOCK && this.state.hasArrivals(owner) && this.state.load(ALIVE) >= platform.cores();
  }
}
