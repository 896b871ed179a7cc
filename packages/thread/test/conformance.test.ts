/** CPython's behaviours of threads, by their numbers; docs/python.md explains the deviations. */
import { type MessagePort, MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { LONG, pause, runScript, SHORT, thrownBy, until, untilAsync, watchdog } from "@x/testkit";
import * as api from "@x/thread";
import {
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  getNativeId,
  isMainThread,
  mainThread,
  stackSize,
  startNewThread,
  Thread,
  ThreadError,
} from "@x/thread";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { ALONE, joinAll, newFlags, newGate, quiet } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

/** Names are numbered throughout the process. */
function numberOf(thread: Thread): number {
  return Number(/^Thread-(\d+)/.exec(thread.name)?.[1]);
}

/** A foreign worker. It runs `body`, with `post` for answers, `api` for this package and `flags` for its words. */
function foreign(body: string, flags: Int32Array): { worker: Worker; receive: () => unknown } {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(
    `const { workerData: { port, flags } } = require("node:worker_threads");
    const post = (message) => port.postMessage(message);
    import("@x/thread").then((api) => { ${body} }).catch((error) => post(String(error.stack)));`,
    { eval: true, workerData: { port: port2, flags }, transferList: [port2] },
  );
  onTestFinished(async () => void (await worker.terminate()));
  return { worker, receive: () => receiveFrom(port1) };
}

function receiveFrom(port: MessagePort): unknown {
  let received: { message: unknown } | undefined;
  until(() => (received = receiveMessageOnPort(port) as { message: unknown } | undefined) !== undefined);
  return received?.message;
}

afterEach(() => {
  // Like in CPython's suites, a test fails if it leaves threads running.
  until(() => activeCount() === ALONE);
});

describe("ThreadTests", () => {
  it("B100: an explicit name is kept", () => {
    expect(new Thread({ name: "hello" }).name).toBe("hello");
    expect(new Thread({ name: 5 as never }).name).toBe("5");
  });

  it("B102: an explicit name wins over the target's", () => {
    expect(new Thread({ target: w.square, args: [1], name: "hello" }).name).toBe("hello");
  });

  it("B103, S58: without a name, or with an empty name, a thread is named Thread-N; the counter increases only then", () => {
    const first = numberOf(new Thread());
    new Thread({ name: "named" });
    expect(new Thread({ name: "" }).name).toBe(`Thread-${first + 1}`);
    expect(new Thread({}).name).toBe(`Thread-${first + 2}`);
  });

  it("S58: all threads share the counter", () => {
    const first = numberOf(new Thread());
    const there = new Thread({ target: w.makeThread, name: "counts once" }).start();
    joinAll([there]);
    expect(numberOf(new Thread())).toBe(first + 2);
  });

  it("B104: without a name, the name of the target is appended", () => {
    expect(new Thread({ target: w.square, args: [1] }).name).toMatch(/^Thread-\d+ \(square\)$/);
    expect(new Thread({ target: new w.Multiplier(2), args: [1] }).name).toMatch(/^Thread-\d+ \(Multiplier\)$/);
    expect(new Thread({ target: () => undefined }).name).toMatch(/^Thread-\d+$/);
    expect(new w.MyThread(1).name).toMatch(/^Thread-\d+$/);
  });

  it("B105: args are any array, and nested arrays arrive", () => {
    for (const args of [[], [1], [1, 2], [[1]], [[1, [2]]], Object.freeze([[], [[]]])]) {
      const thread = new Thread({ target: w.echo, args }).start();
      expect(thread.result(LONG)).toEqual(args.length === 1 ? args[0] : args);
    }
  });

  it("B109: of ten threads, at most three are inside at a time, and none at the end", () => {
    const flags = newFlags();
    const threads = Array.from({ length: 10 }, () => new Thread({ target: w.various, args: [flags] }).start());
    joinAll(threads);
    expect(flags[3]).toBeGreaterThan(0);
    expect(flags[3]).toBeLessThanOrEqual(3);
    expect([flags[1], flags[2]]).toEqual([0, 0]);
  });

  it("B110, S61: before its start a thread has no ident and is initial", () => {
    const thread = new Thread({ name: "new" });
    expect(thread.ident).toBeUndefined();
    expect(thread.nativeId).toBeUndefined();
    expect(thread.isAlive()).toBe(false);
    expect(String(thread)).toBe("<Thread(new, initial)>");
  });

  it("the nativeId of the main thread is known at once, even though it is 0 in Node", async () => {
    const { status, stdout } = await runScript(`
      import { getNativeId, mainThread } from "@x/thread";
      console.log(mainThread().nativeId, getNativeId());
    `);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "0 0\n" });
  });

  it("B111: native ids of running threads and of main are all different", () => {
    const gate = newGate();
    const threads = Array.from({ length: 4 }, () => new Thread({ target: w.stand, args: [gate] }).start());
    const ids = [getNativeId(), ...threads.map(({ nativeId }) => nativeId)];
    w.signal(gate);
    joinAll(threads);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(5);
  });

  it("B111: the native id is known after the end, even if it was not read before", () => {
    const thread = new Thread({ target: w.whoAmI }).start();
    joinAll([thread]);
    expect(thread.nativeId).toBe(thread.result().getNativeId);
  });

  it("B112, S61: after join a thread is stopped and keeps its ident", () => {
    const thread = new Thread({ target: w.nothing, name: "old" }).start();
    const { ident } = thread;
    expect(ident).toBeGreaterThan(0);
    joinAll([thread]);
    expect(thread.isAlive()).toBe(false);
    expect(thread.ident).toBe(ident);
    expect(String(thread)).toBe(`<Thread(old, stopped ${ident})>`);
  });

  it("B113: the ident of a raw thread is the ident that startNewThread returned", () => {
    expect(mainThread().ident).toBe(getIdent());
    const flags = newFlags();
    const body = (out: Int32Array): void => {
      Atomics.store(out, 1, 1);
      Atomics.notify(out, 1);
    };
    expect(startNewThread(body, [flags])).not.toBe(getIdent());
    w.await_(flags, 1);
    const { receive } = foreign("post([api.getIdent(), api.currentThread().ident])", flags);
    const [ident, threadIdent] = receive() as number[];
    expect(threadIdent).toBe(ident);
    expect(ident).not.toBe(getIdent());
  });

  it("B114, B216: threads run with stacks of the given sizes, and larger stacks allow deeper recursion", () => {
    onTestFinished(() => void stackSize(0));
    const depths = [262_144, 1_048_576, 16 * 1_048_576].map((size) => {
      stackSize(size);
      return new Thread({ target: w.depth }).start().result(LONG);
    });
    expect(depths[1]).toBeGreaterThan(2 * depths[0]!);
    expect(depths[2]).toBeGreaterThan(4 * depths[1]!);
    stackSize(0);
    expect(new Thread({ target: w.depth }).start().result(LONG)).toBeGreaterThan(depths[0]!);
  });

  it("B116, S68: a foreign thread gets a thread object when it asks for it, and not before", () => {
    const flags = newGate();
    const { receive } = foreign(
      `post([api.activeCount(), api.enumerate().length, api.getIdent()]);
       const me = api.currentThread();
       post([api.activeCount(), me === api.currentThread(), me.isAlive(), me.daemon, api.enumerate().includes(me), String(me), api.isMainThread]);
       Atomics.wait(flags, 0, 0, ${LONG});
       process.exit()`,
      flags,
    );
    expect((receive() as number[]).slice(0, 2)).toEqual([1, 1]);
    const [count, same, alive, daemon, listed, text, isMain] = receive() as unknown[];
    expect([count, same, alive, daemon, listed, isMain]).toEqual([2, true, true, true, true, false]);
    expect(text).toMatch(/^<Thread\(Dummy-\d+, started daemon \d+\)>$/);
    expect(enumerate().filter(({ name }) => name.startsWith("Dummy-")).length).toBe(1);
    w.signal(flags);
  });

  it("B117: a foreign thread cannot be joined", () => {
    const flags = newGate();
    const { receive } = foreign(
      `post(api.currentThread().ident); Atomics.wait(flags, 0, 0, ${LONG}); process.exit()`,
      flags,
    );
    const ident = receive();
    const dummy = enumerate().find((thread) => thread.ident === ident)!;
    const error = thrownBy(() => dummy.join(SHORT));
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(/^thread: cannot join Dummy-\d+/);
    w.signal(flags);
  });

  it("B119: a foreign thread is no longer listed after its end", () => {
    const flags = newGate();
    const { receive } = foreign(
      `post(api.currentThread().ident); Atomics.wait(flags, 0, 0, ${LONG}); process.exit()`,
      flags,
    );
    const ident = receive();
    const dummy = enumerate().find((thread) => thread.ident === ident)!;
    expect(dummy.isAlive()).toBe(true);
    w.signal(flags);
    until(() => !enumerate().includes(dummy));
    expect(dummy.isAlive()).toBe(false);
  });

  it("B126, S55: a thread is never listed after its join returned", () => {
    for (let round = 0; round < 99; round++) {
      const thread = new Thread({ target: w.nothing }).start();
      thread.join(LONG);
      expect(enumerate()).not.toContain(thread);
    }
  });

  it("B126: a thread is never listed after its join in other threads that start and join side by side", () => {
    const threads = Array.from({ length: 2 }, () => new Thread({ target: w.startJoinLook, args: [30] }).start());
    expect(threads.map((thread) => thread.result(LONG))).toEqual([0, 0]);
  });

  it("B127, S55: many threads may join the same thread", () => {
    for (const count of [2, 5, 9]) {
      const gate = newGate();
      const joined = new Thread({ target: w.stand, args: [gate] }).start();
      const joiners = Array.from({ length: count }, () =>
        new Thread({ target: w.joinIt, args: [joined, LONG] }).start(),
      );
      w.signal(gate);
      joinAll([joined, ...joiners, joined]);
      expect(joiners.map((thread) => thread.result())).toEqual(new Array(count).fill(true));
    }
  });

  it("B128, B225: a join that times out returns false, and a later join still works", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate] }).start();
    expect(thread.join(10)).toBe(false);
    expect(thread.isAlive()).toBe(true);
    w.signal(gate);
    expect(thread.join(LONG)).toBe(true);
    expect(thread.isAlive()).toBe(false);
  });

  it("B131: the old names exist", () => {
    const thread = new Thread({ name: "a" });

    thread.setName("b");
    thread.setDaemon(true);
    expect([thread.getName(), thread.isDaemon()]).toEqual(["b", true]);

    expect([thread.name, thread.daemon]).toEqual(["b", true]);
  });

  it("B132: toString contains daemon for daemons only", () => {
    expect(String(new Thread({ name: "d", daemon: true }))).toBe("<Thread(d, initial daemon)>");
    expect(String(new Thread({ name: "d", daemon: false }))).not.toContain("daemon");
  });

  it("B133: a thread of main is no daemon by default", () => {
    expect(new Thread().daemon).toBe(false);
    expect(new Thread({ daemon: false }).daemon).toBe(false);
    expect(new Thread({ daemon: true }).daemon).toBe(true);
  });

  it("B137: in a thread, the main thread is another thread", () => {
    const thread = new Thread({ target: w.whoAmI }).start();
    const there = thread.result(LONG);
    expect(there.main).toBe(mainThread().ident);
    expect(there.ident).not.toBe(there.main);
    expect([there.isMain, there.isMainThread]).toEqual([false, false]);
  });

  it("B137: the program's first thread is the main thread", () => {
    expect([currentThread() === mainThread(), isMainThread]).toEqual([true, true]);
  });

  it("B144: toString contains started while the thread runs, and stopped soon after its end, without a join", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate], name: "r" }).start();
    expect(String(thread)).toBe(`<Thread(r, started ${thread.ident})>`);
    w.signal(gate);
    until(() => String(thread) === `<Thread(r, stopped ${thread.ident})>`, LONG);
  });

  it("B152, S59: only null and undefined mean no target", () => {
    for (const target of [null, undefined]) {
      expect(new Thread({ target }).start().result(LONG)).toBeUndefined();
    }
    for (const target of [0, "", false, NaN]) {
      expect(() => new Thread({ target: target as never })).toThrow(TypeError);
    }
  });

  it("B153: threads without a join leave nothing behind after their end", () => {
    const threads = Array.from({ length: 5 }, () => new Thread({ target: w.nothing }).start());
    until(() => activeCount() === ALONE);
    expect(threads.some((thread) => thread.isAlive())).toBe(false);
  });
});

describe("ThreadingExceptionTests", () => {
  it("B175, S53: a thread can be started only once, even after its end", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate] }).start();
    expect(() => thread.start()).toThrow(ThreadError);
    w.signal(gate);
    joinAll([thread]);
    expect(() => thread.start()).toThrow(/^thread: .* was started before; threads can only be started once$/);
    expect(() => mainThread().start()).toThrow(ThreadError);
  });

  it("B176: a thread cannot join itself", () => {
    quiet();
    expect(() => currentThread().join(0)).toThrow(/^thread: cannot join current thread/);
    const error = thrownBy(() => new Thread({ target: w.joinMe }).start().result(LONG));
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(/^thread: cannot join current thread/);
  });

  it("B177, B226: a thread that was not started cannot be joined", async () => {
    const thread = new Thread({ name: "new" });
    expect(() => thread.join(0)).toThrow(/^thread: cannot join new before it is started; call start\(\) first$/);
    expect(() => thread.result(0)).toThrow(ThreadError);
    await expect(thread.joinAsync(0)).rejects.toThrow(ThreadError);
  });

  it("B180: endless recursion is an error of the thread, and can be caught", () => {
    quiet();
    expect(new Thread({ target: w.depth }).start().result(LONG)).toBeGreaterThan(1000);
    const error = thrownBy(() => new Thread({ target: w.fail, args: ["overflow"] }).start().result(LONG));
    expect(error).toBeInstanceOf(RangeError);
  });

  it("B186: a hundred threads run one after the other", () => {
    const seen = new Set<unknown>();
    for (let i = 0; i < 100; i++) {
      const thread = new Thread({ target: w.echo, args: [i] }).start();
      seen.add(thread.result(LONG));
    }
    expect(seen.size).toBe(100);
  });
});

describe("MiscTestCase", () => {
  it("B198: the names of Python's threading for threads exist, and few others", () => {
    expect(Object.keys(api).sort()).toEqual(
      [
        ...["Local", "Thread", "ThreadError", "TIMEOUT_MAX", "TimeoutError"],
        ...["activeCount", "currentThread", "enumerate", "mainThread", "getIdent", "getNativeId", "stackSize"],
        ...["exceptHook", "getExceptHook", "setExceptHook", "startNewThread", "exitThread", "terminate"],
        ...["getProfile", "getTrace", "setProfile", "setProfileAllThreads", "setTrace", "setTraceAllThreads"],
        ...["expose", "isMainThread", "sharedGlobals", "sleep", "sleepAsync", "threadsRun"],
        ...["dumpThreads", "detectDeadlocks", "DeadlockError", "move"],
      ].sort(),
    );
  });

  it("B201: a thread may rename itself, and other threads see the name", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.renamed, args: [gate, "new name"], name: "old name" }).start();
    w.await_(gate, 1);
    expect(thread.name).toBe("new name");
    w.signal(gate);
    expect(thread.result(LONG)).toBe("new name");
  });

  it("S58: a value assigned to the name becomes a string", () => {
    const thread = new Thread();
    thread.name = null as never;
    expect(thread.name).toBe("null");
  });
});

describe("InterruptMainTests", () => {
  it("B207: a thread that spins on shared memory sees main's store", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.spin, args: [gate] }).start();
    w.await_(gate, 1);
    w.signal(gate);
    expect(thread.result(LONG)).toBeGreaterThanOrEqual(0);
  });
});

describe("ThreadRunningTests", () => {
  it("B211: ten raw threads start, and each does its work", () => {
    const flags = newGate();
    const idents = Array.from({ length: 10 }, () => startNewThread(w.signal, [flags, 1]));
    w.await_(flags, 1, 10);
    expect(new Set(idents).size).toBe(10);
  });

  it("B212: the stack size is 0, and setting 0 keeps it so", () => {
    expect(stackSize()).toBe(0);
    expect(stackSize(0)).toBe(0);
    expect(stackSize()).toBe(0);
  });

  it("B214, B215: a stack size is read back exactly; a bad size is refused and changes nothing", () => {
    onTestFinished(() => void stackSize(0));
    expect(() => stackSize(-4096)).toThrow(RangeError);
    expect(() => stackSize(4096)).toThrow(/^thread: the stack size must be 0, or at least 262144 bytes, got 4096$/);
    expect(() => stackSize(0.5)).toThrow(RangeError);
    expect(() => stackSize("4096" as never)).toThrow(TypeError);
    expect(stackSize()).toBe(0);
    for (const size of [262_144, 1_048_576, 0]) {
      stackSize(size);
      expect(stackSize()).toBe(size);
    }
  });

  it("B217, S68: a raw thread is not listed until it calls currentThread", () => {
    const gate = newGate();
    startNewThread(w.stand, [gate]);
    w.await_(gate, 1);
    expect(activeCount()).toBe(ALONE);
    w.signal(gate);
    const flags = newGate();
    startNewThread(w.askRaw, [flags]);
    w.await_(flags, 1);
    expect(flags[2]).toBe(1);
    expect(activeCount()).toBe(ALONE + 1);
    const dummy = enumerate().find(({ name }) => name.startsWith("Dummy-"))!;
    expect(() => dummy.join(SHORT)).toThrow(ThreadError);
    w.signal(flags);
    until(() => activeCount() === ALONE);
  });

  it("B219: join waits for the end; the ident is the same inside the thread", () => {
    const thread = new Thread({ target: w.whoAmI }).start();
    joinAll([thread]);
    expect(thread.result().ident).toBe(thread.ident);
    expect(thread.result().getIdent).toBe(thread.ident);
  });

  it("B221: a thread may be joined several times", () => {
    const thread = new Thread({ target: w.nothing }).start();
    joinAll([thread, thread, thread]);
    expect(thread.join(0)).toBe(true);
  });

  it("B222: a running thread continues without a warning if its object is dropped", () => {
    const gate = newGate();
    (() => void new Thread({ target: w.stand, args: [gate] }).start())();
    w.await_(gate, 1);
    expect(activeCount()).toBe(ALONE + 1);
    w.signal(gate);
    until(() => activeCount() === ALONE);
  });

  it("B223, B224: a thread that joins itself gets an error, while another thread joins it and returns", () => {
    const gate = newGate();
    const joined = new Thread({ target: w.joinSelf, args: [gate] }).start();
    const joiner = new Thread({ target: w.joinIt, args: [joined, LONG] }).start();
    w.await_(gate, 1);
    expect(joiner.isAlive()).toBe(true);
    w.signal(gate);
    expect(joiner.result(LONG)).toBe(true);
    expect(joined.result(LONG)).toMatch(/^ThreadError: thread: cannot join current thread/);
  });

  it("B228: a second start does not affect the running thread", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate, "done"] }).start();
    const { ident } = thread;
    expect(() => thread.start()).toThrow(ThreadError);
    expect([thread.ident, thread.isAlive()]).toEqual([ident, true]);
    w.signal(gate);
    expect(thread.result(LONG)).toBe("done");
  });

  it("B229: options that are undefined count as absent", () => {
    const given = { target: w.square, args: [3] as [number], name: undefined, daemon: undefined };
    const thread = new Thread(given);
    expect(thread.name).toMatch(/^Thread-\d+ \(square\)$/);
    expect(thread.start().result(LONG)).toBe(9);
  });
});

describe("BarrierTest", () => {
  it("B230: a barrier of two locks lets ten raw threads pass three times", () => {
    const flags = newFlags();
    flags[2] = 1; // the exit is locked
    for (let i = 0; i < 10; i++) startNewThread(w.handMadeBarrier, [flags, 10, 3]);
    w.await_(flags, 0, 10);
    expect(flags[4]).toBe(30);
  });
});

describe("subtle points", () => {
  it("S53: start returns the thread, alive and with an ident", () => {
    const thread = new Thread({ target: w.nothing });
    expect(thread.start()).toBe(thread);
    expect(thread.ident).toBeGreaterThan(0);
    joinAll([thread]);
  });

  it("S55: join returns whether the thread has ended, and never its error", () => {
    quiet();
    const thread = new Thread({ target: w.fail, args: ["plain"] }).start();
    expect(thread.join(LONG)).toBe(true);
    expect(thread.join()).toBe(true);
  });

  it("S57: a new thread takes daemon over from the thread that creates it", () => {
    const daemon = new Thread({ target: w.makeThread, daemon: true }).start();
    const other = new Thread({ target: w.makeThread, daemon: false }).start();
    expect([daemon.result(LONG), other.result(LONG)]).toEqual([true, false]);
  });

  it("S57: daemon cannot be set after the start, even after the end", () => {
    const thread = new Thread({ target: w.nothing });
    thread.daemon = true;
    thread.daemon = false;
    thread.start();
    for (const again of [1, 2]) {
      expect(() => (thread.daemon = true), `time ${again}`).toThrow(
        /^thread: cannot set daemon status of .*: it has been started$/,
      );
      joinAll([thread]);
    }
    expect(thread.daemon).toBe(false);
    expect(() => (new Thread().daemon = 1 as never)).toThrow(TypeError);
    expect(() => (currentThread().daemon = true)).toThrow(ThreadError);
  });

  it("S58: names need not be unique", () => {
    const threads = [1, 2].map((n) => new Thread({ target: w.echo, args: [n], name: "same" }).start());
    expect(threads.map((thread) => thread.result(LONG))).toEqual([1, 2]);
  });

  it("S60: a direct call of run runs here, and throws here", () => {
    const thread = new w.MyThread(-2);
    expect(() => thread.run()).toThrow(RangeError);
    expect([thread.res, thread.isAlive(), thread.ident]).toEqual([4, false, undefined]);
    expect(new Thread({ target: w.square, args: [4] }).run()).toBe(16);
    expect(new Thread().run()).toBeUndefined();
  });

  it("S61: idents are never used again", () => {
    const idents = Array.from({ length: 20 }, () => {
      const thread = new Thread({ target: w.nothing }).start();
      joinAll([thread]);
      return thread.ident;
    });
    expect(new Set(idents).size).toBe(20);
  });

  it("S70: the list is correct in every thread while threads start and end", () => {
    const gate = newGate();
    const watcher = new Thread({ target: w.watchList, args: [gate, [getIdent()]] }).start();
    w.await_(gate, 1);
    const churners = ["a", "b"].map((prefix) => new Thread({ target: w.churn, args: [60, prefix] }).start());
    joinAll(churners);
    w.signal(gate);
    const { wrong, looks, seen } = watcher.result(LONG);
    expect(wrong).toEqual([]);
    expect(looks).toBeGreaterThan(10);
    expect(seen).toBeGreaterThan(3);
  });

  it("S68: shared memory and getIdent do not list a foreign thread", async () => {
    const flags = newGate();
    const { worker, receive } = foreign(
      `post(api.getIdent()); Atomics.wait(flags, 0, 0, ${LONG}); process.exit()`,
      flags,
    );
    expect(receive()).toBe(2 * worker.threadId + 1);
    expect(activeCount()).toBe(ALONE);
    w.signal(flags);
    await untilAsync(() => worker.threadId === -1);
  });

  it("S68: a foreign thread may join threads of this library, and start some", () => {
    const gate = newGate();
    const { receive } = foreign(
      `const t = new api.Thread({ target: (x) => x + 1, args: [1] }).start();
       post([t.result(${LONG}), t.daemon]);
       Atomics.wait(flags, 0, 0, ${LONG}); process.exit()`,
      gate,
    );
    expect(receive()).toEqual([2, true]);
    w.signal(gate);
    until(() => activeCount() === ALONE);
  });

  it("S56: main cannot join itself; a thread that joins main times out while main works", () => {
    const thread = new Thread({ target: w.joinIt, args: [mainThread(), SHORT] }).start();
    expect(thread.result(LONG)).toBe(false);
    expect(mainThread().isAlive()).toBe(true);
    pause(1);
  });
});
