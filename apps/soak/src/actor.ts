/** What the threads of a program run. */
import { expose, type Thread } from "@x/threading";
import { type Flow, runBlocking, runTask } from "./flow.js";
import { anyStep, meet } from "./steps.js";
import { Walker, walkersOfActor } from "./walker.js";
import type { World } from "./world.js";

function* walk(walker: Walker): Flow {
  const { plan } = walker.world;
  const isToBeTerminated = plan.actors[walker.place.actor]!.death?.kill === "terminate";
  for (; walker.step < plan.steps || isToBeTerminated; walker.step++) {
    yield* anyStep(walker);
    walker.doing("between two steps");
    yield* meet(walker);
  }
  walker.doing("ended");
}

/** A thread that blocks. */
export function blocks(world: World, actor: number): void {
  const [walker = 0] = walkersOfActor(world, actor);
  runBlocking(walk(new Walker(world, { actor, walker, isTask: false })));
}

/** A thread with tasks. */
export async function awaits(world: World, actor: number): Promise<void> {
  const walkers = walkersOfActor(world, actor).map((walker) => new Walker(world, { actor, walker, isTask: true }));
  await Promise.all(walkers.map((walker) => runTask(walk(walker))));
}

/** Joins all of them, in their order; returns how many. */
export function joins(threads: readonly Thread[]): number {
  return threads.filter((thread) => thread.join()).length;
}
expose(import.meta, { blocks, awaits, joins });
