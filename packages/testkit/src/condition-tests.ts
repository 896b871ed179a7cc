/**
 * Conformance suite of conditions: CPython's ConditionTests in their order, then further semantics
 * of Condition.
 */
import { ThreadError } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import type { LockLike } from "./lock-tests.js";
import { expectBadTimeoutsRefused, type HoldableLike, thrownBy } from "./primitive.js";
import { expectDuration, LONG, pause, SHORT, timed, until } from "./time.js";

export interface ConditionLike extends HoldableLike {
  locked(): boolean;
  wait(timeout?: number): boolean;
  waitFor<T>(predicate: () => T, timeout?: number): T;
  notify(n?: number): void;
  notifyAll(): void;
}

const N = 5;
const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * n));

/** The number of waiters, read from the condition's text. */
export function waitersOf(condition: { toString(): string }): number {
  return Number(/, (-?\d+)\) at /.exec(String(condition))![1]);
}

/** Returns when `count` threads wait and the lock is free. */
export function untilWaiting(condition: ConditionLike, n: number): void {
  until(() => condition.with(() => waitersOf(condition)) === n);
}

/** `make` makes a condition over a lock of `makeLock`. */
export function conditionTests(make: (lock: LockLike) => ConditionLike, makeLock: () => LockLike): void {
  const over = (): ConditionLike => make(makeLock());

  /** Starts threads that wait once each. */
  const waiting = (condition: ConditionLike, count: number, timeout = Infinity) => {
    const others = bunch(count, (condition, timeout) => condition.with(() => condition.wait(timeout)), [
      condition,
      timeout,
    ]);
    untilWaiting(condition, count);
    return others;
  };

  const taken = (lock: LockLike): boolean =>
    bunch(
      1,
      (lock) => {
        const free = lock.acquire(0);
        if (free) lock.release();
        return !free;
      },
      [lock],
    ).join()[0]!;

  describe("ConditionTests", () => {
    it("B053, B054, B055, S31: acquire, release and with call the methods of the lock", () => {
      const lock = makeLock();
      const condition = make(lock);
      condition.acquire();
      expect([taken(lock), taken(condition), lock.locked(), condition.locked()]).toEqual([true, true, true, true]);
      condition.release();
      expect([taken(lock), taken(condition), lock.locked(), condition.locked()]).toEqual([false, false, false, false]);
      lock.acquire();
      expect(taken(condition)).toBe(true);
      lock.release();
      condition.with(() => expect(taken(lock)).toBe(true));
      expect(taken(lock)).toBe(false);
    });

    it("B056, S18: wait without the lock throws a ThreadError that names the cure", () => {
      const condition = over();
      for (const wait of [() => condition.wait(), () => condition.wait(0), () => condition.waitFor(() => false)]) {
        expect(thrownBy(wait)).toBeInstanceOf(ThreadError);
        expect((thrownBy(wait) as Error).message).toMatch(/^condition: wait by a thread that does not hold the lock; /);
      }
      expect(condition.locked()).toBe(false);
    });

    it("B057, S18: notify without the lock throws a ThreadError that names the cure", () => {
      const condition = over();
      for (const notify of [() => condition.notify(), () => condition.notify(0), () => condition.notifyAll()]) {
        expect(thrownBy(notify)).toBeInstanceOf(ThreadError);
        expect((thrownBy(notify) as Error).message).toMatch(/^condition: notify\w* by a thread that does not hold the/);
      }
    });

    it("B058, B060, B061, B062: notify(n) wakes n waiters, or all if they are fewer, and leaves no trace", () => {
      const condition = over();
      for (let time = 0; time < 2; time++) {
        const shared = words(3);
        const [PHASE, FIRST, SECOND] = [0, 1, 2];
        const others = bunch(
          N,
          (condition, shared) => {
            const once = (done: number): [boolean, number] => {
              condition.acquire();
              const result = condition.wait();
              condition.release();
              const phase = Atomics.load(shared, 0);
              Atomics.add(shared, done, 1);
              return [result, phase];
            };
            return [once(1), once(2)];
          },
          [condition, shared],
        );
        const notify = (waiting: number, phase: number, body: () => void): void => {
          untilWaiting(condition, waiting);
          condition.acquire();
          body();
          pause(5); // no waiter returns before the release
          shared[PHASE] = phase;
          condition.release();
        };
        notify(5, 1, () => condition.notify(3));
        until(() => shared[FIRST] === 3);
        notify(5, 2, () => condition.notify(5));
        until(() => shared[FIRST] === 5 && shared[SECOND] === 3);
        notify(2, 3, () => condition.notifyAll());
        const results = others.join();
        const phases = (round: number) => results.map((result) => result[round]![1]).sort();
        expect(results.flat().every(([result]) => result)).toBe(true);
        expect(phases(0)).toEqual([1, 1, 1, 2, 2]);
        expect(phases(1)).toEqual([2, 2, 2, 3, 3]);
        expect(waitersOf(condition)).toBe(0);
      }
    });

    it("B063: a wait without a notify returns false after its timeout", () => {
      const condition = over();
      const results = bunch(
        N,
        (condition) =>
          condition.with(() => {
            const start = performance.now();
            return { notified: condition.wait(200), ms: performance.now() - start };
          }),
        [condition],
      ).join();
      for (const { notified, ms } of results) {
        expect(notified).toBe(false);
        expectDuration(ms, 200);
      }
      expect(waitersOf(condition)).toBe(0);
    });

    it("B064: waitFor returns when its predicate is true, and not earlier", () => {
      const condition = over();
      const state = words(1);
      const others = bunch(
        1,
        (condition, state) => condition.with(() => [condition.waitFor(() => state[0] === 4), state[0]]),
        [condition, state],
      );
      for (let i = 0; i < 4; i++) {
        untilWaiting(condition, 1);
        condition.with(() => {
          state[0]! += 1;
          condition.notify();
        });
      }
      expect(others.join()).toEqual([[true, 4]]);
    });

    it("B065, S29: a notify does not extend the timeout of waitFor", () => {
      const condition = over();
      const state = words(1);
      const others = bunch(
        1,
        (condition, state) =>
          condition.with(() => {
            const start = performance.now();
            return { result: condition.waitFor(() => state[0] === 4, 200), ms: performance.now() - start };
          }),
        [condition, state],
      );
      for (let i = 0; i < 3; i++) {
        pause(40);
        condition.with(() => {
          state[0]! += 1;
          condition.notify();
        });
      }
      const [result] = others.join();
      expect(result!.result).toBe(false);
      expectDuration(result!.ms, 200);
    });
  });

  describe("semantics of Condition", () => {
    it("S05, S07: a bad timeout is refused in every state, and changes nothing", () => {
      const condition = over();
      const refused = (): void => {
        expectBadTimeoutsRefused(condition, (timeout) => condition.wait(timeout));
        expectBadTimeoutsRefused(condition, (timeout) => condition.waitFor(() => true, timeout));
      };
      refused();
      condition.with(refused);
      expect([waitersOf(condition), condition.locked()]).toEqual([0, false]);
    });

    it("S18: a thread without the lock gets a ThreadError, also while another thread holds the lock", () => {
      const condition = over();
      condition.acquire();
      const [messages] = bunch(
        1,
        (condition) =>
          [() => condition.wait(0), () => condition.notify(), () => condition.notifyAll()].map((body) => {
            try {
              return String(body());
            } catch (error) {
              return (error as Error).name;
            }
          }),
        [condition],
      ).join();
      expect(messages).toEqual(["ThreadError", "ThreadError", "ThreadError"]);
      condition.release();
    });

    it("S19: the next owner of the lock finds the waiter in the queue", () => {
      const condition = over();
      const turn = words(1);
      const rounds = 200;
      const others = bunch(
        1,
        (condition, turn, rounds, timeout) => {
          let notified = 0;
          for (let round = 1; round <= rounds; round++) {
            condition.acquire();
            Atomics.store(turn, 0, round);
            if (condition.wait(timeout)) notified++;
            condition.release();
          }
          return notified;
        },
        [condition, turn, rounds, LONG],
      );
      for (let round = 1; round <= rounds; round++) {
        while (Atomics.load(turn, 0) < round);
        condition.with(() => condition.notify());
      }
      expect(others.join()).toEqual([rounds]);
    });

    it("S20: the longest waiters are notified first", () => {
      const condition = over();
      const order = words(N + 1);
      const others = Array.from({ length: N }, (_, index) => {
        const other = bunch(
          1,
          (condition, order, index) =>
            condition.with(() => {
              condition.wait();
              order[Atomics.add(order, 0, 1) + 1] = index;
            }),
          [condition, order, index],
        );
        untilWaiting(condition, index + 1);
        return other;
      });
      for (let i = 1; i <= N; i++) {
        condition.with(() => condition.notify());
        until(() => order[0] === i);
      }
      others.forEach((other) => other.join());
      expect([...order.subarray(1)]).toEqual([0, 1, 2, 3, 4]);
    });

    it("S20: notify of 0 or less does nothing, and needs the lock; n must be a whole number", () => {
      const condition = over();
      const others = waiting(condition, 1);
      condition.with(() => {
        condition.notify(0);
        condition.notify(-1);
        for (const n of [NaN, 1.5, Infinity]) expect(() => condition.notify(n)).toThrow(RangeError);
        for (const n of [null, "1", true]) expect(() => condition.notify(n as never)).toThrow(TypeError);
      });
      expect(waitersOf(condition)).toBe(1);
      expect(() => condition.notify(0)).toThrow(ThreadError);
      condition.with(() => condition.notify());
      expect(others.join()).toEqual([true]);
    });

    it("S21: a notify without waiters is not remembered", () => {
      const condition = over();
      condition.acquire();
      condition.notify();
      condition.notifyAll();
      expect(condition.wait(20)).toBe(false);
      condition.release();
    });

    it("S22: notify does not release the lock: woken waiters continue after the release", () => {
      const condition = over();
      const others = waiting(condition, 2);
      condition.acquire();
      condition.notifyAll();
      pause(SHORT);
      expect(others.done).toBe(0);
      condition.release();
      expect(others.join()).toEqual([true, true]);
    });

    it("S24: the timeout bounds the wait, not the acquire after it", () => {
      const condition = over();
      const others = bunch(
        1,
        (condition) =>
          condition.with(() => {
            const start = performance.now();
            return { notified: condition.wait(300), ms: performance.now() - start };
          }),
        [condition],
      );
      untilWaiting(condition, 1);
      condition.acquire(); // during the wait
      pause(600);
      condition.release();
      const [result] = others.join();
      expect(result!.notified).toBe(false);
      expect(result!.ms).toBeGreaterThan(500);
    });

    it("S25: wait(0) releases the lock, takes it again, and returns false", () => {
      const condition = over();
      condition.acquire();
      expect(condition.wait(0)).toBe(false);
      expect(condition.locked()).toBe(true);
      const others = bunch(
        1,
        (condition, me) => {
          me.aboutToWait();
          return condition.acquire() && (condition.release(), true);
        },
        [condition],
      );
      others.waiting();
      const ms = timed(() => {
        while (others.done === 0) condition.wait(0); // a starving waiter is served next
      });
      expect(ms).toBeLessThan(LONG / 10);
      condition.release();
      others.join();
    });

    it("S26: each notify wakes one waiter, also among waiters that time out at the same moment", () => {
      const condition = over();
      const shared = words(3);
      const [WOKEN, SPENT, STOP] = [0, 1, 2];
      const others = bunch(
        4,
        (condition, shared) => {
          let wait = 0;
          while (Atomics.load(shared, 2) === 0) {
            condition.with(() => {
              if (condition.wait((wait++ % 5) / 10)) Atomics.add(shared, 0, 1);
            });
          }
        },
        [condition, shared],
      );
      for (const end = performance.now() + 300; performance.now() < end;) {
        condition.with(() => {
          const before = waitersOf(condition);
          condition.notify(2);
          shared[SPENT]! += before - waitersOf(condition);
        });
      }
      Atomics.store(shared, STOP, 1);
      others.join();
      // A notify also removes the nodes of LEAVING waiters, without notifying them.
      expect(shared[WOKEN]).toBeGreaterThan(0);
      expect(shared[WOKEN]).toBeLessThanOrEqual(shared[SPENT]!);
      expect(waitersOf(condition)).toBe(0);
    });

    it("S27: waitFor needs no lock if the first result is true", () => {
      expect(over().waitFor(() => "true")).toBe("true");
    });

    it("S28: waitFor returns the last result of its predicate, of any type", () => {
      const condition = over();
      const object = {};
      condition.acquire();
      for (const result of [0, "", null, undefined, NaN, false])
        expect(condition.waitFor(() => result, 0)).toBe(result);
      for (const result of [1, "a", object]) expect(condition.waitFor(() => result, 0)).toBe(result);
      condition.release();
    });

    it("S29: waitFor calls its predicate first, and once more after the timeout", () => {
      const condition = over();
      condition.acquire();
      const looks = (timeout: number, trueAt: number): [number, boolean] => {
        let calls = 0;
        const result = condition.waitFor(() => ++calls === trueAt, timeout);
        return [calls, result];
      };
      expect(looks(0, Infinity)).toEqual([2, false]);
      expect(looks(20, Infinity)).toEqual([2, false]);
      expect(looks(20, 2)).toEqual([2, true]);
      expect(looks(20, 1)).toEqual([1, true]);
      condition.release();
    });

    it("S29: waitFor throws the error of its predicate, with the lock held", () => {
      const condition = over();
      const error = new Error("predicate");
      expect(() =>
        condition.with(() =>
          condition.waitFor(() => {
            expect(condition.locked()).toBe(true);
            throw error;
          }),
        ),
      ).toThrow(error);
      expect(condition.locked()).toBe(false);
    });

    it("S30: several conditions share one lock; a notify on one wakes no waiter of another", () => {
      const lock = makeLock();
      const [one, two] = [make(lock), make(lock)];
      const [first, second] = [waiting(one, 1), waiting(two, 1)];
      lock.acquire();
      one.notifyAll();
      one.notify();
      lock.release();
      expect(first.join()).toEqual([true]);
      pause(SHORT / 2);
      expect(second.done).toBe(0);
      two.with(() => two.notify());
      expect(second.join()).toEqual([true]);
    });

    it("S32: the notify of a terminated thread goes to the next waiter", async () => {
      const condition = over();
      const dead = bunch(2, (condition) => condition.with(() => condition.wait()), [condition], { fresh: true });
      untilWaiting(condition, 2);
      await dead.terminate();
      const alive = bunch(2, (condition) => condition.with(() => condition.wait()), [condition]);
      untilWaiting(condition, 4);
      for (let done = 1; done <= 2; done++) {
        condition.with(() => condition.notify());
        until(() => alive.done === done);
      }
      expect(alive.join()).toEqual([true, true]);
      condition.with(() => condition.notify());
      expect(waitersOf(condition)).toBe(0);
    });
  });
}

/** Conformance suite of conditions over reentrant locks. */
export function reentrantConditionTests(make: () => ConditionLike): void {
  it("S23: wait releases the lock at any depth, and takes it again as deep", () => {
    const condition = make();
    for (let depth = 0; depth < 3; depth++) condition.acquire();
    const others = bunch(
      1,
      (condition) => {
        const first = condition.acquire(5000);
        condition.notify();
        condition.release();
        return first;
      },
      [condition],
    );
    expect(condition.wait(LONG)).toBe(true);
    expect(String(condition)).toContain("count=3");
    expect(condition.wait(5)).toBe(false);
    expect(String(condition)).toContain("count=3");
    expect(others.join()).toEqual([true]);
    for (let depth = 0; depth < 3; depth++) condition.release();
    expect(condition.locked()).toBe(false);
  });
}
