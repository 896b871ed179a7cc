/** The two assertions of model tests: a model holds, or a model catches a broken package. */
import { type Breakage } from "./broken.js";
import { Explorer } from "./explorer.js";
import type { Model } from "./model.js";
import type { Exploration, Failure } from "./walk.js";

/** `MODEL_PREEMPTIONS=4 npx vitest run` in a package walks further. It takes minutes. */
const MORE = Number(process.env["MODEL_PREEMPTIONS"] ?? 0);

/** The timeout of tests that explore, in milliseconds. */
export const MODEL_TIMEOUT: number = MORE > 0 ? 3_600_000 : 150_000;

/** Throws, with the schedule, unless `model` holds in every schedule. Prints the number of schedules. */
export function holds(explorer: Explorer, model: Model): Exploration {
  const { preemptions = Infinity, seconds = 120 } = model;
  const bound = Math.max(preemptions, MORE);
  const exploration = explorer.explore({ ...model, preemptions: bound, seconds: MORE > 0 ? 3600 : seconds });
  const { failure, capped } = exploration;
  if (failure !== undefined) throw new Error(`${model.name}: ${describeFailure(failure)}`);
  if (capped) throw new Error(`${model.name}: the time was up after ${exploration.states} states`);
  console.info(`${model.name}: ${counted(exploration, bound)}`);
  return exploration;
}

/**
 * Throws unless `model` fails over the broken packages. Prints the failure in a line.
 *
 * @param seed a schedule that failed before, for models with a long search. Tried first, and
 *   ignored if it no longer fits
 */
export async function catches(
  bodies: URL,
  breakages: readonly Breakage[],
  model: Model,
  seed?: string,
): Promise<Failure> {
  const explorer = await Explorer.open(bodies, model.threads.length, breakages);
  try {
    const failure = replayed(explorer, model, seed) ?? explorer.search(model).failure;
    if (failure === undefined) throw new Error(`${model.name}: not caught`);
    if (/Cannot find|explorer:/.test(failure.message))
      throw new Error(`${model.name}: the model is broken: ${failure.message}`);
    const again = explorer.replay(model, failure.seed);
    if (again?.table !== failure.table) throw new Error(`${model.name}: the seed leads elsewhere: ${failure.seed}`);
    console.info(`caught: ${failure.kind}, ${failure.message} (${failure.seed})`);
    return failure;
  } finally {
    await explorer.close();
  }
}

function replayed(explorer: Explorer, model: Model, seed: string | undefined): Failure | undefined {
  try {
    return seed === undefined ? undefined : explorer.replay(model, seed);
  } catch {
    return undefined; // the code has changed since
  }
}

function describeFailure({ kind, message, seed, table }: Failure): string {
  return `${kind}: ${message}\nseed: ${seed}\n${table}`;
}

function counted({ schedules, states, seconds }: Exploration, preemptions: number): string {
  const count = schedules < 1e6 ? String(schedules) : schedules.toExponential(1);
  const which = preemptions === Infinity ? "all" : `up to ${preemptions} preemptions:`;
  return `${which} ${count} schedules, ${states} states, ${seconds.toFixed(1)} s`;
}
