/** Threads that compete for a lock or a semaphore. */
import { type GroupContestant, type RoundBody, threadGroup, untilCompiled } from "./thread-group.js";
import type { Mutex } from "./mutexes.js";
import type { Point } from "./row.js";
import { work } from "./work.js";

export const THREADS = [1, 2, 4, 8, 32, 128] as const;

/** The warm-up of so many competing threads, in ms. Each gets but a small part of the turns: 128 threads take some ten seconds. */
export function untilAllCompiled(threads?: number): number {
  return untilCompiled(threads, 12_000);
}

interface Shared {
  readonly kind: unknown;
  readonly tally: Int32Array;
}

/** Turns of a loop outside and inside the lock. */
interface Profile {
  readonly think: number;
  readonly hold: number;
}

/** Million acquires a second, of all threads together. Fails if the count under the lock is not exact. */
export function contended<P extends Point = number>(
  { make, open }: Mutex,
  participants: (point: P) => number,
  profile: (point: P) => Profile = () => ({ think: 0, hold: 0 }),
): GroupContestant<Shared, P> {
  let tally: Int32Array;
  let before = 0;
  return threadGroup<Shared, P>({
    participants,
    share: () => {
      tally = new Int32Array(new SharedArrayBuffer(64));
      return { kind: make(), tally };
    },
    async enter({ kind, tally }, point): Promise<RoundBody> {
      const exclusively = await open(kind);
      const { think, hold } = profile(point);
      return (me) => {
        let acquires = 0;
        let x = 1;
        const body = (): void => {
          tally[0]!++;
          x = work(hold, x);
        };
        while (!me.stopped()) {
          exclusively(body);
          acquires++;
          x = work(think, x);
        }
        return acquires;
      };
    },
    sample: (acquires, ms) => {
      const sum = acquires.reduce((all, one) => all + one, 0);
      const counted = (tally[0]! - before) >>> 0; // the word wraps around
      before = tally[0]!;
      if (counted !== sum) throw new Error(`counted ${counted} under the lock, and did ${sum}`);
      return sum / ms / 1e3;
    },
  });
}

/** The longest wait of any thread, in ms. */
export function longestWait({ make, open }: Mutex): GroupContestant<unknown, number> {
  return threadGroup<unknown>({
    participants: (threads) => threads,
    share: make,
    async enter(shared): Promise<RoundBody> {
      const exclusively = await open(shared);
      return (me) => {
        let longest = 0;
        let begin = 0;
        const body = (): void => {
          longest = Math.max(longest, performance.now() - begin);
        };
        while (!me.stopped()) {
          begin = performance.now();
          exclusively(body);
        }
        return longest;
      };
    },
    sample: (waits) => Math.max(...waits),
  });
}
