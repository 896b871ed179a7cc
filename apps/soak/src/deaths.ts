/** How threads die, and what others are told of it. */
import { expose, sleep, terminate, type Thread } from "@x/threading";
import type { Kill } from "./plan.js";
import { Random } from "./random.js";
import { doom, walkersOfActor } from "./walker.js";
import { AT, type Doing, doingOf, ROW, STEP, type World } from "./world.js";

const EXIT_CODE = 3;

/** What a thread dies of that throws. */
class Death extends Error {}

/** Dies, wherever this is called. */
export function die(kill: Kill): never {
  if (kill === "process.exit") process.exit(EXIT_CODE);
  if (kill === "out of memory") for (const all: unknown[] = []; ;) all.push(new Array<number>(10_000).fill(all.length));
  throw new Death("dies");
}

/** What a task throws would end the task alone; thrown where nobody catches it, it ends the thread. */
export function dieInTask(kill: Kill): Promise<never> {
  queueMicrotask(() => die(kill));
  return new Promise(() => undefined);
}

/** What `result` says of a thread that died so. */
export const SAID: Readonly<Record<Kill, RegExp>> = {
  terminate: /was terminated$/,
  "process.exit": new RegExp(`process\\.exit\\(${EXIT_CODE}\\)$`),
  throw: /^dies$/,
  "out of memory": /ran out of memory$/,
};

/** Nobody needs to read of the deaths that were planned. */
export function quiet(): void {}

/** Whom to terminate. */
export interface Victim {
  readonly actor: number;
  readonly step: number;
  readonly thread: Thread;
}

/** When it hurts. */
const MOMENTS: readonly (readonly Doing[])[] = [
  ["holding a Lock", "holding an RLock", "holding a Condition's lock"],
  ["acquiring a Lock", "acquiring an RLock", "acquiring a Condition's lock", "acquiring a permit"],
  ["waiting for a Condition"],
  ["waiting for an Event", "waiting at a Barrier"],
  ["starting a Thread", "starting a Timer", "joining a Thread", "joining a Timer"],
  ["notifying", "setting an Event"],
  [],
];

/** So many milliseconds the killer waits, for the step and then for such a moment. */
const PATIENCE = 15;

/** Terminates threads, each from a step of its own on, at moments that hurt. */
export function killer(world: World, victims: readonly Victim[]): void {
  const random = new Random(world.plan.seed * 7 + 5);
  for (const { actor, step, thread } of victims) {
    const walker = random.one(walkersOfActor(world, actor));
    // Who has not come so far by then may wait for somebody whom this thread is to terminate later.
    const latest = performance.now() + PATIENCE;
    const isBefore = (): boolean => Atomics.load(world.status, walker * ROW + STEP) < step;
    while (thread.isAlive() && isBefore() && performance.now() < latest) sleep(0.2);
    const moments = random.one(MOMENTS);
    const doing = (): Doing => doingOf(world.status, walker);
    const end = performance.now() + PATIENCE;
    while (moments.length > 0 && !moments.includes(doing()) && performance.now() < end && thread.isAlive());
    if (doing() === "waiting for a Condition" && !random.oneIn(3)) awaitNotify(world, end);
    else if (random.oneIn(2)) sleep(random.next());
    if (!thread.isAlive()) continue;
    doom(world, actor, wasNotified(world) ? "being notified" : doing());
    terminate(thread);
  }
}

let notifiedBefore = -1;

/** Until somebody notifies, or the time is up. */
function awaitNotify({ words }: World, end: number): void {
  notifiedBefore = Atomics.load(words, AT.NOTIFIED);
  while (Atomics.load(words, AT.NOTIFIED) === notifiedBefore && performance.now() < end);
}

function wasNotified({ words }: World): boolean {
  const before = notifiedBefore;
  notifiedBefore = -1;
  return before >= 0 && Atomics.load(words, AT.NOTIFIED) !== before;
}
expose(import.meta, { quiet, killer });
