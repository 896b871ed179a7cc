/** Tests with several packages in one program, like Python's threading. */
import * as barrier from "@x/barrier";
import * as condition from "@x/condition";
import * as core from "@x/core";
import * as event from "@x/event";
import * as executor from "@x/executor";
import * as lock from "@x/lock";
import * as queue from "@x/queue";
import * as semaphore from "@x/semaphore";
import * as shared from "@x/shared";
import { bunch, LONG, thrownBy, until, watchdog } from "@x/testkit";
import * as thread from "@x/thread";
import * as threading from "@x/threading";
import * as timer from "@x/timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ALONE } from "./alone.js";
import * as w from "./threading.workers.mjs";

watchdog();

afterEach(() => until(() => threading.activeCount() === ALONE));

describe("threading", () => {
  const roof = threading as Readonly<Record<string, unknown>>;

  it.each(Object.entries({ barrier, condition, event, executor, lock, queue, semaphore, shared, thread, timer }))(
    "exports everything of @x/%s, without copies",
    (_, all: Readonly<Record<string, unknown>>) => {
      const names = Object.keys(all);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(roof[name], name).toBe(all[name]);
    },
  );

  it("exports the user's part of @x/core, without copies", () => {
    const names = Object.keys(core).filter((name) => name in roof);
    expect(names.sort()).toEqual([
      "OwnerDiedError",
      "TIMEOUT_MAX",
      "ThreadError",
      "TimeoutError",
      "expose",
      "getIdent",
      "move",
    ]);
    for (const name of names) expect(roof[name], name).toBe((core as Readonly<Record<string, unknown>>)[name]);
  });
});

describe("all together", () => {
  it("B109: at most three of ten threads are inside, and none at the end", () => {
    const room = new threading.BoundedSemaphore(3);
    const lock = new threading.RLock();
    const inside = new Int32Array(new SharedArrayBuffer(12));
    const threads = Array.from({ length: 10 }, (_, i) => {
      return new threading.Thread({ target: w.various, args: [room, lock, inside], name: `<thread ${i}>` }).start();
    });
    expect(threads.map((thread) => thread.result(LONG))).toEqual(threads.map(({ name }) => name));
    expect([inside[0], inside[1]]).toEqual([0, 0]);
    expect(inside[2]).toBeGreaterThan(0);
    expect(inside[2]).toBeLessThanOrEqual(3);
    expect([room.value, lock.locked()]).toEqual([3, false]);
  });

  it("B011, S68: a foreign worker that uses the primitives is not listed", () => {
    const things = [new threading.Lock(), new threading.RLock(), new threading.Condition()] as const;
    const event = new threading.Event();
    const others = bunch(
      15,
      async (lock, rlock, condition, event, url, me) => {
        await me.load(url); // loads the whole library
        me.aboutToWait();
        const woken = event.wait();
        for (const each of [lock, rlock, condition]) {
          each.acquire();
          each.release();
        }
        return woken;
      },
      [...things, event, new URL("threading.workers.mjs", import.meta.url).href],
    );
    others.waiting();
    const during = threading.enumerate();
    event.set();
    expect(others.join()).toEqual(Array.from({ length: 15 }, () => true));
    const own = [...new Set([threading.mainThread(), threading.currentThread()])];
    expect([during, threading.enumerate()]).toEqual([own, own]);
    expect(threading.activeCount()).toBe(ALONE);
  });

  it("every kind of object keeps its class in a thread", () => {
    const things: w.Things = {
      lock: new threading.Lock(),
      rlock: new threading.RLock(),
      event: new threading.Event(),
      semaphore: new threading.Semaphore(4),
      bounded: new threading.BoundedSemaphore(2),
      condition: new threading.Condition(),
      barrier: new threading.Barrier(2),
      local: new threading.Local(),
      thread: threading.currentThread(),
    };
    const thread = new threading.Thread({ target: w.all, args: [things] }).start();
    expect(thread.join(20)).toBe(false);
    things.event.set();
    expect(things.barrier.wait(LONG)).toBeOneOf([0, 1]);
    expect(thread.result(LONG)).toEqual([true, true, 3, 1, false, expect.toBeOneOf([0, 1]), ["mine"], true]);
    expect(Object.keys(things.local)).toEqual([]);
  });
});

describe("the death of a party", () => {
  const diedOf = (name: string): string =>
    `barrier: broken: a thread that holds it has died, ${name}; reset() makes it usable again`;

  beforeEach(() => threading.setExceptHook(w.quiet));
  afterEach(() => threading.setExceptHook(threading.exceptHook));

  /** Two threads wait in `cycles` cycles and once more; the third ends in the way of `how`. Returns the results of the two. */
  function play(
    cycles: number,
    how: string,
    end: (third: threading.Thread, shared: threading.Barrier) => void,
  ): [string[], threading.Barrier] {
    const shared = new threading.Barrier(3);
    const two = [1, 2].map(() => new threading.Thread({ target: w.takesPart, args: [shared, cycles] }).start());
    const third = new threading.Thread({ target: w.leaves, args: [shared, cycles, how], name: "third" }).start();
    end(third, shared);
    third.join(LONG);
    return [two.map((thread) => thread.result(LONG)), shared];
  }

  it.each(["throw", "reject", "exit"])("breaks a barrier if too few threads are left: %s", (how) => {
    for (const cycles of [0, 2]) {
      const [seen, shared] = play(cycles, how, () => undefined);
      expect(seen).toEqual([diedOf("third"), diedOf("third")]);
      expect(shared.broken).toBe(true);
      shared.reset();
      expect(shared.broken).toBe(false);
    }
  });

  it("breaks a barrier if too few threads are left: terminated from outside, as soon as it has begun", () => {
    for (let round = 0; round < 4; round++) {
      const [seen] = play(0, "wait", (third, shared) => {
        until(() => shared.nWaiting === 2);
        threading.terminate(third);
      });
      expect(seen).toEqual([diedOf("third"), diedOf("third")]);
    }
  });

  it("differs from its normal end, which breaks nothing: the others wait, as in Python", () => {
    const [seen] = play(1, "return", (third, shared) => {
      expect(third.result(LONG)).toBe("return");
      until(() => shared.nWaiting === 2);
      expect(shared.broken).toBe(false);
      shared.abort();
    });
    expect(seen).toEqual(Array(2).fill("barrier: broken: it was aborted; reset() makes it usable again"));
  });

  it("reaches a waiting task as an error with the cause of the death", async () => {
    const shared = new threading.Barrier(2);
    const other = new threading.Thread({ target: w.leaves, args: [shared, 0, "throw"], name: "other" }).start();
    await other.joinAsync();
    const error = await shared.waitAsync(LONG).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(threading.BrokenBarrierError);
    expect((error as Error).message).toBe(diedOf("other"));
    expect((error as Error).cause).toMatchObject({ name: "RangeError", message: "dies" });
  });

  it("after its arrival breaks the cycle at once, also if enough threads are left", () => {
    const shared = new threading.Barrier(2);
    const spares = [1, 2].map(() => new threading.Thread({ target: w.holds, args: [shared], daemon: true }).start());
    const dead = new threading.Thread({ target: w.takesPart, args: [shared, 1], name: "dead" }).start();
    until(() => shared.nWaiting === 1);
    threading.terminate(dead);
    until(() => shared.broken);
    expect(thrownBy(() => shared.wait(LONG))).toMatchObject({ message: diedOf("dead") });
    spares.forEach(threading.terminate);
    spares.forEach((thread) => thread.join(LONG));
  });

  /** Starts and ends so many threads at once. Their workers run the next threads, so a start takes no time in which a barrier may break. */
  function readyWorkers(count: number): void {
    const all = new threading.Barrier(count);
    const threads = Array.from({ length: count }, () =>
      new threading.Thread({ target: w.leaves, args: [all, 1, "return"] }).start(),
    );
    for (const thread of threads) thread.result(LONG);
  }

  it("after it has passed breaks nothing: later threads use the barrier again, with and without main", () => {
    for (const hasMain of [true, false]) {
      readyWorkers(4);
      const shared = new threading.Barrier(hasMain ? 3 : 2);
      for (let round = 0; round < 4; round++) {
        const how = round % 2 === 0 ? "throw" : "return";
        const two = [how, "return"].map((end) =>
          new threading.Thread({ target: w.leaves, args: [shared, 1, end] }).start(),
        );
        if (hasMain) expect(shared.wait(LONG)).toBeOneOf([0, 1, 2]);
        for (const thread of two) expect(thread.join(LONG)).toBe(true);
        expect([shared.broken, shared.nWaiting]).toEqual([false, 0]);
      }
    }
  });

  it("breaks nothing if a new thread replaces it while the others wait", () => {
    readyWorkers(3);
    const shared = new threading.Barrier(2);
    const waiter = new threading.Thread({ target: w.takesPart, args: [shared, 0] }).start();
    until(() => shared.nWaiting === 1);
    const dead = new threading.Thread({ target: w.leaves, args: [shared, 0, "throw"] }).start();
    dead.join(LONG);
    const replacement = new threading.Thread({ target: w.leaves, args: [shared, 1, "return"] }).start();
    expect(waiter.result(LONG)).toBe("passed");
    expect(replacement.result(LONG)).toBe("return");
  });

  it("breaks nothing if the party was not needed", () => {
    const shared = new threading.Barrier(2);
    const waiter = new threading.Thread({ target: w.takesPart, args: [shared, 0] }).start();
    const late = new threading.Thread({ target: w.comesLate, args: [shared, 1000] }).start();
    new threading.Thread({ target: w.leaves, args: [shared, 0, "throw"] }).start().join(LONG);
    expect([waiter.result(LONG), late.result(LONG)]).toEqual(["passed", "passed"]);
  });

  it("breaks a barrier also if the dead thread only made it and passed it on", () => {
    new threading.Thread({ target: w.makesBarrier, name: "maker" }).start().join(LONG);
    const waiter = threading.enumerate().find(({ name }) => name === "waiter");
    expect(waiter?.result(LONG)).toBe(diedOf("maker"));
  });
});
