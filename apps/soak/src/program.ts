/** One program, from its seed to what came of it. The conductor does what the dead have left undone. */
import { activeCount, OwnerDiedError, sleepAsync, Thread } from "@x/threading";
import { awaits, blocks, joins } from "./actor.js";
import { killer, SAID, type Victim } from "./deaths.js";
import { type Kill, type Plan, planOf } from "./plan.js";
import { isPutter } from "./steps.js";
import { Broken, walkersOfActor } from "./walker.js";
import { AT, DOINGS, type Doing, doingOf, WALKERS_MAX, type World, worldOf } from "./world.js";

/** Which program; see {@link planOf}. */
interface Its {
  readonly seed: number;
  readonly kills: boolean;
  readonly without: readonly Kill[];
}

/** What is counted of a program. */
export interface Outcome {
  readonly threads: number;
  /** How each died who did, and while what. */
  readonly deaths: readonly (readonly [Kill, Doing])[];
  readonly orphans: number;
}

/** Fails with what the library has broken. A program that does not end is the watchdog's. */
export async function runProgram({ seed, kills, without }: Its, status: Int32Array): Promise<Outcome> {
  const plan = planOf(seed, kills, without);
  const world = worldOf(plan, status);
  const threads = plan.actors.map(({ tasks }, actor) =>
    new Thread({
      target: tasks > 0 ? awaits : blocks,
      args: [world, actor],
      name: `actor ${actor} of ${seed}`,
    }).start(),
  );
  const joiner = new Thread({ target: joins, args: [threads], name: `joiner of ${seed}` }).start();
  const killing = victimsOf(plan, threads);
  const executioner = new Thread({ target: killer, args: [world, killing], name: `killer of ${seed}` });
  if (killing.length > 0) executioner.start();

  let isClosed = false;
  while (threads.some((thread) => thread.isAlive())) {
    for (const [step, gate] of world.gates) {
      const opener = threads[plan.levels.get(step) as number]!;
      if (!opener.isAlive()) gate.set();
    }
    if (!isClosed && plan.takesForEver && hasNoPutter(world, threads)) isClosed = await close(world);
    await sleepAsync(1);
  }
  if (killing.length > 0) await executioner.resultAsync();
  const joined = await joiner.resultAsync();
  if (joined !== threads.length) throw new Broken(`${joined} of ${threads.length} threads were joined`);
  const died = await deathsOf(world, threads);
  const dead = world.words.subarray(AT.DOOMED, AT.DOOMED + WALKERS_MAX).reduce((sum, isDoomed) => sum + isDoomed, 0);
  checkWhatIsLeft(world, dead);
  while (activeCount() > 1) await sleepAsync(1); // small threads whose starters have died
  return {
    threads: threads.length + 1 + Math.min(1, killing.length),
    deaths: died,
    orphans: Atomics.load(world.words, AT.ORPHANS),
  };
}

function victimsOf({ actors }: Plan, threads: readonly Thread[]): Victim[] {
  return actors.flatMap(({ death }, actor) =>
    death?.kill === "terminate" ? [{ actor, step: death.step, thread: threads[actor]! }] : [],
  );
}

function hasNoPutter(world: World, threads: readonly Thread[]): boolean {
  return threads.every((thread, actor) => {
    const putters = walkersOfActor(world, actor).filter(isPutter);
    return !thread.isAlive() || putters.every((walker) => doingOf(world.status, walker) === "ended");
  });
}

/** Nobody will put anything any more: takers need not wait. */
async function close({ buffer, words }: World): Promise<true> {
  try {
    while (!buffer.acquire(0)) await sleepAsync(1);
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    Atomics.add(words, AT.ORPHANS, 1);
  }
  words[AT.CLOSED] = 1;
  buffer.notifyAll();
  buffer.release();
  return true;
}

/** How they died who did. What one of them found broken may have broken others: all is told. */
async function deathsOf(world: World, threads: readonly Thread[]): Promise<(readonly [Kill, Doing])[]> {
  const ends = await Promise.allSettled(threads.map((thread, actor) => endOf(world, thread, actor)));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${threads.length} threads failed`);
  return ends.flatMap((end) => (end.status === "fulfilled" && end.value !== undefined ? [end.value] : []));
}

/** How it died, if it did. */
async function endOf(
  { plan, words }: World,
  thread: Thread,
  actor: number,
): Promise<readonly [Kill, Doing] | undefined> {
  const death = plan.actors[actor]!.death;
  try {
    await thread.resultAsync();
    return undefined;
  } catch (error) {
    if (death === undefined || !(error instanceof Error) || !SAID[death.kill].test(error.message)) throw error;
    return [death.kill, DOINGS[Atomics.load(words, AT.DIED_WHILE + actor) - 1] ?? "between two steps"];
  }
}

/** Whatever was counted has to be there, but for what each walker of the dead may have had in its hands. */
function checkWhatIsLeft(world: World, dead: number): void {
  const { plan, locks, rlocks, buffer, semaphores, words } = world;
  const isWithin = (what: string, is: number, least: number, most: number): void => {
    if (is < least || is > most) throw new Broken(`${what}: ${is}, instead of ${least} to ${most}`);
  };
  for (const [number, lock] of [...locks, ...rlocks, buffer].entries()) {
    if (dead === 0) isWithin(`how often lock ${number} is held in the end`, Number(lock.locked()), 0, 0);
    try {
      isWithin(`how often lock ${number} can be taken in the end`, Number(lock.acquire(1000)), 1, 1);
    } catch (error) {
      if (!(error instanceof OwnerDiedError)) throw error;
      Atomics.add(words, AT.ORPHANS, 1);
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
