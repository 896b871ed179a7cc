/**
 * What a program consists of; all of it follows from its seed.
 *
 * Every program ends, whoever dies in it and when. Locks are taken in the order of their numbers. Who waits without a limit waits for
 * what somebody will do without waiting for him: at each level all meet at a gate, which one of them opens, or at a barrier, before
 * anybody goes on to the next level; and who waits for a buffer to be filled, in programs that have no levels, is told by the
 * conductor when those who fill it have ended. What a dead thread would have done the conductor does in its place.
 */
import { Random } from "./random.js";

export const KILLS = ["terminate", "process.exit", "throw", "out of memory"] as const;
export type Kill = (typeof KILLS)[number];

/** A thread of the program. */
export interface Actor {
  /** Tasks that run side by side; none for a thread that blocks. */
  readonly tasks: number;
  /** How, and at which of its steps, it dies: by itself, or (terminate) from outside, from that step on. */
  readonly death?: { readonly kill: Kill; readonly step: number };
}

export interface Plan {
  readonly seed: number;
  readonly actors: readonly Actor[];
  /** How many steps each does. */
  readonly steps: number;
  readonly locks: number;
  readonly rlocks: number;
  /** Of each semaphore, how many permits it has; even ones are bounded. */
  readonly permits: readonly number[];
  /** At the end of a step all meet: who opens the gate, or "barrier". */
  readonly levels: ReadonlyMap<number, number | "barrier">;
  /** Do those who take from a buffer wait without a limit? Then there are no levels. */
  readonly takesForEver: boolean;
  /** Is the buffer's condition over an RLock? */
  readonly reentrant: boolean;
}

/**
 * @param kills do threads die in it?
 * @param without of what no thread dies: threads that would, live on, and all else is as without it
 */
export function planOf(seed: number, kills: boolean, without: readonly Kill[] = []): Plan {
  const random = new Random(seed);
  const steps = 4 + random.below(12);
  const isDeadly = kills && !random.oneIn(3);
  const actors = Array.from({ length: 2 + random.below(4) }, (): Actor => {
    const tasks = random.oneIn(3) ? 1 + random.below(3) : 0;
    if (!isDeadly || !random.oneIn(2)) return { tasks };
    const kill = random.oneIn(60) ? "out of memory" : random.one(KILLS.slice(0, 3));
    const step = random.below(steps);
    return without.includes(kill) ? { tasks } : { tasks, death: { kill, step } };
  });
  const takesForEver = random.oneIn(2);
  const levels = new Map<number, number | "barrier">();
  for (let step = 0; !takesForEver && step < steps; step++) {
    if (random.oneIn(3)) levels.set(step, random.oneIn(2) ? "barrier" : random.below(actors.length));
  }
  return {
    seed,
    actors,
    steps,
    levels,
    takesForEver,
    locks: 1 + random.below(3),
    rlocks: 1 + random.below(2),
    permits: Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(3)),
    reentrant: random.oneIn(3),
  };
}

/** How many walk through the program: threads that block, and tasks. */
export function walkersOf({ actors }: Plan): number {
  return actors.reduce((sum, { tasks }) => sum + Math.max(1, tasks), 0);
}

export function isDeadly({ actors }: Plan): boolean {
  return actors.some(({ death }) => death !== undefined);
}
