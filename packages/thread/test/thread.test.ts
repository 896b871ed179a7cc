import { inspect } from "node:util";
import { LONG, pause, SHORT, thrownBy, until, untilAsync, watchdog } from "@x/testkit";
import {
  activeCount,
  currentThread,
  enumerate,
  exceptHook,
  expose,
  getIdent,
  isMainThread,
  mainThread,
  setExceptHook,
  sleep,
  sleepAsync,
  startNewThread,
  Thread,
  ThreadError,
  TimeoutError,
} from "@x/thread";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALONE, joinAll, newFlags, newGate, quiet, rejectedBy } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

const run = <R>(thread: Thread<R>): R => thread.start().result(LONG);

describe("the three kinds of target", () => {
  it("a function is called with the arguments", () => {
    expect(run(new Thread({ target: w.square, args: [7] }))).toBe(49);
  });

  it("the call method of an object of an exposed class is called, with the object's fields", () => {
    expect(run(new Thread({ target: new w.Multiplier(6), args: [7] }))).toBe(42);
  });

  it("the run method of a subclass runs; its fields travel there and back", () => {
    const thread = new w.MyThread(7);
    thread.start();
    joinAll([thread]);
    expect([thread.x, thread.res, thread.result(), thread.twice()]).toEqual([7, 49, 49, 14]);
  });

  it("the constructor of a subclass does not run in the thread", () => {
    const thread = new w.MyThread(7);
    expect(run(thread)).toBe(49);
    expect(thread.constructedThere).toBe(0);
  });

  it("fields travel back from a run that threw, and from a run that called process.exit", () => {
    quiet();
    const [failed, left] = [new w.MyThread(-3), new w.MyThread(0)];
    joinAll([failed.start(), left.start()]);
    expect([failed.res, left.res]).toEqual([9, 0]);
    expect(() => failed.result()).toThrow(RangeError);
    expect(() => left.result()).toThrow(/^thread: Thread-\d+ ended by process\.exit\(4\)$/);
  });

  it("a class that was not exposed is refused, and nothing starts", () => {
    class Hidden extends Thread {}
    const thread = new Hidden({ name: "hidden" });
    expect(() => thread.start()).toThrow(
      /^thread: class Hidden was not exposed, so hidden could not find it; expose\(\{ Hidden \}\)/,
    );
    expect([thread.ident, activeCount()]).toEqual([undefined, ALONE]);
  });

  it("a class with private fields is refused, with their names", () => {
    const error = thrownBy(() => new w.Private().start());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain("class Private has the private field #secret");
  });

  it("a field that cannot travel back is named, and is the error of the thread", () => {
    quiet();
    const thread = new w.Bringer({ name: "bringer" });
    expect(() => run(thread)).toThrow(
      /the outcome of bringer\.fields\.callback is an anonymous function, which was not exposed/,
    );
  });

  it("a function that was not exposed runs from its text if it uses nothing around it", () => {
    expect(run(new Thread({ target: (a: number, b: number) => a + b, args: [1, 2] }))).toBe(3);
    expect(
      run(
        new Thread({
          target(x: string) {
            return `${x}!`;
          },
          args: ["m"],
        }),
      ),
    ).toBe("m!");
  });

  it("a function that was not exposed and uses something around it throws an error that names expose", () => {
    quiet();
    const around = 1;
    const usesIt = (): number => around;
    const error = thrownBy(() => run(new Thread({ target: usesIt }))) as Error;
    expect(error).toBeInstanceOf(ReferenceError);
    expect(error.message).toMatch(/around is not defined; usesIt was not exposed.*expose\(\{ usesIt \}\)/);
  });

  it("built-in and bound functions are refused", () => {
    expect(() => new Thread({ target: Math.max, args: [1] }).start()).toThrow(TypeError);
    expect(() => new Thread({ target: w.square.bind(null), args: [1] }).start()).toThrow(/built in or bound/);
  });

  it("unknown options and wrong values of options are refused, with the cure", () => {
    const bad: [unknown, RegExp][] = [
      [w.square, /^thread: expected \{ target, args, … \}, got function square; write new Thread\(\{ target \}\)$/],
      [{ target: 5 }, /^thread: target must be a function, .* got 5;/],
      [
        { target: w.square, args: 5 },
        /^thread: args of the thread of square must be an array of arguments, got 5; write args: \[5\]$/,
      ],
      [{ target: w.square, args: { x: 5 } }, /for one object of options use kwargs$/],
      [{ target: w.square, args: [], kwargs: 5 }, /^thread: kwargs of the thread of square must be an object, got 5/],
      [{ daemon: "yes" }, /^thread: daemon must be true or false, got "yes"$/],
    ];
    for (const [options, message] of bad) {
      const error = thrownBy(() => Reflect.construct(Thread, [options]));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
    }
  });
});

describe("arguments and results", () => {
  it("kwargs arrive as the last argument", () => {
    expect(run(new Thread({ target: w.add, args: [1, 2], kwargs: { times: 3 } }))).toBe(9);
    expect(run(new Thread({ target: w.add, args: [1, 2] }))).toBe(3);
  });

  it("are copied like structured clone, with cycles", () => {
    const value: Record<string, unknown> = {
      map: new Map([[1, { deep: [new Set(["x"])] }]]),
      date: new Date(0),
      big: 1n,
    };
    value["self"] = value;
    const back = run(new Thread({ target: w.echo, args: [value] })) as typeof value;
    expect(back).toEqual(value);
    expect(back["self"]).toBe(back);
    expect(back).not.toBe(value);
  });

  it("share their shared memory", () => {
    const flags = newFlags();
    joinAll([new Thread({ target: w.signal, args: [flags, 3, 5] }).start()]);
    expect(flags[3]).toBe(5);
  });

  it("carry exposed functions, classes and objects of exposed classes, at any depth", () => {
    const value = { f: w.square, list: [new Map([["C", w.Multiplier]])], set: new Set([new w.Multiplier(3)]) };
    const back = run(new Thread({ target: w.echo, args: [value] })) as typeof value;
    expect(back.f).toBe(w.square);
    expect(back.list[0]!.get("C")).toBe(w.Multiplier);
    const [multiplier] = [...back.set];
    expect(multiplier).toBeInstanceOf(w.Multiplier);
    expect(multiplier!.call(5)).toBe(15);
  });

  it("carry a thread as the same object, even if it ended before or in between", () => {
    const ended = new Thread({ target: w.nothing }).start();
    joinAll([ended]);
    expect(ended.result()).toBe(undefined);
    const gate = newGate();
    const ending = new Thread({ target: w.stand, args: [gate] }).start();
    const [first, second] = [ended, ending].map((thread) => new Thread({ target: w.echo, args: [thread] }).start());
    joinAll([first!, second!]);
    w.signal(gate, 0, 1);
    joinAll([ending]);
    expect(first!.result()).toBe(ended);
    expect(second!.result()).toBe(ending);
    expect(new Thread({ target: w.echo, args: [ended] }).start().result(LONG)).toBe(ended);
  });

  it("carry a thread as the same object in each thread that has it", () => {
    const gate = newGate();
    const running = new Thread({ target: w.stand, args: [gate, "stood"], name: "argument" }).start();
    expect(run(new Thread({ target: w.nameOf, args: [running] }))).toBe("argument");
    expect(run(new Thread({ target: w.isSame, args: [running] }))).toBe(true);
    const back = run(new Thread({ target: w.echo, args: [{ deep: [running, mainThread()] }] }));
    expect(back).toEqual({ deep: [running, mainThread()] });
    expect((back as { deep: Thread[] }).deep[0]).toBe(running);
    expect((back as { deep: Thread[] }).deep[1]).toBe(mainThread());
    w.signal(gate);
    joinAll([running]);
  });

  it("carry an ended thread with its result", () => {
    const ended = new Thread({ target: w.echo, args: [{ n: 1, f: w.square }] }).start();
    joinAll([ended]);
    const result = run(new Thread({ target: w.resultOf, args: [ended] })) as { f: unknown };
    expect(result.f).toBe(w.square);
  });

  it("refuse a thread that was not started, with its name", () => {
    const thread = new Thread({ name: "fresh" });
    expect(() => new Thread({ target: w.nameOf, args: [thread] }).start()).toThrow(
      /^thread: fresh cannot travel to another thread before it is started$/,
    );
  });

  it("name the part that cannot travel, and its place; the thread can be started after the correction", () => {
    const args: unknown[] = [{ list: [() => 1] }];
    const thread = new Thread({ target: w.echo, args, name: "mended" });
    const error = thrownBy(() => thread.start());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/mended\.args\[0\]\.list\[0\]/);
    expect([thread.isAlive(), thread.ident, activeCount()]).toEqual([false, undefined, ALONE]);
    args[0] = "fine";
    expect(run(thread)).toBe("fine");
  });

  it("name the part that structured clone refuses, too", () => {
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const thread = new Thread({ target: w.echo, args: [detached], name: "d" });
    expect(() => thread.start()).toThrow("core: d.args[0] is an ArrayBuffer, and cannot travel");
    expect(activeCount()).toBe(ALONE);
  });

  it("are replaced by an error if the result cannot travel", () => {
    quiet();
    const thread = new Thread({ target: () => ({ f: () => 1 }), name: "r" });
    expect(() => run(thread)).toThrow(/the outcome of r\.value\.f is function f, which was not exposed/);
  });
});

describe("errors", () => {
  const errorOf = (kind: string, value?: unknown): Error =>
    thrownBy(() => run(new Thread({ target: w.fail, args: [kind, value], name: "failing" }))) as Error;

  it("keep class, message, and both stacks: of the throw and of the call of result", () => {
    quiet();
    const error = errorOf("overflow");
    expect(error).toBeInstanceOf(RangeError);
    const plain = errorOf("plain");
    expect(plain.message).toBe("plain");
    expect(plain.stack).toMatch(/at fail .*thread\.workers\.mjs[^]*asked for here[^]*thread\.test\.ts/);
  });

  it("of an exposed class arrive with their class; the constructor does not run", () => {
    quiet();
    const before = w.CustomError.constructed;
    const error = errorOf("custom") as w.CustomError;
    expect(error).toBeInstanceOf(w.CustomError);
    expect([error.name, error.detail, error.explain()]).toEqual(["CustomError", 7, "custom: 7"]);
    expect(w.CustomError.constructed).toBe(before);
  });

  it("of an unknown class arrive with the nearest known class, and keep name and fields", () => {
    quiet();
    const error = errorOf("unknown");
    expect(error).toBeInstanceOf(TypeError);
    expect(error.name).toBe("Unknown");
    expect(error).toMatchObject({ extra: { list: [1, 2] } });
  });

  it("keep cause, code, and the errors of an AggregateError", () => {
    quiet();
    const caused = errorOf("cause");
    expect(caused.cause).toBeInstanceOf(w.CustomError);
    expect(Object.keys(caused)).not.toContain("cause");
    expect(errorOf("code")).toMatchObject({ code: "ENOENT", errno: -2, path: "/nowhere" });
    const both = errorOf("aggregate") as AggregateError;
    expect(both).toBeInstanceOf(AggregateError);
    expect(both.errors.map((error: Error) => error.constructor)).toEqual([RangeError, w.CustomError]);
  });

  it("arrive with any fields", () => {
    quiet();
    expect(errorOf("immobile")).toMatchObject({ message: "with a function", callback: "function callback", fine: 1 });
  });

  it("may be any value", () => {
    quiet();
    for (const value of ["text", 0, undefined, null, { code: 1 }, [1]]) expect(errorOf("value", value)).toEqual(value);
  });

  it("of an async target arrive in the same way", () => {
    quiet();
    expect(errorOf("rejection")).toMatchObject({ constructor: RangeError, message: "rejected" });
  });

  it("are the same object at each call of result", () => {
    quiet();
    const thread = new Thread({ target: w.fail, args: ["plain"] }).start();
    const [first, second] = [thrownBy(() => thread.result(LONG)), thrownBy(() => thread.result())];
    expect(first).toBe(second);
    expect((first as Error).stack!.split("asked for here").length).toBe(2);
  });
});

describe("waiting", () => {
  it("result blocks, and throws TimeoutError when the time runs out", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate, 5], name: "slow" }).start();
    for (const timeout of [0, 10]) {
      const error = thrownBy(() => thread.result(timeout));
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toBe(
        `thread: slow has not ended within ${timeout} ms, so there is no result yet`,
      );
    }
    w.signal(gate);
    expect(thread.result(LONG)).toBe(5);
  });

  it("bad timeouts are refused", async () => {
    const thread = new Thread({ target: w.nothing }).start();
    for (const [timeout, Class] of [
      [-1, RangeError],
      [NaN, RangeError],
      ["5", TypeError],
      [null, TypeError],
    ] as const) {
      expect(() => thread.join(timeout as never)).toThrow(Class);
      expect(() => thread.result(timeout as never)).toThrow(Class);
      await expect(thread.joinAsync(timeout as never)).rejects.toThrow(Class);
      await expect(thread.resultAsync({ timeout: timeout as never })).rejects.toThrow(Class);
    }
    joinAll([thread]);
  });

  it("async targets are awaited in the thread", () => {
    expect(run(new Thread({ target: w.later, args: ["late", 5] }))).toBe("late");
  });

  it("joinAsync and resultAsync let the event loop run meanwhile", async () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate, "stood"] }).start();
    const [joined, result] = [thread.joinAsync(), thread.resultAsync(LONG)];
    setTimeout(() => w.signal(gate), 1);
    expect([await joined, await result]).toEqual([true, "stood"]);
  });

  it("joinAsync and resultAsync time out, and abort with the signal's reason; the thread continues", async () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate, 1] }).start();
    expect(await thread.joinAsync(5)).toBe(false);
    expect(await thread.joinAsync({ timeout: 0 })).toBe(false);
    expect(await rejectedBy(() => thread.resultAsync({ timeout: 5 }))).toBeInstanceOf(TimeoutError);
    const abort = new AbortController();
    const reason = new Error("enough");
    const aborted = [thread.joinAsync({ signal: abort.signal }), thread.resultAsync({ signal: abort.signal })];
    abort.abort(reason);
    for (const promise of aborted) expect(await rejectedBy(() => promise)).toBe(reason);
    expect(await rejectedBy(() => thread.joinAsync({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(thread.isAlive()).toBe(true);
    w.signal(gate);
    expect(await thread.resultAsync()).toBe(1);
  });

  it("a task that awaits a thread sees its end even if another thread blocks on it meanwhile", async () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate] }).start();
    const joined = thread.joinAsync(LONG);
    const other = new Thread({ target: w.joinIt, args: [thread, LONG] }).start();
    w.signal(gate);
    expect(other.result(LONG)).toBe(true);
    expect(await joined).toBe(true);
  });

  it("any thread may call result, before the end and after it", () => {
    quiet();
    const gate = newGate();
    const asked = new Thread({ target: w.stand, args: [gate, { n: 1 }] }).start();
    const askers = [1, 2].map(() => new Thread({ target: w.resultOf, args: [asked] }).start());
    w.signal(gate);
    expect(askers.map((thread) => thread.result(LONG))).toEqual([{ n: 1 }, { n: 1 }]);
    expect(run(new Thread({ target: w.resultOf, args: [asked] }))).toEqual({ n: 1 });
    const failed = new Thread({ target: w.fail, args: ["custom"] }).start();
    expect(() => run(new Thread({ target: w.resultOf, args: [failed] }))).toThrow(w.CustomError);
    joinAll([failed]);
  });

  it("the main thread has no result", () => {
    expect(() =>
      run(new Thread({ target: w.resultOf, args: [new Thread({ target: w.nothing }).start()] })),
    ).not.toThrow();
    expect(() => mainThread().result(0)).toThrow(ThreadError);
  });

  it("sleep and sleepAsync last at least the given time, and refuse other values", async () => {
    let start = performance.now();
    sleep(20);
    expect(performance.now() - start).toBeGreaterThanOrEqual(20);
    start = performance.now();
    await sleepAsync(20);
    expect(performance.now() - start).toBeGreaterThanOrEqual(20);
    expect(() => sleep(-1)).toThrow(RangeError);
    expect(() => sleep("1" as never)).toThrow(TypeError);
    expect(await rejectedBy(() => sleepAsync(NaN))).toBeInstanceOf(RangeError);
    const reason = new Error("up");
    expect(await rejectedBy(() => sleepAsync(LONG, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe("starts from threads", () => {
  it("threads start threads that start threads, and get their results", () => {
    expect(run(new Thread({ target: w.nested, args: [3], name: "depth 3" }))).toEqual(
      [3, 2, 1, 0].map((depth) => `depth ${depth}`),
    );
  });

  it("a thread outlives its starter, which may pass it on", () => {
    const gate = newGate();
    const starter = new Thread({ target: w.leaveBehind, args: [gate] }).start();
    const left = starter.result(LONG);
    expect(starter.isAlive()).toBe(false);
    pause(SHORT);
    expect([left.isAlive(), left.name]).toEqual([true, "left behind"]);
    expect(enumerate()).toContain(left);
    w.signal(gate);
    expect(left.result(LONG)).toBe("outlived");
  });

  it("a thread object cannot start a thread that was started elsewhere", () => {
    quiet();
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate] }).start();
    expect(() => run(new Thread({ target: w.startIt, args: [thread] }))).toThrow(/can only be started once/);
    w.signal(gate);
    joinAll([thread]);
  });

  it("many threads start side by side", () => {
    const threads = Array.from({ length: 20 }, (_, i) => new Thread({ target: w.square, args: [i] }).start());
    expect(threads.map((thread) => thread.result(LONG))).toEqual(threads.map((_, i) => i * i));
  });
});

describe("names and texts", () => {
  it("names of any letters and any length are the same in all threads, up to the size of the table", () => {
    const gate = newGate();
    const long = "Ä€😀".repeat(100);
    for (const name of ["Grüße, 世界 😀", long]) {
      const thread = new Thread({ target: w.whoAmI, name }).start();
      const there = thread.result(LONG).name;
      expect(thread.name).toBe(name);
      expect(name.startsWith(there)).toBe(true);
      expect(there.length).toBeGreaterThan(Math.min(name.length, 60) - 1);
      expect(there).not.toContain("\uFFFD");
    }
    w.signal(gate);
  });

  it("names set in one thread are visible in others", () => {
    const gate = newGate();
    const thread = new Thread({ target: w.stand, args: [gate], name: "before" }).start();
    joinAll([new Thread({ target: w.rename, args: [thread, "after"] }).start()]);
    expect(thread.name).toBe("after");
    w.signal(gate);
    joinAll([thread]);
    expect(thread.name).toBe("after");
  });

  it("inspect prints the same as toString", () => {
    const thread = new w.MyThread(1, { name: "m", daemon: true });
    expect(inspect(thread)).toBe("<MyThread(m, initial daemon)>");
    expect(`${String(mainThread())}`).toBe(`<Thread(MainThread, started ${getIdent()})>`);
  });

  it("each thread has its own current thread", () => {
    const thread = new Thread({ target: w.whoAmI, name: "me", daemon: true });
    const me = run(thread);
    expect(me).toMatchObject({ ident: thread.ident, getIdent: thread.ident, name: "me", daemon: true, alive: true });
    expect(me).toMatchObject({ listed: true, count: ALONE + 1, isMain: false, className: "Thread" });
    expect(me.nativeId).toBe(me.getNativeId);
    expect(me.text).toBe(`<Thread(me, started daemon ${thread.ident})>`);
    expect([isMainThread, currentThread(), enumerate()]).toEqual([true, mainThread(), [mainThread()]]);
  });
});

describe("workers", () => {
  it("run the next thread with another ident, and without values of the last thread", () => {
    const threads = Array.from({ length: 10 }, (_, n) => {
      const thread = new Thread({ target: w.touchModuleLocal, args: [n] }).start();
      expect(thread.result(LONG)).toBeUndefined();
      return thread;
    });
    expect(new Set(threads.map(({ nativeId }) => nativeId)).size).toBeLessThan(10);
    expect(new Set(threads.map(({ ident }) => ident)).size).toBe(10);
  });

  it("with leftover work in the event loop are not used again, and the leftover work ends with the thread", () => {
    for (const what of ["timer", "immediate"]) {
      const flags = newFlags();
      const dirty = run(new Thread({ target: w.leave, args: [what, flags] }));
      const next = Array.from({ length: 3 }, () => run(new Thread({ target: w.whoAmI })).getNativeId);
      expect(next, what).not.toContain(dirty);
      until(() => {
        const before = flags[2];
        pause(10);
        return flags[2] === before;
      });
    }
  });

  it("that fail when idle are reported and replaced", () => {
    setExceptHook(w.hook);
    onTestFinished(() => setExceptHook(exceptHook));
    const flags = newFlags();
    const thread = new Thread({ target: w.throwLater, args: [flags] }).start();
    joinAll([thread]);
    expect(thread.result()).toBeUndefined();
    pause(SHORT); // it is idle by now
    w.signal(flags, 5);
    w.await_(flags, 2);
    expect(flags[3]).toBe(thread.ident);
    for (let i = 0; i < 20; i++) expect(run(new Thread({ target: w.square, args: [i] }))).toBe(i * i);
  });

  it("let leftover work read its thread object, without listing the thread again", () => {
    const flags = newFlags();
    const thread = new Thread({ target: w.askLater, args: [flags] }).start();
    joinAll([thread]);
    w.await_(flags, 1);
    expect(flags[2]).toBe(thread.ident);
    expect(flags[3]).toBe(ALONE);
    expect([thread.isAlive(), activeCount()]).toEqual([false, ALONE]);
  });
});

describe("startNewThread", () => {
  it("returns an ident, and its thread is a daemon without a result", () => {
    const gate = newGate();
    const ident = startNewThread(w.stand, [gate]);
    expect(ident).toBeGreaterThan(0);
    w.await_(gate, 1);
    expect(enumerate().map((thread) => thread.ident)).not.toContain(ident);
    w.signal(gate);
  });

  it("other values than a function, an array and an object are refused", () => {
    expect(() => startNewThread(5 as never, [])).toThrow(/^thread: the first argument must be a function, got 5$/);
    expect(() => startNewThread(w.square, 5 as never)).toThrow(/^thread: the second argument must be an array/);
    expect(() => startNewThread(w.square, [1], 5 as never)).toThrow(/^thread: the third argument must be an object/);
    expect(() => startNewThread(w.square, [(() => 1) as never])).toThrow(TypeError);
  });

  it("kwargs are passed last", async () => {
    const flags = newFlags();
    startNewThread((out: Int32Array, { by }: { by: number }) => void Atomics.store(out, 1, by), [flags] as never, {
      by: 7,
    });
    await untilAsync(() => flags[1] === 7);
  });
});

describe("expose", () => {
  it("other values than functions and modules are refused", () => {
    expect(() => expose({ x: 5 as never })).toThrow(TypeError);
    expect(() => expose(5 as never, {})).toThrow(TypeError);
  });
});
