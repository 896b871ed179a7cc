/**
 * Conformance suite of locks: CPython's BaseLockTests and LockTests in their order, then further
 * semantics of Lock.
 */
import { ThreadError, TIMEOUT_MAX } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { expectBadTimeoutsRefused, type HoldableLike, thrownBy, viewOf } from "./primitive.js";
import { barge, DONE, OVERTAKEN_AT_MOST, expectDuration, LONG, pause, SHORT, timed } from "./time.js";

export interface LockLike extends HoldableLike {
  locked(): boolean;
}

/** For all primitives with one owner at a time: Lock, RLock, Condition. */
export function baseLockTests(make: () => LockLike): void {
  describe("BaseLockTests", () => {
    it("B001: a new lock needs no arguments, and is free", () => {
      expect(make().locked()).toBe(false);
    });

    it("B002: the text of a free lock says unlocked, and shows its place", () => {
      expect(String(make())).toMatch(/<unlocked \w+ object .*at 0x[0-9a-f]+>/);
    });

    it("B005: acquire and release of a free lock do not wait", () => {
      const lock = make();
      expect(lock.acquire()).toBe(true);
      expect(lock.locked()).toBe(true);
      lock.release();
      expect(lock.locked()).toBe(false);
    });

    it("B006: acquire(0) takes a free lock", () => {
      const lock = make();
      expect(lock.acquire(0)).toBe(true);
      lock.release();
    });

    it("B007: acquire(0) of a lock that another thread holds returns false at once", () => {
      const lock = make();
      lock.acquire();
      const [result] = bunch(
        1,
        (lock) => {
          const start = performance.now();
          return { taken: lock.acquire(0), ms: performance.now() - start };
        },
        [lock],
      ).join();
      expect(result).toMatchObject({ taken: false });
      expect(result!.ms).toBeLessThan(LONG / 10);
      lock.release();
    });

    it("B008: one release lets all waiters acquire one after the other", () => {
      const lock = make();
      const passed = new Int32Array(new SharedArrayBuffer(8));
      lock.acquire();
      const others = bunch(
        5,
        (lock, passed, me) => {
          me.aboutToWait();
          lock.acquire();
          const inside = Atomics.add(passed, 1, 1);
          Atomics.add(passed, 0, 1);
          Atomics.sub(passed, 1, 1);
          lock.release();
          return inside;
        },
        [lock, passed],
      );
      others.waiting();
      pause(SHORT);
      expect(passed[0]).toBe(0);
      lock.release();
      expect(others.join()).toEqual([0, 0, 0, 0, 0]);
      expect(passed[0]).toBe(5);
      expect(lock.acquire(0)).toBe(true);
      lock.release();
    });

    it("B009: another thread can acquire the lock after the block that held it", () => {
      const lock = make();
      const tries = (): boolean[] =>
        bunch(
          1,
          (lock) => {
            const taken = lock.acquire(0);
            if (taken) lock.release();
            return taken;
          },
          [lock],
        ).join();
      lock.with(() => expect(tries()).toEqual([false]));
      expect(tries()).toEqual([true]);
      const held = lock.hold();
      expect(tries()).toEqual([false]);
      held.release();
      expect(tries()).toEqual([true]);
    });

    it("B011: 15 threads that this library did not start can use the lock", () => {
      const lock = make();
      const others = bunch(
        15,
        (lock) => {
          const taken = lock.acquire();
          lock.release();
          return taken;
        },
        [lock],
      );
      expect(others.join()).toEqual(Array.from({ length: 15 }, () => true));
      expect(lock.locked()).toBe(false);
    });

    it("B012: acquire has no blocking flag: a boolean timeout throws a TypeError", () => {
      const lock = make();
      expect(() => lock.acquire(false as never)).toThrow(TypeError);
      expect(() => (lock.acquire as (...args: unknown[]) => unknown).call(lock, false, 1)).toThrow(TypeError);
      expect(lock.locked()).toBe(false);
    });

    it("B013: a negative timeout throws a RangeError", () => {
      expect(() => make().acquire(-100)).toThrow(RangeError);
    });

    it("B014: a huge finite timeout throws a RangeError", () => {
      expect(() => make().acquire(1e100)).toThrow(RangeError);
    });

    it("B015: TIMEOUT_MAX + 1 throws a RangeError", () => {
      expect(TIMEOUT_MAX + 1).not.toBe(TIMEOUT_MAX);
      expect(() => make().acquire(TIMEOUT_MAX + 1)).toThrow(RangeError);
    });

    it("B016: TIMEOUT_MAX is a valid timeout", () => {
      const lock = make();
      expect(lock.acquire(TIMEOUT_MAX)).toBe(true);
      lock.release();
    });

    it("B016: acquire with TIMEOUT_MAX or Infinity waits", () => {
      const lock = make();
      lock.acquire();
      const others = bunch(
        2,
        (lock, timeouts, me) => {
          me.aboutToWait();
          const taken = lock.acquire(timeouts[me.index]);
          lock.release();
          return taken;
        },
        [lock, [TIMEOUT_MAX, Infinity]],
      );
      others.waiting();
      expect(others.done).toBe(0);
      lock.release();
      expect(others.join()).toEqual([true, true]);
    });

    it("B018: a timed acquire of a lock that another thread holds returns false after its timeout", () => {
      const lock = make();
      lock.acquire();
      const [result] = bunch(
        1,
        (lock) => {
          const start = performance.now();
          return { taken: lock.acquire(200), ms: performance.now() - start };
        },
        [lock],
      ).join();
      expect(result).toMatchObject({ taken: false });
      expectDuration(result!.ms, 200);
      lock.release();
    });

    it("S03: no negative timeout waits for ever: -1 throws a RangeError, 0 does not wait", () => {
      const lock = make();
      expect(() => lock.acquire(-1)).toThrow(RangeError);
      expect(lock.acquire(0)).toBe(true);
      lock.release();
    });

    it("S04, S05, S07: a bad timeout is refused in every state, and changes nothing", () => {
      const lock = make();
      expectBadTimeoutsRefused(lock, (timeout) => lock.acquire(timeout));
      lock.acquire();
      expectBadTimeoutsRefused(lock, (timeout) => lock.acquire(timeout));
      lock.release();
      expect(lock.locked()).toBe(false);
    });

    it("S06: undefined waits for ever, like no argument; null throws a TypeError", () => {
      const lock = make();
      expect(lock.acquire(undefined)).toBe(true);
      expect(() => lock.acquire(null as never)).toThrow(TypeError);
      lock.release();
    });

    it("S08: a timed acquire never times out early", () => {
      const lock = make();
      lock.acquire();
      const early = bunch(
        1,
        (lock) => {
          let early = 0;
          for (let timeout = 0.1; timeout < 3; timeout += 0.1) {
            const start = performance.now();
            lock.acquire(timeout);
            if (performance.now() - start < timeout) early++;
          }
          return early;
        },
        [lock],
      ).join();
      expect(early).toEqual([0]);
      lock.release();
    });

    it("B261, S08: a timed acquire waits its whole timeout despite 40 spurious wake-ups", () => {
      const lock = make();
      lock.acquire();
      const others = bunch(
        1,
        (lock, me) => {
          me.aboutToWait();
          const start = performance.now();
          return { taken: lock.acquire(300), ms: performance.now() - start };
        },
        [lock],
      );
      others.waiting();
      const words = viewOf(lock);
      for (let i = 0; i < 40; i++) {
        words.forEach((_, at) => Atomics.notify(words, at));
        pause(5);
      }
      const [result] = others.join();
      expect(result).toMatchObject({ taken: false });
      expectDuration(result!.ms, 300);
      lock.release();
    });

    it("S09: a timed-out acquire leaves no trace: the next release unlocks", () => {
      const lock = make();
      for (const timeout of [0, 1, 20]) {
        lock.acquire();
        const others = bunch(3, (lock, timeout) => lock.acquire(timeout), [lock, timeout]);
        expect(others.join()).toEqual([false, false, false]);
        lock.release();
        expect(lock.locked()).toBe(false);
        expect(lock.acquire(0)).toBe(true);
        lock.release();
      }
    });

    it("S10: a waiter does not starve while a thread barges in a tight loop", () => {
      const lock = make();
      const flags = new Int32Array(new SharedArrayBuffer(8));
      const others = bunch(
        1,
        (lock, flags, me) => {
          for (let i = 0; i < 100; i++) {
            me.pause(1);
            Atomics.store(flags, 1, 1);
            lock.acquire();
            Atomics.store(flags, 1, 0);
            lock.release();
          }
          Atomics.store(flags, 0, 1);
        },
        [lock, flags],
      );
      expect(barge(lock, flags)).toBeLessThan(OVERTAKEN_AT_MOST);
      expect(flags[DONE]).toBe(1);
      others.join();
    });

    it("S11: a thread that ends without release leaves the lock held", async () => {
      const lock = make();
      const holder = bunch(1, (lock) => lock.acquire(), [lock], { fresh: true });
      expect(holder.join()).toEqual([true]);
      await holder.terminate();
      expect(lock.locked()).toBe(true);
      expect(lock.acquire(SHORT)).toBe(false);
    });

    it("S12: with() returns the result of its body, hold() returns a token that releases", () => {
      const lock = make();
      expect(lock.with(() => "body")).toBe("body");
      const held = lock.hold();
      expect(lock.locked()).toBe(true);
      held.release();
      expect(lock.locked()).toBe(false);
    });
  });
}

/** For locks without an owner. */
export function lockTests(make: () => LockLike): void {
  describe("LockTests", () => {
    it("B021, S02: a Lock is not reentrant: a second acquire waits until another thread releases", () => {
      const lock = make();
      const others = bunch(
        1,
        (lock, me) => {
          lock.acquire();
          me.aboutToWait();
          const taken = lock.acquire();
          lock.release();
          return taken;
        },
        [lock],
      );
      others.waiting();
      expect(others.done).toBe(0);
      lock.release();
      expect(others.join()).toEqual([true]);
      expect(lock.locked()).toBe(false);
    });

    it("B022, S01: another thread may release the lock", () => {
      const lock = make();
      lock.acquire();
      bunch(1, (lock) => lock.release(), [lock]).join();
      expect(lock.acquire(0)).toBe(true);
      lock.release();
    });

    it("B023: a timed acquire of a held lock returns false, and returns true after a release", () => {
      const lock = make();
      lock.acquire();
      expectDuration(
        timed(() => expect(lock.acquire(100)).toBe(false)),
        100,
      );
      lock.release();
      expect(lock.acquire(100)).toBe(true);
      lock.release();
    });

    it("B179, S01: release of a free lock throws a ThreadError, and changes nothing", () => {
      const lock = make();
      const before = [...viewOf(lock)];
      for (let i = 0; i < 2; i++) {
        const error = thrownBy(() => lock.release());
        expect(error).toBeInstanceOf(ThreadError);
        expect((error as Error).message).toMatch(/release of an unlocked/);
        expect([...viewOf(lock)]).toEqual(before);
      }
      lock.acquire();
      lock.release();
      expect(() => lock.release()).toThrow(ThreadError);
      expect(lock.acquire(0)).toBe(true);
    });

    it("S01: exactly one of two concurrent releases succeeds", () => {
      const lock = make();
      const rounds = 500;
      const gate = new Int32Array(new SharedArrayBuffer(12));
      const others = bunch(
        2,
        (lock, gate, rounds) => {
          let released = 0;
          for (let round = 1; round <= rounds; round++) {
            if (Atomics.add(gate, 1, 1) === 2 * round - 1) {
              lock.acquire(); // the second thread at the gate opens it
              Atomics.store(gate, 0, round);
            }
            while (Atomics.load(gate, 0) < round);
            try {
              lock.release();
              released++;
            } catch {
              // the other thread was faster
            }
            Atomics.add(gate, 2, 1);
            while (Atomics.load(gate, 2) < 2 * round);
          }
          return released;
        },
        [lock, gate, rounds],
      );
      const [a, b] = others.join();
      expect(a! + b!).toBe(rounds);
      expect(lock.locked()).toBe(false);
    });

    it("S11: any thread can release a lock whose owner has ended", async () => {
      const lock = make();
      const holder = bunch(1, (lock) => lock.acquire(), [lock], { fresh: true });
      holder.join();
      await holder.terminate();
      lock.release();
      expect(lock.acquire(0)).toBe(true);
    });

    it("B230: two locks make a barrier, released by other threads than their owners: ten threads pass three times", () => {
      const [checkin, checkout] = [make(), make()];
      const running = new Int32Array(new SharedArrayBuffer(8));
      checkout.acquire();
      const others = bunch(
        10,
        (checkin, checkout, running, me) => {
          for (let round = 1; round <= 3; round++) {
            checkin.acquire();
            if (Atomics.add(running, 0, 1) + 1 === me.count) checkout.release();
            else checkin.release();
            checkout.acquire();
            if (Atomics.load(running, 1) < me.count * (round - 1)) throw new Error("the cycles overlap");
            Atomics.add(running, 1, 1);
            if (Atomics.sub(running, 0, 1) === 1) checkin.release();
            else checkout.release();
          }
        },
        [checkin, checkout, running],
      );
      others.join();
      expect([...running]).toEqual([0, 30]);
    });
  });
}
