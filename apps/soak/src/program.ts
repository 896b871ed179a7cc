/** Runs a program, from its seed to its outcome. The main thread stands in for dead threads. */
import { activeCount, isMainThread, OwnerDiedError, sleepAsync, Thread } from "@x/threading";
import { awaits, blocks, joins } from "./fuzz-thread.js";
import { injectFaults, SAYS, type Target } from "./fault-injector.js";
import { type Kill, type Plan, planOf } from "./plan.js";
import { isPutter } from "./steps.js";
import { Broken, fuzzTasksOf } from "./fuzz-task.js";
import {
  AT,
  ACTIVITIES,
  type Activity,
  activityOf,
  FUZZ_TASKS_MAX,
  type SharedState,
  makeShared,
} from "./shared-state.js";

/** The value of `activeCount()` without a program. In a page the programs run in a thread. */
const ALONE = isMainThread ? 1 : 2;

/** The program; see {@link planOf}. */
interface Its {
  readonly seed: number;
  readonly kills: boolean;
  readonly without: readonly Kill[];
}

/** The counts of a program. */
export interface Outcome {
  readonly threads: number;
  /** The cause of each death, and the thread's activity. */
  readonly deaths: readonly (readonly [Kill, Activity])[];
  readonly ownerDeaths: number;
}

/** Rejects if a promise of the library is broken. The watchdog reports a program without an end. */
export async function runProgram({ seed, kills, without }: Its, status: Int32Array): Promise<Outcome> {
  const plan = planOf(seed, kills, without);
  const shared = makeShared(plan, status);
  const threads = plan.fuzzThreads.map(({ tasks }, fuzzThread) =>
    new Thread({
      target: tasks > 0 ? awaits : blocks,
      args: [shared, fuzzThread],
      name: `fuzz thread ${fuzzThread} of ${seed}`,
    }).start(),
  );
  const joiner = new Thread({ target: joins, args: [threads], name: `joiner of ${seed}` }).start();
  const killing = targetsOf(plan, threads);
  const injector = new Thread({ target: injectFaults, args: [shared, killing], name: `injectFaults of ${seed}` });
  if (killing.length > 0) injector.start();

  let isClosed = false;
  while (threads.some((thread) => thread.isAlive())) {
    for (const [step, gate] of shared.gates) {
      const opener = threads[plan.levels.get(step) as number]!;
      if (!opener.isAlive()) gate.set();
    }
    if (!isClosed && plan.takesForEver && hasNoPutter(shared, threads)) isClosed = await close(shared);
    await sleepAsync(1);
  }
  if (killing.length > 0) await injector.resultAsync();
  const joined = await joiner.resultAsync();
  if (joined !== threads.length) throw new Broken(`${joined} of ${threads.length} threads were joined`);
  const died = await deathsOf(shared, threads);
  const dead = shared.words
    .subarray(AT.TARGETED, AT.TARGETED + FUZZ_TASKS_MAX)
    .reduce((sum, isTarget) => sum + isTarget, 0);
  checkWhatIsLeft(shared, dead);
  while (activeCount() > ALONE) await sleepAsync(1); // small threads of dead starters
  return {
    threads: threads.length + 1 + Math.min(1, killing.length),
    deaths: died,
    ownerDeaths: Atomics.load(shared.words, AT.OWNER_DEATHS),
  };
}

function targetsOf({ fuzzThreads }: Plan, threads: readonly Thread[]): Target[] {
  return fuzzThreads.flatMap(({ death }, fuzzThread) =>
    death?.kill === "terminate" ? [{ fuzzThread, step: death.step, thread: threads[fuzzThread]! }] : [],
  );
}

function hasNoPutter(shared: SharedState, threads: readonly Thread[]): boolean {
  return threads.every((thread, fuzzThread) => {
    const putters = fuzzTasksOf(shared, fuzzThread).filter(isPutter);
    return !thread.isAlive() || putters.every((task) => activityOf(shared.status, task) === "ended");
  });
}

/** Closes the buffer: all putters have ended, so takers must not wait. */
async function close({ buffer, words }: SharedState): Promise<true> {
  try {
    while (!buffer.acquire(0)) await sleepAsync(1);
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    Atomics.add(words, AT.OWNER_DEATHS, 1);
  }
  words[AT.CLOSED] = 1;
  buffer.notifyAll();
  buffer.release();
  return true;
}

/**
 * The deaths of all threads. A broken promise in a thread may have caused others, so this rejects
 * with all of them.
 */
async function deathsOf(shared: SharedState, threads: readonly Thread[]): Promise<(readonly [Kill, Activity])[]> {
  const ends = await Promise.allSettled(threads.map((thread, fuzzThread) => endOf(shared, thread, fuzzThread)));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${threads.length} threads failed`);
  return ends.flatMap((end) => (end.status === "fulfilled" && end.value !== undefined ? [end.value] : []));
}

/** The thread's death, if it died. */
async function endOf(
  { plan, words }: SharedState,
  thread: Thread,
  fuzzThread: number,
): Promise<readonly [Kill, Activity] | undefined> {
  const death = plan.fuzzThreads[fuzzThread]!.death;
  try {
    await thread.resultAsync();
    return undefined;
  } catch (error) {
    if (death === undefined || !(error instanceof Error) || !SAYS[death.kill](error.message)) throw error;
    return [death.kill, ACTIVITIES[Atomics.load(words, AT.DIED_WHILE + fuzzThread) - 1] ?? "between two steps"];
  }
}

/** Checks all counts. Each fuzz task of a dead thread may have left a step half done. */
function checkWhatIsLeft(shared: SharedState, dead: number): void {
  const { plan, locks, rlocks, buffer, semaphores, words } = shared;
  const isWithin = (what: string, is: number, least: number, most: number): void => {
    if (is < least || is > most) throw new Broken(`${what}: ${is}, instead of ${least} to ${most}`);
  };
  for (const [number, lock] of [...locks, ...rlocks, buffer].entries()) {
    if (dead === 0) isWithin(`how often lock ${number} is held in the end`, Number(lock.locked()), 0, 0);
    try {
      isWithin(`how often lock ${number} can be taken in the end`, Number(lock.acquire(1000)), 1, 1);
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      Atomics.add(words, AT.OWNER_DEATHS, 1);
    }
    lock.release();
    isWithin(`increments under lock ${number}`, words[AT.TALLY + number]! - words[AT.COUNTED + number]!, 0, dead);
  }
  for (const [number, semaphore] of semaphores.entries()) {
    const left = plan.permits[number]! - Atomics.load(words, AT.INSIDE + number);
    isWithin(`permits of semaphore ${number}`, semaphore.value, left - dead, left);
  }
  const [items, produced, consumed] = [AT.ITEMS, AT.PRODUCED, AT.CONSUMED].map((at) => Atomics.load(words, at)) as [
    number,
    number,
    number,
  ];
  isWithin("items that are lost or too many", produced - consumed - items, -2 * dead, 2 * dead);
  const meetings = [...plan.levels.values()].filter((opener) => opener === "barrier").length;
  isWithin("actions of the barrier", Atomics.load(words, AT.ACTIONS), dead === 0 ? meetings : 0, meetings);
}
