/** Threads end without returning, while main is blocked in `join` or `result`. */
import { LONG, SHORT, thrownBy, timed, watchdog } from "@x/testkit";
import { activeCount, currentThread, exitThread, expose, mainThread, terminate, Thread, ThreadError } from "@x/thread";
import { afterEach, describe, expect, it } from "vitest";
import { ALONE, joinAll, newFlags, newGate, quiet, rejectedBy } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

/** The longest time in ms from a death to the news of it. On an idle machine it takes some milliseconds. */
const SOON = 2000;

/** Chromium takes two seconds to end a worker that computes or blocks. */
const ENDS_IN = /Chrome/.test(globalThis.navigator?.userAgent ?? "") ? 2000 : 0;

afterEach(() => expect(activeCount()).toBe(ALONE));

/** Starts the thread; returns the error of its result within that time. */
function death(thread: Thread, soon: number = SOON): Error {
  let error: unknown;
  const took = timed(() => (error = thrownBy(() => thread.start().result(LONG))));
  expect(took).toBeLessThan(soon);
  expect([thread.isAlive(), thread.join(0)]).toEqual([false, true]);
  return error as Error;
}

/** A function exposed as `f` of a module; this thread has not loaded it. */
function from(module: string): () => void {
  const f = (): void => undefined;
  expose(new URL(module, import.meta.url), { f });
  return f;
}

describe("the result of a thread that dies", () => {
  it("names the exit code after process.exit", () => {
    const error = death(new Thread({ target: w.die, args: ["exit"], name: "t" }));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error.message).toBe("thread: t ended by process.exit(3)");
  });

  it("throws the error of its timer", () => {
    quiet();
    expect(death(new Thread({ target: w.die, args: ["timer"] }))).toMatchObject({
      constructor: RangeError,
      message: "in a timer",
    });
  });

  it("throws the reason of an unhandled rejection", () => {
    quiet();
    expect(death(new Thread({ target: w.die, args: ["unhandled"] }))).toMatchObject({
      constructor: RangeError,
      message: "not handled",
    });
  });

  it("throws the error of a microtask, though microtasks go on for ever", () => {
    quiet();
    expect(death(new Thread({ target: w.die, args: ["microtask"] }), SOON + ENDS_IN)).toMatchObject({
      constructor: RangeError,
      message: "in a microtask",
    });
  });

  it("throws the RangeError of a stack overflow", () => {
    quiet();
    expect(death(new Thread({ target: w.fail, args: ["overflow"] }))).toBeInstanceOf(RangeError);
  });

  it("throws the same in other threads", () => {
    quiet();
    const gate = newGate();
    const dying = new Thread({ target: w.dieLater, args: [gate, "exit"], name: "t" }).start();
    const askers = [1, 2].map(() => new Thread({ target: w.resultOf, args: [dying] }).start());
    w.await_(gate, 1);
    w.signal(gate);
    for (const asker of askers) {
      expect(thrownBy(() => asker.result(LONG))).toMatchObject({ message: "thread: t ended by process.exit(3)" });
    }
    joinAll([dying]);
  });

  it("rejects for tasks as well", async () => {
    const thread = new Thread({ target: w.die, args: ["exit"], name: "t" }).start();
    expect(await rejectedBy(() => thread.resultAsync(LONG))).toBeInstanceOf(ThreadError);
    expect(await thread.joinAsync()).toBe(true);
  });

  it("does not affect other threads, and the starter can start more", () => {
    const gate = newGate();
    const others = [1, 2].map((n) => new Thread({ target: w.stand, args: [gate, n] }).start());
    death(new Thread({ target: w.die, args: ["exit"] }));
    expect(others.map((thread) => thread.isAlive())).toEqual([true, true]);
    w.signal(gate);
    expect(others.map((thread) => thread.result(LONG))).toEqual([1, 2]);
    expect(new Thread({ target: w.square, args: [5] }).start().result(LONG)).toBe(25);
  });
});

describe("messages that reach the supervisor after the death", () => {
  const DEATH_ACTION = 2;
  const SLEPT_ON = 3;

  /** The flags of a dead thread, after the arrival of all its messages. */
  function flagsAfterDeath(): Int32Array {
    quiet();
    const flags = newFlags();
    expect(death(new Thread({ target: w.speakLast, args: [flags] })).message).toBe("dies");
    return flags;
  }

  it("a death action runs before the announcement of the death", () => {
    expect(flagsAfterDeath()[DEATH_ACTION]).toBe(4);
  });

  it("a blocked wait does not wake a thread", () => {
    const flags = flagsAfterDeath();
    expect(Atomics.wait(flags, SLEPT_ON, 0, 5 * SHORT)).toBe("timed-out");
  });
});

describe("terminate", () => {
  it.each(["loop", "wait"])("ends a thread in any state: %s", (where) => {
    const flags = newFlags();
    const thread = new Thread({ target: w.die, args: [where, flags], name: "t" }).start();
    w.await_(flags, 1);
    const took = timed(() => {
      terminate(thread);
      expect(thrownBy(() => thread.result(LONG))).toMatchObject({ message: "thread: t was terminated" });
    });
    expect(took).toBeLessThan(SOON + ENDS_IN);
    expect(thread.isAlive()).toBe(false);
    terminate(thread); // the second call does nothing
  });

  it("works from any thread", () => {
    const flags = newFlags();
    const thread = new Thread({ target: w.die, args: ["wait", flags], name: "t" }).start();
    w.await_(flags, 1);
    const killer = new Thread({ target: w.kill, args: [thread] }).start();
    joinAll([killer]);
    expect(killer.result()).toBeUndefined();
    expect(() => thread.result(LONG)).toThrow("thread: t was terminated");
  });

  it("works directly after the start, even on a thread of another starter", () => {
    const flags = newGate();
    const rounds = Array.from({ length: 5 }, () => {
      const thread = new Thread({ target: w.die, args: ["wait", flags], name: "t" }).start();
      terminate(thread);
      const handed = new Thread({ target: w.leaveBehind, args: [flags] }).start().result(LONG);
      terminate(handed);
      return { thread, handed };
    });
    for (const { thread, handed } of rounds) {
      expect(() => thread.result(LONG)).toThrow("thread: t was terminated");
      expect(() => handed.result(LONG)).toThrow("was terminated");
    }
  });

  it("throws for a thread that it cannot end", () => {
    quiet();
    expect(() => terminate(5 as never)).toThrow(TypeError);
    expect(() => terminate(new Thread({ name: "n" }))).toThrow(/^thread: cannot terminate n before it is started$/);
    expect(() => terminate(currentThread())).toThrow(/^thread: cannot terminate current thread; return instead$/);
    const killer = new Thread({ target: w.kill, args: [mainThread()] }).start();
    expect(() => killer.result(LONG)).toThrow(/^thread: cannot terminate MainThread/);
  });
});

describe("a failed import", () => {
  it("because of a syntax error: the error names the module and the syntax error", () => {
    quiet();
    const error = death(new Thread({ target: from("data:text/javascript,no JavaScript"), name: "t" }));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error.message).toMatch(
      /^thread: t could not import data:text\/javascript,no JavaScript: Unexpected identifier/,
    );
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });

  it("because the file is missing: the error names it", () => {
    quiet();
    const error = death(new Thread({ target: from("modules/missing.workers.mjs"), name: "t" }));
    expect(error.message).toMatch(/^thread: t could not import .*modules\/missing\.workers\.mjs: Cannot find module/);
  });

  it("because the module throws: its error is the cause", () => {
    quiet();
    const error = death(new Thread({ target: from("modules/throws.workers.mjs"), name: "t" }));
    expect(error.message).toMatch(/^thread: t could not import .*throws\.workers\.mjs: at import$/);
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it("of an argument's module is reported like that of the target", () => {
    quiet();
    const error = death(new Thread({ target: w.echo, args: [from("modules/throws.workers.mjs")], name: "t" }));
    expect(error.message).toMatch(/^thread: t could not import .*throws\.workers\.mjs: at import$/);
  });

  it("because the module exposes nothing: the error names expose", () => {
    quiet();
    const error = death(new Thread({ target: from("modules/silent.workers.mjs"), name: "t" }));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error.message).toMatch(/silent\.workers\.mjs was imported, but exposed no f; call expose\(\{ f \}\)/);
  });

  it("because the module starts threads while it is imported: the error names isMainThread, and no thread starts", () => {
    quiet();
    const error = death(new Thread({ target: from("modules/bomb.workers.mjs"), name: "t" }));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error.message).toMatch(/bomb\.workers\.mjs starts a thread while a thread is importing it.*isMainThread/);
  });

  it("leaves the worker able to run other threads", () => {
    quiet();
    for (let i = 0; i < 3; i++) death(new Thread({ target: from("modules/throws.workers.mjs") }));
    expect(new Thread({ target: w.square, args: [3] }).start().result(LONG)).toBe(9);
  });
});

describe("exitThread()", () => {
  it.each(["here", "task", "timer"])("ends the thread by throwing, and result throws: %s", (where) => {
    const flags = newFlags();
    const error = death(new Thread({ target: w.leaveByExit, args: [flags, where], name: "t" }));
    expect(error).toBeInstanceOf(ThreadError);
    expect(error.message).toBe("thread: t ended by exitThread()");
    expect(flags[2]).toBe(1);
  });

  it("in leftover work of an ended thread does not affect the next thread", () => {
    const flags = newFlags();
    joinAll([new Thread({ target: w.exitLater, args: [flags] }).start()]);
    w.await_(flags, 1);
    expect(new Thread({ target: w.square, args: [3] }).start().result(LONG)).toBe(9);
  });

  it("throws in the main thread, and names process.exit()", () => {
    const error = thrownBy(exitThread);
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(/^thread: exitThread\(\) ends threads .*process\.exit\(\)$/);
  });
});
