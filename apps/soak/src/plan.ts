/**
 * The plan of a program. All of it follows from the seed.
 *
 * Every program ends in spite of deaths:
 * - Fuzz tasks take locks in the order of their numbers.
 * - At each level all fuzz tasks meet before any goes on, at a barrier or at a gate. A fuzz thread
 *   opens the gate without waiting.
 * - Takers wait without a limit only in programs without levels. When all putters have ended, the
 *   main thread closes the buffer and wakes the takers.
 * - The main thread stands in for dead threads.
 */
import { Random } from "./random.js";

export const KILLS = ["terminate", "process.exit", "throw", "out of memory"] as const;
export type Kill = (typeof KILLS)[number];

/** A thread of the program. */
export interface FuzzThread {
  /** How many tasks it runs side by side; 0 for a blocking thread. */
  readonly tasks: number;
  /**
   * The cause of its death and the step: by itself or, for `terminate`, from outside at the step or
   * later.
   */
  readonly death?: { readonly kill: Kill; readonly step: number };
}

export interface Plan {
  readonly seed: number;
  readonly fuzzThreads: readonly FuzzThread[];
  /** How many steps each fuzz task runs. */
  readonly steps: number;
  readonly locks: number;
  readonly rlocks: number;
  /** The permits of each semaphore. Even indices are bounded. */
  readonly permits: readonly number[];
  /** The meetings, by step: "barrier", or the fuzz thread that opens the gate. */
  readonly levels: ReadonlyMap<number, number | "barrier">;
  /** Do takers wait for the buffer without a limit? Such a program has no levels. */
  readonly takesForEver: boolean;
  /** Does the buffer's condition use an RLock? */
  readonly reentrant: boolean;
}

/**
 * @param kills do threads die in it?
 * @param without causes of death to leave out. Their threads stay alive; the rest of the plan is
 *   the same.
 */
export function planOf(seed: number, kills: boolean, without: readonly Kill[] = []): Plan {
  const random = new Random(seed);
  const steps = 4 + random.below(12);
  const isDeadly = kills && !random.oneIn(3);
  const fuzzThreads = Array.from({ length: 2 + random.below(4) }, (): FuzzThread => {
    const tasks = random.oneIn(3) ? 1 + random.below(3) : 0;
    if (!isDeadly || !random.oneIn(2)) return { tasks };
    const kill = random.oneIn(60) ? "out of memory" : random.one(KILLS.slice(0, 3));
    const step = random.below(steps);
    return without.includes(kill) ? { tasks } : { tasks, death: { kill, step } };
  });
  const takesForEver = random.oneIn(2);
  const levels = new Map<number, number | "barrier">();
  for (let step = 0; !takesForEver && step < steps; step++) {
    if (random.oneIn(3)) levels.set(step, random.oneIn(2) ? "barrier" : random.below(fuzzThreads.length));
  }
  return {
    seed,
    fuzzThreads,
    steps,
    levels,
    takesForEver,
    locks: 1 + random.below(3),
    rlocks: 1 + random.below(2),
    permits: Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(3)),
    reentrant: random.oneIn(3),
  };
}

/** How many fuzz tasks run: blocking threads, and awaiting tasks. */
export function fuzzTaskCount({ fuzzThreads }: Plan): number {
  return fuzzThreads.reduce((sum, { tasks }) => sum + Math.max(1, tasks), 0);
}

export function isDeadly({ fuzzThreads }: Plan): boolean {
  return fuzzThreads.some(({ death }) => death !== undefined);
}
