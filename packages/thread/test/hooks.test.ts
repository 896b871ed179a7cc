import { LONG, thrownBy, watchdog } from "@x/testkit";
import { exceptHook, getExceptHook, setExceptHook, Thread } from "@x/thread";
import { describe, expect, it, onTestFinished } from "vitest";
import { joinAll, newFlags, quiet } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

/** The bits set by the hook of the fixture if all of its arguments are right. */
const ALL_SO = 0b11111;

describe("setExceptHook", () => {
  it("B191, S63: the hook gets class, error, stack and thread, which is alive and listed", () => {
    setExceptHook(w.hook);
    onTestFinished(() => setExceptHook(exceptHook));
    const flags = newFlags();
    const thread = new Thread({ target: w.failWith, args: [flags] }).start();
    joinAll([thread]);
    expect([flags[2], flags[3], flags[4]]).toEqual([1, thread.ident, ALL_SO]);
    expect(() => thread.result()).toThrow(w.CustomError);
  });

  it("an error with an unreadable stack is reported without a stack, and result throws it", () => {
    quiet();
    const target = (): never => {
      throw Object.assign(new RangeError("expected"), { name: Symbol("odd") }); // Node cannot write this name into a stack
    };
    const thread = new Thread({ target }).start();
    joinAll([thread]);
    const error = thrownBy(() => thread.result()) as RangeError;
    expect(error).toBeInstanceOf(RangeError);
    expect([error.message, error.name]).toEqual(["expected", "Symbol(odd)"]);
  });

  it("S66: the hook at the start counts; threads take the hook over from their starter", () => {
    const flags = newFlags();
    setExceptHook(w.nothing);
    const before = new Thread({ target: w.failWith, args: [flags] }).start();
    setExceptHook(exceptHook);
    joinAll([before]);
    expect(flags[2]).toBe(0);
    const starter = new Thread({ target: w.startWithHook, args: [flags] }).start();
    joinAll([starter]);
    expect([flags[2], flags[3]]).toEqual([2, starter.ident]);
  });

  it("B193: setting exceptHook restores the default", () => {
    setExceptHook(w.hook);
    expect(getExceptHook()).toBe(w.hook);
    setExceptHook(exceptHook);
    expect(getExceptHook()).toBe(exceptHook);
  });

  it("S66: another value than a function throws a TypeError", () => {
    for (const bad of [null, undefined, 5]) {
      const error = thrownBy(() => setExceptHook(bad as never));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^thread: the hook function must be a function/);
    }
    expect(getExceptHook()).toBe(exceptHook);
  });

  it("the hook may be a function that was not exposed, if it uses nothing around it", () => {
    setExceptHook(({ excValue }) => void Atomics.add((excValue as { flags: Int32Array }).flags, 2, 5));
    onTestFinished(() => setExceptHook(exceptHook));
    const flags = newFlags();
    joinAll([new Thread({ target: w.failWith, args: [flags] }).start()]);
    expect(flags[2]).toBe(5);
  });

  it("result throws without calling the hook", () => {
    setExceptHook(w.nothing);
    onTestFinished(() => setExceptHook(exceptHook));
    expect(() => new Thread({ target: w.fail, args: ["plain"] }).start().result(LONG)).toThrow("plain");
  });
});
