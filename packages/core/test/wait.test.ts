import {
  allocate,
  taskWaits,
  block,
  clock,
  countDeath,
  Deadline,
  deathCount,
  idle,
  recheckTasks,
  mayBlock,
  platform,
  type Steps,
  setDeathMonitor,
  suspend,
  type Wait,
  wake,
  WAITED_ON_WORDS,
  wakeOne,
  wakePromises,
  wakeSleepers,
} from "@x/core";
import { bunch, expectDuration, pauseAsync, runScript, timed, timedAsync, until, watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();
afterEach(() => {
  vi.restoreAllMocks();
  setDeathMonitor(undefined);
});

const BYTES = WAITED_ON_WORDS * 4;
const ARMED = 1;

/** A word to wait on, its turnstile, and steps that wait until it is not `value`, or for so many wakes. */
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
    /** Takes 1 as soon as the word is above 0. */
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

/** A signal, and those who listen to it. */
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
  it("does not wait if no step does", () => {
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

  it("does not look for long, nor sleep, if its time is up already", () => {
    const { words, at } = word();
    function* steps(): Steps<string> {
      return yield { words, index: at, value: 0, deadline: Deadline.after(0) };
    }
    const look = vi.spyOn(Atomics, "load");
    const results = Array.from({ length: 66 }, () => block(steps(), "test", "the twin")); // more often than a spinner holds back
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

  it("sleeps until it is woken, and goes on where it stood", () => {
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

  it("throws what the steps throw", () => {
    // eslint-disable-next-line require-yield
    function* steps(): Steps<never> {
      throw new RangeError("from inside");
    }
    expect(() => block(steps(), "test", "the twin")).toThrow(new RangeError("from inside"));
  });

  it("may block here", () => {
    expect(mayBlock()).toBe(true);
  });

  it("where it may not, throws a ThreadError that names the cure, and lets the steps clean up; what need not wait works", async () => {
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

describe("block, where somebody sees threads die", () => {
  const PATIENCE = 200;
  const on = { packageName: "test", label: "It at 0x0040" };

  /** How this thread sleeps, each time, and for how long it is told to. */
  function sleeping(...how: ReturnType<typeof Atomics.wait>[]): number[] {
    mayBlock(); // which finds out by a wait
    const naps: number[] = [];
    vi.spyOn(Atomics, "wait").mockImplementation((_words, _index, _value, ms = Infinity) => {
      naps.push(ms);
      return how.shift() ?? expect.fail("sleeps once more");
    });
    return naps;
  }

  /** What the supervisor is told, in order; of each vigil in its turn it says at the end whether there is hope. */
  function supervised(...verdicts: (Error | undefined)[]): unknown[] {
    const told: unknown[] = [];
    setDeathMonitor({
      longWaitMs: PATIENCE,
      registerBlockedWait(on, mayFail) {
        told.push(["new", on, mayFail]);
        return {
          enter: ({ index }: Wait) => void told.push(["begin", index]),
          nap: Infinity,
          isStale: () => expect.fail("naps are endless"),
          leave: () => (told.push("end"), verdicts.shift()),
        };
      },
      deathOf: () => undefined,
      lost: undefined,
    });
    return told;
  }

  /** Waits so often, and returns why it went on, or `result`. */
  function* steps(times: number, deadline: Deadline, result?: unknown): Steps<unknown> {
    const { words, at } = word();
    const log: string[] = [];
    for (let i = 0; i < times; i++) log.push(yield { words, index: at, value: 0, deadline, sleepsAtOnce: true });
    return result ?? log;
  }

  it("a sleep that is long ends for a look, and becomes a vigil", () => {
    const naps = sleeping("timed-out", "ok");
    const told = supervised();
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "ok"]);
    expect(naps).toEqual([PATIENCE, Infinity]);
    expect(told).toEqual([["new", on, true], ["begin", expect.any(Number)], "end"]);
  });

  it("the vigil is kept while it sleeps, and ends when it is woken: then patience is to be had anew", () => {
    const naps = sleeping("timed-out", "ok", "ok");
    const told = supervised();
    vi.mocked(Atomics.wait).mockImplementation((_words, _index, _value, ms = Infinity) => {
      told.push(ms);
      return ms === PATIENCE && naps.push(ms) === 1 ? "timed-out" : "ok";
    });
    block(steps(3, Deadline.NEVER), on, "the twin");
    expect(told).toEqual([PATIENCE, ["new", on, true], ["begin", expect.any(Number)], Infinity, "end", PATIENCE]);
  });

  it("a sleep that is woken, or whose time is up, before it is long, is none", () => {
    vi.spyOn(clock, "now").mockReturnValue(1000);
    const naps = sleeping("ok", "timed-out");
    const told = supervised();
    expect(block(steps(1, Deadline.NEVER), on, "the twin")).toEqual(["ok"]);
    expect(block(steps(1, Deadline.after(PATIENCE)), on, "the twin")).toEqual(["timed-out"]);
    expect(naps).toEqual([PATIENCE, PATIENCE]);
    expect(told).toEqual([]);
  });

  it("a vigil sleeps for as long as is left", () => {
    vi.spyOn(clock, "now").mockReturnValue(1000);
    const naps = sleeping("timed-out", "timed-out");
    supervised();
    expect(block(steps(2, Deadline.after(PATIENCE + 1)), on, "the twin")).toEqual(["ok", "timed-out"]);
    expect(naps).toEqual([PATIENCE, PATIENCE + 1]);
  });

  it("it has no supervisor: it looks by itself whether a death was told, and sleeps on if none was", () => {
    const naps = sleeping("timed-out", "timed-out", "timed-out", "ok");
    const told = deathCount();
    vi.mocked(Atomics.wait).mockImplementation((_words, _index, _value, ms = Infinity) => {
      if (naps.push(ms) === 3) countDeath();
      return "timed-out";
    });
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "ok"]);
    expect(naps).toEqual([500, 500, 500]);
    expect(deathCount()).toBe(told + 1);
  });

  it("a sleep in naps is ended by each wake, not only by one that comes to the last in the line", () => {
    const { words, at } = word();
    const woken: string[] = [];
    const blockedWait = { enter: () => undefined, nap: 5, isStale: () => false, leave: () => undefined };
    setDeathMonitor({
      longWaitMs: PATIENCE,
      registerBlockedWait: () => blockedWait,
      deathOf: () => undefined,
      lost: undefined,
    });
    vi.spyOn(Atomics, "wait").mockImplementation((_words, index, _value, ms = Infinity) => {
      if (ms === PATIENCE) return "timed-out";
      woken.push(index === at + 1 ? "waits on the turnstile" : "waits on the word", String(wake(words, at, 1)));
      return "ok";
    });
    function* waits(): Steps<void> {
      for (let i = 0; i < 2; i++) yield { words, index: at, value: 0, deadline: Deadline.NEVER, sleepsAtOnce: true };
    }
    block(waits(), on, "the twin");
    expect(woken).toEqual(["waits on the turnstile", "true"]);
  });

  it("where there is no hope, the steps are told; if they give up, what the vigil found is thrown", () => {
    const verdict = new Error("no hope");
    sleeping("timed-out", "ok");
    supervised(verdict);
    expect(() => block(steps(2, Deadline.NEVER, false), on, "the twin")).toThrow(verdict);
  });

  it("where there is no hope, steps that were faster return what they have", () => {
    sleeping("timed-out", "ok");
    supervised(new Error("no hope"));
    expect(block(steps(2, Deadline.NEVER), on, "the twin")).toEqual(["ok", "deadlock"]);
  });

  it("who is told that there is no hope, and waits on, is not told again; nor is it thrown when his time is up", () => {
    sleeping("timed-out", "ok", "timed-out", "timed-out");
    const told = supervised(new Error("no hope"));
    vi.spyOn(clock, "now").mockReturnValue(1000);
    expect(block(steps(4, Deadline.after(500), false), on, "the twin")).toBe(false);
    expect(told.filter((what) => Array.isArray(what) && what[0] === "new")).toEqual([
      ["new", on, true],
      ["new", on, false],
    ]);
  });

  it("idle keeps no vigil", () => {
    const naps = sleeping("timed-out", "ok");
    const told = supervised();
    vi.spyOn(clock, "now").mockReturnValue(1000);
    expect(idle(steps(2, Deadline.after(5)))).toEqual(["timed-out", "ok"]);
    expect([naps, told]).toEqual([[5, 5], []]);
  });
});

describe("what tasks await", () => {
  it("is told by what it is, and since when, as long as they do", async () => {
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

  it("is looked at again when a thread has died, also if that has turned the turnstile and not notified", async () => {
    const it = word();
    const taking = suspend(it.taking());
    it.set(1);
    Atomics.store(it.words, it.at + 1, 2); // not ARMED any more
    recheckTasks();
    expect(await taking).toBe(true);
  });

  it("is looked at again when a death was told, where there is no supervisor, each time", async () => {
    const it = word();
    const taking = suspend(it.taking());
    for (let told = 1; told <= 3; told++) {
      countDeath();
      for (let turns = 0; it.log.length < told && turns < 1000; turns++) await pauseAsync(1);
      expect(it.log).toHaveLength(told);
    }
    it.set(1);
    it.wake();
    await taking;
  });

  it("is looked at again if a death was told after the first look, and before it began to wait", async () => {
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

  it("is looked at again also if nothing has changed", async () => {
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
  it("does not wait if no step does", async () => {
    const it = word();
    it.set(1);
    expect(await suspend(it.taking())).toBe(true);
    expect([it.log, it.armed()]).toEqual([[], false]);
  });

  it("runs as far as the first wait before it returns", () => {
    const it = word();
    it.set(2);
    void suspend(it.taking());
    expect(it.words[it.at]).toBe(1);
  });

  it("resolves when woken, in this thread or by another", async () => {
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

  it("rejects with what the steps throw, at once or later", async () => {
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

  it("has one waitAsync pending per word, however many tasks await it", async () => {
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

  it("a wake of some lets the tasks try in their order, until one has to wait again", async () => {
    const it = word();
    const served: number[] = [];
    const tasks = Array.from({ length: 5 }, (_, i) => suspend(it.taking()).then(() => served.push(i)));
    it.set(2);
    it.wake(1);
    await pauseAsync(5);
    expect(served).toEqual([0, 1]);
    expect(it.log).toEqual(["ok", "ok", "ok"]); // the third one tried, the others need not
    it.set(3);
    it.wake(1);
    await Promise.all(tasks);
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });

  it("a wake of all lets all tasks try, whatever becomes of those before them", async () => {
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

  it("deadlines: each task has its own, and the last one that gives up disarms", async () => {
    const it = word();
    const [short, long] = [suspend(it.taking(Deadline.after(20))), suspend(it.taking(Deadline.after(60)))];
    expectDuration(await timedAsync(() => short), 20);
    expect(it.armed()).toBe(true);
    expect(await long).toBe(false);
    expect(it.armed()).toBe(false);
    expect(it.wake(1)).toBe(false);
  });

  it("a deadline further than a timer can run is waited for in pieces", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    const it = word();
    const promise = suspend(it.taking(Deadline.ofTask(2 ** 40)));
    const delays = setTimeout.mock.calls.map(([, ms]) => ms);
    expect(delays).toEqual([2 ** 31 - 1]);
    // The timer comes, and the deadline has not: it is set again.
    setTimeout.mock.calls[0]![0]();
    expect(setTimeout.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
    setTimeout.mockRestore();
    await pauseAsync(1);
    it.set(1);
    it.wake();
    expect(await promise).toBe(true);
  });

  it("a timer that comes early is set again, and the steps do not hear of it", async () => {
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

  it("a word that has changed is not waited for, and the steps are told", async () => {
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

  it("many turns wrap around without loss", async () => {
    const it = word();
    Atomics.store(it.words, it.at + 1, 0x7fff_fffe | 0); // the counts are about to overflow, both
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
  it("tells the steps to return where they stand; their finally blocks may wait; then rejects with the reason", async () => {
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

  it("by the steps themselves, after a wake", async () => {
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

  it("that comes when the steps have nothing more to wait for changes nothing: what they did is reported", async () => {
    const controller = new AbortController();
    // eslint-disable-next-line require-yield
    function* steps(): Steps<string> {
      controller.abort();
      return "acquired";
    }
    expect(await suspend(steps(), controller.signal)).toBe("acquired");
  });

  it("an error in a finally block is what the promise rejects with", async () => {
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

  it("of a signal that many tasks share ends all of them, in their order, by one listener", async () => {
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

  it("lets a task go on that was served before its turn came", async () => {
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

  it("a signal can be waited with again when all have gone", async () => {
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

  it("a signal of real life with more than ten waiters is no leak to Node", async () => {
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

  it("leaves no listener with the signal, however the wait ends", async () => {
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

  it("a signal that fires twice aborts once", async () => {
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

  it("by a task that was woken with it is the end of a wait, once", async () => {
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

  it("of some tasks leaves the others where they are", async () => {
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
  it("is true only if one was there, asleep or awaiting", async () => {
    const it = word();
    expect(wakeOne(it.words, it.at)).toBe(false);
    Atomics.store(it.words, it.at + 1, ARMED); // by one who is on his way
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
  it("says whether there was anybody", async () => {
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

  it("wakes n sleepers, in the order in which they fell asleep", () => {
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

  it("wakes the promises of every thread besides n sleepers", async () => {
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
  /** How long it takes to queue, serve one after the other, and abort so many tasks, for each of them. */
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
    expect(many).toBeLessThan(6 * few); // thirty times as much where each looks for itself among all
  });

  it("are served in the order in which they came, also when some of them leave and come again", async () => {
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
  it("refuses a task that has to wait, by a sentence", async () => {
    const { waitAsync } = Atomics;
    (Atomics as { waitAsync: unknown }).waitAsync = undefined;
    try {
      await expect(suspend(word().taking())).rejects.toThrow(/^core: this engine has no Atomics.waitAsync, so /);
    } finally {
      Atomics.waitAsync = waitAsync;
    }
  });
});
