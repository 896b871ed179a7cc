/** The targets of a program's threads. */
import { expose, type Thread } from "@x/threading";
import { type Flow, runBlocking, runTask } from "./flow.js";
import { anyStep, meet } from "./steps.js";
import { FuzzTask, fuzzTasksOf } from "./fuzz-task.js";
import type { SharedState } from "./shared-state.js";

function* walk(task: FuzzTask): Flow {
  const { plan } = task.shared;
  const isToBeTerminated = plan.fuzzThreads[task.place.fuzzThread]!.death?.kill === "terminate";
  for (; task.step < plan.steps || isToBeTerminated; task.step++) {
    yield* anyStep(task);
    task.begin("between two steps");
    yield* meet(task);
  }
  task.begin("ended");
}

/** A blocking thread: one fuzz task. */
export function blocks(shared: SharedState, fuzzThread: number): void {
  const [task = 0] = fuzzTasksOf(shared, fuzzThread);
  runBlocking(walk(new FuzzTask(shared, { fuzzThread: fuzzThread, fuzzTask: task, isTask: false })));
}

/** An awaiting thread: several fuzz tasks. */
export async function awaits(shared: SharedState, fuzzThread: number): Promise<void> {
  const fuzzTasks = fuzzTasksOf(shared, fuzzThread).map(
    (task) => new FuzzTask(shared, { fuzzThread: fuzzThread, fuzzTask: task, isTask: true }),
  );
  await Promise.all(fuzzTasks.map((task) => runTask(walk(task))));
}

/** Joins all threads in their order; returns their number. */
export function joins(threads: readonly Thread[]): number {
  return threads.filter((thread) => thread.join()).length;
}
expose({ blocks, awaits, joins });
