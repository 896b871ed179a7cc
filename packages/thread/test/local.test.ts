import { LONG, watchdog } from "@x/testkit";
import { Local, Thread } from "@x/thread";
import { describe, expect, it } from "vitest";
import { joinAll, newFlags, newGate } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

describe("Local", () => {
  it("B238, B246, S75: an attribute that a thread sets is absent in others", () => {
    const local = new Local<{ x?: number }>();
    local.x = 1;
    const gate = newGate();
    const threads = [2, 3].map((n) => new Thread({ target: w.useLocal, args: [local as never, gate, n] }).start());
    w.await_(gate, 1, 2); // both threads have set theirs
    expect(local.x).toBe(1);
    w.signal(gate);
    expect(threads.map((thread) => thread.result(LONG))).toEqual(
      [2, 3].map((n) => ({
        before: { x: undefined, has: false, keys: [] },
        after: { x: n, hasY: false, keys: ["x"] },
      })),
    );
    expect(Object.keys(local)).toEqual(["x"]);
  });

  it("B239: deleting an attribute leaves the others", () => {
    const local = new Local<{ a?: number; b?: number }>();
    Object.assign(local, { a: 1, b: 2 });
    expect(delete local.a).toBe(true);
    expect(["a" in local, local.a, local.b]).toEqual([false, undefined, 2]);
  });

  it("B240: a trivial subclass behaves the same", () => {
    class Trivial extends Local {}
    const local = new Trivial();
    local["x"] = 5;
    expect([local["x"], local instanceof Trivial, local instanceof Local]).toEqual([5, true, true]);
  });

  it("B236, B247, S76: the constructor of a subclass runs once per thread, with the arguments that it passed to super", () => {
    const tally = newFlags();
    const local = new w.Defaults(tally, "first");
    local.list.push("main");
    const threads = [1, 2, 3].map(() => new Thread({ target: w.useDefaults, args: [local] }).start());
    for (const thread of threads) expect(thread.result(LONG)).toEqual(["first,mine!", ["z"]]);
    expect(local.list).toEqual(["first", "main"]);
    expect(tally[0]).toBe(4);
  });

  it("a Local created in that constructor is another Local", () => {
    const local = new w.Defaults(newFlags(), "a");
    expect(local.inner).not.toBe(local);
    const thread = new Thread({ target: w.useDefaults, args: [local] }).start();
    expect(thread.result(LONG)[1]).toEqual(["z"]);
    expect(Object.keys(local.inner)).toEqual([]);
  });

  it("the private fields of a subclass belong to the thread, for methods and accessors alike", () => {
    const seen = [1, 1, 3, 10, 11, 22, true];
    const counter = new w.Counter();
    expect(w.useCounter(counter)).toEqual(seen);
    for (let round = 0; round < 3; round++) {
      expect(new Thread({ target: w.useCounter, args: [counter] }).start().result(LONG)).toEqual(seen);
      expect(new Thread({ target: w.useCounter }).start().result(LONG)).toEqual(seen); // in a module kept by the worker
    }
    expect(counter.n).toBe(11);
    expect(counter.constructor).toBe(w.Counter);
  });

  it("B237: a plain Local takes no arguments", () => {
    expect(() => new Local(1)).toThrow(/^thread: Local takes no arguments; a subclass may$/);
    expect(() => new Local(1)).toThrow(TypeError);
  });

  it("B241, B242: the keys are exactly the attributes of the calling thread", () => {
    for (const local of [new Local(), new (class Sub extends Local {})()]) {
      local["a"] = 1;
      Object.defineProperty(local, "hidden", { value: 2, enumerable: false, configurable: true });
      expect([Object.keys(local), { ...local }, Reflect.ownKeys(local)]).toEqual([["a"], { a: 1 }, ["a", "hidden"]]);
      delete local["a"];
      expect(Object.keys(local)).toEqual([]);
    }
  });

  it("B248: the members of the class exist in all threads; deleting an own value uncovers them", () => {
    class Numbered extends Local<{ n: number }> {}
    Numbered.prototype.n = 7;
    const local = new Numbered();
    expect(local.n).toBe(7);
    local.n = 8;
    expect(local.n).toBe(8);
    Reflect.deleteProperty(local, "n");
    expect(local.n).toBe(7);
  });

  it("S77: a later thread in the same worker sees no values of an earlier thread", () => {
    const local = new Local();
    const workers = new Set<number | undefined>();
    const threads = 20; // more than workers: now and then the worker of the last thread is not idle again yet
    for (let i = 0; i < threads; i++) {
      const gate = newGate();
      w.signal(gate);
      const thread = new Thread({ target: w.useLocal, args: [local, gate, i] }).start();
      expect(thread.result(LONG).before.keys).toEqual([]);
      workers.add(thread.nativeId);
    }
    expect(workers.size).toBeLessThan(threads);
  });

  it("B234: threads that take turns see only their own values", () => {
    const locals = Array.from({ length: 5 }, () => new Local());
    const gate = newGate();
    const threads = locals.map((local, i) => new Thread({ target: w.useLocal, args: [local, gate, i] }).start());
    w.await_(gate, 1, 5);
    w.signal(gate);
    joinAll(threads);
    expect(threads.map((thread) => thread.result().after.x)).toEqual([0, 1, 2, 3, 4]);
  });

  it("a Local arrives as itself, even twice in one message, and returns as itself", () => {
    const local = new Local();
    local["mine"] = 1;
    const back = new Thread({ target: w.echo, args: [[local, { local }]] }).start().result(LONG);
    expect((back as [unknown, { local: unknown }])[0]).toBe(local);
    expect((back as [unknown, { local: unknown }])[1].local).toBe(local);
    expect(local["mine"]).toBe(1);
  });
});

describe("test_context", () => {
  it("B250: each thread reads only its own value", () => {
    const threads = Array.from({ length: 5 }, (_, i) => new Thread({ target: w.touchModuleLocal, args: [i] }).start());
    expect(threads.map((thread) => thread.result(LONG))).toEqual(new Array(5).fill(undefined));
    expect(w.moduleLocal["value"]).toBeUndefined();
  });
});
