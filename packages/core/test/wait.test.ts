import { allocate, block, Deadline, mayBlock, type Steps, suspend, type Wait, wake, WAITED_ON_WORDS } from "@x/core";
import {
  taskWaits,
  clock,
  countDeath,
  deathCount,
  idle,
  recheckTasks,
  platform,
  setDeathMonitor,
  wakeOne,
  wakePromises,
  wakeSleepers,
} from "@x/core/internal";
import { bunch, expectDuration, pauseAsync, runScript, timed, timedAsync, until, watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();
afterEach(() => {
  vi.restoreAllMocks();
  setDeathMonitor(undefined);
});

const BYTES = WAITED_ON_WORDS * 4;
const ARMED = 1;

/** A word with its async epoch, and steps: they take 1 from it, or wait. */
function word() {
  const { words, at } = allocate(BYTES);
  const log: string[] = [];
  return {
    words,
    at,
    log,
    set: (value: number) => Atomics.store(words, at, value),
    wake: (n?: number) => wake(words, at, n),
    armed: () => (Atomics.load(words, at + 1) & ARMED) !== 0,
    /** Takes 1 when the word is above 0. */
    *taking(deadline: Deadline = Deadline.NEVER): Steps<boolean> {
      for (;;) {
        const was = Atomics.load(words, at);
        if (was > 0) {
          if (Atomics.compareExchange(words, at, was, was - 1) === was) return true;
          continue;
        }
        if (deadline.expired()) return false;
        log.push(yield { words, index: at, value: was, deadline });
      }
    },
  };
}

/** A signal, and its listeners. */
function watchedSignal() {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    reason: "why",
    addEventListener: (type: "abort", listener: () => void) => void (type === "abort" && listeners.add(listener)),
    removeEventListener: (type: "abort", listener: () => void) => void (type === "abort" && listeners.delete(listener)),
  };
  return { signal, listeners };
}

describe("block", () => {
  it("returns without a wait if the steps do not wait", () => {
    const it = word();
    it.set(1);
    expect(block(it.taking(), "test", "the twin")).toBe(true);
    expect(it.log).toEqual([]);
  });

  it("does not sleep on a word that has changed", () => {
    const { words, at } = word();
    function* steps(): Steps<string> {
      return yield { words, index: at, value: 5, deadline: Deadline.NEVER };
    }
    expect(block(steps(), "test", "the twin")).toBe("not-equal");
  });

  it("neither spins nor sleeps after the deadline", () => {
    const { words, at } = word();
    function* steps(): Steps<string> {
      return yield { words, index: at, value: 0, deadline: Deadline.after(0) };
    }
    const look = vi.spyOn(Atomics, "load");
    const results = Array.from({ length: 66 }, () => block(steps(), "test", "the twin")); // more than a spinner skips
    expect(look).not.toHaveBeenCalled();
    expect(new Set(results)).toEqual(new Set(["timed-out"]));
  });

  it("sleeps until the deadline", () => {
    const it = word();
    expectDuration(
      timed(() => expect(block(it.taking(Deadline.after(100)), "test", "the twin")).toBe(false)),
      100,
    );
    expect(it.log).toContain("timed-out");
  });

  it("sleeps until it is woken, and resumes the steps where they stood", () => {
    const { words, at } = word();
    const others = bunch(
      1,
      (words, at, me) => {
        for (let i = 1; i <= 3; i++) {
          me.pause(10);
          Atomics.store(words, at, i);
          Atomics.notify(words, at, 1);
        }
      },
      [words, at],
    );
    function* inner(value: number): Steps<number> {
      while (Atomics.load(words, at) === value) yield { words, index: at, value, deadline: Deadline.NEVER };
      return value + 1;
    }
    function* outer(): Steps<string> {
      return `${yield* inner(0)} ${yield* inner(1)} ${yield* inner(2)}`;
    }
    expect(block(outer(), "test", "the twin")).toBe("1 2 3");
    others.join();
  });

  it("throws the errors of the steps", () => {
    // eslint-disable-next-line require-yield
    function* steps(): Steps<never> {
      throw new RangeError("from inside");
    }
    expect(() => block(steps(), "test", "the twin")).toThrow(new RangeError("from inside"));
  });

  it("is allowed here: mayBlock() is true", () => {
    expect(mayBlock()).toBe(true);
  });

  it("in a thread that may not block throws a ThreadError with the cure, and the steps clean up; steps without a wait succeed", async () => {
    const code = `
      Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
      const { allocate, block, Deadline, mayBlock, ThreadError } = await import("@x/core");
      const { words, at } = allocate(8);
      function* steps(n) {
        try { for (; n > 0; n--) yield { words, index: at, value: 0, deadline: Deadline.NEVER }; return "done"; }
        finally { console.log("cleaned up"); }
      }
      console.log(mayBlock(), block(steps(0), "test", "the twin"));
      try { block(steps(1), "test", "the twin"); }
      catch (error) { console.log(error instanceof ThreadError, error.message); }`;
    expect(await runScript(code)).toMatchObject({
      stdout: "cleaned up\nfalse done\ncleaned up\ntrue test: this thread may not block; use the twin\n",
      stderr: "",
      status: 0,
    });
  });
});

describe("block, with a death monitor", () => {
  const LONG_WAIT_MS = 200;
  const on = { packageName: "test", label: "It at 0x0040" };

  /** Replaces `Atomics.wait`: each sleep returns the next result. Returns the timeouts of the sleeps. */
  function sleeping(...how: ReturnType<typeof Atomics.wait>[]): number[] {
    mayBlock(); // its first call waits
    const naps: number[] = [];
    vi.spyOn(Atomics, "wait").mockImplementation((_words, _index, _value, ms = Infinity) => {
      naps.push(ms);
      return how.shift() ?? expect.fail("sleeps once more");
    });
    return naps;
  }

  /** Sets a death monitor; returns its calls, in order. Each blocked wait takes the next error of `victims` when it ends. */
  function monitored(...victims: (Error | undefined)[]): unknown[] {
    const calls: unknown[] = [];
    setDeathMonitor({
      longWaitMs: LONG_WAIT_MS,
      registerBlockedWait(on, mayFail) {
        calls.push(["new", on, mayFail]);
        return {
          enter: ({ index }: Wait) => void calls.push(["enter", index]),
          nap: Infinity,
          isStale: () => expect.fail("naps are endless"),
          leave: () => (calls.push("leave"), victims.shift()),
        };
      },
      deathOf: () => undefined,
      lost: undefined,
    });
    return calls;
  }

  /** Waits `times` times; returns the results of the waits, or `result`. */
  function* steps(times: number, deadline: Deadline, result?: unknown): Steps<unknown> {
    const { words, at } = word();
    const log: string[] = [];
    for (let i = 0; i < times; i++) log.push(yield { words, index: at, value: 0, deadline, sleepsAtOnce: true });
    return result ?? log;
  }

  it("a sleep of LONG_WAIT_MS ends, the steps check the word, and the wait is registered", () => {
    const naps = sleeping("timed-out", "ok");
    const calls = monitored();
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "ok"]);
    expect(naps).toEqual([LONG_WAIT_MS, Infinity]);
    expect(calls).toEqual([["new", on, true], ["enter", expect.any(Number)], "leave"]);
  });

  it("a blocked wait is registered while it sleeps; after a wake the next wait begins unregistered", () => {
    const naps = sleeping("timed-out", "ok", "ok");
    const calls = monitored();
    vi.mocked(Atomics.wait).mockImplementation((_words, _index, _value, ms = Infinity) => {
      calls.push(ms);
      return ms === LONG_WAIT_MS && naps.push(ms) === 1 ? "timed-out" : "ok";
    });
    block(steps(3, Deadline.NEVER), on, "the twin");
    expect(calls).toEqual([
      LONG_WAIT_MS,
      ["new", on, true],
      ["enter", expect.any(Number)],
      Infinity,
      "leave",
      LONG_WAIT_MS,
    ]);
  });

  it("a sleep that ends before LONG_WAIT_MS is not registered", () => {
    vi.spyOn(clock, "now").mockReturnValue(1000);
    const naps = sleeping("ok", "timed-out");
    const calls = monitored();
    expect(block(steps(1, Deadline.NEVER), on, "the twin")).toEqual(["ok"]);
    expect(block(steps(1, Deadline.after(LONG_WAIT_MS)), on, "the twin")).toEqual(["timed-out"]);
    expect(naps).toEqual([LONG_WAIT_MS, LONG_WAIT_MS]);
    expect(calls).toEqual([]);
  });

  it("a blocked wait sleeps until its deadline", () => {
    vi.spyOn(clock, "now").mockReturnValue(1000);
    const naps = sleeping("timed-out", "timed-out");
    monitored();
    expect(block(steps(2, Deadline.after(LONG_WAIT_MS + 1)), on, "the twin")).toEqual(["ok", "timed-out"]);
    expect(naps).toEqual([LONG_WAIT_MS, LONG_WAIT_MS + 1]);
  });

  it("without a death monitor, the thread reads the death count every 500 ms, and sleeps again if it is unchanged", () => {
    const naps = sleeping("timed-out", "timed-out", "timed-out", "ok");
    const count = deathCount();
    vi.mocked(Atomics.wait).mockImplementation((_words, _index, _value, ms = Infinity) => {
      if (naps.push(ms) === 3) countDeath();
      return "timed-out";
    });
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "ok"]);
    expect(naps).toEqual([500, 500, 500]);
    expect(deathCount()).toBe(count + 1);
  });

  it("a sleep in naps is ended by each wake, not only by a wake of the last waiter in the queue", () => {
    const { words, at } = word();
    const woken: string[] = [];
    const blockedWait = { enter: () => undefined, nap: 5, isStale: () => false, leave: () => undefined };
    setDeathMonitor({
      longWaitMs: LONG_WAIT_MS,
      registerBlockedWait: () => blockedWait,
      deathOf: () => undefined,
      lost: undefined,
    });
    vi.spyOn(Atomics, "wait").mockImplementation((_words, index, _value, ms = Infinity) => {
      if (ms === LONG_WAIT_MS) return "timed-out";
      woken.push(index === at + 1 ? "waits on the async epoch" : "waits on the word", String(wake(words, at, 1)));
      return "ok";
    });
    function* waits(): Steps<void> {
      for (let i = 0; i < 2; i++) yield { words, index: at, value: 0, deadline: Deadline.NEVER, sleepsAtOnce: true };
    }
    block(waits(), on, "the twin");
    expect(woken).toEqual(["waits on the async epoch", "true"]);
  });

  it("the steps of a victim see the deadlock; if they give up, block throws the error", () => {
    const deadlock = new Error("deadlock");
    sleeping("timed-out", "ok");
    monitored(deadlock);
    expect(() => block(steps(2, Deadline.NEVER, false), on, "the twin")).toThrow(deadlock);
  });

  it("the steps of a victim that have acquired meanwhile return normally", () => {
    sleeping("timed-out", "ok");
    monitored(new Error("deadlock"));
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "deadlock"]);
  });

  it("steps that go on waiting after a deadlock are no victim again, and time out without that error", () => {
    sleeping("timed-out", "ok", "timed-out", "timed-out");
    const calls = monitored(new Error("deadlock"));
    vi.spyOn(clock, "now").mockReturnValue(1000);
    expect(block(steps(4, Deadline.after(500), false), on, "the twin")).toBe(false);
    expect(calls.filter((what) => Array.isArray(what) && what[0] === "new")).toEqual([
      ["new", on, true],
      ["new", on, false],
    ]);
  });

  it("idle registers no blocked wait", () => {
    const naps = sleeping("timed-out", "ok");
    const calls = monitored();
    vi.spyOn(clock, "now").mockReturnValue(1000);
    expect(idle(steps(2, Deadline.after(5)))).toEqual(["timed-out", "ok"]);
    expect([naps, calls]).toEqual([[5, 5], []]);
  });
});

describe("waits of tasks", () => {
  it("are listed with their subject and their start, while they last", async () => {
    const it = word();
    const [first, second] = [
      suspend(it.taking(), undefined, { packageName: "test", label: "It at 0x0040" }),
      suspend(it.taking(), undefined, "test"),
    ];
    expect(taskWaits().map(({ on }) => on)).toEqual(["It at 0x0040", "test"]);
    for (const { since } of taskWaits()) expect(performance.now() - since).toBeLessThan(1000);
    it.set(2);
    it.wake();
    await Promise.all([first, second]);
    expect(taskWaits()).toEqual([]);
  });

  it("are rechecked after a death, even if the dead thread changed the epoch and did not notify", async () => {
    const it = word();
    const taking = suspend(it.taking());
    it.set(1);
    Atomics.store(it.words, it.at + 1, 2); // no longer ARMED
    recheckTasks();
    expect(await taking).toBe(true);
  });

  it("are rechecked after each death if there is no supervisor", async () => {
    const it = word();
    const taking = suspend(it.taking());
    for (let expected = 1; expected <= 3; expected++) {
      countDeath();
      for (let turns = 0; it.log.length < expected && turns < 1000; turns++) await pauseAsync(1);
      expect(it.log).toHaveLength(expected);
    }
    it.set(1);
    it.wake();
    await taking;
  });

  it("are rechecked if a thread died between the first check and the wait", async () => {
    const { words, at } = word();
    let looks = 0;
    function* takes(): Steps<void> {
      for (; ++looks < 2;) {
        countDeath();
        yield { words, index: at, value: 0, deadline: Deadline.NEVER };
      }
    }
    await suspend(takes());
    expect(looks).toBe(2);
  });

  it("are rechecked even if nothing has changed", async () => {
    const it = word();
    const taking = suspend(it.taking());
    recheckTasks();
    await pauseAsync(5);
    expect(it.log).toEqual(["ok"]);
    it.set(1);
    it.wake();
    await taking;
  });
});

describe("suspend", () => {
  it("returns without a wait if the steps do not wait", async () => {
    const it = word();
    it.set(1);
    expect(await suspend(it.taking())).toBe(true);
    expect([it.log, it.armed()]).toEqual([[], false]);
  });

  it("runs the steps up to the first wait before it returns", () => {
    const it = word();
    it.set(2);
    void suspend(it.taking());
    expect(it.words[it.at]).toBe(1);
  });

  it("resolves when woken, in this thread or by another thread", async () => {
    const it = word();
    const promise = suspend(it.taking());
    expect(it.armed()).toBe(true);
    it.set(1);
    expect(it.wake(1)).toBe(true);
    expect(await promise).toBe(true);
    const again = suspend(it.taking());
    const others = bunch(
      1,
      async (url, words, at, me) => {
        const { wake } = (await me.load(url)) as { wake(words: Int32Array, at: number, n: number): void };
        Atomics.store(words, at, 1);
        wake(words, at, 1);
      },
      [import.meta.resolve("@x/core"), it.words, it.at],
    );
    expect(await again).toBe(true);
    others.join();
    expect(it.armed()).toBe(false);
  });

  it("rejects with the errors of the steps, at once or later", async () => {
    const it = word();
    function* steps(): Steps<never> {
      yield* it.taking();
      throw new RangeError("from inside");
    }
    const promise = suspend(steps());
    it.set(1);
    it.wake();
    await expect(promise).rejects.toThrow(new RangeError("from inside"));
    it.set(1);
    await expect(suspend(steps())).rejects.toThrow(new RangeError("from inside"));
  });

  it("has one waitAsync pending per word, for any number of tasks", async () => {
    const waitAsync = vi.spyOn(Atomics, "waitAsync");
    const it = word();
    const tasks = Array.from({ length: 50 }, () => suspend(it.taking()));
    expect(waitAsync).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 50; i++) {
      it.set(1);
      it.wake(1);
      await tasks[i];
    }
    expect(waitAsync.mock.calls.length).toBeLessThanOrEqual(51);
    expect(it.armed()).toBe(false);
  });

  it("a wake of some lets the tasks try in order, until a task has to wait again", async () => {
    const it = word();
    const served: number[] = [];
    const tasks = Array.from({ length: 5 }, (_, i) => suspend(it.taking()).then(() => served.push(i)));
    it.set(2);
    it.wake(1);
    await pauseAsync(5);
    expect(served).toEqual([0, 1]);
    expect(it.log).toEqual(["ok", "ok", "ok"]); // the third task tried, the others did not
    it.set(3);
    it.wake(1);
    await Promise.all(tasks);
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });

  it("a wake of all lets every task try, even after a task that waits again", async () => {
    const it = word();
    const tasks = [suspend(it.taking()), suspend(it.taking()), suspend(it.taking())];
    it.wake();
    await pauseAsync(5);
    expect(it.log).toEqual(["ok", "ok", "ok"]);
    expect(it.armed()).toBe(true);
    it.set(3);
    it.wake();
    await Promise.all(tasks);
  });

  it("a task that has to wait again keeps its place", async () => {
    const it = word();
    const served: string[] = [];
    const first = suspend(it.taking()).then(() => served.push("first"));
    it.wake(1);
    const second = suspend(it.taking()).then(() => served.push("second"));
    await pauseAsync(5);
    for (let i = 0; i < 2; i++) {
      it.set(1);
      it.wake(1);
      await pauseAsync(5);
    }
    await Promise.all([first, second]);
    expect(served).toEqual(["first", "second"]);
  });

  it("each task has its own deadline, and the last task that gives up disarms the word", async () => {
    const it = word();
    const [short, long] = [suspend(it.taking(Deadline.after(20))), suspend(it.taking(Deadline.after(60)))];
    expectDuration(await timedAsync(() => short), 20);
    expect(it.armed()).toBe(true);
    expect(await long).toBe(false);
    expect(it.armed()).toBe(false);
    expect(it.wake(1)).toBe(false);
  });

  it("a deadline beyond the longest timer is reached by several timers", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    const it = word();
    const promise = suspend(it.taking(Deadline.ofTask(2 ** 40)));
    const delays = setTimeout.mock.calls.map(([, ms]) => ms);
    expect(delays).toEqual([2 ** 31 - 1]);
    // The timer fires before the deadline: it is set again.
    setTimeout.mock.calls[0]![0]();
    expect(setTimeout.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
    setTimeout.mockRestore();
    await pauseAsync(1);
    it.set(1);
    it.wake();
    expect(await promise).toBe(true);
  });

  it("a timer that fires early is set again, without running the steps", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    const it = word();
    const now = vi.spyOn(performance, "now").mockReturnValue(1000);
    const promise = suspend(it.taking(Deadline.ofTask(30)));
    now.mockReturnValue(1029.5);
    setTimeout.mock.calls[0]![0]();
    expect(setTimeout.mock.calls.map(([, ms]) => ms)).toEqual([30, 1]);
    expect(it.log).toEqual([]);
    expect(await promise).toBe(false);
    expect(it.log).toEqual(["timed-out"]);
  });

  it(`the steps do not wait on a word that has changed: they get "not-equal"`, async () => {
    const { words, at } = word();
    function* steps(): Steps<string> {
      return yield { words, index: at, value: 5, deadline: Deadline.NEVER };
    }
    expect(await suspend(steps())).toBe("not-equal");
  });

  it("steps may wait on several words, one after the other", async () => {
    const [a, b] = [word(), word()];
    function* steps(): Steps<string> {
      yield* a.taking();
      yield* b.taking();
      return "both";
    }
    const promise = suspend(steps());
    expect([a.armed(), b.armed()]).toEqual([true, false]);
    a.set(1);
    a.wake(1);
    await pauseAsync(5);
    expect([a.armed(), b.armed()]).toEqual([false, true]);
    b.set(1);
    b.wake(1);
    expect(await promise).toBe("both");
    expect(b.armed()).toBe(false);
  });

  it("the counts of the async epoch wrap around without loss", async () => {
    const it = word();
    Atomics.store(it.words, it.at + 1, 0x7fff_fffe | 0); // both counts are about to overflow
    for (let i = 0; i < 4; i++) {
      const promise = suspend(it.taking());
      it.set(1);
      it.wake(i % 2 === 0 ? 1 : Infinity);
      expect(await promise).toBe(true);
    }
    expect(it.armed()).toBe(false);
  });
});

describe("abort", () => {
  it("makes the steps return where they stand; their finally blocks may wait; then rejects with the reason", async () => {
    const [it, lock] = [word(), word()];
    const log: string[] = [];
    function* steps(): Steps<void> {
      try {
        yield* it.taking();
        log.push("never");
      } finally {
        log.push("leaving");
        yield* lock.taking();
        log.push("left");
      }
    }
    const controller = new AbortController();
    let settled = false;
    const promise = suspend(steps(), controller.signal).finally(() => (settled = true));
    promise.catch(() => undefined);
    await pauseAsync(1);
    controller.abort("the reason");
    expect(log).toEqual(["leaving"]);
    expect(it.armed()).toBe(false);
    await pauseAsync(5);
    expect(settled).toBe(false);
    lock.set(1);
    lock.wake(1);
    await expect(promise).rejects.toBe("the reason");
    expect(log).toEqual(["leaving", "left"]);
  });

  it("before the start runs nothing", async () => {
    const it = word();
    it.set(1);
    await expect(suspend(it.taking(), AbortSignal.abort("early"))).rejects.toBe("early");
    expect(it.words[it.at]).toBe(1);
  });

  it("by the steps themselves takes effect at their next wait", async () => {
    const it = word();
    const controller = new AbortController();
    const log: string[] = [];
    function* steps(): Steps<string> {
      try {
        controller.abort("from inside");
        log.push("goes on");
        yield* it.taking();
        return "never";
      } finally {
        log.push("cleaned up");
      }
    }
    await expect(suspend(steps(), controller.signal)).rejects.toBe("from inside");
    expect(log).toEqual(["goes on", "cleaned up"]);
    expect(it.armed()).toBe(false);
  });

  it("by the steps themselves takes effect after a wake, too", async () => {
    const it = word();
    const controller = new AbortController();
    function* steps(): Steps<void> {
      for (;;) {
        yield* it.taking();
        controller.abort("from inside");
      }
    }
    const promise = suspend(steps(), controller.signal);
    it.set(1);
    it.wake(1);
    await expect(promise).rejects.toBe("from inside");
    expect(it.armed()).toBe(false);
  });

  it("has no effect once the steps need not wait: suspend returns their result", async () => {
    const controller = new AbortController();
    // eslint-disable-next-line require-yield
    function* steps(): Steps<string> {
      controller.abort();
      return "acquired";
    }
    expect(await suspend(steps(), controller.signal)).toBe("acquired");
  });

  it("with an error in a finally block rejects with that error", async () => {
    const it = word();
    function* steps(): Steps<void> {
      try {
        yield* it.taking();
      } finally {
        // eslint-disable-next-line no-unsafe-finally
        throw new RangeError("in finally");
      }
    }
    const controller = new AbortController();
    const promise = suspend(steps(), controller.signal);
    controller.abort("the reason");
    await expect(promise).rejects.toThrow(new RangeError("in finally"));
  });

  it("of a signal that many tasks share ends all of them, in order, by one listener", async () => {
    const { signal, listeners } = watchedSignal();
    const it = word();
    const order: number[] = [];
    const tasks = Array.from({ length: 20 }, (_, number) =>
      suspend(it.taking(), signal).catch((reason) => void (reason === "why" && order.push(number))),
    );
    expect(listeners.size).toBe(1);
    signal.aborted = true;
    for (const listener of listeners) listener();
    await Promise.all(tasks);
    expect(order).toEqual(tasks.map((_, number) => number));
    expect(listeners.size).toBe(0);
  });

  it("lets a task continue that was served before its turn", async () => {
    const { signal, listeners } = watchedSignal();
    const it = word();
    function* releasing(): Steps<void> {
      try {
        yield { words: it.words, index: it.at, value: 0, deadline: Deadline.NEVER };
      } finally {
        it.set(1);
        it.wake();
      }
    }
    const first = suspend(releasing(), signal);
    const second = suspend(it.taking());
    const third = suspend(it.taking(), signal);
    signal.aborted = true;
    for (const listener of listeners) listener();
    await expect(first).rejects.toBe("why");
    await expect(third).rejects.toBe("why");
    expect(await second).toBe(true);
  });

  it("has one listener on the signal in each new wait", async () => {
    const { signal, listeners } = watchedSignal();
    const it = word();
    for (let round = 0; round < 3; round++) {
      const waits = suspend(it.taking(), signal);
      expect(listeners.size).toBe(1);
      it.set(1);
      it.wake();
      await waits;
      expect(listeners.size).toBe(0);
    }
  });

  it("of a real signal with more than ten waiters causes no warning of a leak", async () => {
    const warnings: string[] = [];
    const warn = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", warn);
    const abort = new AbortController();
    const it = word();
    const tasks = Array.from({ length: 30 }, () => suspend(it.taking(), abort.signal).catch(() => "aborted"));
    abort.abort();
    expect(new Set(await Promise.all(tasks))).toEqual(new Set(["aborted"]));
    await pauseAsync(5);
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });

  it("leaves no listener on the signal, however the wait ends", async () => {
    const { signal, listeners } = watchedSignal();
    const it = word();
    const waits = [suspend(it.taking(), signal), suspend(it.taking(Deadline.after(1)), signal)];
    expect(listeners.size).toBe(1); // for both
    await waits[1];
    expect(listeners.size).toBe(1);
    it.set(1);
    it.wake(1);
    await waits[0];
    expect(listeners.size).toBe(0);
    function* failing(): Steps<void> {
      yield* it.taking(Deadline.after(1));
      throw new RangeError("expected");
    }
    await expect(suspend(failing(), signal)).rejects.toThrow(RangeError);
    expect(listeners.size).toBe(0);
  });

  it("of a signal that fires twice happens once", async () => {
    const [it, lock] = [word(), word()];
    const { signal, listeners } = watchedSignal();
    function* steps(): Steps<void> {
      try {
        yield* it.taking();
      } finally {
        yield* lock.taking();
      }
    }
    const promise = suspend(steps(), signal);
    signal.aborted = true;
    for (let i = 0; i < 2; i++) for (const listener of [...listeners]) listener();
    expect([it.armed(), lock.armed()]).toEqual([false, true]);
    lock.set(1);
    lock.wake(1);
    await expect(promise).rejects.toBe("why");
  });

  it("by a task of the same wake ends a wait once", async () => {
    const keepAlive = vi.spyOn(platform, "keepAlive");
    const it = word();
    const controller = new AbortController();
    function* aborting(): Steps<void> {
      yield* it.taking();
      controller.abort("why");
    }
    const waits = [suspend(aborting()), suspend(it.taking(), controller.signal)];
    it.set(1);
    it.wake();
    await waits[0];
    await expect(waits[1]).rejects.toBe("why");
    expect(keepAlive.mock.calls.flat().sort()).toEqual([-1, -1, 1, 1]);
  });

  it("of some tasks leaves the others in the queue", async () => {
    const it = word();
    const controller = new AbortController();
    const served: number[] = [];
    const tasks = Array.from({ length: 6 }, (_, i) =>
      suspend(it.taking(), i % 2 === 0 ? controller.signal : undefined).then(
        () => served.push(i),
        () => served.push(-i),
      ),
    );
    await pauseAsync(1);
    controller.abort();
    it.set(3);
    it.wake(1);
    await Promise.all(tasks);
    expect([...served].sort((a, b) => a - b)).toEqual([-4, -2, -0, 1, 3, 5]);
    expect(served.filter((i) => i > 0)).toEqual([1, 3, 5]);
    expect(it.armed()).toBe(false);
  });
});

describe("wakeOne", () => {
  it("returns true only if there was a waiter, asleep or awaiting", async () => {
    const it = word();
    expect(wakeOne(it.words, it.at)).toBe(false);
    Atomics.store(it.words, it.at + 1, ARMED); // by a task about to wait
    expect(wakeOne(it.words, it.at)).toBe(false);
    expect(it.armed()).toBe(false);
    const taking = suspend(it.taking());
    it.set(1);
    expect(wakeOne(it.words, it.at)).toBe(true);
    await taking;
    vi.spyOn(Atomics, "notify").mockImplementation((_, index) => (index === it.at ? 1 : 0));
    expect(wakeOne(it.words, it.at)).toBe(true);
  });
});

describe("wake", () => {
  it("returns whether there was a waiter", async () => {
    const it = word();
    expect([it.wake(), it.wake(1), wakeSleepers(it.words, it.at), wakePromises(it.words, it.at)]).toEqual([
      false,
      false,
      0,
      false,
    ]);
    const promise = suspend(it.taking());
    expect(wakeSleepers(it.words, it.at)).toBe(0);
    it.set(1);
    expect(wakePromises(it.words, it.at, 1)).toBe(true);
    expect(wakePromises(it.words, it.at, 1)).toBe(false);
    await promise;
  });

  it("wakes n sleepers, in the order in which they began to sleep", () => {
    const { words, at } = word();
    const woken = new Int32Array(new SharedArrayBuffer(16));
    const others = Array.from({ length: 4 }, () => {
      const one = bunch(
        1,
        (words, at, woken, me) => {
          me.aboutToWait();
          Atomics.wait(words, at, 0);
          return Atomics.add(woken, 0, 1);
        },
        [words, at, woken],
      );
      one.waiting();
      return one;
    });
    expect(wakeSleepers(words, at, 1)).toBe(1);
    expect(others[0]!.join()).toEqual([0]);
    expect(wakeSleepers(words, at, 2)).toBe(2);
    until(() => others[1]!.done + others[2]!.done === 2);
    expect([others[1]!.done, others[2]!.done, others[3]!.done]).toEqual([1, 1, 0]);
    expect(wake(words, at)).toBe(true);
    expect(others[3]!.join()).toEqual([3]);
    others[1]!.join();
    others[2]!.join();
  });

  it("wakes the tasks of every thread besides n sleepers", async () => {
    const it = word();
    const others = bunch(
      2,
      async (url, words, at, me) => {
        const core = (await me.load(url)) as { suspend: typeof suspend; Deadline: typeof Deadline };
        function* once(): Steps<string> {
          return yield { words, index: at, value: 0, deadline: core.Deadline.after(5_000) };
        }
        const promise = core.suspend(once());
        me.aboutToWait();
        return promise;
      },
      [import.meta.resolve("@x/core"), it.words, it.at],
    );
    const sleeping = bunch(
      1,
      (words, at, me) => {
        me.aboutToWait();
        return Atomics.wait(words, at, 0, 5_000);
      },
      [it.words, it.at],
    );
    others.waiting();
    sleeping.waiting();
    expect(it.wake(1)).toBe(true);
    expect(await others.joinAsync()).toEqual(["ok", "ok"]);
    expect(sleeping.join()).toEqual(["ok"]);
  });
});

describe("many tasks of one word", () => {
  /** Microseconds per task: queues `n` tasks, serves them in turn, and aborts them. */
  async function microsecondsEach(n: number): Promise<number> {
    const it = word();
    const begun = performance.now();
    const served = Array.from({ length: n }, () => suspend(it.taking()).then(() => (it.set(1), it.wake(1))));
    it.set(1);
    it.wake(1);
    await Promise.all(served);
    it.set(0);
    const aborts = Array.from({ length: n }, () => new AbortController());
    const gone = aborts.map(({ signal }) => suspend(it.taking(), signal).catch(() => undefined));
    for (const abort of aborts.reverse()) abort.abort();
    await Promise.all(gone);
    return ((performance.now() - begun) / n) * 1000;
  }

  it("take a time each that does not grow with their number", async () => {
    await microsecondsEach(1000); // compiles
    const few = await microsecondsEach(1000);
    const many = await microsecondsEach(30_000);
    expect(many).toBeLessThan(6 * few); // a search of all tasks by each task would take thirty times longer
  });

  it("are served in order of arrival, even if some of them leave and come again", async () => {
    const it = word();
    const order: number[] = [];
    const aborts = new Map([1, 4, 5, 9].map((number) => [number, new AbortController()]));
    const tasks = Array.from({ length: 10 }, (_, number) =>
      suspend(it.taking(), aborts.get(number)?.signal).then(
        () => order.push(number),
        () => undefined,
      ),
    );
    for (const abort of aborts.values()) abort.abort();
    tasks.push(suspend(it.taking()).then(() => order.push(10)));
    for (let served = 1; served <= 7; served++) {
      it.set(1);
      it.wake(1);
      while (order.length < served) await pauseAsync(0);
    }
    await Promise.all(tasks);
    expect(order).toEqual([0, 2, 3, 6, 7, 8, 10]);
    expect(it.armed()).toBe(false);
  });
});

describe("an engine without Atomics.waitAsync", () => {
  it("rejects a task that has to wait, with an error that says so", async () => {
    const { waitAsync } = Atomics;
    (Atomics as { waitAsync: unknown }).waitAsync = undefined;
    try {
      await expect(suspend(word().taking())).rejects.toThrow(/^core: this engine has no Atomics.waitAsync, so /);
    } finally {
      Atomics.waitAsync = waitAsync;
    }
  });
});
