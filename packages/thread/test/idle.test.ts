/** Workers that wait for their next thread: they are parked, and their event loop stands still meanwhile. */
import { availableParallelism } from "node:os";
import { LONG, pause, SHORT, until, watchdog } from "@x/testkit";
import { setTraceAllThreads, startNewThread, terminate, Thread } from "@x/thread";
import { describe, expect, it, onTestFinished } from "vitest";
import { joinAll, newFlags, newGate, quiet } from "./helpers.js";
import * as idle from "./idle.workers.mjs";
import * as w from "./thread.workers.mjs";

watchdog();

describe("an idle worker", () => {
  it("runs the next thread in the async context of nobody, whatever the last one has entered", () => {
    for (const target of [idle.enter, idle.enterLater, idle.enter, idle.enter]) {
      expect(new Thread<string | undefined, [string]>({ target, args: ["mine"] }).start().result(LONG)).toBeUndefined();
    }
  });

  it("holds nothing of what its last thread was started with, though the module holds that thread (B129, B130)", () => {
    until(() => {
      joinAll([new Thread({ target: idle.keepThread, args: [[1, 2, 3]] }).start()]);
      const [isSameWorker, isGone] = new Thread({ target: idle.isWorkGone }).start().result(LONG);
      if (isSameWorker === true) expect(isGone).toBe(true);
      return isSameWorker === true;
    });
  });

  it("has never seen a thread die: its tasks and timers would go on", () => {
    quiet();
    for (let i = 0; i < 3; i++) {
      const dead = new Thread({ target: w.fail, args: ["plain"] }).start();
      joinAll([dead]);
      const next = new Thread({ target: w.nothing }).start();
      expect(next.nativeId).not.toBe(dead.nativeId);
      joinAll([next]);
    }
  });

  it.each(["is terminated", "ends with its worker"])("leaves when its starter %s", (how) => {
    const flags = newFlags();
    const starter = new Thread({ target: idle.leavesOneIdle, args: [flags, how] }).start();
    w.await_(flags, 1);
    if (how === "is terminated") {
      pause(SHORT); // the thread that it has started has ended, or does now
      terminate(starter);
    }
    joinAll([starter]);
    w.await_(flags, 2);
  });

  it("leaves after a while, if there are many; as many as may stay do stay", () => {
    const flags = newFlags();
    const many = Math.max(8, 2 * availableParallelism()) + 4;
    const threads = Array.from({ length: many }, () => new Thread({ target: idle.watched, args: [flags] }).start());
    w.await_(flags, 1, many);
    w.signal(flags);
    joinAll(threads);
    w.await_(flags, 2, 4);
    pause(3000); // the supervisor looks every second
    expect(flags[2]).toBe(4);
  });

  it("has heard what was told to all, before it runs a thread of somebody who has not", () => {
    const flags = newGate();
    onTestFinished(() => setTraceAllThreads(undefined));
    joinAll([new Thread({ target: idle.count }).start()]);
    idle.tally[0] = 0;
    const teller = new Thread({ target: idle.traceAll, args: [flags] }).start();
    w.await_(flags, 1);
    until(() => {
      startNewThread(idle.nap, [10]); // and this thread, which blocks, hears of nothing
      pause(SHORT);
      return idle.tally[0]! > 0;
    });
    w.signal(flags);
    joinAll([teller]);
  });
});

describe("what a thread leaves in globalThis", () => {
  it.each(["adds", "replaces", "deletes"] as const)("never reaches the next thread: it %s something", (how) => {
    for (let i = 0; i < 3; i++) {
      expect(new Thread({ target: idle.changeGlobals, args: [how] }).start().result(LONG)).toBe(true);
    }
  });

  it("is nothing, if it only uses what is there: the worker is used again", () => {
    until(() => {
      const before = new Thread({ target: idle.useGlobals }).start();
      joinAll([before]);
      const after = new Thread({ target: idle.useGlobals }).start();
      joinAll([after]);
      return before.nativeId === after.nativeId;
    });
  });
});

describe("a spare worker", () => {
  it("is ready for a thread that has no idle one, once nothing has been started for a while", () => {
    let ms = SHORT; // longer each time, as the machine may be busy
    until(() => new Thread({ target: idle.findsOneReady, args: [(ms *= 2)] }).start().result(LONG));
  });
});
