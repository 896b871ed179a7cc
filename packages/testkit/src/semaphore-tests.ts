/**
 * Conformance suite of semaphores: CPython's three test classes in their order, then further
 * semantics.
 */
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { expectBadTimeoutsRefused, type HoldableLike, thrownBy, viewOf } from "./primitive.js";
import { expectDuration, LONG, pause, SHORT, timed, until } from "./time.js";

export interface SemaphoreLike extends HoldableLike {
  release(n?: number): void;
  readonly value: number;
}

type Make = (value?: number) => SemaphoreLike;

const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * n));

/** For semaphores with and without a bound. */
export function baseSemaphoreTests(make: Make): void {
  /** Ten threads acquire twice each, from a semaphore of 7 permits. Main holds one permit. */
  const contended = (sem: SemaphoreLike, taken: Int32Array) => {
    sem.acquire();
    return bunch(
      10,
      (sem, taken) => {
        const results = [];
        for (let i = 0; i < 2; i++) {
          results.push(sem.acquire());
          Atomics.add(taken, 0, 1);
        }
        return results;
      },
      [sem, taken],
    );
  };

  /** Checks that `n` permits are taken, now and after a while. */
  const expectTaken = (taken: Int32Array, n: number): void => {
    until(() => Atomics.load(taken, 0) >= n);
    pause(SHORT / 2);
    expect(taken[0]).toBe(n);
  };

  describe("BaseSemaphoreTests", () => {
    it("B067: an acquire does not wait while there are permits", () => {
      const one = make(1);
      one.acquire();
      one.release();
      const two = make(2);
      two.acquire();
      two.acquire();
      two.release();
      two.release();
      expect([one.value, two.value]).toEqual([1, 2]);
    });

    it.each([
      [
        "B069, B070, B071: n releases let exactly n waiters acquire",
        (sem: SemaphoreLike, n: number) => {
          for (let i = 0; i < n; i++) sem.release();
        },
      ],
      ["B072, S34: release(n) lets exactly n waiters acquire", (sem: SemaphoreLike, n: number) => sem.release(n)],
    ] as const)("%s", (_, release) => {
      const sem = make(7);
      const taken = words(1);
      const others = contended(sem, taken);
      expectTaken(taken, 6);
      release(sem, 7);
      expectTaken(taken, 13);
      release(sem, 6);
      expectTaken(taken, 19);
      expect(sem.acquire(0)).toBe(false);
      sem.release();
      expect(others.join().flat()).toEqual(Array.from({ length: 20 }, () => true));
      expect(sem.acquire(0)).toBe(false);
    });

    it("B074: three of ten acquire(0) take one of three permits", () => {
      const sem = make(4);
      sem.acquire();
      const results = bunch(5, (sem) => [sem.acquire(0), sem.acquire(0)], [sem])
        .join()
        .flat();
      expect(results.filter(Boolean)).toHaveLength(3);
      expect(results).toHaveLength(10);
    });

    it("B075, S33: acquire has no blocking flag: a boolean timeout throws a TypeError", () => {
      const sem = make(1);
      expect(() => (sem.acquire as (...args: unknown[]) => unknown).call(sem, false, 1)).toThrow(TypeError);
      expect(sem.value).toBe(1);
    });

    it("B076: a timed acquire succeeds while there are permits", () => {
      const sem = make(2);
      expect([sem.acquire(5), sem.acquire(5), sem.acquire(5)]).toEqual([true, true, false]);
      sem.release();
      expect(sem.acquire(5)).toBe(true);
    });

    it("B077: a timed acquire without a permit returns false after its timeout", () => {
      const sem = make(0);
      expectDuration(
        timed(() => expect(sem.acquire(200)).toBe(false)),
        200,
      );
    });

    it("B078: a new semaphore has one permit by default", () => {
      const sem = make();
      sem.acquire();
      const others = bunch(
        1,
        (sem, me) => {
          me.aboutToWait();
          const taken = sem.acquire();
          sem.release();
          return taken;
        },
        [sem],
      );
      others.waiting();
      expect(others.done).toBe(0);
      sem.release();
      expect(others.join()).toEqual([true]);
    });

    it("B079: nested hold() blocks take and give back one permit each", () => {
      const sem = make(2);
      sem.with(() => {
        expect(sem.value).toBe(1);
        sem.with(() => expect([sem.value, sem.acquire(0)]).toEqual([0, false]));
        expect(sem.value).toBe(1);
      });
      expect(sem.value).toBe(2);
    });

    it("B109: at most three of ten threads hold one of three permits", () => {
      const sem = make(3);
      const inside = words(2);
      const seen = bunch(
        10,
        (sem, inside, me) => {
          let most = 0;
          for (let i = 0; i < 5; i++) {
            sem.acquire();
            most = Math.max(most, Atomics.add(inside, 0, 1) + 1);
            me.pause(1);
            const left = Atomics.sub(inside, 0, 1) - 1;
            if (left < 0) throw new Error("fewer than none inside");
            sem.release();
          }
          return most;
        },
        [sem, inside],
      ).join();
      expect(Math.max(...seen)).toBe(3);
      expect([inside[0], sem.value]).toEqual([0, 3]);
    });

    it("S05, S07, S33: a bad timeout is refused in every state, and changes nothing", () => {
      const sem = make(1);
      expectBadTimeoutsRefused(sem, (timeout) => sem.acquire(timeout));
      sem.acquire();
      expectBadTimeoutsRefused(sem, (timeout) => sem.acquire(timeout));
      expect(sem.value).toBe(0);
    });

    it("S06: undefined waits for ever, like no argument; null throws a TypeError", () => {
      const sem = make(1);
      expect(sem.acquire(undefined)).toBe(true);
      expect(() => sem.acquire(null as never)).toThrow(TypeError);
    });

    it("S08, B261: a timed acquire waits its whole timeout despite spurious wake-ups", () => {
      const sem = make(0);
      const others = bunch(
        1,
        (sem, me) => {
          me.aboutToWait();
          const start = performance.now();
          return { taken: sem.acquire(200), ms: performance.now() - start };
        },
        [sem],
      );
      others.waiting();
      const state = viewOf(sem);
      while (others.done === 0) state.forEach((_, at) => Atomics.notify(state, at));
      const [result] = others.join();
      expect(result).toMatchObject({ taken: false });
      expectDuration(result!.ms, 200);
    });

    it("S09: a timed-out acquire leaves no trace", () => {
      const sem = make(1);
      sem.acquire();
      expect(bunch(3, (sem) => sem.acquire(20), [sem]).join()).toEqual([false, false, false]);
      sem.release();
      expect(sem.value).toBe(1);
      expect(sem.acquire(0)).toBe(true);
    });

    it("S34: release of less than one permit throws a RangeError, and changes nothing", () => {
      const sem = make(2);
      sem.acquire();
      const before = [...viewOf(sem)];
      for (const [n, ErrorClass] of [
        [0, RangeError],
        [-1, RangeError],
        [0.5, RangeError],
        [NaN, RangeError],
        ["1", TypeError],
        [null, TypeError],
      ] as const) {
        const error = thrownBy(() => sem.release(n as never));
        expect(error).toBeInstanceOf(ErrorClass);
        expect((error as Error).message).toMatch(/^semaphore: n must be a whole number/);
        expect((error as Error).message).toContain(String(n));
        expect([...viewOf(sem)]).toEqual(before);
      }
    });

    it("S36: a newcomer may take the permit of a woken waiter; no permit is lost or doubled", () => {
      const sem = make(1);
      for (let round = 0; round < 10; round++) {
        sem.acquire();
        const others = bunch(
          1,
          (sem, timeout, me) => {
            me.aboutToWait();
            return sem.acquire(timeout);
          },
          [sem, LONG],
        );
        others.waiting();
        sem.release();
        if (sem.acquire(0)) {
          pause(5);
          expect(others.done).toBe(0);
          sem.release();
        }
        expect(others.join()).toEqual([true]);
        expect(sem.value).toBe(0);
        sem.release();
      }
    });

    it("S37: a permit released at the deadline is taken or left, never lost", () => {
      const sem = make(1);
      const round = words(1);
      const rounds = 40;
      const others = bunch(
        1,
        (sem, round, rounds) => {
          const taken = [];
          for (let i = 1; i <= rounds; i++) {
            while (Atomics.load(round, 0) !== 2 * i - 1);
            const got = sem.acquire(2);
            taken.push(got);
            Atomics.store(round, 0, 2 * i);
          }
          return taken;
        },
        [sem, round, rounds],
      );
      const left = [];
      for (let i = 1; i <= rounds; i++) {
        sem.acquire();
        Atomics.store(round, 0, 2 * i - 1);
        for (const end = performance.now() + 1.8 + i / 100; performance.now() < end;);
        sem.release();
        until(() => Atomics.load(round, 0) === 2 * i);
        left.push(sem.value);
        if (sem.value === 0) sem.release();
      }
      const [taken] = others.join();
      expect(left).toEqual(taken!.map((got) => (got ? 0 : 1)));
    });

    it("S38: an initial value of 0 is valid, a negative value throws", () => {
      expect(make(0).acquire(0)).toBe(false);
      for (const [value, ErrorClass] of [
        [-1, RangeError],
        [1.5, RangeError],
        [NaN, RangeError],
        [Infinity, RangeError],
        ["1", TypeError],
        [null, TypeError],
        [{}, TypeError],
      ] as const) {
        const error = thrownBy(() => make(value as never));
        expect(error).toBeInstanceOf(ErrorClass);
        expect((error as Error).message).toMatch(/^semaphore: the initial value must be a whole number/);
      }
    });

    it("S39: with() gives back exactly one permit, whatever its body does", () => {
      const sem = make(3);
      expect(() =>
        sem.with(() => {
          sem.acquire();
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(sem.value).toBe(2);
    });
  });
}

/** For semaphores without a bound. */
export function semaphoreTests(make: Make): void {
  describe("SemaphoreTests", () => {
    it("B081: a program may release more permits than it acquired", () => {
      const sem = make(1);
      sem.release();
      expect([sem.acquire(0), sem.acquire(0), sem.acquire(0)]).toEqual([true, true, false]);
    });

    it("B082: the text shows the value", () => {
      const sem = make(3);
      const seen = [String(sem)];
      sem.acquire();
      seen.push(String(sem));
      sem.release();
      sem.release();
      seen.push(String(sem));
      expect(seen.map((text) => /^<Semaphore at 0x[0-9a-f]+: value=(\d+)>$/.exec(text)?.[1])).toEqual(["3", "2", "4"]);
    });

    it("S38: the only bound is the size of the word", () => {
      const sem = make(0);
      const most = 2 ** 29 - 1;
      sem.release(most);
      expect(sem.value).toBe(most);
      const before = [...viewOf(sem)];
      expect(() => sem.release()).toThrow(RangeError);
      expect(() => sem.release(most)).toThrow(RangeError);
      expect([...viewOf(sem)]).toEqual(before);
      expect(sem.acquire(0)).toBe(true);
    });
  });
}

/** For semaphores with a bound. */
export function boundedSemaphoreTests(make: Make): void {
  describe("BoundedSemaphoreTests", () => {
    it("B083: release of a full semaphore throws a RangeError, also after balanced use", () => {
      const sem = make(1);
      expect(() => sem.release()).toThrow(RangeError);
      sem.acquire();
      sem.release();
      expect(() => sem.release()).toThrow(/^semaphore: released too often/);
      expect(sem.value).toBe(1);
    });

    it("B084: the text shows the value and the bound", () => {
      const sem = make(3);
      expect(String(sem)).toMatch(/^<BoundedSemaphore at 0x[0-9a-f]+: value=3\/3>$/);
      sem.acquire();
      expect(String(sem)).toMatch(/value=2\/3>$/);
    });

    it("B145: other threads may release all permits, and a further release throws", () => {
      for (let limit = 1; limit <= 9; limit++) {
        const sem = make(limit);
        bunch(limit, (sem) => sem.acquire(), [sem]).join();
        expect(sem.value).toBe(0);
        bunch(limit, (sem) => sem.release(), [sem]).join();
        expect(() => sem.release()).toThrow(RangeError);
      }
    });

    it("S35: release(n) is all or nothing", () => {
      const sem = make(3);
      sem.acquire();
      sem.acquire();
      expect(() => sem.release(3)).toThrow(RangeError);
      expect(sem.value).toBe(1);
      sem.release(2);
      expect(sem.value).toBe(3);
    });
  });
}
