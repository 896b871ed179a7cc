/**
 * Conformance suite of the async forms of exclusive primitives. Ours; Python has no async forms.
 */
import { TimeoutError } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { BAD_TIMEOUTS, type HoldableLike, viewOf } from "./primitive.js";
import {
  barge,
  DONE,
  OVERTAKEN_AT_MOST,
  expectDuration,
  LONG,
  pauseAsync,
  SHORT,
  timed,
  timedAsync,
  untilAsync,
} from "./time.js";

type Options = number | { readonly timeout?: number; readonly signal?: AbortSignal };

export interface AsyncHoldableLike extends HoldableLike {
  acquireAsync(options?: Options): Promise<boolean>;
  holdAsync(options?: Options): Promise<{ release(): void }>;
  withAsync<R>(body: () => R | PromiseLike<R>, options?: Options): Promise<R>;
}

/** `make` returns an exclusive primitive: a lock, or a semaphore of one permit. */
export function asyncHoldableTests(make: () => AsyncHoldableLike): void {
  /** Checks that the primitive is free, and records no waiter. */
  const expectUntouched = (held: AsyncHoldableLike): void => {
    expect(held.acquire(0)).toBe(true);
    held.release();
    expect(viewOf(held)[0]).toBe(viewOf(make())[0]);
    expectNoTaskWaits(held);
  };

  /** Checks that no async epoch is armed, neither of waiters nor of starving waiters. */
  const expectNoTaskWaits = (held: AsyncHoldableLike): void => {
    const words = viewOf(held);
    expect([words[1]! & 1, words[3]! & 1]).toEqual([0, 0]);
  };

  describe("acquireAsync", () => {
    it("takes a free primitive at once", async () => {
      const held = make();
      const promise = held.acquireAsync();
      expect(held.acquire(0)).toBe(false);
      expect(await promise).toBe(true);
      held.release();
      expect(await held.acquireAsync(0)).toBe(true);
      held.release();
      expectUntouched(held);
    });

    it("waits for another task of its thread without blocking the event loop", async () => {
      const held = make();
      await held.acquireAsync();
      let turns = 0;
      const second = held.acquireAsync().then(() => turns);
      for (; turns < 3; turns++) await pauseAsync(1);
      held.release();
      expect(await second).toBe(3);
      held.release();
      expectUntouched(held);
    });

    it("waits for another thread that blocks meanwhile", async () => {
      const held = make();
      const others = bunch(
        1,
        (held, me) => {
          held.acquire();
          me.aboutToWait();
          me.pause(30);
          held.release();
        },
        [held],
      );
      others.waiting();
      expect(await held.acquireAsync()).toBe(true);
      held.release();
      others.join();
      expectUntouched(held);
    });

    it("excludes other tasks as acquire excludes other threads", async () => {
      const held = make();
      let inside = 0;
      const most: number[] = [];
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          await held.acquireAsync();
          most.push(++inside);
          await pauseAsync(0);
          inside--;
          held.release();
        }),
      );
      expect(most).toEqual(Array.from({ length: 20 }, () => 1));
      expectUntouched(held);
    });

    it("loses no wake-up among tasks and blocked threads", async () => {
      const held = make();
      const inside = new Int32Array(new SharedArrayBuffer(4));
      const work = async (): Promise<number> => {
        let most = 0;
        for (let i = 0; i < 20; i++) {
          await held.acquireAsync();
          most = Math.max(most, Atomics.add(inside, 0, 1));
          await Promise.resolve();
          Atomics.sub(inside, 0, 1);
          held.release();
        }
        return most;
      };
      const blocking = bunch(
        2,
        (held, inside) => {
          let most = 0;
          for (let i = 0; i < 50; i++) {
            held.acquire();
            most = Math.max(most, Atomics.add(inside, 0, 1));
            Atomics.sub(inside, 0, 1);
            held.release();
          }
          return most;
        },
        [held, inside],
      );
      const awaiting = bunch(
        2,
        async (held, inside) => {
          let most = 0;
          const task = async (): Promise<void> => {
            for (let i = 0; i < 20; i++) {
              await held.acquireAsync();
              most = Math.max(most, Atomics.add(inside, 0, 1));
              Atomics.sub(inside, 0, 1);
              held.release();
            }
          };
          await Promise.all([task(), task()]);
          return most;
        },
        [held, inside],
      );
      expect(await Promise.all([work(), work()])).toEqual([0, 0]);
      expect(await blocking.joinAsync()).toEqual([0, 0]);
      expect(await awaiting.joinAsync()).toEqual([0, 0]);
      expectUntouched(held);
    });

    it.each([
      ["milliseconds", 100],
      ["{ timeout }", { timeout: 100 }],
    ])("accepts %s, and returns false after this time", async (_, options) => {
      const held = make();
      held.acquire();
      expectDuration(await timedAsync(async () => expect(await held.acquireAsync(options)).toBe(false)), 100);
      expectNoTaskWaits(held);
      held.release();
      expectUntouched(held);
    });

    it("never times out early", async () => {
      const held = make();
      held.acquire();
      for (const timeout of [0.3, 1, 1.5, 2.7]) {
        const ms = await timedAsync(() => held.acquireAsync(timeout));
        expect(ms).toBeGreaterThanOrEqual(timeout);
      }
      held.release();
      expectUntouched(held);
    });

    it("with timeout 0 does not wait", async () => {
      const held = make();
      held.acquire();
      let turns = 0;
      setImmediate(() => turns++);
      expect(await held.acquireAsync(0)).toBe(false);
      expect(await held.acquireAsync({ timeout: 0 })).toBe(false);
      expect(turns).toBe(0);
      held.release();
      expectUntouched(held);
    });

    it("accepts timeouts longer than the longest timer", async () => {
      const held = make();
      held.acquire();
      let settled = false;
      const promise = held.acquireAsync(2 ** 31 + 1000).finally(() => (settled = true));
      await pauseAsync(SHORT);
      expect(settled).toBe(false);
      held.release();
      expect(await promise).toBe(true);
      held.release();
      expectUntouched(held);
    });

    it("rejects bad arguments in every state, and changes nothing", async () => {
      const held = make();
      for (const state of ["free", "held"]) {
        if (state === "held") held.acquire();
        const before = [...viewOf(held)];
        for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
          const promise = held.acquireAsync({ timeout: timeout as number });
          await expect(promise).rejects.toThrow(ErrorClass);
          await expect(promise).rejects.toThrow(/^\w+: timeout/);
        }
        for (const options of [null, "5", true, () => 5]) {
          const promise = held.acquireAsync(options as never);
          await expect(promise).rejects.toThrow(TypeError);
          await expect(promise).rejects.toThrow(/expected milliseconds or \{ timeout, signal \}, got/);
        }
        for (const signal of [null, {}, "abort", new AbortController()]) {
          const promise = held.acquireAsync({ signal: signal as never });
          await expect(promise).rejects.toThrow(TypeError);
          await expect(promise).rejects.toThrow(/signal must be an AbortSignal, got/);
        }
        await expect(held.acquireAsync(-1)).rejects.toThrow(RangeError);
        expect([...viewOf(held)]).toEqual(before);
      }
    });

    it("S10: does not starve while a thread barges in a tight loop", () => {
      const held = make();
      const flags = new Int32Array(new SharedArrayBuffer(8));
      const others = bunch(
        1,
        async (held, flags) => {
          for (let i = 0; i < 100; i++) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            Atomics.store(flags, 1, 1);
            await held.acquireAsync();
            Atomics.store(flags, 1, 0);
            held.release();
          }
          Atomics.store(flags, 0, 1);
        },
        [held, flags],
      );
      expect(barge(held, flags)).toBeLessThan(OVERTAKEN_AT_MOST);
      expect(flags[DONE]).toBe(1);
      others.join();
    });

    it("S10: does not starve while another task of its thread barges", async () => {
      const held = make();
      let served = 0;
      const waiter = (async () => {
        for (; served < 5; served++) {
          await pauseAsync(1);
          await held.acquireAsync();
          held.release();
        }
      })();
      const start = performance.now();
      while (served < 5 && performance.now() - start < LONG) {
        await held.acquireAsync();
        await pauseAsync(1);
        held.release();
      }
      await waiter;
      expect(performance.now() - start).toBeLessThan(LONG / 4);
    });

    it("lets a wake-up reach a sleeper while the task's thread is blocked", () => {
      const held = make();
      held.acquire();
      const asleep = new Int32Array(new SharedArrayBuffer(4));
      const awaiting = bunch(
        1,
        async (held, asleep, me) => {
          const promise = held.acquireAsync();
          me.aboutToWait();
          const woken = Atomics.wait(asleep, 0, 0, 8_000); // blocks the event loop that the promise needs
          const taken = await promise;
          held.release();
          return [woken, taken];
        },
        [held, asleep],
      );
      awaiting.waiting();
      const blocking = bunch(
        1,
        (held, asleep, me) => {
          me.aboutToWait();
          const taken = held.acquire(4_000);
          if (taken) held.release();
          Atomics.store(asleep, 0, 1);
          Atomics.notify(asleep, 0);
          return taken;
        },
        [held, asleep],
      );
      blocking.waiting();
      const waited = timed(() => {
        held.release();
        expect(blocking.join()).toEqual([true]);
      });
      expect(waited).toBeLessThan(LONG / 10); // not by the last try, at the end of the timeout
      expect(awaiting.join()).toEqual([["ok", true]]);
      expectUntouched(held);
    });

    it("lets a wake-up reach a sleeper while the thread of a starving task is blocked", async () => {
      const held = make();
      const sleepers = (): void => {
        const blocking = bunch(
          2,
          (held, me) => {
            me.aboutToWait();
            const taken = held.acquire(4_000);
            if (taken) held.release();
            return taken;
          },
          [held],
        );
        blocking.waiting();
        const waited = timed(() => {
          held.release();
          expect(blocking.join()).toEqual([true, true]);
        });
        expect(waited).toBeLessThan(LONG / 10); // not by the last try, at the end of the timeout
      };
      await untilAsync(() => passesOverBlocked(held, sleepers));
      expectUntouched(held);
    });

    it("of a starving task whose thread is blocked does not delay a newcomer", async () => {
      const held = make();
      const newcomer = (): void => {
        held.release();
        expect(timed(() => held.acquire(4_000))).toBeLessThan(LONG / 10);
        held.release();
      };
      await untilAsync(() => passesOverBlocked(held, newcomer));
      expectUntouched(held);
    });
  });

  /**
   * Passes over a task, blocks the thread of that task, and runs `meanwhile`, which must release
   * `held`. Returns false if the task was not passed over this time, so that the test shows
   * nothing.
   */
  const passesOverBlocked = (held: AsyncHoldableLike, meanwhile: () => void): boolean => {
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const flag = (at: number): void => {
      Atomics.store(flags, at, 1);
      Atomics.notify(flags, at);
    };
    held.acquire();
    const awaiting = bunch(
      1,
      async (held, flags, me) => {
        const promise = held.acquireAsync();
        me.aboutToWait();
        while (Atomics.load(flags, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        me.aboutToWait();
        Atomics.wait(flags, 1, 0, 8_000);
        const taken = await promise;
        held.release();
        return taken;
      },
      [held, flags],
    );
    awaiting.waiting(1);
    held.release();
    const passedOver = held.acquire(0);
    awaiting.waiting(1); // gives the task time to fail, and to become a starving waiter
    flag(0);
    awaiting.waiting(2);
    if (passedOver) meanwhile();
    flag(1);
    expect(awaiting.join()).toEqual([true]);
    return passedOver;
  };

  describe("an abort", () => {
    it("before the acquire rejects with the reason, and takes nothing", async () => {
      const held = make();
      const reason = { why: "no longer needed" };
      const signal = AbortSignal.abort(reason);
      await expect(held.acquireAsync({ signal })).rejects.toBe(reason);
      await expect(held.holdAsync({ signal })).rejects.toBe(reason);
      await expect(held.withAsync(() => expect.fail("ran"), { signal })).rejects.toBe(reason);
      expectUntouched(held);
    });

    it("during the wait rejects with the reason, and leaves no waiter and no listener", async () => {
      const held = make();
      const { signal, abort, listeners } = countingSignal();
      held.acquire();
      const promise = held.acquireAsync({ signal });
      expect(listeners()).toBe(1);
      await pauseAsync(5);
      abort("enough");
      await expect(promise).rejects.toBe("enough");
      expect(listeners()).toBe(0);
      expectNoTaskWaits(held);
      held.release();
      expectUntouched(held);
    });

    it("that never comes leaves no listener after success or a timeout", async () => {
      const held = make();
      const { signal, listeners } = countingSignal();
      await held.acquireAsync({ signal });
      expect(await held.acquireAsync({ signal, timeout: 5 })).toBe(false);
      const promise = held.acquireAsync({ signal });
      held.release();
      expect(await promise).toBe(true);
      expect(listeners()).toBe(0);
      held.release();
      expectUntouched(held);
    });

    it("after the acquire does nothing", async () => {
      const held = make();
      const controller = new AbortController();
      expect(await held.acquireAsync({ signal: controller.signal })).toBe(true);
      controller.abort();
      expect(held.acquire(0)).toBe(false);
      held.release();
      expectUntouched(held);
    });

    it("of a task that was just woken passes the wake-up on to the next task", async () => {
      const held = make();
      const controller = new AbortController();
      held.acquire();
      const first = held.acquireAsync({ signal: controller.signal });
      const second = held.acquireAsync();
      await pauseAsync(5);
      held.release();
      controller.abort("changed my mind"); // the first task has been woken, and has not run yet
      await expect(first).rejects.toBe("changed my mind");
      expect(await second).toBe(true);
      held.release();
      expectUntouched(held);
    });

    it("of a task that was just woken passes the wake-up on to a sleeping thread", async () => {
      const held = make();
      for (let round = 0; round < 5; round++) {
        const controller = new AbortController();
        held.acquire();
        const task = held.acquireAsync({ signal: controller.signal });
        const others = bunch(
          1,
          (held, me) => {
            me.aboutToWait();
            const taken = held.acquire(5_000);
            held.release();
            return taken;
          },
          [held],
        );
        others.waiting();
        held.release();
        controller.abort("changed my mind");
        await expect(task).rejects.toBe("changed my mind");
        expect(others.join()).toEqual([true]);
      }
      expectUntouched(held);
    });

    it("at the same moment as a release gives exactly one of both outcomes", async () => {
      const held = make();
      const outcomes = new Set<boolean>();
      for (let round = 0; round < 60; round++) {
        const controller = new AbortController();
        held.acquire();
        const task = held.acquireAsync({ signal: controller.signal });
        // The last abort is late on every runtime, also where all due timers fire in one turn,
        // before a wake-up arrives.
        const delay = [0, 1, 2, 50][round % 4];
        setTimeout(() => controller.abort("abort"), delay);
        setTimeout(() => held.release(), 1);
        const taken = await task.catch((error: unknown) => {
          expect(error).toBe("abort");
          return false;
        });
        outcomes.add(taken);
        if (taken) held.release();
        await untilAsync(() => held.acquire(0));
        held.release();
      }
      expect(outcomes).toEqual(new Set([true, false]));
      await pauseAsync(60);
      expectUntouched(held);
    });

    it("and a timeout together: the first of both counts", async () => {
      const held = make();
      held.acquire();
      const late = new AbortController();
      expect(await held.acquireAsync({ timeout: 5, signal: late.signal })).toBe(false);
      late.abort();
      await expect(held.acquireAsync({ timeout: LONG, signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
        name: "TimeoutError",
      });
      held.release();
      expectUntouched(held);
    });

    it("of a task by the task before it, in the turn of that task, takes effect", async () => {
      const held = make();
      const controller = new AbortController();
      held.acquire();
      const first = held.acquireAsync().then(() => controller.abort("by the first"));
      const second = held.acquireAsync({ signal: controller.signal });
      const third = held.acquireAsync();
      held.release();
      await first;
      await expect(second).rejects.toBe("by the first");
      held.release();
      expect(await third).toBe(true);
      held.release();
      expectUntouched(held);
    });
  });

  describe("a hold", () => {
    it("by hold() throws a TimeoutError after its timeout", () => {
      const held = make();
      held.acquire();
      expect(() => held.hold(5)).toThrow(TimeoutError);
      expect(() => held.hold(5)).toThrow(/^\w+: not acquired within 5 ms$/);
      expect(() => held.hold(0)).toThrow(TimeoutError);
      held.release();
      expectUntouched(held);
    });

    it("by hold() ends with the block, also after an error", () => {
      const held = make();
      const block = (): void => {
        using _held = held.hold();
        expect(held.acquire(0)).toBe(false);
        throw new Error("inside");
      };
      expect(block).toThrow("inside");
      expectUntouched(held);
    });

    it("by a token ends at its first release; further releases do nothing", () => {
      const held = make();
      const token = held.hold();
      token.release();
      token.release();
      (token as unknown as Disposable)[Symbol.dispose]();
      expectUntouched(held);
      held.acquire();
      token.release(); // does not release what another thread holds now
      expect(held.acquire(0)).toBe(false);
      held.release();
    });

    it("by with() ends also after the body throws", () => {
      const held = make();
      const error = new Error("inside");
      expect(() =>
        held.with(() => {
          throw error;
        }),
      ).toThrow(error);
      expectUntouched(held);
    });

    it("by with() refuses an async body: releases, and throws a TypeError that names withAsync", () => {
      const held = make();
      expect(() => held.with(async () => "later")).toThrow(TypeError);
      expect(() => held.with(async () => "later")).toThrow(/withAsync\(\)/);
      expectUntouched(held);
    });

    it.each([undefined, null, 5, "body"])(
      "by with(%s) and withAsync(%s) throws a TypeError, and takes nothing",
      async (body) => {
        const held = make();
        expect(() => held.with(body as never)).toThrow(TypeError);
        await expect(held.withAsync(body as never)).rejects.toThrow(/^\w+: withAsync takes a function, got/);
        expectUntouched(held);
      },
    );

    it("by holdAsync() begins after a wait, and ends with the block", async () => {
      const held = make();
      const first = await held.holdAsync();
      const second = held.holdAsync({ timeout: LONG });
      first.release();
      (await second).release();
      expectUntouched(held);
    });

    it("by holdAsync() rejects with a TimeoutError after its timeout", async () => {
      const held = make();
      held.acquire();
      for (const options of [5, { timeout: 5 }]) {
        const promise = held.holdAsync(options);
        await expect(promise).rejects.toThrow(TimeoutError);
        await expect(promise).rejects.toThrow(/^\w+: not acquired within 5 ms$/);
      }
      held.release();
      expectUntouched(held);
    });

    it("by withAsync() lasts until its body settles, and returns the result", async () => {
      const held = make();
      const body = async (): Promise<string> => {
        await pauseAsync(5);
        expect(held.acquire(0)).toBe(false);
        return "settled";
      };
      expect(await held.withAsync(body)).toBe("settled");
      expect(await held.withAsync(() => "at once")).toBe("at once");
      expectUntouched(held);
    });

    it("by withAsync() ends also after the body throws or rejects", async () => {
      const held = make();
      const error = new Error("inside");
      await expect(
        held.withAsync(() => {
          throw error;
        }),
      ).rejects.toBe(error);
      await expect(held.withAsync(() => Promise.reject(error))).rejects.toBe(error);
      expectUntouched(held);
    });

    it("by withAsync() does not run its body after its timeout", async () => {
      const held = make();
      held.acquire();
      for (const options of [5, { timeout: 5 }]) {
        const promise = held.withAsync(() => expect.fail("ran without holding"), options);
        await expect(promise).rejects.toThrow(TimeoutError);
      }
      expect(held.acquire(0)).toBe(false);
      held.release();
      expectUntouched(held);
    });
  });
}

/** A signal that counts its listeners. */
function countingSignal(): { signal: AbortSignal; abort: (reason: unknown) => void; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: never) => {
    listening.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listening.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => listening.size };
}
