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
import { pack, platform, ThreadError, unpack } from "@x/core";
import { Lock, RLock } from "@x/lock";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";

watchdog();

afterEach(() => void vi.restoreAllMocks());

const overLock = (): Condition<Lock> => new Condition(new Lock());

/** A task that waits once. */
const waits = (condition: Condition<Lock>, options?: Parameters<Condition<Lock>["waitAsync"]>[0]): Promise<boolean> =>
  condition.withAsync(() => condition.waitAsync(options));

/** The lock is free, and nobody waits. */
function expectUntouched(condition: Condition<Lock>): void {
  expect([waitersOf(condition), condition.locked()]).toEqual([0, false]);
}

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

it("where blocking is forbidden, wait names its cure before anything is touched", async () => {
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

it("where blocking is forbidden, a notify that nobody takes notice of passes on over a Lock, and harms nobody over an RLock", async () => {
  const ran = await runScript(`
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { Condition } = await import("@x/condition");
    const { Lock, RLock } = await import("@x/lock");
    const { Deadline } = await import("@x/core");
    for (const lock of [new Lock(), new RLock()]) {
      const condition = new Condition(lock);
      condition.acquire();
      condition.waiting(Deadline.NEVER).next(); // has released the lock, and never runs again
      condition.acquire();
      condition.notify();
      condition.release();
      await new Promise(setImmediate);
      console.log(condition.locked(), String(condition).includes(", 0)"));
    }`);
  expect([ran.stdout, ran.stderr]).toEqual(["false true\nfalse true\n", ""]);
});

it("a notify with nobody waiting leaves the release of the lock as cheap as it was", () => {
  const condition = overLock();
  condition.acquire();
  condition.notify();
  condition.notifyAll();
  const notify = vi.spyOn(Atomics, "notify");
  condition.release();
  expect(notify).not.toHaveBeenCalled();
});

describe("its lock", () => {
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

  it("tells by its type whether the condition can be awaited", () => {
    expectTypeOf(new Condition()).toEqualTypeOf<Condition<RLock>>();
    expectTypeOf(overLock().waitAsync).toBeCallableWith(5);
    expectTypeOf(overLock().waitFor(() => 5)).toEqualTypeOf<number>();
    expectTypeOf(overLock().waitForAsync(async () => 5)).toEqualTypeOf<Promise<number>>();
    const condition = new Condition();
    // @ts-expect-error -- over an RLock
    const awaiting = () => condition.waitAsync();
    expectTypeOf(awaiting).toBeFunction();
  });

  it("an RLock: the async forms reject with a ThreadError that names the cure", async () => {
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

  it("travels with it, and stays shared by several conditions", () => {
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

  it("is refused by from() if it is a proxy of a function that has been revoked", () => {
    const { proxy, revoke } = Proxy.revocable(() => undefined, {});
    revoke();
    const place = { ...overLock().share(), lock: proxy };
    expect(() => Condition.from(place as never)).toThrow(/^lock: from takes what share\(\) returned, or \{ buffer, /);
  });

  it("is named by from() if a handle has none that is one", () => {
    const { buffer, byteOffset } = overLock().share();
    for (const lock of [null, 5, {}]) {
      const error = thrownBy(() => Condition.from({ buffer, byteOffset, lock: lock as never }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^lock: from takes what share\(\) returned/);
    }
  });

  it("works between plain workers by handle", () => {
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

  it("bytes(n) is 64 bytes and 16 for each who waits", () => {
    expect([Condition.bytes(1), Condition.bytes(64), Condition.BYTES]).toEqual([80, 1088, 1088]);
    for (const n of [0, -1, 1.5, NaN, Infinity]) expect(() => Condition.bytes(n)).toThrow(RangeError);
    expect(() => Condition.bytes(0)).toThrow(/^condition: waiters /);
    expect(() => Condition.bytes("5" as never)).toThrow(TypeError);
    expect(() => new Condition(undefined, { ...place(), waiters: 0 })).toThrow(RangeError);
  });

  it.each([1, 4, undefined])(
    "of %s waiters holds so many, and refuses one more before the lock is released",
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
        /^condition: more wait at the same time than .*Condition\.bytes\(waiters\)/,
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

  it("is used again: more waits, one after the other, than there is room for", () => {
    const condition = new Condition(undefined, place(1));
    condition.with(() => {
      for (let i = 0; i < 100; i++) condition.wait(0);
    });
    const before = new Condition();
    before.with(() => {
      for (let i = 0; i < 40_000; i++) before.wait(0); // more than a slab has
    });
  });

  it("two threads that make the same condition in it get one and the same", () => {
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

  it("where one under another lock lives is a ThreadError", () => {
    const at = place();
    new Condition(new Lock(), at);
    expect(() => Condition.from(at)).toThrow(ThreadError);
    expect(() => Condition.from(at)).toThrow(
      /^condition: one under another lock lives there already; hand over what its share/,
    );
    const own = place();
    new Condition(undefined, own);
    expect(() => new Condition(new Lock(), own)).toThrow(
      /^condition: one under a lock of its own lives there already; /,
    );
  });
});

describe("waitAsync", () => {
  it("releases the lock, waits, and holds it again", async () => {
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

  it("is false once its time is over, and never early", async () => {
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

  it("those who have waited longest are notified first, threads and tasks alike", async () => {
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

  it("notifyAll wakes threads and tasks, of this thread and of others", async () => {
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

  it("a task whose thread is ended is notified of nothing: the notify goes to the next", async () => {
    const condition = overLock();
    const dead = bunch(1, (condition) => condition.withAsync(() => condition.waitAsync()), [condition], {
      fresh: true,
    });
    untilWaiting(condition, 1);
    await dead.terminate();
    const task = waits(condition);
    await untilAsync(() => waitersOf(condition) === 2);
    condition.with(() => condition.notify());
    expect(await task).toBe(true);
    condition.with(() => condition.notify()); // there is nobody else, so the dead one is notified, and forgotten
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
  /** One who waits, notified by this thread; then another thread releases the lock. */
  const notified = (condition: Condition<Lock>) => {
    const waiting = bunch(1, (condition) => condition.with(() => condition.wait()), [condition]);
    untilWaiting(condition, 1);
    condition.acquire();
    condition.notify();
    bunch(1, (condition) => condition.release(), [condition]).join();
    return waiting;
  };

  it("arrives once the one who gave it would sleep", () => {
    const condition = overLock();
    const waiting = notified(condition);
    const other = new Lock();
    other.acquire();
    expect(other.acquire(SHORT)).toBe(false);
    expect(waiting.join()).toEqual([true]);
    expectUntouched(condition);
  });

  it("arrives once the one who gave it goes back to its event loop", async () => {
    const condition = overLock();
    expect(await notified(condition).joinAsync()).toEqual([true]);
    expectUntouched(condition);
  });
});

it("who notifies again and again without going back to its event loop heaps up nothing there", async () => {
  const condition = overLock();
  const waiting = [waits(condition), waits(condition), waits(condition)];
  await untilAsync(() => waitersOf(condition) === 3);
  const promise = vi.spyOn(Promise, "resolve");
  for (let n = 0; n < 3; n++) condition.with(() => condition.notify());
  expect(promise.mock.calls.length).toBeLessThan(2);
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
});

describe("who waits", () => {
  /** More often than a spinner holds back. */
  const OFTEN = 66;

  const looks = (condition: Condition): number => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    const look = vi.spyOn(Atomics, "load");
    condition.with(() => {
      for (let i = 0; i < OFTEN; i++) condition.wait(1);
    });
    return look.mock.calls.length / OFTEN;
  };

  it("looks now and then, before sleeping, whether it is notified, if it is the next to be", () => {
    expect(looks(new Condition())).toBeGreaterThan(25);
  });

  it("sleeps at once if another one waits, which is notified before", () => {
    const condition = new Condition();
    const others = bunch(1, (condition) => condition.with(() => condition.wait(60_000)), [condition]);
    untilWaiting(condition, 1);
    expect(looks(condition)).toBeLessThan(25);
    condition.with(() => condition.notify());
    expect(others.join()).toEqual([true]);
  });
});

describe("S32: an abort", () => {
  it("before: rejects with the reason, while the lock is held", async () => {
    const condition = overLock();
    const signal = AbortSignal.abort("before");
    await condition.acquireAsync();
    await expect(condition.waitAsync({ signal })).rejects.toBe("before");
    await expect(condition.waitForAsync(() => expect.fail("asked"), { signal })).rejects.toBe("before");
    expect(condition.isOwned()).toBe(true);
    condition.release();
    expectUntouched(condition);
  });

  it("while waiting: rejects with the reason once the lock is held again, and nobody is left waiting", async () => {
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

  it("of one who is notified and waits for the lock: rejects, holding it, and the notify goes to the next", async () => {
    const condition = overLock();
    const controller = new AbortController();
    const first = waits(condition, { signal: controller.signal });
    const second = waits(condition);
    await condition.acquireAsync();
    condition.notify();
    await pauseAsync(10); // the first has noticed, and waits for the lock
    controller.abort("changed my mind");
    await pauseAsync(10);
    condition.release();
    await expect(first).rejects.toBe("changed my mind");
    expect(await second).toBe(true);
    expectUntouched(condition);
  });

  it("of one who is notified and has not run yet: the notify goes to a thread that sleeps", async () => {
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

  it("of one whose time is over and who waits for the lock: rejects, holding it", async () => {
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

  it("at the same moment as a notify: notified or aborted, and no notify is lost", async () => {
    const condition = overLock();
    const outcomes = new Set<boolean>();
    for (let round = 0; round < 60; round++) {
      const controller = new AbortController();
      const first = waits(condition, { signal: controller.signal });
      const second = waits(condition, 5_000);
      await untilAsync(() => waitersOf(condition) === 2);
      setTimeout(() => controller.abort("abort"), round % 3);
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

it("errors say what was wrong with what was given, and who does not hold the lock", async () => {
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
  it("asks under the lock: at once, and after each notify", async () => {
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

  it("awaits an async predicate, holding the lock", async () => {
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

  it("S27, S28, S29: needs no lock for what is true at once; returns the last value; looks twice when the time is 0", async () => {
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

  it("what the predicate throws, or an abort, comes out, and the lock is held", async () => {
    const condition = overLock();
    const error = new Error("predicate");
    await expect(condition.withAsync(() => condition.waitForAsync(() => Promise.reject(error)))).rejects.toBe(error);
    const signal = AbortSignal.timeout(SHORT);
    await expect(
      condition.withAsync(() => condition.waitForAsync(() => false, { timeout: LONG, signal })),
    ).rejects.toMatchObject({ name: "TimeoutError" });
    expectUntouched(condition);
  });

  it.each([undefined, null, 5])("and waitFor(%s) are TypeErrors", async (predicate) => {
    const condition = overLock();
    expect(() => condition.waitFor(predicate as never)).toThrow(/^condition: the predicate must be a function, got/);
    await expect(condition.waitForAsync(predicate as never)).rejects.toThrow(TypeError);
  });

  it("waitFor refuses a predicate that returns a promise, naming the cure", () => {
    const condition = overLock();
    expect(() => condition.waitFor((async () => false) as () => never)).toThrow(TypeError);
    expect(() => condition.waitFor((async () => false) as () => never)).toThrow(/use waitForAsync\(\)$/);
  });
});

it("what was done under the lock before notify is visible to whoever it wakes", () => {
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

it("its text tells its lock, how many wait, and where it lives", () => {
  const condition = new Condition(new Lock(), { buffer: new SharedArrayBuffer(2048), byteOffset: 64 });
  expect(String(condition)).toMatch(/^<Condition\(<unlocked Lock object at 0x[0-9a-f]+>, 0\) at 0x0040>$/);
});
