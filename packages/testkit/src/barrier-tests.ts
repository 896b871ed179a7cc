/**
 * Conformance suite of barriers: CPython's BarrierTests in their order, then further semantics of
 * Barrier.
 */
import { ThreadError } from "@x/core";
import { describe, expect, it } from "vitest";
import { type Bunch, bunch } from "./bunch.js";
import { expectBadTimeoutsRefused, type Sharing, thrownBy } from "./primitive.js";
import { expectDuration, LONG, pause, SHORT, timed, until } from "./time.js";

export interface BarrierLike extends Sharing {
  wait(timeout?: number): number;
  reset(): void;
  abort(): void;
  readonly parties: number;
  readonly nWaiting: number;
  readonly broken: boolean;
}

type Make = (parties: number, action?: () => unknown, timeout?: number) => BarrierLike;

const N = 5;
const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * n));

/** `make` has the arguments of Python's Barrier. The suite's timeout ends waits that would hang. */
export function barrierTests(make: Make): void {
  const five = (action?: () => unknown): BarrierLike => make(N, action, LONG);

  const waitOnce = (barrier: BarrierLike, timeout?: number): unknown => {
    try {
      return barrier.wait(timeout);
    } catch (error) {
      return (error as Error).name;
    }
  };
  /** Starts threads that wait once each. */
  const starting = (barrier: BarrierLike, count: number, timeout?: number): Bunch<unknown> =>
    bunch(count, waitOnce as never, [barrier, timeout] as never);
  /** The same, and returns when all of them have arrived. */
  const waiting = (barrier: BarrierLike, count: number, timeout?: number): Bunch<unknown> => {
    const others = starting(barrier, count, timeout);
    until(() => barrier.nWaiting === count);
    return others;
  };
  const all = <T>(value: T, count = N): T[] => Array.from({ length: count }, () => value);
  const BROKEN = "BrokenBarrierError";

  /** Checks that all five parties pass. */
  const expectUsable = (barrier: BarrierLike): void => {
    const results = starting(barrier, N).join();
    expect([...results].sort()).toEqual([0, 1, 2, 3, 4]);
  };

  describe("BarrierTests", () => {
    it("B085: a number of parties below 1, or not whole, throws a RangeError", () => {
      for (const parties of [0, -1, 1.5, NaN, Infinity]) expect(() => make(parties)).toThrow(RangeError);
      for (const parties of [undefined, null, "5", true]) expect(() => make(parties as never)).toThrow(TypeError);
    });

    it.each([
      ["B086: all parties pass two waits in lockstep", 2],
      ["B088: all parties pass ten waits in lockstep", 10],
    ])("%s", (_, rounds) => {
      const barrier = five();
      const steps = words(rounds + 1);
      const others = bunch(
        N,
        (barrier, steps, rounds, me) => {
          for (let round = 0; round < rounds; round++) {
            Atomics.add(steps, round, 1);
            if (Atomics.load(steps, round + 1) !== 0) throw new Error("a thread is a step ahead");
            barrier.wait();
            if (Atomics.load(steps, round) !== me.count) throw new Error("a thread is a step behind");
          }
        },
        [barrier, steps, rounds],
      );
      others.join();
      expect([...steps.subarray(0, rounds)]).toEqual(all(N, rounds));
    });

    it("B089, S43: the results are the order of arrival", () => {
      const barrier = five();
      const others = Array.from({ length: N - 1 }, (_, index) => {
        const other = starting(barrier, 1);
        until(() => barrier.nWaiting === index + 1);
        return other;
      });
      expect(barrier.wait()).toBe(N - 1);
      expect(others.map((other) => other.join()[0])).toEqual([0, 1, 2, 3]);
    });

    it("B091: abort breaks the barrier for all waiters; no thread passes", () => {
      const barrier = five();
      const others = waiting(barrier, N - 1);
      barrier.abort();
      expect(others.join()).toEqual(all(BROKEN, N - 1));
      expect(barrier.broken).toBe(true);
    });

    it("B092, S50: reset breaks the barrier for all waiters, and makes it usable again", () => {
      const barrier = five();
      const others = waiting(barrier, N - 1);
      barrier.reset();
      expect(others.join()).toEqual(all(BROKEN, N - 1));
      expect(barrier.broken).toBe(false);
      expectUsable(barrier);
    });

    it("B093, S50: one reset makes an aborted barrier usable", () => {
      const barrier = five();
      const others = waiting(barrier, N - 1);
      barrier.abort();
      expect(others.join()).toEqual(all(BROKEN, N - 1));
      expect(waitOnce(barrier)).toBe(BROKEN);
      barrier.reset();
      expect(barrier.broken).toBe(false);
      expectUsable(barrier);
    });

    it("S46: the timeout of one waiter breaks the barrier for all at once", () => {
      const barrier = five();
      const others = waiting(barrier, N - 2);
      expectDuration(
        timed(() => expect(waitOnce(barrier, 100)).toBe(BROKEN)),
        100,
      );
      expect(timed(() => expect(others.join()).toEqual(all(BROKEN, N - 2)))).toBeLessThan(LONG / 2);
      expect([barrier.broken, barrier.nWaiting]).toEqual([true, 0]);
    });

    it("B095, S47: the barrier's timeout is the default of wait", () => {
      const barrier = make(2, undefined, 100);
      expectDuration(
        timed(() => expect(waitOnce(barrier)).toBe(BROKEN)),
        100,
      );
      barrier.reset();
      expect(timed(() => expect(waitOnce(barrier, 10)).toBe(BROKEN))).toBeLessThan(100);
      barrier.reset();
      const others = waiting(barrier, 1, Infinity);
      pause(150);
      expect(barrier.wait()).toBe(1);
      expect(others.join()).toEqual([0]);
    });

    it("B096, S48: a barrier of one party passes at once, each time, and never times out", () => {
      const barrier = make(1);
      expect([barrier.wait(), barrier.wait(), barrier.wait(0)]).toEqual([0, 0, 0]);
    });

    it("B097: the text shows the number of waiters, also in another thread", () => {
      const barrier = make(3);
      expect(String(barrier)).toMatch(/^<Barrier at 0x[0-9a-f]+: waiters=0\/3>$/);
      const others = waiting(barrier, 2);
      expect(String(barrier)).toMatch(/waiters=2\/3>$/);
      expect(bunch(1, (barrier) => String(barrier), [barrier]).join()).toEqual([String(barrier)]);
      barrier.wait();
      others.join();
      expect(String(barrier)).toMatch(/waiters=0\/3>$/);
    });

    it("B098: the text of a broken barrier says broken", () => {
      const barrier = make(3);
      barrier.abort();
      expect(String(barrier)).toMatch(/^<Barrier at 0x[0-9a-f]+: broken>$/);
    });

    it("B230: ten threads pass three times", () => {
      const barrier = make(10, undefined, LONG);
      const others = bunch(10, (barrier) => [barrier.wait(), barrier.wait(), barrier.wait()], [barrier]);
      const results = others.join();
      for (let round = 0; round < 3; round++) {
        expect(results.map((result) => result[round]!).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }
    });
  });

  describe("semantics of Barrier", () => {
    it("S05, S07: a bad timeout is refused in every state, and changes nothing", () => {
      const barrier = make(2);
      expectBadTimeoutsRefused(barrier, (timeout) => barrier.wait(timeout));
      barrier.abort();
      expectBadTimeoutsRefused(barrier, (timeout) => barrier.wait(timeout));
      for (const timeout of [-1, NaN]) expect(() => make(2, undefined, timeout)).toThrow(RangeError);
      expect(() => make(2, undefined, "5" as never)).toThrow(TypeError);
      expect(() => make(2, 5 as never)).toThrow(TypeError);
    });

    it("S06: undefined waits for ever, if the barrier has no timeout of its own", () => {
      const barrier = make(2);
      const others = waiting(barrier, 1);
      pause(SHORT);
      expect(others.done).toBe(0);
      expect(barrier.wait(0)).toBe(1);
      expect(others.join()).toEqual([0]);
    });

    it("S49: cycles do not overlap: a thread that returns at once waits for the next cycle", () => {
      const barrier = make(2, undefined, LONG);
      const arrivals = 1200;
      const tickets = words(1);
      const others = bunch(
        4,
        (barrier, tickets, arrivals) => {
          let sum = 0;
          while (Atomics.add(tickets, 0, 1) < arrivals) sum += barrier.wait();
          return sum;
        },
        [barrier, tickets, arrivals],
      );
      expect(others.join().reduce((sum, n) => sum + n, 0)).toBe(arrivals / 2); // half of the arrivals were second
      expect(barrier.nWaiting).toBe(0);
    });

    it("S50: reset without waiters repairs a broken barrier, and leaves an unbroken barrier as it is", () => {
      const barrier = five();
      barrier.reset();
      expect([barrier.broken, barrier.nWaiting]).toEqual([false, 0]);
      barrier.abort();
      barrier.abort();
      expect(waitOnce(barrier, 0)).toBe(BROKEN);
      barrier.reset();
      expect(barrier.broken).toBe(false);
      expectUsable(barrier);
    });

    it("S51: nWaiting is 0 while the barrier is broken, and after all parties have passed", () => {
      const barrier = five();
      expect([barrier.parties, barrier.nWaiting]).toEqual([5, 0]);
      const others = waiting(barrier, 4);
      expect(barrier.nWaiting).toBe(4);
      barrier.wait();
      expect(barrier.nWaiting).toBe(0);
      others.join();
      const more = waiting(barrier, 2);
      barrier.abort();
      expect(barrier.nWaiting).toBe(0);
      more.join();
    });

    it("S52: BrokenBarrierError is a ThreadError, and says what broke the barrier", () => {
      const barrier = make(2);
      const cause = (): string => {
        const error = thrownBy(() => barrier.wait(0));
        expect(error).toBeInstanceOf(ThreadError);
        expect((error as Error).name).toBe(BROKEN);
        return (error as Error).message;
      };
      barrier.abort();
      expect(cause()).toMatch(/^barrier: broken: it was aborted; reset\(\) /);
      barrier.reset();
      expect(cause()).toMatch(/^barrier: broken: a waiter timed out; reset\(\) /);
      expect(cause()).toMatch(/a waiter timed out/);
    });

    it("all parties see the writes that each party made before wait", () => {
      const barrier = five();
      const data = words(N);
      const others = bunch(
        N,
        (barrier, data, me) => {
          for (let round = 1; round <= 100; round++) {
            data[me.index] = round;
            barrier.wait();
            if (data.some((value) => value !== round)) throw new Error(`round ${round}: ${data.join()}`);
            barrier.wait();
          }
        },
        [barrier, data],
      );
      others.join();
    });
  });
}

/**
 * The action travels as text here. It finds the shared memory in a global variable of each thread.
 */
export function barrierActionTests(make: Make): void {
  const wait = (barrier: BarrierLike, tally: Int32Array): unknown => {
    (globalThis as { tallyOfTest?: Int32Array }).tallyOfTest = tally;
    try {
      const index = barrier.wait();
      return [index, Atomics.load(tally, 0)];
    } catch (error) {
      return (error as Error).message;
    }
  };
  const action = (): void => {
    const { tallyOfTest } = globalThis as unknown as { tallyOfTest: Int32Array };
    if (Atomics.load(tallyOfTest, 1) !== 0) throw new Error("the action threw");
    Atomics.add(tallyOfTest, 0, 1);
  };
  const waiting = (barrier: BarrierLike, count: number, tally: Int32Array): Bunch<unknown> =>
    bunch(count, wait as never, [barrier, tally] as never);

  describe("BarrierTests, action", () => {
    it("B090: the action runs once per cycle, before any party continues", () => {
      const barrier = make(N, action, LONG);
      const tally = words(2);
      for (let round = 1; round <= 3; round++) {
        const results = waiting(barrier, N, tally).join() as [number, number][];
        expect(results.map(([, ran]) => ran)).toEqual([round, round, round, round, round]);
        expect(results.map(([index]) => index).sort()).toEqual([0, 1, 2, 3, 4]);
      }
    });

    it("S44: the action runs in the thread that arrives last, while nWaiting counts all parties", () => {
      const seen: unknown[] = [];
      const single: BarrierLike = make(1, () => void seen.push(single.nWaiting, single.broken));
      expect([single.wait(), single.wait()]).toEqual([0, 0]);
      expect(seen).toEqual([1, false, 1, false]);
    });

    it("S44: wait inside the action throws a ThreadError, and breaks the barrier like any error", () => {
      const barrier: BarrierLike = make(1, () => barrier.wait());
      const error = thrownBy(() => barrier.wait());
      expect(error).toBeInstanceOf(ThreadError);
      expect((error as Error).message).toMatch(/^barrier: wait inside the barrier's own action would wait for itself/);
      expect(barrier.broken).toBe(true);
    });

    it("S45: an error of the action is thrown where it ran, and breaks the barrier for the others until reset", () => {
      const barrier = make(3, action, LONG);
      const tally = words(2);
      tally[1] = 1;
      const results = waiting(barrier, 3, tally).join() as string[];
      const broke = "barrier: broken: its action threw; reset() makes it usable again";
      expect([...results].sort()).toEqual([broke, broke, "the action threw"]);
      expect(barrier.broken).toBe(true);
      tally[1] = 0;
      barrier.reset();
      expect(waiting(barrier, 3, tally).join()).toHaveLength(3);
      expect(tally[0]).toBe(1);
    });
  });
}
