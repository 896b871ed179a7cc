/** Idle workers park between two threads, and their event loop stands still. */
import { availableParallelism } from "node:os";
import { LONG, pause, SHORT, until, watchdog } from "@x/testkit";
import { setTraceAllThreads, startNewThread, terminate, Thread } from "@x/thread";
import { describe, expect, it, onTestFinished } from "vitest";
import { joinAll, newFlags, newGate, quiet } from "./helpers.js";
import * as idle from "./idle.workers.mjs";
import * as w from "./thread.workers.mjs";

watchdog();

describe("an idle worker", () => {
  it("runs the next thread in an empty async context, whatever context the last thread entered", () => {
    for (const target of [idle.enter, idle.enterLater, idle.enter, idle.enter]) {
      expect(new Thread<string | undefined, [string]>({ target, args: ["mine"] }).start().result(LONG)).toBeUndefined();
    }
  });

  it("does not hold the arguments of its last thread, even if the module holds the thread object (B129, B130)", () => {
    until(() => {
      joinAll([new Thread({ target: idle.keepThread, args: [[1, 2, 3]] }).start()]);
      const [isSameWorker, isGone] = new Thread({ target: idle.isWorkGone }).start().result(LONG);
      if (isSameWorker === true) expect(isGone).toBe(true);
      return isSameWorker === true;
    });
  });

  it("has run no thread that died, because tasks and timers of a dead thread would go on", () => {
    quiet();
    for (let i = 0; i < 3; i++) {
      const dead = new Thread({ target: w.fail, args: ["plain"] }).start();
      joinAll([dead]);
      const next = new Thread({ target: w.nothing }).start();
      expect(next.nativeId).not.toBe(dead.nativeId);
      joinAll([next]);
    }
  });

  it.each(["is terminated", "ends with its worker"])("exits when its starter %s", (how) => {
    const flags = newFlags();
    const starter = new Thread({ target: idle.leavesOneIdle, args: [flags, how] }).start();
    w.await_(flags, 1);
    if (how === "is terminated") {
      pause(SHORT); // its thread has ended or is about to end
      terminate(starter);
    }
    joinAll([starter]);
    w.await_(flags, 2);
  });

  it("exits after a while if there are many; the permitted number stays", () => {
    const flags = newFlags();
    const many = Math.max(8, 2 * availableParallelism()) + 4;
    const threads = Array.from({ length: many }, () => new Thread({ target: idle.watched, args: [flags] }).start());
    w.await_(flags, 1, many);
    w.signal(flags);
    joinAll(threads);
    w.await_(flags, 2, 4);
    pause(3000); // the supervisor checks every second
    expect(flags[2]).toBe(4);
  });

  it("has received the hooks of all threads before it runs a thread of a starter that has not", () => {
    const flags = newGate();
    onTestFinished(() => setTraceAllThreads(undefined));
    joinAll([new Thread({ target: idle.count }).start()]);
    idle.tally[0] = 0;
    const teller = new Thread({ target: idle.traceAll, args: [flags] }).start();
    w.await_(flags, 1);
    until(() => {
      startNewThread(idle.nap, [10]); // this thread blocks, so it receives no hooks
      pause(SHORT);
      return idle.tally[0]! > 0;
    });
    w.signal(flags);
    joinAll([teller]);
  });
});

describe("globalThis after a thread", () => {
  it.each(["adds", "replaces", "deletes"] as const)(
    "is clean for the next thread if the thread %s a property",
    (how) => {
      for (let i = 0; i < 3; i++) {
        expect(new Thread({ target: idle.changeGlobals, args: [how] }).start().result(LONG)).toBe(true);
      }
    },
  );

  it("has loaded no classes of the web that the thread does not use", () => {
    expect(new Thread({ target: idle.loadedClasses }).start().result(LONG)).toEqual([]);
  });

  it("lets the worker be used again if the thread only reads it", () => {
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
  it("is ready for a thread without an idle worker, some time after the last start", () => {
    let ms = SHORT; // longer each time, because the machine may be busy
    until(() => new Thread({ target: idle.findsOneReady, args: [(ms *= 2)] }).start().result(LONG));
  });

  it.skipIf(availableParallelism() < 2)("is booting for each start after the second, if starts follow each other", () =>
    until(() => new Thread({ target: idle.findsBooting }).start().result(LONG)),
  );
});
