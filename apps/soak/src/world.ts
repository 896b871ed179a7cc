/**
 * What the threads of a program have in common: the primitives, and plain words by which an oracle can tell that they do what they
 * promise.
 */
import { Barrier, BoundedSemaphore, Condition, Event, expose, Local, Lock, RLock, Semaphore } from "@x/threading";
import { type Plan, walkersOf } from "./plan.js";

/** What a walker is doing, for the watchdog, the reports of deaths, and the counts of operations. */
export const DOINGS = [
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
export type Doing = (typeof DOINGS)[number];

export const codeOf = (doing: Doing): number => DOINGS.indexOf(doing);

/** The row of a walker: what it is doing, with which of them, and at which step. */
export const DOING = 0;
export const WHICH = 1;
export const STEP = 2;
export const ROW = 3;

/** As many walkers as there can be. */
export const WALKERS_MAX = 20;

const STEPS_MAX = 16;

/** The words of the oracle, in this order; each is a list. */
const LISTS = {
  /** Who is inside each lock: a walker's number plus 1. Also: Locks, then RLocks, then the lock of the buffer. */
  OWNER: 8,
  /** Counted up inside each lock, not atomically. */
  TALLY: 8,
  /** The same, counted by each walker on its own, atomically. */
  COUNTED: 8,
  /** How many are inside each semaphore, those included who died there. */
  INSIDE: 4,
  /** How many have come to the barrier, at each level, and which indices have been given out. */
  ARRIVED: STEPS_MAX,
  INDICES: STEPS_MAX,
  /** How often the action of the barrier has run. */
  ACTIONS: 1,
  /** Of the buffer. */
  ITEMS: 1,
  PRODUCED: 1,
  CONSUMED: 1,
  CLOSED: 1,
  NOTIFIED: 1,
  /** How often the timer of each walker has fired. */
  FIRED: WALKERS_MAX,
  /** Has this walker to die? Said before it does. */
  DOOMED: WALKERS_MAX,
  /** What each actor was doing when it died: one of the DOINGS, plus 1. */
  DIED_WHILE: 8,
  /** How many OwnerDiedErrors there were. */
  ORPHANS: 1,
} as const;
type List = keyof typeof LISTS;

let end = 0;
/** Where each list begins. */
export const AT = Object.fromEntries(
  Object.entries(LISTS).map(([name, length]) => [name, (end += length) - length]),
) as Readonly<Record<List, number>>;
const WORDS = end;

export interface World {
  readonly plan: Plan;
  readonly locks: readonly Lock[];
  readonly rlocks: readonly RLock[];
  readonly semaphores: readonly Semaphore[];
  readonly gates: ReadonlyMap<number, Event>;
  /** Rung again and again; nobody needs to hear it. */
  readonly bell: Event;
  readonly buffer: Condition<Lock | RLock>;
  readonly barrier: Barrier;
  /** One that some come to too late, and others abort and reset. */
  readonly looseBarrier: Barrier;
  readonly local: Local<{ actor?: number }>;
  readonly words: Int32Array;
  /** A row for each walker, then how often each of the DOINGS was begun. */
  readonly status: Int32Array;
}

/** Counts the cycles of the barrier, in whichever thread arrives last. */
export class Action {
  constructor(private readonly words: Int32Array) {}
  call(): void {
    Atomics.add(this.words, AT.ACTIONS, 1);
  }
}
expose(import.meta, { Action });

/** Loads what the walker is doing. */
export function doingOf(status: Int32Array, walker: number): Doing {
  return DOINGS[Atomics.load(status, walker * ROW + DOING)] as Doing;
}

export const STATUS_WORDS: number = WALKERS_MAX * ROW + DOINGS.length;

export function worldOf(plan: Plan, status: Int32Array): World {
  const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const levels = [...plan.levels].filter(([, opener]) => opener !== "barrier");
  return {
    ...{ plan, words, status, bell: new Event(), local: new Local<{ actor?: number }>() },
    locks: Array.from({ length: plan.locks }, () => new Lock()),
    rlocks: Array.from({ length: plan.rlocks }, () => new RLock()),
    semaphores: plan.permits.map((permits, i) =>
      i % 2 === 0 ? new BoundedSemaphore(permits) : new Semaphore(permits),
    ),
    gates: new Map(levels.map(([step]) => [step, new Event()])),
    buffer: new Condition<Lock | RLock>(plan.reentrant ? new RLock() : new Lock()),
    barrier: new Barrier(walkersOf(plan), { action: new Action(words) }),
    looseBarrier: new Barrier(2),
  };
}
