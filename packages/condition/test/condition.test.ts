import {
  asyncHoldableTests,
  BAD_TIMEOUTS,
  bunch,
  expectDuration,
  keepAliveTests,
  LONG,
  type Member,
  pauseAsync,
  runScript,
  sharedTests,
  SHORT,
  thrownBy,
  timedAsync,
  until,
  untilAsync,
  untilWaiting,
  waitersOf,
  watchdog,
} from "@x/testkit";
import { Condition } from "@x/condition";
import { pack, ThreadError, unpack } from "@x/core";
import { listenToPrimitives, platform } from "@x/core/internal";
import { Lock, RLock } from "@x/lock";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";

watchdog();

afterEach(() => void vi.restoreAllMocks());

const overLock = (): Condition<Lock> => new Condition(new Lock());

/** Starts a task that waits once. */
/** Deno does not say when a terminated worker has ended. */
const ENDS_LATER = "Deno" in globalThis;

const waits = (condition: Condition<Lock>, options?: Parameters<Condition<Lock>["waitAsync"]>[0]): Promise<boolean> =>
  condition.withAsync(() => condition.waitAsync(options));

/** Checks that the lock is free, and the queue empty. */
function expectUntouched(condition: Condition<Lock>): void {
  expect([waitersOf(condition), condition.locked()]).toEqual([0, false]);
}

it("is reported as made, unless it is in given memory", () => {
  const made: unknown[] = [];
  listenToPrimitives((primitive, kind) => void (kind?.includes("Condition") && made.push(primitive)));
  try {
    const condition = new Condition();
    new Condition(undefined, { buffer: new SharedArrayBuffer(Condition.BYTES) });
    expect(made).toEqual([condition]);
  } finally {
    listenToPrimitives(undefined);
  }
});

describe("over an RLock of its own", () => {
  sharedTests({
    who: "condition",
    Class: Condition,
    make: (place) => new Condition(undefined, place),
    change: (condition) => condition.acquire(),
    zeroed: true,
  });
});

describe("over a Lock", () => {
  asyncHoldableTests(overLock);

  keepAliveTests({
    who: "condition",
    name: "Condition",
    make: `new Condition(new (await import("@x/lock")).Lock())`,
    wait: "it.withAsync(() => it.waitAsync(options))",
    wake: "it.with(() => it.notify())",
  });
});

it("wait where blocking is forbidden throws an error that names the cure, and changes nothing", async () => {
  const ran = await runScript(`
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { Condition } = await import("@x/condition");
    const { Lock } = await import("@x/lock");
    const condition = new Condition(new Lock());
    condition.acquire();
    const before = String(condition);
    console.log(condition.waitFor(() => true));
    for (const timeout of [0, 5, undefined]) try { condition.wait(timeout); } catch (error) { console.log(String(error)); }
    console.log(String(condition) === before, await condition.waitAsync(5), String(condition) === before);
    const waiting = condition.waitAsync().then((notified) => { condition.release(); return notified; });
    await condition.withAsync(() => condition.notify());
    console.log(await waiting);`);
  const error = "ThreadError: condition: this thread may not block; use waitAsync() of a Condition over a Lock";
  expect(ran.stderr).toBe("");
  expect(ran.stdout.trim().split("\n")).toEqual(["true", error, error, error, "true false true", "true"]);
});

it("a notify without acknowledgement where blocking is forbidden is passed on over a Lock, and is harmless over an RLock", async () => {
  const ran = await runScript(`
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { Condition } = await import("@x/condition");
    const { Lock, RLock } = await import("@x/lock");
    const { Deadline } = await import("@x/core");
    for (const lock of [new Lock(), new RLock()]) {
      const condition = new Condition(lock);
      condition.acquire();
      condition.waiting(Deadline.NEVER).next(); // releases the lock, and never runs again
      condition.acquire();
      condition.notify();
      condition.release();
      await new Promise(setImmediate);
      console.log(condition.locked(), String(condition).includes(", 0)"));
    }`);
  expect([ran.stdout, ran.stderr]).toEqual(["false true\nfalse true\n", ""]);
});

it("a notify without waiters adds no wake to the release of the lock", () => {
  const condition = overLock();
  condition.acquire();
  condition.notify();
  condition.notifyAll();
  const notify = vi.spyOn(Atomics, "notify");
  condition.release();
  expect(notify).not.toHaveBeenCalled();
});

describe("the lock of a condition", () => {
  it("S31: is a Lock or an RLock, its own RLock by default, and nothing else", () => {
    expect(new Condition().lock).toBeInstanceOf(RLock);
    const lock = new Lock();
    expect(new Condition(lock).lock).toBe(lock);
    class MyLock extends Lock {}
    expect(new Condition(new MyLock()).lock).toBeInstanceOf(MyLock);
    for (const other of [null, 5, "lock", {}, { acquire() {}, release() {} }, Object.create(null), new Condition()]) {
      expect(() => new Condition(other as never)).toThrow(TypeError);
      expect(() => new Condition(other as never)).toThrow(/^condition: expected a Lock or an RLock, got /);
    }
  });

  it("decides by its type whether the condition has async forms", () => {
    expectTypeOf(new Condition()).toEqualTypeOf<Condition<RLock>>();
    expectTypeOf(overLock().waitAsync).toBeCallableWith(5);
    expectTypeOf(overLock().waitFor(() => 5)).toEqualTypeOf<number>();
    expectTypeOf(overLock().waitForAsync(async () => 5)).toEqualTypeOf<Promise<number>>();
    const condition = new Condition();
    // @ts-expect-error -- over an RLock
    const awaiting = () => condition.waitAsync();
    expectTypeOf(awaiting).toBeFunction();
  });

  it("makes the async forms reject if it is an RLock, with a ThreadError that names the cure", async () => {
    for (const made of [new Condition(), new Condition(new RLock())]) {
      const condition = made as never as Condition<Lock>;
      condition.acquire();
      for (const form of [
        () => condition.waitAsync(),
        () => condition.waitForAsync(() => true),
        () => condition.acquireAsync(),
        () => condition.holdAsync(),
        () => condition.withAsync(() => expect.fail("ran")),
      ]) {
        await expect(form()).rejects.toThrow(ThreadError);
        await expect(form()).rejects.toThrow(
          /^condition: the lock is an RLock, .*; use new Condition\(new Lock\(\)\)$/,
        );
      }
      condition.release();
    }
  });

  it("travels with the condition, and stays shared by several conditions", () => {
    const lock = new Lock();
    const [one, two] = [new Condition(lock), new Condition(lock)];
    expect(one.share().lock).toEqual(lock.share());
    const copy = unpack<[Condition<Lock>, Condition<Lock>]>(structuredClone(pack([one, two])));
    lock.acquire();
    expect(copy.map((there) => [there.lock.constructor, there.locked()])).toEqual([
      [Lock, true],
      [Lock, true],
    ]);
    const [there] = bunch(1, (...conditions) => conditions.slice(0, 2).map(String), [one, two]).join();
    expect(there).toEqual([String(one), String(two)]);
    lock.release();
  });

  it("is refused by from() if it is a revoked proxy of a function", () => {
    const { proxy, revoke } = Proxy.revocable(() => undefined, {});
    revoke();
    const place = { ...overLock().share(), lock: proxy };
    expect(() => Condition.from(place as never)).toThrow(/^lock: from takes what share\(\) returned, or \{ buffer, /);
  });

  it("is named in the error of from() if it is no lock", () => {
    const { buffer, byteOffset } = overLock().share();
    for (const lock of [null, 5, {}]) {
      const error = thrownBy(() => Condition.from({ buffer, byteOffset, lock: lock as never }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^lock: from takes what share\(\) returned/);
    }
  });

  it("works between plain workers by its handle", () => {
    const condition = overLock();
    const others = bunch(
      1,
      async (url, handle, me) => {
        const { Condition: There } = (await me.load(url)) as { Condition: typeof Condition };
        const there = There.from<Lock>(handle);
        return there.with(() => there.wait());
      },
      [import.meta.resolve("@x/condition"), condition.share()],
    );
    untilWaiting(condition, 1);
    condition.with(() => condition.notify());
    expect(others.join()).toEqual([true]);
  });
});

describe("memory", () => {
  const place = (waiters?: number) => ({
    buffer: new SharedArrayBuffer(Condition.bytes(waiters ?? 64) + 16),
    byteOffset: 16,
    ...(waiters !== undefined && { waiters }),
  });

  it("of n waiters is 64 bytes and 16 for each", () => {
    expect([Condition.bytes(1), Condition.bytes(64), Condition.BYTES]).toEqual([84, 1344, 1344]);
    for (const n of [0, -1, 1.5, NaN, Infinity]) expect(() => Condition.bytes(n)).toThrow(RangeError);
    expect(() => Condition.bytes(0)).toThrow(/^condition: waiters /);
    expect(() => Condition.bytes("5" as never)).toThrow(TypeError);
    expect(() => new Condition(undefined, { ...place(), waiters: 0 })).toThrow(RangeError);
    expect(() => new Condition(undefined, { ...place(), waiters: null as never })).toThrow(TypeError);
  });

  it.each([1, 4, undefined])(
    "of %s waiters has room for exactly these, and refuses a further wait before it releases the lock",
    (waiters) => {
      const room = waiters ?? 64;
      const at = place(waiters);
      const condition = new Condition(new Lock(), at);
      const twin = Condition.from<Lock>(structuredClone(condition.share()));
      condition.acquire();
      const awaiting = Array.from({ length: room }, () => {
        const promise = twin.waitAsync().then((notified) => (twin.release(), notified));
        condition.lock.acquire();
        return promise;
      });
      expect(waitersOf(condition)).toBe(room);
      const error = thrownBy(() => condition.wait(0));
      expect(error).toBeInstanceOf(ThreadError);
      expect((error as Error).message).toMatch(
        /^condition: there is no memory for another waiter; .*Condition\.bytes\(waiters\)/,
      );
      expect(condition.isOwned()).toBe(true);
      condition.notifyAll();
      condition.release();
      return Promise.all(awaiting).then((results) => {
        expect(results).toEqual(Array.from({ length: room }, () => true));
        expectUntouched(condition);
        condition.with(() => expect(condition.wait(0)).toBe(false));
      });
    },
  );

  it("is reused by more waits in sequence than it has nodes", () => {
    const condition = new Condition(undefined, place(1));
    condition.with(() => {
      for (let i = 0; i < 100; i++) condition.wait(0);
    });
    const before = new Condition();
    before.with(() => {
      for (let i = 0; i < 40_000; i++) before.wait(0); // more than the nodes of a slab
    });
  });

  it("holds one condition if two threads make the same condition in it", () => {
    for (let round = 0; round < 20; round++) {
      const at = place(2);
      const others = bunch(
        2,
        async (url, at, me) => {
          const { Condition: There } = (await me.load(url)) as { Condition: typeof Condition };
          const there = new There(undefined, at);
          return there.with(() => {
            there.notify();
            return there.wait(me.index === 0 ? 5000 : 5000) || there.wait(1);
          });
        },
        [import.meta.resolve("@x/condition"), at],
      );
      until(() => others.done >= 1);
      const here = Condition.from(at);
      here.with(() => here.notifyAll());
      expect(others.join()).toEqual([true, true]);
    }
  });

  it("of a condition under another lock is refused with a ThreadError", () => {
    const at = place();
    new Condition(new Lock(), at);
    expect(() => Condition.from(at)).toThrow(ThreadError);
    expect(() => Condition.from(at)).toThrow(
      /^condition: a condition under another lock is in this memory already; send what its share/,
    );
    const own = place();
    new Condition(undefined, own);
    expect(() => new Condition(new Lock(), own)).toThrow(
      /^condition: a condition under a lock of its own is in this memory already; /,
    );
  });
});

describe("waitAsync", () => {
  it("releases the lock, waits, and takes the lock again", async () => {
    const condition = overLock();
    await condition.acquireAsync();
    const promise = condition.waitAsync();
    expect(condition.locked()).toBe(false);
    await condition.acquireAsync();
    expect(waitersOf(condition)).toBe(1);
    condition.notify();
    await pauseAsync(5);
    condition.release();
    expect(await promise).toBe(true);
    expect(condition.isOwned()).toBe(true);
    condition.release();
    expectUntouched(condition);
  });

  it("without the lock rejects with a ThreadError", async () => {
    const condition = overLock();
    await expect(condition.waitAsync()).rejects.toThrow(ThreadError);
    await expect(condition.waitForAsync(() => false)).rejects.toThrow(ThreadError);
    expectUntouched(condition);
  });

  it("returns false after its timeout, and never early", async () => {
    const condition = overLock();
    for (const timeout of [0.3, 1.5, 60]) {
      const ms = await timedAsync(async () => expect(await waits(condition, timeout)).toBe(false));
      expect(ms).toBeGreaterThanOrEqual(timeout);
      expectDuration(Math.max(ms, 20), Math.max(timeout, 20));
    }
    expect(await waits(condition, 0)).toBe(false);
    expect(await waits(condition, { timeout: 0 })).toBe(false);
    expectUntouched(condition);
  });

  it("is notified in the order of arrival, threads and tasks alike", async () => {
    const condition = overLock();
    const order = new Int32Array(new SharedArrayBuffer(4 * 6));
    const note = (index: number) => (order[Atomics.add(order, 0, 1) + 1] = index);
    const waitAndNote = (condition: Condition<Lock>, order: Int32Array, index: number, _me: Member) =>
      condition.with(() => {
        condition.wait();
        order[Atomics.add(order, 0, 1) + 1] = index;
      });
    const others = [];
    const tasks = [];
    for (let index = 0; index < 5; index++) {
      if (index % 2 === 0) tasks.push(waits(condition).then(() => note(index)));
      else others.push(bunch(1, waitAndNote, [condition, order, index]));
      await untilAsync(() => waitersOf(condition) === index + 1);
    }
    for (let i = 1; i <= 5; i++) {
      condition.with(() => condition.notify());
      await untilAsync(() => order[0] === i);
    }
    await Promise.all(tasks);
    others.forEach((other) => other.join());
    expect([...order.subarray(1)]).toEqual([0, 1, 2, 3, 4]);
    expectUntouched(condition);
  });

  it("is ended by notifyAll in threads and tasks, of this thread and of others", async () => {
    const condition = overLock();
    const tasks = [waits(condition), waits(condition)];
    const blocking = bunch(2, (condition) => condition.with(() => condition.wait()), [condition]);
    const awaiting = bunch(
      2,
      async (condition) => {
        const wait = () => condition.withAsync(() => condition.waitAsync());
        return Promise.all([wait(), wait()]);
      },
      [condition],
    );
    await untilAsync(() => waitersOf(condition) === 8);
    condition.with(() => condition.notifyAll());
    expect(await Promise.all(tasks)).toEqual([true, true]);
    expect(await blocking.joinAsync()).toEqual([true, true]);
    expect(await awaiting.joinAsync()).toEqual([
      [true, true],
      [true, true],
    ]);
    expectUntouched(condition);
  });

  it("of a terminated thread passes its notify on to the next waiter", async () => {
    const condition = overLock();
    const dead = bunch(1, (condition) => condition.withAsync(() => condition.waitAsync()), [condition], {
      fresh: true,
    });
    untilWaiting(condition, 1);
    await dead.terminate();
    const task = waits(condition);
    let isNotified = false;
    void task.then(() => (isNotified = true));
    await untilAsync(() => waitersOf(condition) === 2);
    condition.with(() => condition.notify());
    if (ENDS_LATER) condition.with(() => condition.notify()); // the first one may have gone to the thread while it still ran
    await untilAsync(() => isNotified);
    expect(await task).toBe(true);
    condition.with(() => condition.notify()); // no other waiter, so this notify removes the dead waiter
    expectUntouched(condition);
  });

  it("rejects bad arguments in every state, before anything is touched", async () => {
    const condition = overLock();
    const refused = async (): Promise<void> => {
      for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
        await expect(condition.waitAsync({ timeout: timeout as number })).rejects.toThrow(ErrorClass);
        await expect(condition.waitForAsync(() => true, { timeout: timeout as number })).rejects.toThrow(ErrorClass);
      }
      await expect(condition.waitAsync(null as never)).rejects.toThrow(/^condition: expected milliseconds or/);
      await expect(condition.waitAsync({ signal: 5 as never })).rejects.toThrow(/^condition: signal must be an/);
    };
    await refused();
    await condition.withAsync(refused);
    expectUntouched(condition);
  });
});

describe("a notify whose lock another thread releases", () => {
  /** Makes a waiter, notifies it in this thread, and releases the lock in another thread. */
  const notified = (condition: Condition<Lock>) => {
    const waiting = bunch(1, (condition) => condition.with(() => condition.wait()), [condition]);
    untilWaiting(condition, 1);
    condition.acquire();
    condition.notify();
    bunch(1, (condition) => condition.release(), [condition]).join();
    return waiting;
  };

  it("reaches its waiter when the notifier would sleep", () => {
    const condition = overLock();
    const waiting = notified(condition);
    const other = new Lock();
    other.acquire();
    expect(other.acquire(SHORT)).toBe(false);
    expect(waiting.join()).toEqual([true]);
    expectUntouched(condition);
  });

  it("reaches its waiter when the notifier returns to its event loop", async () => {
    const condition = overLock();
    expect(await notified(condition).joinAsync()).toEqual([true]);
    expectUntouched(condition);
  });
});

it("a notifier that never returns to its event loop queues no tasks there", async () => {
  const condition = overLock();
  const waiting = [waits(condition), waits(condition), waits(condition)];
  await untilAsync(() => waitersOf(condition) === 3);
  const promise = vi.spyOn(Promise, "resolve");
  for (let n = 0; n < 3; n++) condition.with(() => condition.notify());
  expect(promise.mock.calls.length).toBeLessThan(2);
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
});

describe("a waiter", () => {
  /** More waits than a spinner skips. */
  const OFTEN = 66;

  const looks = (condition: Condition): number => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    const look = vi.spyOn(Atomics, "load");
    condition.with(() => {
      for (let i = 0; i < OFTEN; i++) condition.wait(1);
    });
    return look.mock.calls.length / OFTEN;
  };

  it("spins now and then before it sleeps, if it is the first in the queue", () => {
    expect(looks(new Condition())).toBeGreaterThan(25);
  });

  it("sleeps at once behind another waiter", () => {
    const condition = new Condition();
    const others = bunch(1, (condition) => condition.with(() => condition.wait(60_000)), [condition]);
    untilWaiting(condition, 1);
    expect(looks(condition)).toBeLessThan(25);
    condition.with(() => condition.notify());
    expect(others.join()).toEqual([true]);
  });
});

describe("S32: an abort", () => {
  it("before the wait rejects with the reason, and the lock stays held", async () => {
    const condition = overLock();
    const signal = AbortSignal.abort("before");
    await condition.acquireAsync();
    await expect(condition.waitAsync({ signal })).rejects.toBe("before");
    await expect(condition.waitForAsync(() => expect.fail("asked"), { signal })).rejects.toBe("before");
    expect(condition.isOwned()).toBe(true);
    condition.release();
    expectUntouched(condition);
  });

  it("during the wait rejects with the reason after the lock is held again, and empties the queue", async () => {
    const condition = overLock();
    const controller = new AbortController();
    let rejected = false;
    const aborted = waits(condition, { signal: controller.signal }).finally(() => (rejected = true));
    await condition.acquireAsync();
    controller.abort("meanwhile");
    await pauseAsync(20);
    expect(rejected).toBe(false);
    condition.release();
    await expect(aborted).rejects.toBe("meanwhile");
    expectUntouched(condition);
  });

  it("of a notified task that waits for the lock rejects with the lock held, and passes the notify on", async () => {
    const condition = overLock();
    const controller = new AbortController();
    const first = waits(condition, { signal: controller.signal });
    const second = waits(condition);
    await condition.acquireAsync();
    condition.notify();
    await pauseAsync(10); // the first task has acknowledged, and waits for the lock
    controller.abort("changed my mind");
    await pauseAsync(10);
    condition.release();
    await expect(first).rejects.toBe("changed my mind");
    expect(await second).toBe(true);
    expectUntouched(condition);
  });

  it("of a notified task that has not run yet passes the notify on to a sleeping thread", async () => {
    const condition = overLock();
    const controller = new AbortController();
    const first = waits(condition, { signal: controller.signal });
    await untilAsync(() => waitersOf(condition) === 1);
    const others = bunch(1, (condition) => condition.with(() => condition.wait(5_000)), [condition]);
    untilWaiting(condition, 2);
    condition.with(() => condition.notify());
    controller.abort("changed my mind");
    await expect(first).rejects.toBe("changed my mind");
    expect(await others.joinAsync()).toEqual([true]);
    expectUntouched(condition);
  });

  it("of a timed-out task that waits for the lock rejects with the lock held", async () => {
    const condition = overLock();
    const controller = new AbortController();
    const first = waits(condition, { timeout: 5, signal: controller.signal });
    await condition.acquireAsync();
    await pauseAsync(20);
    controller.abort("late");
    await pauseAsync(5);
    condition.notify();
    condition.release();
    await expect(first).rejects.toBe("late");
    expectUntouched(condition);
  });

  it("at the same moment as a notify loses no notify", async () => {
    const condition = overLock();
    const outcomes = new Set<boolean>();
    for (let round = 0; round < 60; round++) {
      const controller = new AbortController();
      const first = waits(condition, { signal: controller.signal });
      const second = waits(condition, 5_000);
      await untilAsync(() => waitersOf(condition) === 2);
      // Before, with and after the notify, on any clock: Firefox rounds nested timers up to 4 ms.
      setTimeout(() => controller.abort("abort"), [0, 1, 20][round % 3]);
      setTimeout(() => condition.with(() => condition.notify()), 1);
      const notified = await first.catch((reason: unknown) => {
        expect(reason).toBe("abort");
        return false;
      });
      outcomes.add(notified);
      if (notified) condition.with(() => condition.notify());
      expect(await second).toBe(true);
      expectUntouched(condition);
    }
    expect(outcomes).toEqual(new Set([true, false]));
  });
});

it("errors name the bad argument, or say that the thread does not hold the lock", async () => {
  const condition = overLock();
  const notHeld = /^condition: wait by a thread that does not hold the lock/;
  await expect(condition.waitAsync()).rejects.toThrow(notHeld);
  await expect(condition.waitForAsync(() => false)).rejects.toThrow(notHeld);
  expect(() => condition.wait(0)).toThrow(notHeld);
  expect(() => condition.notify(1.5)).toThrow(/^condition: n must be a whole number .*, got 1.5$/);
  await expect(condition.waitForAsync(5 as never)).rejects.toThrow(
    /^condition: the predicate must be a function, got 5$/,
  );
  await expect(condition.waitForAsync(() => true, -1)).rejects.toThrow(/^condition: timeout must be 0 or more/);
  expectUntouched(condition);
});

describe("waitForAsync", () => {
  it("calls its predicate under the lock, at once and after each notify", async () => {
    const condition = overLock();
    let state = 0;
    let calls = 0;
    const promise = condition.withAsync(() =>
      condition.waitForAsync(() => {
        expect(condition.locked()).toBe(true);
        calls++;
        return state === 3 && "three";
      }),
    );
    for (let i = 0; i < 3; i++) {
      await untilAsync(() => waitersOf(condition) === 1);
      state++;
      condition.with(() => condition.notify());
    }
    expect(await promise).toBe("three");
    expect(calls).toBe(4);
    expectUntouched(condition);
  });

  it("holds the lock while it awaits an async predicate", async () => {
    const condition = overLock();
    let state = 0;
    const promise = condition.withAsync(() =>
      condition.waitForAsync(async () => {
        await pauseAsync(2);
        expect(condition.acquire(0)).toBe(false);
        return state === 1;
      }),
    );
    await untilAsync(() => waitersOf(condition) === 1);
    await condition.withAsync(() => {
      state = 1;
      condition.notify();
    });
    expect(await promise).toBe(true);
    expectUntouched(condition);
  });

  it("S27, S28, S29: needs no lock if the first result is true; returns the last result; calls its predicate twice if the timeout is 0", async () => {
    const condition = overLock();
    expect(await condition.waitForAsync(() => "true")).toBe("true");
    for (const result of [0, "", null, undefined]) {
      let calls = 0;
      await condition.withAsync(async () =>
        expect(
          await condition.waitForAsync(() => {
            calls++;
            return result;
          }, 0),
        ).toBe(result),
      );
      expect(calls).toBe(2);
    }
    const ms = await timedAsync(() => condition.withAsync(() => condition.waitForAsync(() => false, { timeout: 60 })));
    expectDuration(ms, 60);
    expectUntouched(condition);
  });

  it("rejects with the error of its predicate, or on abort, with the lock held", async () => {
    const condition = overLock();
    const error = new Error("predicate");
    await expect(condition.withAsync(() => condition.waitForAsync(() => Promise.reject(error)))).rejects.toBe(error);
    const signal = AbortSignal.timeout(SHORT);
    await expect(
      condition.withAsync(() => condition.waitForAsync(() => false, { timeout: LONG, signal })),
    ).rejects.toMatchObject({ name: "TimeoutError" });
    expectUntouched(condition);
  });

  it.each([undefined, null, 5])("and waitFor refuse %s as a predicate with a TypeError", async (predicate) => {
    const condition = overLock();
    expect(() => condition.waitFor(predicate as never)).toThrow(/^condition: the predicate must be a function, got/);
    await expect(condition.waitForAsync(predicate as never)).rejects.toThrow(TypeError);
  });

  it("has a blocking form that refuses an async predicate and names the cure", () => {
    const condition = overLock();
    expect(() => condition.waitFor((async () => false) as () => never)).toThrow(TypeError);
    expect(() => condition.waitFor((async () => false) as () => never)).toThrow(/use waitForAsync\(\)$/);
  });
});

it("a woken waiter sees the writes of its notifier before notify", () => {
  const condition = new Condition();
  const data = new Int32Array(new SharedArrayBuffer(4));
  const rounds = 100;
  const others = bunch(
    2,
    (condition, data, rounds) =>
      condition.with(() => {
        let seen = 0;
        while (seen < rounds) {
          condition.waitFor(() => data[0]! > seen);
          seen = data[0]!;
        }
        return seen;
      }),
    [condition, data, rounds],
  );
  for (let round = 1; round <= rounds; round++) {
    condition.with(() => {
      data[0] = round;
      condition.notifyAll();
    });
  }
  expect(others.join()).toEqual([rounds, rounds]);
});

it("the text of a condition shows its lock, the number of waiters, and its place", () => {
  const condition = new Condition(new Lock(), { buffer: new SharedArrayBuffer(2048), byteOffset: 64 });
  expect(String(condition)).toMatch(/^<Condition\(<unlocked Lock object at 0x[0-9a-f]+>, 0\) at 0x0040>$/);
});
