/**
 * Runs a row. At each point all contestants run side by side and take turns, round by round. A
 * disturbed turn is repeated, within bounds. A contestant that cannot run here is reported.
 */
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { commandOf } from "./commands.js";
import type { Watch } from "./load.js";
import { type Plan, scheduleOf, START_MS, takesPart } from "./plan.js";
import type { Point, Row, Sample } from "./row.js";
import type { Runtime } from "./runtime.js";
import { ContestantProcess, type Entry } from "./contestant-process.js";

export interface PointResult {
  readonly point?: Point;
  /** In the order of the row's contestants. */
  readonly entries: readonly Entry[];
}

export interface RowResult {
  readonly name: string;
  readonly points: readonly PointResult[];
  /** Counts of turns: all, repeated because of other load, and counted in spite of it. */
  readonly turns: number;
  readonly repeated: number;
  readonly disturbed: number;
  /** Notes for the reader. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** The environment of a run. */
export interface RunEnvironment {
  readonly watch: Watch;
  /** How many more ms this run may spend on repeated turns. Decreases. */
  repeatMs: number;
  /** The runtime of contestants in JavaScript. */
  readonly runtime: Runtime;
  /** A turn that takes longer is ended. Longer turns get more. */
  readonly timeoutMs: number;
  onRound(about: { row: string; point: Point | undefined; round: number; rounds: number }): void;
  /** A part of the run has ended; it was expected to take this long. */
  onProgress(ms: number): void;
}

export interface Job {
  readonly name: string;
  /** The row's module. */
  readonly url: string;
  readonly row: Row;
}

/** How often a single turn is repeated. */
const REPEATS_PER_TURN = 3;
/** The pause before a disturbed turn is repeated. */
const A_MOMENT = 100;
/** How long the load is watched before the row. */
const LOOK_MS = 200;

/** How many times longer than planned a turn may take. */
const TIMEOUT_PER_MS = 10;

export async function runRow(job: Job, plan: Plan, environment: RunEnvironment): Promise<RowResult> {
  const { name, url, row } = job;
  const { watch, runtime } = environment;
  const { ms, rounds, warmUpMs, points } = scheduleOf(row, plan);
  const timeoutMs = environment.timeoutMs + TIMEOUT_PER_MS * ms;
  const counts = { turns: 0, repeated: 0, disturbed: 0 };

  function childrenAt(point: Point | undefined): ContestantProcess[] {
    const present = Object.entries(row.contestants).filter(([, contestant]) => takesPart(contestant, point));
    return present.map(([name, contestant]) => {
      const self = { row: url, contestant: name };
      return new ContestantProcess(name, () => commandOf(row, contestant, self, point, runtime), timeoutMs);
    });
  }

  /** Repeats the turn until it is undisturbed. If that never comes, the least disturbed sample counts. */
  async function takeTurn(child: ContestantProcess): Promise<void> {
    let best: { sample: Sample; others: number } | undefined;
    counts.turns++;
    for (let repeats = 0; ; repeats++) {
      const watched = await watch.during(
        () => child.pid,
        () => child.measure(ms),
      );
      if (row.fresh === true) child.leave();
      const { result: sample, others = 0, disturbed } = watched;
      if (best === undefined || others < best.others) best = { sample, others };
      if (!disturbed || row.loadMatters === false) break;
      if (repeats === REPEATS_PER_TURN || environment.repeatMs < ms) {
        counts.disturbed++;
        break;
      }
      counts.repeated++;
      environment.repeatMs -= ms + A_MOMENT;
      await setTimeout(A_MOMENT);
    }
    child.keep(best.sample);
  }

  async function measureAt(point: Point | undefined): Promise<PointResult> {
    const children = childrenAt(point);
    const attempt = async (
      child: ContestantProcess,
      expected: number,
      action: () => Promise<unknown>,
    ): Promise<void> => {
      if (!child.hasFailed) await action().catch((error: unknown) => child.fail(error));
      environment.onProgress(expected);
    };
    try {
      if (row.fresh !== true) await Promise.all(children.map((child) => attempt(child, START_MS, () => child.start())));
      for (let round = row.fresh === true ? 1 : 0; round <= rounds; round++) {
        environment.onRound({ row: name, point, round, rounds });
        // Each contestant is first in some round, because the turn after a cache-hungry contestant
        // starts with cold caches.
        for (const child of rotated(children, round)) {
          const warmUp = warmUpMs(point, row.contestants[child.entry.contestant]!);
          if (round === 0) await attempt(child, warmUp, () => child.measure(warmUp));
          else await attempt(child, row.fresh === true ? START_MS + ms : ms, () => takeTurn(child));
        }
      }
    } finally {
      for (const child of children) child.leave();
    }
    const entries = children.map(({ entry }) => entry);
    return point === undefined ? { entries } : { point, entries };
  }

  const begin = performance.now();
  const notes = await crowded(row.cores ?? 1, watch);
  const results: PointResult[] = [];
  for (const point of points) results.push(await measureAt(point));
  if (watch.blind !== undefined) notes.push(`disturbed turns go unnoticed: ${watch.blind}`);
  if (counts.disturbed > 0)
    notes.push(`${counts.disturbed} of ${counts.turns} turns count although other load disturbed them`);
  return { name, points: results, ...counts, notes, seconds: (performance.now() - begin) / 1000 };
}

/** Adds a note if the row has fewer free cores than it needs. */
async function crowded(wanted: number, watch: Watch): Promise<string[]> {
  const cores = availableParallelism();
  const { others = 0 } = await watch.during(
    () => undefined,
    () => setTimeout(LOOK_MS),
  );
  const free = Math.max(0, cores - others);
  if (free > wanted - 0.5) return [];
  return [`wants ${wanted} of the ${cores} cores for itself, and at first found ${free.toFixed(1)} free`];
}

function rotated<T>(all: readonly T[], by: number): T[] {
  const first = by % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
