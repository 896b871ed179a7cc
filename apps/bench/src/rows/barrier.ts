import { Barrier } from "@x/barrier";
import { type GroupContestant, type RoundBody, threadGroup, untilCompiled } from "../thread-group.js";
import { multithreading, newBarrierWords, openBarrier } from "../rivals.js";
import { c, python, type Row } from "../row.js";

interface Shared {
  readonly last: Int32Array;
  readonly barrier: unknown;
}

/**
 * Rounds of all threads, in thousands a second. Each round has two waits, so all threads agree on
 * the last round.
 */
function rounds<S>(
  make: (parties: number) => S,
  open: (shared: S) => (() => void) | Promise<() => void>,
): GroupContestant<Shared, number> {
  return threadGroup<Shared>({
    participants: (parties) => parties,
    share: (parties) => ({ last: new Int32Array(new SharedArrayBuffer(4)), barrier: make(parties) }),
    async enter({ last, barrier }): Promise<RoundBody> {
      const wait = await open(barrier as S);
      return (me) => {
        if (me.index === 0) last[0] = 0;
        for (let rounds = 2; ; rounds += 2) {
          wait();
          if (me.index === 0 && me.stopped()) last[0] = 1;
          wait();
          if (last[0] === 1) return rounds;
        }
      };
    },
    sample: ([rounds], ms) => rounds! / ms,
  });
}

const ARRIVED = 0;
const GENERATION = 16;
const PARTIES = 32;

export const row: Row = {
  title: "Barrier: rounds",
  unit: "thousand rounds a second",
  better: "more",
  limit:
    "With a core for each thread: the time of a cache line from core to core, if no thread sleeps. With more threads than cores: a thread switch and a wake-up for each thread.",
  axis: { name: "threads", points: [1, 2, 4, 8, 32, 128] },
  ms: 100,
  rounds: 5,
  warmUpMs: untilCompiled,
  cores: 2,
  contestants: {
    ours: rounds(
      (parties) => new Barrier(parties).share(),
      (handle) => {
        const barrier = Barrier.from(handle);
        return () => void barrier.wait();
      },
    ),
    "raw Atomics": rounds(
      (parties) => {
        const words = new Int32Array(new SharedArrayBuffer(256));
        words[PARTIES] = parties;
        return words;
      },
      (words) => () => {
        const generation = Atomics.load(words, GENERATION);
        if (Atomics.add(words, ARRIVED, 1) + 1 === words[PARTIES]) {
          Atomics.store(words, ARRIVED, 0);
          Atomics.add(words, GENERATION, 1);
          Atomics.notify(words, GENERATION);
        } else {
          while (Atomics.load(words, GENERATION) === generation) Atomics.wait(words, GENERATION, generation);
        }
      },
    ),
    pthread_barrier: c("barrier.c"),
    CPython: python("barrier.py"),
    multithreading: {
      ...rounds(newBarrierWords, async (words) => {
        const barrier = openBarrier(await multithreading(), words.buffer as SharedArrayBuffer);
        return () => void barrier.blockingWait();
      }),
      upTo: 8,
    },
  },
};
