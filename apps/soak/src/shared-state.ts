/** The shared state of a program: the primitives, and plain words to check their promises by. */
import { Barrier, BoundedSemaphore, Condition, Event, expose, Local, Lock, RLock, Semaphore } from "@x/threading";
import { type Plan, fuzzTaskCount } from "./plan.js";

/** The activities of a fuzz task, for the watchdog, the reports of deaths, and the counts of operations. */
export const ACTIVITIES = [
  ...["between two steps", "acquiring a Lock", "holding a Lock", "acquiring an RLock", "holding an RLock"],
  ...["acquiring a permit", "holding a permit", "waiting for an Event", "setting an Event"],
  ...[
    "acquiring a Condition's lock",
    "holding a Condition's lock",
    "waiting for a Condition",
    "notifying",
    "being notified",
  ],
  ...[
    "waiting at a Barrier",
    "joining a Thread",
    "starting a Thread",
    "starting a Timer",
    "cancelling a Timer",
    "joining a Timer",
  ],
  ...["using a Local", "ended"],
] as const;
export type Activity = (typeof ACTIVITIES)[number];

export const codeOf = (activity: Activity): number => ACTIVITIES.indexOf(activity);

/** The row of a fuzz task: its activity, the number of the primitive, and the step. */
export const ACTIVITY = 0;
export const WHICH = 1;
export const STEP = 2;
export const ROW = 3;

/** The largest number of fuzz tasks. */
export const FUZZ_TASKS_MAX = 20;

const STEPS_MAX = 16;

/** The lists of checked words, in this order, by their lengths. */
const LISTS = {
  /**
   * The fuzz task inside each lock, by its number plus 1. Locks come first, then RLocks, then the
   * buffer's lock.
   */
  OWNER: 8,
  /** Incremented inside each lock, not atomically. */
  TALLY: 8,
  /** The same count, incremented atomically. */
  COUNTED: 8,
  /** How many fuzz tasks are inside each semaphore, including dead ones. */
  INSIDE: 4,
  /** By level: how many fuzz tasks have come to the barrier, and the set of returned indices. */
  ARRIVED: STEPS_MAX,
  INDICES: STEPS_MAX,
  /** How often the barrier's action has run. */
  ACTIONS: 1,
  /** The counts of the buffer. */
  ITEMS: 1,
  PRODUCED: 1,
  CONSUMED: 1,
  CLOSED: 1,
  NOTIFIED: 1,
  /** How often the timer of each fuzz task has fired. */
  FIRED: FUZZ_TASKS_MAX,
  /** Will the thread of this fuzz task die? Set before it dies. */
  TARGETED: FUZZ_TASKS_MAX,
  /** The activity of each fuzz thread when it died, by its code plus 1. */
  DIED_WHILE: 8,
  /** How many OwnerDiedErrors were thrown. */
  OWNER_DEATHS: 1,
} as const;
type List = keyof typeof LISTS;

let end = 0;
/** The index of each list's first word. */
export const AT = Object.fromEntries(
  Object.entries(LISTS).map(([name, length]) => [name, (end += length) - length]),
) as Readonly<Record<List, number>>;
const WORDS = end;

export interface SharedState {
  readonly plan: Plan;
  readonly locks: readonly Lock[];
  readonly rlocks: readonly RLock[];
  readonly semaphores: readonly Semaphore[];
  readonly gates: ReadonlyMap<number, Event>;
  /** Set and cleared again and again; a fuzz task waits for it with a timeout only. */
  readonly bell: Event;
  readonly buffer: Condition<Lock | RLock>;
  readonly barrier: Barrier;
  /** A barrier with timeouts, aborts and resets. */
  readonly looseBarrier: Barrier;
  readonly local: Local<{ fuzzThread?: number }>;
  readonly words: Int32Array;
  /** A row for each fuzz task, then how often each activity began. */
  readonly status: Int32Array;
}

/** Counts the cycles of the barrier. Runs in the last thread to arrive. */
export class Action {
  constructor(private readonly words: Int32Array) {}
  call(): void {
    Atomics.add(this.words, AT.ACTIONS, 1);
  }
}
expose({ Action });

/** Loads the activity of a fuzz task. */
export function activityOf(status: Int32Array, task: number): Activity {
  return ACTIVITIES[Atomics.load(status, task * ROW + ACTIVITY)] as Activity;
}

/** The status of all programs of a run; see {@link SharedState.status}. */
export function newStatus(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (FUZZ_TASKS_MAX * ROW + ACTIVITIES.length)));
}

export function makeShared(plan: Plan, status: Int32Array): SharedState {
  const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const levels = [...plan.levels].filter(([, opener]) => opener !== "barrier");
  return {
    ...{ plan, words, status, bell: new Event(), local: new Local<{ fuzzThread?: number }>() },
    locks: Array.from({ length: plan.locks }, () => new Lock()),
    rlocks: Array.from({ length: plan.rlocks }, () => new RLock()),
    semaphores: plan.permits.map((permits, i) =>
      i % 2 === 0 ? new BoundedSemaphore(permits) : new Semaphore(permits),
    ),
    gates: new Map(levels.map(([step]) => [step, new Event()])),
    buffer: new Condition<Lock | RLock>(plan.reentrant ? new RLock() : new Lock()),
    barrier: new Barrier(fuzzTaskCount(plan), { action: new Action(words) }),
    looseBarrier: new Barrier(2),
  };
}
