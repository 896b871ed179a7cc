import { Event } from "@x/event";
import { awaitCount, type GroupContestant, pause, threadGroup, untilCompiled } from "../thread-group.js";
import { c, python, type Row } from "../row.js";

interface Flag {
  set(): void;
  clear(): void;
  wait(): void;
}

interface Shared {
  readonly words: Int32Array;
  readonly flag: unknown;
}

const ARRIVED = 0;
const WOKEN = 16;
const CYCLE = 32;
const WORDS = 48;

/** The time from the last arrival until that thread sleeps. */
const A_MOMENT = 0.02;

/** us from set() until all waiters have run. */
function broadcast<S>(make: () => S, open: (shared: S) => Flag): GroupContestant<Shared, number> {
  const nextCycle = (words: Int32Array): void => {
    Atomics.add(words, CYCLE, 1);
    Atomics.notify(words, CYCLE);
  };
  return threadGroup<Shared>({
    participants: (waiters) => waiters,
    share: () => ({ words: new Int32Array(new SharedArrayBuffer(WORDS * 4)), flag: make() }),
    enter({ words, flag: shared }, waiters) {
      const flag = open(shared as S);
      let cycle = 0;
      return (me) => {
        for (;;) {
          while (Atomics.load(words, CYCLE) === cycle) Atomics.wait(words, CYCLE, cycle);
          cycle++;
          if (me.stopped()) return 0;
          Atomics.add(words, ARRIVED, 1);
          flag.wait();
          if (Atomics.add(words, WOKEN, 1) + 1 === waiters) Atomics.notify(words, WOKEN);
        }
      };
    },
    driver({ words, flag: shared }, waiters) {
      const flag = open(shared as S);
      return {
        drive(ms) {
          const begin = performance.now();
          let busy = 0;
          let cycles = 0;
          do {
            Atomics.store(words, ARRIVED, 0);
            Atomics.store(words, WOKEN, 0);
            nextCycle(words);
            do pause(A_MOMENT);
            while (Atomics.load(words, ARRIVED) < waiters);
            const from = performance.now();
            flag.set();
            awaitCount(words, WOKEN, waiters);
            busy += performance.now() - from;
            cycles++;
            flag.clear();
          } while (performance.now() - begin < ms);
          return (busy * 1e3) / cycles;
        },
        release: () => nextCycle(words),
      };
    },
  });
}

export const row: Row = {
  title: "Event: set(), until all waiters have run",
  unit: "us",
  better: "less",
  limit:
    "One `Atomics.notify` for all, and V8's mutex around all sleepers, because they take it one after another: code by hand takes as long.",
  axis: { name: "waiters", points: [1, 2, 4, 8, 32, 128] },
  ms: 100,
  rounds: 5,
  warmUpMs: untilCompiled,
  contestants: {
    ours: broadcast(
      () => new Event().share(),
      (handle) => Event.from(handle),
    ),
    "raw Atomics": broadcast(
      () => new Int32Array(new SharedArrayBuffer(64)),
      (words) => ({
        set: () => {
          Atomics.store(words, 0, 1);
          Atomics.notify(words, 0);
        },
        clear: () => void Atomics.store(words, 0, 0),
        wait: () => {
          while (Atomics.load(words, 0) === 0) Atomics.wait(words, 0, 0);
        },
      }),
    ),
    futex: c("event.c"),
    CPython: python("event.py"),
  },
};
