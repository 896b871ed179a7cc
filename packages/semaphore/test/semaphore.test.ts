import { checkNoPrivateFields, clock, platform, ThreadError } from "@x/core";
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
/** More often than a spinner holds back. */
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

  it("an object is a view, an index and what structured clone refuses, and no private name makes it larger", () => {
    expect(Object.keys(new Class())).toEqual(["words", "at", "uncloneable"]);
    expect(() => checkNoPrivateFields(Class, "it")).not.toThrow(); // a private method is a property of each object
  });

  it("a permit is taken by one compare-exchange and given back by another, which wakes nobody if nobody waits", () => {
    const semaphore = new Class(1, { buffer: new SharedArrayBuffer(Class.BYTES) }); // not at home, where it is not one of `Atomics`
    const exchange = vi.spyOn(Atomics, "compareExchange");
    const read = vi.spyOn(clock, "now");
    const notify = vi.spyOn(Atomics, "notify");
    semaphore.acquire();
    semaphore.release();
    expect(exchange).toHaveBeenCalledTimes(2);
    expect(read).not.toHaveBeenCalled();
    expect(notify).not.toHaveBeenCalled();
  });

  describe("made in the user's memory", () => {
    it("by several threads at once is one, with its permits once", () => {
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

    it("with another number of permits than it has is a ThreadError that says both", () => {
      const place = { buffer: new SharedArrayBuffer(Class.BYTES) };
      const first = new Class(3, place);
      first.acquire();
      const before = String(first);
      expect(thrownBy(() => new Class(5, place))).toBeInstanceOf(ThreadError);
      expect(() => new Class(5, place)).toThrow(
        /^semaphore: one that began with 3 permits lives there already; use from\(\)/,
      );
      expect(String(first)).toBe(before);
      expect(new Class(3, place).value).toBe(2);
    });

    it("with none is one that was made", () => {
      const place = { buffer: new SharedArrayBuffer(Class.BYTES) };
      new Class(0, place);
      expect(Class.from(place).acquire(0)).toBe(false);
      expect(() => new Class(1, place)).toThrow(ThreadError);
    });

    it("from() where none fits is an error that names the package", () => {
      expect(() => Class.from({ buffer: new ArrayBuffer(Class.BYTES) as never })).toThrow(/^semaphore: buffer must be/);
      expect(() => Class.from({ buffer: new SharedArrayBuffer(Class.BYTES - 1) })).toThrow(/^semaphore: \d+ bytes/);
    });

    it("from() without new is a ThreadError that names the cure", () => {
      expect(() => Class.from({ buffer: new SharedArrayBuffer(Class.BYTES) })).toThrow(
        /^semaphore: none was made in this memory yet; make it with new$/,
      );
    });
  });

  it("begins with 536870910 permits at the most", () => {
    const most = 536_870_910;
    expect(new Class(most).value).toBe(most);
    expect(() => new Class(most + 1)).toThrow(RangeError);
  });

  it("tells with how many permits it began, whatever is left", () => {
    const semaphore = new Class(3);
    semaphore.acquire();
    expect([semaphore.initial, semaphore.value]).toEqual([3, 2]);
  });

  it("who waits for a permit looks for one now and then, before sleeping: it is handed over", () => {
    vi.spyOn(platform, "cores").mockReturnValue(2);
    const semaphore = new Class(1);
    semaphore.acquire();
    const look = vi.spyOn(Atomics, "load");
    for (let i = 0; i < OFTEN; i++) semaphore.acquire(1);
    expect(look.mock.calls.length).toBeGreaterThan(10 * OFTEN);
  });

  it("a release of many wakes as many, threads that block and tasks alike", async () => {
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

  it("passed over waiters of several permits are all served when these come one by one", () => {
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

  it("and BoundedSemaphore do not take each other's handles", () => {
    expect(() => Semaphore.from(new BoundedSemaphore().share())).toThrow(/"@x\/semaphore BoundedSemaphore", not a/);
    expect(() => BoundedSemaphore.from(new Semaphore().share())).toThrow(/"@x\/semaphore Semaphore", not a/);
  });
});
