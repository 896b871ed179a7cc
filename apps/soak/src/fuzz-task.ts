/** Runs through a program step by step, in a blocking thread or an awaiting task. */
import { isDeadly, type Kill } from "./plan.js";
import { Random } from "./random.js";
import {
  AT,
  codeOf,
  ACTIVITY,
  type Activity,
  activityOf,
  ROW,
  STEP,
  FUZZ_TASKS_MAX,
  WHICH,
  type SharedState,
} from "./shared-state.js";

/** A promise of the library is broken. */
export class Broken extends Error {
  static {
    this.prototype.name = "Broken";
  }
}

/** The numbers of a fuzz task. */
export interface Place {
  readonly fuzzThread: number;
  readonly fuzzTask: number;
  /** Does it await, rather than block? */
  readonly isTask: boolean;
}

export class FuzzTask {
  readonly random: Random;
  readonly isDeadly: boolean;
  readonly wordOfMine: number;
  step = 0;

  constructor(
    readonly shared: SharedState,
    readonly place: Place,
  ) {
    this.random = new Random(shared.plan.seed * 31 + place.fuzzTask + 1);
    this.isDeadly = isDeadly(shared.plan);
    this.wordOfMine = place.fuzzTask + 1;
  }

  /** Publishes the next activity, and the number of its primitive. */
  begin(activity: Activity, which = 0): void {
    const { status } = this.shared;
    const row = this.place.fuzzTask * ROW;
    Atomics.store(status, row + WHICH, which);
    Atomics.store(status, row + STEP, this.step);
    Atomics.store(status, row + ACTIVITY, codeOf(activity));
    Atomics.add(status, FUZZ_TASKS_MAX * ROW + codeOf(activity), 1);
  }

  /** @throws Broken unless `holds` */
  expect(holds: boolean, what: string): void {
    if (!holds) throw new Broken(`${what} (${this.where})`);
  }

  get where(): string {
    const { fuzzTask, fuzzThread } = this.place;
    return `fuzz task ${fuzzTask} of fuzz thread ${fuzzThread}, step ${this.step}, ${activityOf(this.shared.status, fuzzTask)}`;
  }

  /**
   * The cause of death of this task's thread, if its step has come. Steps ask inside of locks,
   * where a death does most harm.
   */
  get death(): Kill | undefined {
    const { death } = this.shared.plan.fuzzThreads[this.place.fuzzThread]!;
    return death !== undefined && death.kill !== "terminate" && this.step >= death.step ? death.kill : undefined;
  }

  /** Counts an OwnerDiedError. The caller now holds the lock, and repairs its data. */
  ownerDied(): void {
    Atomics.add(this.shared.words, AT.OWNER_DEATHS, 1);
    this.expect(this.isDeadly, "OwnerDiedError in a program without deaths");
  }

  /** Has the thread of this fuzz task died, or is it about to? */
  isTarget(word: number): boolean {
    return word > 0 && Atomics.load(this.shared.words, AT.TARGETED + word - 1) !== 0;
  }

  /** Enters lock number `lock`. No other task may be inside, unless its thread died there. */
  enter(lock: number): void {
    const { words } = this.shared;
    const was = Atomics.exchange(words, AT.OWNER + lock, this.wordOfMine);
    this.expect(was === 0 || this.isTarget(was), `fuzz task ${was - 1} is inside of lock ${lock} as well`);
    words[AT.TALLY + lock]! += 1;
    Atomics.add(words, AT.COUNTED + lock, 1);
  }

  leave(lock: number): void {
    const is = Atomics.compareExchange(this.shared.words, AT.OWNER + lock, this.wordOfMine, 0);
    this.expect(is === this.wordOfMine, `fuzz task ${is - 1} has entered lock ${lock} meanwhile`);
  }
}

/** The numbers of the fuzz tasks of a fuzz thread. */
export function fuzzTasksOf({ plan }: SharedState, fuzzThread: number): number[] {
  const before = plan.fuzzThreads.slice(0, fuzzThread).reduce((sum, { tasks }) => sum + Math.max(1, tasks), 0);
  return Array.from({ length: Math.max(1, plan.fuzzThreads[fuzzThread]!.tasks) }, (_, i) => before + i);
}

/** Records the activity of a fuzz thread just before its death. */
export function markTarget(shared: SharedState, fuzzThread: number, activity: Activity): void {
  for (const task of fuzzTasksOf(shared, fuzzThread)) Atomics.store(shared.words, AT.TARGETED + task, 1);
  Atomics.store(shared.words, AT.DIED_WHILE + fuzzThread, codeOf(activity) + 1);
}
