import { CancelledError, Future, InvalidStateError } from "@x/executor";
import { TimeoutError } from "@x/core";
import { BAD_TIMEOUTS, LONG, SHORT, thrownBy, until, watchdog } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";
import { BEGUN, errorOf, FORMS, newGate, open, pool, rejectedBy } from "./helpers.js";
import * as w from "./executor.workers.mjs";

watchdog();

describe.each(FORMS)("a future, %s", (_, form) => {
  it("F058, F060: is pending, then running, then finished", async () => {
    const executor = pool(1);
    const flags = newGate();
    const first = executor.submit(w.stand, flags, 1);
    until(() => flags[BEGUN] === 1);
    const second = executor.submit(w.square, 2);
    expect([first.running(), first.done(), first.cancelled()]).toEqual([true, false, false]);
    expect([second.running(), second.done(), second.cancelled()]).toEqual([false, false, false]);
    open(flags);
    await form.result(second);
    for (const future of [first, second])
      expect([future.running(), future.done(), future.cancelled()]).toEqual([false, true, false]);
  });

  it("F059: cancel of a pending future is true, again too, and it never runs", async () => {
    const executor = pool(1);
    const flags = newGate();
    const running = executor.submit(w.stand, flags, 1);
    until(() => flags[BEGUN] === 1);
    const pending = executor.submit(w.count, flags);
    expect([pending.cancel(), pending.cancel(), pending.cancelled(), pending.done()]).toEqual([true, true, true, true]);
    expect(running.cancel()).toBe(false);
    open(flags);
    expect(await form.result(running)).toBe(1);
    expect([running.cancel(), running.cancelled()]).toEqual([false, false]);
    await form.shutdown(executor);
    expect(flags[2]).toBe(0);
    for (const ask of [form.result, form.exception])
      expect(await errorOf(() => ask(pending))).toBeInstanceOf(CancelledError);
  });

  it("F061: result is the value, or throws the call's error, the same object each time", async () => {
    const executor = pool(1);
    expect(await form.result(executor.submit(w.square, 3))).toBe(9);
    const failed = executor.submit(w.fail, "bad");
    const first = await errorOf(() => form.result(failed));
    expect(first).toMatchObject({ name: "RangeError", message: "bad" });
    expect(await errorOf(() => form.result(failed))).toBe(first);
    expect(await form.exception(failed)).toBe(first);
  });

  it("F061: whatever the call throws", async () => {
    const executor = pool(1);
    for (const thrown of [undefined, null, 0, "text", { code: 5 }]) {
      const future = executor.submit(w.failWith, thrown);
      expect(await errorOf(() => form.result(future))).toEqual(thrown);
      expect(await form.exception(future)).toEqual(thrown);
    }
  });

  it("F061, F062: not done in time is a TimeoutError; 0 looks only", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.stand, flags, 1);
    for (const timeout of [0, SHORT])
      for (const ask of [form.result, form.exception])
        expect(await errorOf(() => ask(future, timeout))).toBeInstanceOf(TimeoutError);
    open(flags);
    expect(await form.result(future)).toBe(1);
    expect(await form.result(future, 0)).toBe(1);
  });

  it("F062: a wrong timeout is refused", async () => {
    const future = pool(1).submit(w.square, 1);
    for (const [timeout, Class] of BAD_TIMEOUTS) {
      if (timeout === null && form === FORMS[1][1]) continue; // the options of an awaited form are null there
      for (const ask of [form.result, form.exception])
        expect(await errorOf(() => ask(future, timeout as never))).toBeInstanceOf(Class);
    }
  });

  it("F063: exception is the error, and undefined after a value", async () => {
    const executor = pool(1);
    expect(await form.exception(executor.submit(w.square, 3))).toBeUndefined();
    expect(await form.exception(executor.submit(w.fail, "bad"))).toMatchObject({ message: "bad" });
  });

  it("F066, F097, F099: an error arrives whole: class, message, fields, cause, and the stack of the task", async () => {
    const executor = pool(1);
    const error = (await form.exception(executor.submit(w.fail, "bad"))) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.cause).toMatchObject({ message: "the cause" });
    expect(error.stack).toMatch(/\bfail\b/); // the function that threw, in the worker
    expect(await form.exception(executor.submit(w.refuse))).toMatchObject({ name: "Refused", message: "no", code: 7 });
  });

  it("F075: await gives the value, or throws the error; Promise.race takes futures", async () => {
    const executor = pool(2);
    const flags = newGate();
    expect(await executor.submit(w.square, 4)).toBe(16);
    expect(await rejectedBy(() => executor.submit(w.fail, "bad"))).toMatchObject({ message: "bad" });
    expect(await Promise.race([executor.submit(w.stand, flags, 0), executor.submit(w.square, 5)])).toBe(25);
    open(flags);
  });

  it("F076: may be an argument or a result, and any thread may wait for it", async () => {
    const executor = pool(2);
    const flags = newGate();
    const first = executor.submit(w.stand, flags, 7);
    const second = executor.submit(w.resultOf, { future: first });
    open(flags);
    expect(await form.result(second)).toBe(7);
    const { future } = await form.result(executor.submit(w.submitAndReturn, executor, 6));
    expect(await form.result(future)).toBe(36);
  });
});

describe("F064: a blocked result", () => {
  it("goes on when the future is cancelled by another thread", () => {
    const executor = pool(2);
    const other = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    executor.submit(w.stand, flags);
    until(() => flags[BEGUN] === 2);
    const pending = executor.submit(w.nothing);
    const canceller = other.submit(w.cancelSoon, { future: pending });
    expect(thrownBy(() => pending.result(LONG))).toBeInstanceOf(CancelledError);
    expect(canceller.result(LONG)).toBe(true);
  });

  it("goes on when the value comes", () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.stand, flags, 3);
    pool(1).submit(w.signalSoon, flags);
    expect(future.result(LONG)).toBe(3);
  });
});

describe("callbacks", () => {
  it("F067, F068, F070: are called once, in order, with the future that is done", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.stand, flags, 5);
    const calls: unknown[] = [];
    future.addDoneCallback((it) => calls.push("first", it.result(0)));
    future.addDoneCallback((it) => calls.push("second", it === future, it.done()));
    expect(calls).toEqual([]);
    open(flags);
    await future;
    future.addDoneCallback((it) => calls.push("third", it.exception(0)));
    expect(calls).toEqual(["first", 5, "second", true, true, "third", undefined]);
  });

  it("F067: are called with a cancelled future, too", () => {
    const executor = pool(1);
    const flags = newGate();
    executor.submit(w.stand, flags);
    const pending = executor.submit(w.nothing);
    const calls: boolean[] = [];
    pending.addDoneCallback((it) => calls.push(it.cancelled()));
    pending.cancel();
    expect(calls).toEqual([true]);
  });

  it("F068: that throw are reported, and the others run", () => {
    const report = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      const future = new Future<number>();
      const calls: number[] = [];
      future.addDoneCallback(() => {
        throw new Error("in the callback");
      });
      future.addDoneCallback((it) => calls.push(it.result(0)));
      future.setResult(1);
      expect(calls).toEqual([1]);
    } finally {
      report.mockRestore();
    }
  });

  it("F069: run while their thread blocks in a call on an executor", () => {
    const executor = pool(1);
    const future = executor.submit(w.square, 3);
    let seen: unknown;
    future.addDoneCallback((it) => (seen = it.result(0)));
    executor.submit(w.nothing).result(LONG);
    expect(seen).toBe(9);
  });

  it("F069: run from the event loop of the thread that added them", async () => {
    const future = pool(1).submit(w.square, 3);
    const value = await new Promise((resolve) => future.addDoneCallback((it) => resolve(it.result(0))));
    expect(value).toBe(9);
  });

  it("F067: what is no function is refused", () => {
    expect(thrownBy(() => new Future().addDoneCallback(5 as never))).toBeInstanceOf(TypeError);
  });
});

describe("a future made by hand", () => {
  it("F072: is set once; a second set is an InvalidStateError, and changes nothing", () => {
    const future = new Future<number>();
    expect(future.setRunningOrNotifyCancel()).toBe(true);
    expect(future.running()).toBe(true);
    future.setResult(1);
    expect(thrownBy(() => future.setResult(2))).toBeInstanceOf(InvalidStateError);
    expect(thrownBy(() => future.setException(new Error("late")))).toBeInstanceOf(InvalidStateError);
    expect(future.result(0)).toBe(1);
    const failed = new Future();
    const error = new Error("bad");
    failed.setException(error);
    expect(failed.exception(0)).toBe(error);
  });

  it("F075: then calls its functions later, with what a promise in it resolves to; without functions it is a promise", async () => {
    const [plain, nested] = [new Future<number>(), new Future<Promise<number>>()];
    const seen: unknown[] = [];
    plain.setResult(1);
    nested.setResult(Promise.resolve(2));
    const both = [plain.then((value) => seen.push(value)), nested.then((value) => seen.push(value))];
    expect(seen).toEqual([]);
    await Promise.all(both);
    expect(seen).toEqual([1, 2]);
    expect([await plain.then(), await nested.then(null, () => 3)]).toEqual([1, 2]);
  });

  it("F072: is set running once", () => {
    const future = new Future();
    future.setRunningOrNotifyCancel();
    expect(thrownBy(() => future.setRunningOrNotifyCancel())).toBeInstanceOf(InvalidStateError);
    expect(future.cancel()).toBe(false);
  });

  it("F073: cannot be set after it was cancelled", () => {
    const future = new Future<number>();
    expect([future.cancel(), future.setRunningOrNotifyCancel()]).toEqual([true, false]);
    expect(thrownBy(() => future.setResult(1))).toBeInstanceOf(InvalidStateError);
    expect(future.cancelled()).toBe(true);
  });

  it("F072: of an executor cannot be set by hand", () => {
    const executor = pool(1);
    expect(thrownBy(() => executor.submit(w.square, 1).setResult(5))).toBeInstanceOf(InvalidStateError);
  });
});

describe("a future", () => {
  it("F071: says its state as text", async () => {
    const executor = pool(1);
    const flags = newGate();
    const running = executor.submit(w.stand, flags, 1);
    until(() => flags[BEGUN] === 1);
    const [pending, failed, cancelled] = [
      executor.submit(w.square, 1),
      executor.submit(w.fail, "x"),
      executor.submit(w.nothing),
    ];
    cancelled.cancel();
    expect([running, pending, cancelled].map(String)).toEqual([
      expect.stringMatching(/^<Future .*running>$/),
      expect.stringMatching(/^<Future .*pending>$/),
      expect.stringMatching(/^<Future .*cancelled>$/),
    ]);
    open(flags);
    await failed.exceptionAsync();
    expect(String(pending)).toMatch(/finished returned number>$/);
    expect(String(failed)).toMatch(/finished raised RangeError>$/);
  });

  it("F074: is equal to itself alone, and a member of sets", () => {
    const executor = pool(1);
    const [a, b] = [executor.submit(w.square, 1), executor.submit(w.square, 1)];
    expect(new Set([a, b, a]).size).toBe(2);
  });

  it("refuses structured clone, with the cure", () => {
    expect(thrownBy(() => structuredClone(pool(1).submit(w.square, 1)))).toMatchObject({
      name: "DataCloneError",
      message:
        "executor: a future cannot be cloned; send it in an argument or a result of a thread or a task, or in a queue",
    });
  });

  it("F075: awaited with a signal rejects with the reason of an abort, and the task goes on", async () => {
    const executor = pool(1);
    const flags = newGate();
    const future = executor.submit(w.stand, flags, 2);
    const controller = new AbortController();
    const waiting = future.resultAsync({ signal: controller.signal });
    controller.abort(new Error("enough"));
    expect(await rejectedBy(() => waiting)).toMatchObject({ message: "enough" });
    open(flags);
    expect(await future).toBe(2);
  });
});
