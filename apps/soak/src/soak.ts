/** Runs programs for a while, and counts. Its parent (main.ts) sees to it that it ends. */
import { setExceptHook } from "@x/threading";
import { quiet } from "./deaths.js";
import type { Kill } from "./plan.js";
import { runProgram } from "./program.js";
import { tell, watch } from "./watchdog.js";
import { DOINGS, ROW, STATUS_WORDS, WALKERS_MAX } from "./world.js";

/** What the parent says, as JSON. */
export interface Order {
  readonly seconds: number;
  /** Of the one program to run again and again; if there is none, all are different. */
  readonly seed: number | undefined;
  readonly kills: boolean;
  /** What no thread dies of. */
  readonly without: readonly Kill[];
  /** Milliseconds that a program may take. */
  readonly limit: number;
}

const SEEDS = 2 ** 31;

async function soak({ seconds, seed, kills, without, limit }: Order): Promise<string> {
  const status = new Int32Array(new SharedArrayBuffer(4 * STATUS_WORDS));
  const begins = watch(status, limit);
  const total = { programs: 0, threads: 0, orphans: 0 };
  let slowest = { seed: -1, took: 0 };
  const deaths = new Map<string, number>();
  const first = Math.floor(Math.random() * SEEDS);
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; total.programs++) {
    const its = seed ?? (first + total.programs) % SEEDS;
    begins(its);
    const begun = performance.now();
    const outcome = await runProgram({ seed: its, kills, without }, status);
    total.threads += outcome.threads;
    total.orphans += outcome.orphans;
    const took = performance.now() - begun;
    if (took > slowest.took) slowest = { seed: its, took };
    for (const [kill, doing] of outcome.deaths) {
      const death = `${kill}, ${doing}`;
      deaths.set(death, (deaths.get(death) ?? 0) + 1);
    }
  }
  begins(-1);
  const operations = new Map(DOINGS.map((doing, i) => [doing, status[WALKERS_MAX * ROW + i]!]));
  const started = operations.get("starting a Thread")! + operations.get("starting a Timer")!;
  const died = [...deaths.values()].reduce((sum, n) => sum + n, 0);
  return [
    `${total.programs} programs of ${total.threads + started} threads; the slowest, of seed ${slowest.seed}, took ${Math.round(slowest.took)} ms`,
    `operations:\n${table([...operations])}`,
    `deaths: ${died}${died === 0 ? "" : `\n${table([...deaths].sort())}`}`,
    `OwnerDiedErrors: ${total.orphans}`,
    "lost: 0",
  ].join("\n");
}

function table(rows: readonly (readonly [string, number])[]): string {
  return rows.map(([name, n]) => `${String(n).padStart(9)}  ${name}`).join("\n");
}

setExceptHook(quiet);
tell({ report: await soak(JSON.parse(process.argv[2]!) as Order) });
