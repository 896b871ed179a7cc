/** Threads that wait on a condition, and a driver that notifies them. */
import type { ConditionKind } from "./conditions.js";
import { awaitCount, type GroupContestant, pause, type RoundBody, threadGroup } from "./thread-group.js";

export const WAITERS = [1, 2, 4, 8, 32, 64, 128] as const;

const WAITING = 0;
const WOKEN = 16;
const WORDS = 32;

/**
 * How often the driver checks the count of waiters before it naps between checks. A real notifier
 * comes from work, not from sleep, so the driver spins first.
 */
const LOOKS = 50;
const NAP_MS = 0.02;

interface Shared {
  readonly words: Int32Array;
  readonly condition: unknown;
}

/** us from the notify, under the lock, until all notified threads have held the lock. */
export function notified(kind: ConditionKind, wanted: (waiters: number) => number): GroupContestant<Shared, number> {
  return threadGroup<Shared>({
    participants: (waiters) => waiters,
    share: () => ({ words: new Int32Array(new SharedArrayBuffer(WORDS * 4)), condition: kind.make() }),
    async enter({ words, condition }, waiters): Promise<RoundBody> {
      const { acquire, release, wait } = await kind.open(condition);
      return (me) => {
        acquire();
        while (!me.stopped()) {
          words[WAITING]!++;
          wait();
          words[WAITING]!--;
          if (Atomics.add(words, WOKEN, 1) + 1 === wanted(waiters)) Atomics.notify(words, WOKEN);
        }
        release();
        return 0;
      };
    },
    async driver({ words, condition }, waiters) {
      const { acquire, release, notify } = await kind.open(condition);
      return {
        drive(ms) {
          const begin = performance.now();
          let busy = 0;
          let cycles = 0;
          do {
            acquire();
            for (let looks = 1; words[WAITING] !== waiters; looks++) {
              release();
              if (looks > LOOKS) pause(NAP_MS);
              acquire();
            }
            Atomics.store(words, WOKEN, 0);
            const from = performance.now();
            notify(wanted(waiters));
            release();
            awaitCount(words, WOKEN, wanted(waiters));
            busy += performance.now() - from;
            cycles++;
          } while (performance.now() - begin < ms);
          return (busy * 1e3) / cycles;
        },
        release() {
          acquire();
          notify(waiters);
          release();
        },
      };
    },
  });
}
