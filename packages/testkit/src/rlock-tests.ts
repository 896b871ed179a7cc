/**
 * Conformance suite of reentrant locks: CPython's RLockTests in their order, then further semantics
 * of RLock.
 */
import { block, type Steps, ThreadError } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch, type Member } from "./bunch.js";
import type { LockLike } from "./lock-tests.js";
import { expectBadTimeoutsRefused, viewOf } from "./primitive.js";

/** A reentrant lock. Members that Condition lacks are optional. */
export interface RLockLike extends LockLike {
  isOwned(): boolean;
  recursionCount?(): number;
  releaseSave?(): number;
  acquiringRestore?(depth: number): Steps<void>;
}

/** A reentrant lock with all members of {@link RLockLike}. */
export type FullRLock = Required<RLockLike>;

/** For all reentrant primitives: RLock, Condition. */
export function rlockTests(make: () => RLockLike): void {
  describe("RLockTests", () => {
    it("B027: the text of a free lock says unlocked, with count 0", () => {
      expect(String(make())).toMatch(/<unlocked .*count=0/);
    });

    it("B028: the text shows the count, also in another thread", () => {
      const lock = make();
      lock.acquire();
      lock.acquire();
      expect(String(lock)).toMatch(/<locked .*count=2/);
      const [there] = bunch(1, (lock) => String(lock), [lock]).join();
      expect(there).toBe(String(lock));
      lock.release();
      lock.release();
    });

    it("B029: acquire and release nest", () => {
      const lock = make();
      for (const move of ["acquire", "acquire", "release", "acquire", "release", "release"] as const) lock[move]();
      expect(lock.locked()).toBe(false);
    });

    it("B030, S14: release of a free lock throws a ThreadError", () => {
      const lock = make();
      expect(() => lock.release()).toThrow(ThreadError);
      lock.acquire();
      lock.release();
      expect(() => lock.release()).toThrow(ThreadError);
      expect(lock.acquire(0)).toBe(true);
      lock.release();
    });

    it("S14: release by another thread than the owner throws the same error, and changes nothing", () => {
      const lock = make();
      const message = (lock: RLockLike, _me?: Member): string => {
        try {
          lock.release();
          return "released";
        } catch (error) {
          return (error as Error).message;
        }
      };
      const unlocked = message(lock);
      lock.acquire();
      lock.acquire();
      const before = [...viewOf(lock)];
      expect(bunch(2, message, [lock]).join()).toEqual([unlocked, unlocked]);
      expect([...viewOf(lock)]).toEqual(before);
      lock.release();
      lock.release();
    });

    it("B032, S15: the lock is held from the first acquire to the last release", () => {
      const lock = make();
      const seen = [lock.locked()];
      for (const move of ["acquire", "acquire", "release", "release"] as const) {
        lock[move]();
        seen.push(lock.locked());
      }
      expect(seen).toEqual([false, true, true, true, false]);
    });

    it("B033, S11: a thread that ends without release leaves the lock held, for ever", async () => {
      const lock = make();
      const holder = bunch(1, (lock) => [lock.locked(), lock.acquire(), lock.locked()], [lock], { fresh: true });
      expect(holder.join()).toEqual([[false, true, true]]);
      await holder.terminate();
      expect(lock.locked()).toBe(true);
      expect(() => lock.release()).toThrow(ThreadError);
    });

    it("B039: isOwned is true for the owner at any depth", () => {
      const lock = make();
      const seen = [lock.isOwned()];
      for (const move of ["acquire", "acquire", "release", "release"] as const) {
        lock[move]();
        seen.push(lock.isOwned());
      }
      expect(seen).toEqual([false, true, true, true, false]);
    });

    it("B040: isOwned is false for another thread", () => {
      const lock = make();
      lock.acquire();
      expect(bunch(1, (lock) => lock.isOwned(), [lock]).join()).toEqual([false]);
      lock.release();
    });

    it("S04: arguments of the owner are checked, too", () => {
      const lock = make();
      lock.acquire();
      expectBadTimeoutsRefused(lock, (timeout) => lock.acquire(timeout));
      lock.release();
      expect(lock.locked()).toBe(false);
    });

    it("S15: the owner never waits, and the lock is free after as many releases as acquires", () => {
      const lock = make();
      const tries = (): unknown =>
        bunch(
          1,
          (lock) => {
            const taken = lock.acquire(0);
            if (taken) lock.release();
            return taken;
          },
          [lock],
        ).join();
      expect([lock.acquire(), lock.acquire(0), lock.acquire(5)]).toEqual([true, true, true]);
      for (let depth = 3; depth > 0; depth--) {
        expect(tries()).toEqual([false]);
        lock.release();
      }
      expect(tries()).toEqual([true]);
    });

    it("S16: no later thread counts as an owner that has ended", async () => {
      const lock = make();
      const holder = bunch(1, (lock) => lock.acquire(), [lock], { fresh: true });
      holder.join();
      await holder.terminate();
      for (let i = 0; i < 3; i++) {
        const later = bunch(2, (lock) => lock.acquire(0), [lock], { fresh: true });
        expect(later.join()).toEqual([false, false]);
        await later.terminate();
      }
    });

    it.each([
      ["B254: the text is consistent while another thread acquires and releases", 1],
      ["B255: the text is consistent while another thread acquires and releases at depth", 3],
    ])("%s", (_, deepest) => {
      const lock = make();
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const others = bunch(
        1,
        (lock, stop, deepest) => {
          let rounds = 0;
          for (; rounds < 2000 || Atomics.load(stop, 0) === 0; rounds++) {
            for (let depth = 0; depth < deepest; depth++) lock.acquire();
            for (let depth = 0; depth < deepest; depth++) lock.release();
          }
          return rounds;
        },
        [lock, stop, deepest],
      );
      const counts = new Set<number>();
      for (let i = 0; i < 2000; i++) {
        const text = String(lock);
        expect(text).toMatch(/<(un)?locked .*count=\d /);
        counts.add(Number(/count=(\d)/.exec(text)![1]));
      }
      Atomics.store(stop, 0, 1);
      others.join();
      expect(Math.max(...counts)).toBeLessThanOrEqual(deepest);
      expect(String(lock)).toMatch(/<unlocked .*count=0/);
    });
  });
}

/** For RLock itself: the methods that Condition calls. */
export function rlockInternalsTests(make: () => FullRLock): void {
  describe("RLockTests, internals", () => {
    it("B034, S17: releaseSave of a free lock throws a ThreadError", () => {
      expect(() => make().releaseSave()).toThrow(ThreadError);
    });

    it("B035, S17: releaseSave throws again after balanced nesting, and in another thread than the owner's", () => {
      const lock = make();
      lock.acquire();
      lock.acquire();
      const [there] = bunch(
        1,
        (lock) => {
          try {
            return String(lock.releaseSave());
          } catch (error) {
            return (error as Error).name;
          }
        },
        [lock],
      ).join();
      expect(there).toBe("ThreadError");
      lock.release();
      lock.release();
      expect(() => lock.releaseSave()).toThrow(ThreadError);
    });

    it("B036: recursionCount follows acquire and release", () => {
      const lock = make();
      const seen = [lock.recursionCount()];
      for (const move of ["acquire", "acquire", "acquire", "release", "release", "release"] as const) {
        lock[move]();
        seen.push(lock.recursionCount());
      }
      expect(seen).toEqual([0, 1, 2, 3, 2, 1, 0]);
    });

    it("B037: recursionCount is 0 for all threads but the owner", () => {
      const lock = make();
      const step = new Int32Array(new SharedArrayBuffer(4));
      const others = bunch(
        1,
        (lock, step, me) => {
          lock.acquire();
          lock.acquire();
          me.aboutToWait();
          Atomics.wait(step, 0, 0, 5_000);
          const there = lock.recursionCount();
          lock.release();
          lock.release();
          return there;
        },
        [lock, step],
      );
      others.waiting();
      expect(lock.recursionCount()).toBe(0);
      Atomics.store(step, 0, 1);
      Atomics.notify(step, 0);
      expect(others.join()).toEqual([2]);
      expect(lock.recursionCount()).toBe(0);
    });

    it("S17: releaseSave frees the lock at any depth, and acquiringRestore takes it again as deep", () => {
      const lock = make();
      lock.acquire();
      lock.acquire();
      lock.acquire();
      const depth = lock.releaseSave();
      expect(depth).toBe(3);
      const meanwhile = bunch(
        1,
        (lock) => {
          const taken = lock.acquire(0);
          lock.release();
          return taken;
        },
        [lock],
      );
      expect(meanwhile.join()).toEqual([true]);
      block(lock.acquiringRestore(depth), "test", "nothing");
      expect(lock.recursionCount()).toBe(3);
      for (let i = 0; i < 3; i++) lock.release();
      expect(lock.locked()).toBe(false);
    });
  });
}
