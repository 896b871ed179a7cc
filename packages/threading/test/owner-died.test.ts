/** Locks of dead owners: no waiter and no newcomer hangs for ever. */
import { LONG, pauseAsync, runOutOfMemory, runScript, SHORT, thrownBy, timed, until, watchdog } from "@x/testkit";
import {
  activeCount,
  Condition,
  Event,
  exceptHook,
  Lock,
  OwnerDiedError,
  RLock,
  setExceptHook,
  sleep,
  terminate,
  Thread,
  ThreadError,
  Timer,
} from "@x/threading";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ALONE } from "./alone.js";
import * as w from "./owner-died.workers.mjs";

watchdog();

beforeEach(() => void setExceptHook(w.quiet)); // the deaths are expected, and need no report
afterEach(() => {
  setExceptHook(exceptHook);
  until(() => activeCount() === ALONE);
});

/** The promise is one second on an idle machine. */
const SOON = 1000;
const BUSY = 3 * SOON;

const CAUSES = {
  throws: "no more",
  exits: "thread: holder ended by process.exit(3)",
  terminated: "thread: holder was terminated",
} as const;

type Holding = (lock: never, stage: Int32Array, go: Event, how: w.How) => unknown;

/** A thread that holds `lock`, and the way to end it. */
function holderOf(lock: Lock | RLock, how: w.How, target: Holding = w.holdAndEnd) {
  const stage = new Int32Array(new SharedArrayBuffer(4));
  const go = new Event();
  const thread = new Thread({ target, args: [lock as never, stage, go, how], name: "holder" }).start();
  until(() => Atomics.load(stage, 0) === 1);
  return {
    thread,
    end(): void {
      w.endIt(thread, go, how);
      expect(thread.join(LONG)).toBe(true);
    },
    /** Ends it while this thread waits. */
    endSoon: () => void new Timer(SHORT, w.endIt, [thread, go, how]).start(),
  };
}

/** The error of `acquire`, which must come soon. */
function ownerDiedSoon(acquire: () => void): OwnerDiedError {
  let error: unknown;
  expect(timed(() => (error = thrownBy(acquire)))).toBeLessThan(BUSY);
  expect(error).toBeInstanceOf(OwnerDiedError);
  return error as OwnerDiedError;
}

const how = Object.keys(CAUSES) as (keyof typeof CAUSES)[];

describe("a thread that died while its task held a lock", () => {
  it.each([
    ["run throws", "microtasks"],
    ["run throws", "turns"],
    ["a microtask throws", "microtasks"],
    ["a microtask throws", "turns"],
  ] as const)("stops its task before another thread takes the lock: %s, continues in %s", (way, goesOnIn) => {
    // All at once, because a page lets microtasks go on for half a second, and Chromium takes two more.
    const rounds = Array.from({ length: 5 }, () => {
      const lock = new Lock();
      const stage = new Int32Array(new SharedArrayBuffer(8));
      const thread = new Thread({ target: w.diesWhileItsTaskGoesOn, args: [lock, stage, way, goesOnIn] }).start();
      return { lock, stage, thread };
    });
    for (const { lock, stage, thread } of rounds) {
      until(() => Atomics.load(stage, 0) === 1);
      ownerDiedSoon(() => lock.acquire(LONG));
      const done = Atomics.load(stage, 1);
      sleep(5);
      expect(Atomics.load(stage, 1)).toBe(done);
      expect(lock.isOwned()).toBe(true);
      lock.release();
      expect(thread.join(LONG)).toBe(true);
    }
  });
});

describe.each([
  ["Lock", Lock],
  ["RLock", RLock],
] as const)("a %s of a dead owner", (_, Class) => {
  it.each(how)("(%s) goes to a newcomer, together with OwnerDiedError", (how) => {
    const lock = new Class();
    holderOf(lock, how).end();
    const error = ownerDiedSoon(() => lock.acquire(LONG));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error).toMatchObject({ name: "OwnerDiedError", thread: "holder", cause: { message: CAUSES[how] } });
    expect(error.message).toContain("holder died while it held this lock");
    expect(lock.isOwned()).toBe(true);
    if (lock instanceof RLock) expect(lock.recursionCount()).toBe(1);
    lock.release();
    expect(lock.locked()).toBe(false);
    expect(lock.acquire(0)).toBe(true); // the error comes once
    lock.release();
  });

  it.each(how)("(%s) goes to main, which is blocked in acquire", (how) => {
    const lock = new Class();
    holderOf(lock, how).endSoon();
    expect(ownerDiedSoon(() => lock.acquire(LONG))).toMatchObject({
      thread: "holder",
      cause: { message: CAUSES[how] },
    });
    lock.release();
  });

  it("goes to one of many waiters; the others get it later without an error", () => {
    const lock = new Class();
    const inside = new Int32Array(new SharedArrayBuffer(4));
    const holder = holderOf(lock, "terminated");
    const waiters = Array.from({ length: 4 }, () =>
      new Thread({ target: w.take, args: [lock, inside, LONG], name: "waiter" }).start(),
    );
    sleep(SHORT);
    holder.end();
    const outcomes = waiters.map((waiter) => waiter.result(LONG)).sort();
    expect(outcomes).toEqual(["", "", "", "OwnerDiedError of holder: thread: holder was terminated"]);
    expect(lock.locked()).toBe(false);
  });

  it("stays free after `with` and `hold`, which throw OwnerDiedError", () => {
    const lock = new Class();
    let entered = false;
    for (const enter of [() => lock.with(() => (entered = true)), () => void lock.hold()]) {
      holderOf(lock, "exits").end();
      ownerDiedSoon(enter);
      expect([entered, lock.locked()]).toEqual([false, false]);
    }
  });

  it("stays held if its holder returned: a normal end releases nothing", () => {
    const lock = new Class();
    holderOf(lock, "returns").end();
    expect(lock.acquire(2 * SHORT)).toBe(false);
    expect(lock.locked()).toBe(true);
  });

  it("keeps the message of a cause that cannot travel", () => {
    const lock = new Class();
    holderOf(lock, "cannot travel").end();
    const { cause } = ownerDiedSoon(() => lock.acquire(LONG));
    expect((cause as Error).message).toContain("no more");
    lock.release();
  });

  it("goes also to a thread started after the death, with the same error", () => {
    const lock = new Class();
    holderOf(lock, "throws").end();
    const inside = new Int32Array(new SharedArrayBuffer(4));
    const late = [1, 2, 3].map(() => new Thread({ target: w.take, args: [lock, inside, LONG] }).start());
    expect(late.map((thread) => thread.result(LONG)).sort()).toEqual(["", "", "OwnerDiedError of holder: no more"]);
  });
});

describe("a Lock of a dead owner", () => {
  it.each(how)("(%s) goes to a task that awaits it", async (how) => {
    const lock = new Lock();
    const holder = holderOf(lock, how);
    const taking = lock.acquireAsync(LONG);
    await pauseAsync(SHORT);
    holder.end();
    await expect(taking).rejects.toMatchObject({ thread: "holder", cause: { message: CAUSES[how] } });
    expect(lock.isOwned()).toBe(true);
    lock.release();
  });

  it("goes to a task that comes later", async () => {
    const lock = new Lock();
    holderOf(lock, "terminated").end();
    await expect(lock.acquireAsync(LONG)).rejects.toBeInstanceOf(OwnerDiedError);
    lock.release();
    holderOf(lock, "terminated").end();
    await expect(lock.withAsync(() => 1)).rejects.toBeInstanceOf(OwnerDiedError);
    await expect(lock.holdAsync()).resolves.toBeDefined();
  });

  it("may have been held by a task of the dead thread", () => {
    const lock = new Lock();
    holderOf(lock, "terminated", w.holdAsyncAndEnd).end();
    ownerDiedSoon(() => lock.acquire(LONG));
    lock.release();
  });
});

/** A program of its own, because the limit of memory is that of the process. */
const RUNS_OUT = `
  import { expose, isMainThread, Lock, RLock, Thread } from "@x/threading";
  export function hog(lock, held) {
    lock.acquire();
    Atomics.store(held, 0, 1);
    Atomics.notify(held, 0);
    for (const all = []; ;) all.push(new Array(10_000).fill(all.length));
  }
  expose({ hog });
  if (isMainThread) {
    for (const lock of [new Lock(), new RLock()]) {
      const held = new Int32Array(new SharedArrayBuffer(4));
      new Thread({ target: hog, args: [lock, held], name: "holder" }).start();
      Atomics.wait(held, 0, 0);
      try {
        lock.acquire();
      } catch ({ name, thread, cause }) {
        console.log(name, thread, cause.message);
      }
      lock.release();
    }
  }
`;

describe("a Lock and an RLock of an owner that ran out of memory", () => {
  it("go to main, which is blocked in acquire", { timeout: 12 * LONG }, async ({ skip }) => {
    const flags = ["--max-old-space-size=64"];
    const ran = await runOutOfMemory(() => runScript(RUNS_OUT, { flags, limit: 2 * LONG }));
    if (ran === undefined) return skip("Node 24 has aborted the process each time");
    const line = "OwnerDiedError holder thread: holder ran out of memory\n";
    expect(ran.stdout).toBe(line + line);
  });
});

describe("a Condition with the lock of a dead owner", () => {
  it("reports the death to the next acquire, not to a notifier that passes its notify on", () => {
    const condition = new Condition(new Lock());
    const stage = new Int32Array(new SharedArrayBuffer(4));
    const started = (target: (condition: Condition<Lock>, stage: Int32Array) => unknown, stands: () => boolean) => {
      const before = Atomics.load(stage, 0);
      const thread = new Thread({ target, args: [condition, stage] as never, name: "holder" }).start();
      until(() => Atomics.load(stage, 0) > before && stands());
      return thread;
    };
    const dead = started(w.waits as never, () => !condition.locked());
    const alive = started(w.waits as never, () => !condition.locked());
    terminate(dead);
    dead.join(LONG);
    condition.acquire();
    const thief = started(w.takesAndDies, () => true);
    condition.notify(); // goes to the dead waiter first; meanwhile the thief takes the lock, and dies
    condition.release();
    expect(thief.join(LONG)).toBe(true);
    let result: unknown;
    try {
      condition.acquire(LONG);
    } catch (error) {
      result = (error as Error).name;
    }
    condition.release();
    // One of the two threads that take the lock now: this thread, or the notified waiter.
    expect([result, alive.result(LONG)]).toBeOneOf([
      ["OwnerDiedError", true],
      [undefined, "OwnerDiedError, held"],
    ]);
  });

  it("reports the death to a notified waiter, which holds the lock again", () => {
    const condition = new Condition();
    const stage = new Int32Array(new SharedArrayBuffer(4));
    const waiter = new Thread({ target: w.waits, args: [condition, stage] }).start();
    until(() => Atomics.load(stage, 0) === 1 && !condition.locked());
    new Thread({ target: w.notifiesAndDies, args: [condition], name: "holder" }).start().join(LONG);
    expect(waiter.result(LONG)).toBe("OwnerDiedError, held");
    expect(condition.locked()).toBe(false);
  });
});
