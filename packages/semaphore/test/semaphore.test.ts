import { ThreadError } from "@x/core";
import { checkNoPrivateFields, clock, platform } from "@x/core/internal";
import {
  asyncHoldableTests,
  bunch,
  keepAliveTests,
  mayNotBlockTests,
  sharedTests,
  thrownBy,
  untilAsync,
  watchdog,
} from "@x/testkit";
import { BoundedSemaphore, Semaphore } from "@x/semaphore";
import { afterEach, describe, expect, it, vi } from "vitest";
import "./semaphore.stress.ts"; // in short

watchdog();
/** More waits than a spinner skips. */
const OFTEN = 66;

afterEach(() => void vi.restoreAllMocks());

describe.each([
  ["Semaphore", Semaphore],
  ["BoundedSemaphore", BoundedSemaphore],
] as const)("%s", (_, Class) => {
  asyncHoldableTests(() => new Class());
  sharedTests<Semaphore>({
    who: "semaphore",
    Class,
    make: (place) => new Class(1, place),
    change: (semaphore) => (semaphore.value > 0 ? semaphore.acquire() : semaphore.release()),
    zeroed: false,
  });

  it("an object has three fields (view, index, an uncloneable value) and no private names", () => {
    expect(Object.keys(new Class())).toEqual(["words", "at", "uncloneable"]);
    expect(() => checkNoPrivateFields(Class, "it")).not.toThrow(); // a private method is a property of each object
  });

  it("acquire and release are one compare-exchange each, and wake no thread if none waits", () => {
    const semaphore = new Class(1, { buffer: new SharedArrayBuffer(Class.BYTES) }); // not in WebAssembly memory, which bypasses `Atomics`
    const exchange = vi.spyOn(Atomics, "compareExchange");
    const read = vi.spyOn(clock, "now");
    const notify = vi.spyOn(Atomics, "notify");
    semaphore.acquire();
    semaphore.release();
    expect(exchange).toHaveBeenCalledTimes(2);
    expect(read).not.toHaveBeenCalled();
    expect(notify).not.toHaveBeenCalled();
  });

  describe("in the user's memory", () => {
    it("made by several threads at once is one semaphore, with its permits once", () => {
      for (let round = 0; round < 20; round++) {
        const buffer = new SharedArrayBuffer(Class.BYTES);
        const go = new Int32Array(new SharedArrayBuffer(4));
        const others = bunch(
          3,
          (pattern, buffer, go, me) => {
            const Class = pattern.constructor as typeof Semaphore;
            Atomics.add(go, 0, 1);
            while (Atomics.load(go, 0) < me.count);
            return new Class(2, { buffer }).acquire(30);
          },
          [new Class(), buffer, go],
        );
        const taken = others.join(3_000).filter(Boolean).length;
        expect(taken).toBe(2);
        expect(Class.from({ buffer }).value).toBe(0);
      }
    });

    it("made again with another initial value throws a ThreadError that names the first", () => {
      const place = { buffer: new SharedArrayBuffer(Class.BYTES) };
      const first = new Class(3, place);
      first.acquire();
      const before = String(first);
      expect(thrownBy(() => new Class(5, place))).toBeInstanceOf(ThreadError);
      expect(() => new Class(5, place)).toThrow(
        /^semaphore: a semaphore with 3 initial permits is in this memory already; use from\(\)/,
      );
      expect(String(first)).toBe(before);
      expect(new Class(3, place).value).toBe(2);
    });

    it("made without permits counts as made", () => {
      const place = { buffer: new SharedArrayBuffer(Class.BYTES) };
      new Class(0, place);
      expect(Class.from(place).acquire(0)).toBe(false);
      expect(() => new Class(1, place)).toThrow(ThreadError);
    });

    it("from() of memory that does not fit throws an error that names the package", () => {
      expect(() => Class.from({ buffer: new ArrayBuffer(Class.BYTES) as never })).toThrow(/^semaphore: buffer must be/);
      expect(() => Class.from({ buffer: new SharedArrayBuffer(Class.BYTES - 1) })).toThrow(/^semaphore: \d+ bytes/);
    });

    it("from() before new throws a ThreadError that names the cure", () => {
      expect(() => Class.from({ buffer: new SharedArrayBuffer(Class.BYTES) })).toThrow(
        /^semaphore: there is no semaphore in this memory yet; make it with new$/,
      );
    });
  });

  it("the largest initial value is 536870910", () => {
    const most = 536_870_910;
    expect(new Class(most).value).toBe(most);
    expect(() => new Class(most + 1)).toThrow(RangeError);
  });

  it("initial stays the initial value", () => {
    const semaphore = new Class(3);
    semaphore.acquire();
    expect([semaphore.initial, semaphore.value]).toEqual([3, 2]);
  });

  it("a waiter spins now and then before it sleeps, because another thread may release the permit soon", () => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    const semaphore = new Class(1);
    semaphore.acquire();
    const look = vi.spyOn(Atomics, "load");
    for (let i = 0; i < OFTEN; i++) semaphore.acquire(1);
    expect(look.mock.calls.length).toBeGreaterThan(10 * OFTEN);
  });

  it("a release of n permits wakes n waiters, blocked threads and tasks alike", async () => {
    const semaphore = new Class(6);
    for (let i = 0; i < 6; i++) semaphore.acquire();
    const blocking = bunch(
      3,
      (semaphore, me) => {
        me.aboutToWait();
        return semaphore.acquire(5_000);
      },
      [semaphore],
    );
    blocking.waiting();
    let tasks = 0;
    const awaiting = Array.from({ length: 3 }, async () => {
      await semaphore.acquireAsync();
      tasks++;
    });
    await untilAsync(() => tasks === 0);
    semaphore.release(6);
    expect(blocking.join()).toEqual([true, true, true]);
    await Promise.all(awaiting);
    expect([tasks, semaphore.value]).toEqual([3, 0]);
  });

  it("starving waiters are all served when permits come one by one", () => {
    const semaphore = new Class(3);
    for (let i = 0; i < 3; i++) semaphore.acquire();
    const others = bunch(
      3,
      (semaphore, me) => {
        for (let i = 0; i < 30; i++) {
          if (i === 0) me.aboutToWait();
          semaphore.acquire();
          for (const end = performance.now() + 0.3; performance.now() < end;);
          semaphore.release();
        }
      },
      [semaphore],
    );
    others.waiting();
    for (let i = 0; i < 3; i++) semaphore.release();
    others.join();
    expect(semaphore.value).toBe(3);
  });
});

describe("Semaphore", () => {
  keepAliveTests({
    who: "semaphore",
    name: "Semaphore",
    make: "new Semaphore(0)",
    wait: "it.acquireAsync(options)",
    wake: "it.release()",
  });

  mayNotBlockTests({
    who: "semaphore",
    name: "Semaphore",
    open: "new Semaphore(2)",
    close: "",
    wait: "it.acquire(timeout)",
    cure: "acquireAsync()",
  });

  it("and BoundedSemaphore refuse each other's handles", () => {
    expect(() => Semaphore.from(new BoundedSemaphore().share())).toThrow(/"@x\/semaphore BoundedSemaphore", not a/);
    expect(() => BoundedSemaphore.from(new Semaphore().share())).toThrow(/"@x\/semaphore Semaphore", not a/);
  });
});
