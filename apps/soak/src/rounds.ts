/** Runs programs for a while, and counts. */
import type { Kill } from "./plan.js";
import { runExecutorProgram } from "./executor-program.js";
import { runProgram } from "./program.js";
import { runQueueProgram } from "./queue-program.js";
import { ACTIVITIES, FUZZ_TASKS_MAX, ROW } from "./shared-state.js";

export interface SoakOptions {
  readonly seconds: number;
  /** The seed of the only program, run again and again; undefined: each program has another seed. */
  readonly seed?: number | undefined;
  readonly kills: boolean;
  /** Causes of death to leave out. */
  readonly without: readonly Kill[];
  /** How many milliseconds a program may take. */
  readonly limit: number;
  /** Programs of queues, instead of programs of all other primitives. */
  readonly queues?: boolean | undefined;
  /** Programs of executors. */
  readonly executors?: boolean | undefined;
}

const SEEDS = 2 ** 31;

/**
 * Runs programs, and returns a report.
 *
 * @param status of `newStatus()`
 * @param begins called with the seed when a program begins, and with -1 after the last
 */
export async function runPrograms(
  { seconds, seed, kills, without }: SoakOptions,
  status: Int32Array,
  begins: (seed: number) => void,
): Promise<string> {
  const total = { programs: 0, threads: 0, ownerDeaths: 0 };
  let slowest = { seed: -1, took: 0 };
  const deaths = new Map<string, number>();
  const first = Math.floor(Math.random() * SEEDS);
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; total.programs++) {
    const its = seed ?? (first + total.programs) % SEEDS;
    begins(its);
    const begun = performance.now();
    const outcome = await runProgram({ seed: its, kills, without }, status);
    total.threads += outcome.threads;
    total.ownerDeaths += outcome.ownerDeaths;
    const took = performance.now() - begun;
    if (took > slowest.took) slowest = { seed: its, took };
    for (const [kill, activity] of outcome.deaths) {
      const death = `${kill}, ${activity}`;
      deaths.set(death, (deaths.get(death) ?? 0) + 1);
    }
  }
  begins(-1);
  const operations = new Map(ACTIVITIES.map((activity, i) => [activity, status[FUZZ_TASKS_MAX * ROW + i]!]));
  const started = operations.get("starting a Thread")! + operations.get("starting a Timer")!;
  const died = [...deaths.values()].reduce((sum, n) => sum + n, 0);
  return [
    `${total.programs} programs of ${total.threads + started} threads; the slowest, of seed ${slowest.seed}, took ${Math.round(slowest.took)} ms`,
    `operations:\n${table([...operations])}`,
    `deaths: ${died}${died === 0 ? "" : `\n${table([...deaths].sort())}`}`,
    `OwnerDiedErrors: ${total.ownerDeaths}`,
    "lost: 0",
  ].join("\n");
}

/** Runs programs of queues, and returns a report. */
export async function runQueuePrograms(
  { seconds, seed, kills, without }: SoakOptions,
  begins: (seed: number) => void,
): Promise<string> {
  const total = { programs: 0, items: 0, threads: 0, deaths: 0, inDeadHands: 0 };
  const first = Math.floor(Math.random() * SEEDS);
  const mayKill = kills && !without.includes("terminate");
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; total.programs++) {
    const its = seed ?? (first + total.programs) % SEEDS;
    begins(its);
    const outcome = await runQueueProgram(its, mayKill);
    for (const count of ["items", "threads", "deaths", "inDeadHands"] as const) total[count] += outcome[count];
  }
  begins(-1);
  return [
    `${total.programs} programs of ${total.threads} threads and ${total.items} items`,
    `deaths: ${total.deaths}, with ${total.inDeadHands} items in the hands of consumers`,
    `memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
    "lost: 0, doubled: 0",
  ].join("\n");
}

/** Runs programs of executors, and returns a report. */
export async function runExecutorPrograms(
  { seconds, seed, kills, without }: SoakOptions,
  begins: (seed: number) => void,
): Promise<string> {
  const counts = [
    "tasks",
    "threads",
    "workerDeaths",
    "submitterDeaths",
    "values",
    "errors",
    "deaths",
    "cancelled",
  ] as const;
  const total = Object.fromEntries(counts.map((count) => [count, 0])) as Record<(typeof counts)[number], number>;
  const first = Math.floor(Math.random() * SEEDS);
  const mayKill = kills && !without.includes("terminate");
  let programs = 0;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; programs++) {
    const its = seed ?? (first + programs) % SEEDS;
    begins(its);
    const outcome = await runExecutorProgram(its, mayKill);
    for (const count of counts) total[count] += outcome[count];
  }
  begins(-1);
  return [
    `${programs} programs of ${total.threads} submitters and ${total.tasks} tasks`,
    `deaths: ${total.workerDeaths} of workers, ${total.submitterDeaths} of submitters`,
    `futures: ${total.values} results, ${total.errors} errors, ${total.deaths} deaths, ${total.cancelled} cancelled`,
    `memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
    "lost: 0, doubled: 0",
  ].join("\n");
}

function table(rows: readonly (readonly [string, number])[]): string {
  return rows.map(([name, n]) => `${String(n).padStart(9)}  ${name}`).join("\n");
}
