/** The ways to die, and the error of each. */
import { expose, sleep, terminate, type Thread } from "@x/threading";
import { exit, exitReturns, tellsOfExit } from "./exit.js";
import type { Kill } from "./plan.js";
import { Random } from "./random.js";
import { markTarget, fuzzTasksOf } from "./fuzz-task.js";
import { AT, type Activity, activityOf, ROW, STEP, type SharedState } from "./shared-state.js";

const EXIT_CODE = 3;

/** The error of a thread's death by a throw. */
class Death extends Error {}

/** Ends the calling thread. In a browser an exit ends it after this throw, which is its error. */
export function die(kill: Kill): never {
  if (kill === "process.exit") exit(EXIT_CODE);
  if (kill === "out of memory") for (const all: unknown[] = []; ;) all.push(new Array<number>(10_000).fill(all.length));
  throw new Death("dies");
}

/**
 * Ends the thread of a task. A throw in the task would end the task alone, so this throws in a
 * microtask, uncaught.
 */
export function dieInTask(kill: Kill): Promise<never> {
  queueMicrotask(() => (kill === "process.exit" ? exit(EXIT_CODE) : die(kill)));
  return new Promise(() => undefined);
}

/** Is it the message of the error from `result`, after this cause of death? */
export const SAYS: Readonly<Record<Kill, (message: string) => boolean>> = {
  terminate: (message) => message.endsWith("was terminated"),
  "process.exit": (message) => tellsOfExit(message, EXIT_CODE) || (exitReturns && message === "dies"),
  throw: (message) => message === "dies",
  "out of memory": (message) => message.endsWith("ran out of memory"),
};

/** The except hook: planned deaths are not reported. */
export function ignoreError(): void {}

/** A thread to terminate. */
export interface Target {
  readonly fuzzThread: number;
  readonly step: number;
  readonly thread: Thread;
}

/** The most harmful activities for a death. */
const RISKY_ACTIVITIES: readonly (readonly Activity[])[] = [
  ["holding a Lock", "holding an RLock", "holding a Condition's lock"],
  ["acquiring a Lock", "acquiring an RLock", "acquiring a Condition's lock", "acquiring a permit"],
  ["waiting for a Condition"],
  ["waiting for an Event", "waiting at a Barrier"],
  ["starting a Thread", "starting a Timer", "joining a Thread", "joining a Timer"],
  ["notifying", "setting an Event"],
  [],
];

/** Waits 15 ms at most for the step, and 15 ms for the activity: the thread may never come there. */
const MAX_WAIT_MS = 15;

/** Terminates each target, from its step on, during a risky activity. */
export function injectFaults(shared: SharedState, targets: readonly Target[]): void {
  const random = new Random(shared.plan.seed * 7 + 5);
  for (const { fuzzThread, step, thread } of targets) {
    const task = random.one(fuzzTasksOf(shared, fuzzThread));
    // A late target may wait for a later target, so the wait for its step has a limit.
    const latest = performance.now() + MAX_WAIT_MS;
    const isBefore = (): boolean => Atomics.load(shared.status, task * ROW + STEP) < step;
    while (thread.isAlive() && isBefore() && performance.now() < latest) sleep(0.2);
    const risky = random.one(RISKY_ACTIVITIES);
    const activity = (): Activity => activityOf(shared.status, task);
    const end = performance.now() + MAX_WAIT_MS;
    while (risky.length > 0 && !risky.includes(activity()) && performance.now() < end && thread.isAlive());
    if (activity() === "waiting for a Condition" && !random.oneIn(3)) awaitNotify(shared, end);
    else if (random.oneIn(2)) sleep(random.next());
    if (!thread.isAlive()) continue;
    markTarget(shared, fuzzThread, wasNotified(shared) ? "being notified" : activity());
    terminate(thread);
  }
}

let notifiedBefore = -1;

/** Spins to the next notify, or to `end`. */
function awaitNotify({ words }: SharedState, end: number): void {
  notifiedBefore = Atomics.load(words, AT.NOTIFIED);
  while (Atomics.load(words, AT.NOTIFIED) === notifiedBefore && performance.now() < end);
}

function wasNotified({ words }: SharedState): boolean {
  const before = notifiedBefore;
  notifiedBefore = -1;
  return before >= 0 && Atomics.load(words, AT.NOTIFIED) !== before;
}
expose({ ignoreError, injectFaults });
