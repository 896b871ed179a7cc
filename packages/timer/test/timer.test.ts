import { LONG, type Ran, runScript, SHORT, watchdog } from "@x/testkit";
import { Event } from "@x/event";
import { activeCount, currentThread, enumerate, Thread } from "@x/thread";
import { Timer } from "@x/timer";
import { describe, expect, it, vi } from "vitest";
import {
  cancel,
  Counting,
  Deferring,
  fail,
  rearm,
  record,
  recordLater,
  Repeating,
  startedBy,
  Reporting,
} from "./timer.workers.mjs";

watchdog();

/** A counter of calls, shared by all threads. */
function counter(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Longer than any test may take. */
const NEVER = 10 * LONG;

describe("Timer, as CPython's", () => {
  it("calls the function once, after the interval, in another thread", () => {
    const seen = counter();
    const timer = new Timer(SHORT, record, [seen, "a"], { k: 1 });
    const before = performance.now();
    timer.start();
    expect(seen[0]).toBe(0);
    expect(timer.join(LONG)).toBe(true);
    expect(performance.now() - before).toBeGreaterThanOrEqual(SHORT);
    expect(seen[0]).toBe(1);
    expect(timer.result(LONG)).toEqual([timer.name, "a", { k: 1 }]);
  });

  it("B194: keeps its arguments apart from another timer's", () => {
    const [one, two] = [counter(), counter()];
    const first = new Timer(1, record, [one]);
    first.start().join(LONG);
    (first.args as unknown[]).push("leaked");
    const second = new Timer(1, record, [two]);
    expect(second.kwargs).toBeUndefined();
    expect(second.start().result(LONG)).toEqual([second.name]);
  });

  it("S71: ends without a call if it is cancelled before the start", () => {
    const seen = counter();
    const timer = new Timer(NEVER, record, [seen]);
    timer.cancel();
    expect(timer.start().join(LONG)).toBe(true);
    expect(seen[0]).toBe(0);
  });

  it("S71: ends promptly and without a call if it is cancelled during the wait", () => {
    const seen = counter();
    const timer = new Timer(NEVER, record, [seen]).start();
    expect(timer.isAlive()).toBe(true);
    timer.cancel();
    expect(timer.join(LONG)).toBe(true);
    expect(seen[0]).toBe(0);
    expect(timer.result(LONG)).toBeUndefined();
  });

  it("S71: ignores cancel after it has fired", () => {
    const seen = counter();
    const timer = new Timer(1, record, [seen]).start();
    timer.join(LONG);
    timer.cancel();
    timer.cancel();
    expect(seen[0]).toBe(1);
  });

  it("S71: can be cancelled from another thread, and is a Timer there", () => {
    const seen = counter();
    const timer = new Timer(NEVER, record, [seen]).start();
    const other = new Thread({ target: cancel, args: [timer] }).start();
    expect(other.result(LONG)).toEqual([true, true, NEVER]);
    expect(timer.join(LONG)).toBe(true);
    expect(seen[0]).toBe(0);
  });

  it("S72: sets finished by cancel, and after the function returns", () => {
    const cancelled = new Timer(NEVER, record, [counter()]);
    expect(cancelled.finished.isSet()).toBe(false);
    cancelled.cancel();
    expect(cancelled.finished.isSet()).toBe(true);

    const fired = new Timer(1, record, [counter()]).start();
    expect(fired.finished.wait(LONG)).toBe(true);
    fired.join(LONG);

    const seen = counter();
    const async = new Timer(1, recordLater, [seen]).start();
    expect(async.finished.wait(LONG)).toBe(true);
    expect(seen[0]).toBe(1);
    async.join(LONG);
  });

  it("S72: leaves finished unset if the function throws; the error is the thread's", () => {
    const timer = new Timer(1, fail).start();
    expect(() => timer.result(LONG)).toThrow(new RangeError("the function failed"));
    expect(timer.finished.isSet()).toBe(false);
  });

  it("S73: is no daemon, is listed during the wait, and cannot be started again", () => {
    const timer = new Timer(NEVER, record, [counter()]);
    expect(timer.daemon).toBe(false);
    const before = activeCount();
    timer.start();
    expect(enumerate()).toContain(timer);
    expect(activeCount()).toBe(before + 1);
    expect(() => timer.start()).toThrow("can only be started once");
    timer.cancel();
    timer.join(LONG);
    expect(enumerate()).not.toContain(timer);
    expect(() => timer.start()).toThrow("can only be started once");
  });

  it("S58: has the name Thread-N, without the function's name", () => {
    expect(new Timer(1, fail).name).toMatch(/^Thread-\d+$/);
  });

  it("S74: accepts a new function, args and kwargs until it fires, also during the wait", () => {
    const seen = counter();
    const timer = new Timer<Parameters<typeof record>>(4 * SHORT, fail, [seen]).start();
    timer.function = record;
    timer.args = [seen, "changed"];
    timer.kwargs = { also: true };
    expect(timer.result(LONG)).toEqual([timer.name, "changed", { also: true }]);
  });

  it("S74: accepts a new interval until the start", () => {
    const timer = new Timer(NEVER, record, [counter()]);
    timer.interval = 1;
    expect(timer.start().join(LONG)).toBe(true);
  });

  it("S60: waits and calls in the calling thread if run() is called directly", () => {
    const call = vi.fn(() => 7);
    const timer = new Timer(SHORT, call);
    const before = performance.now();
    expect(timer.run()).toBe(7);
    expect(performance.now() - before).toBeGreaterThanOrEqual(SHORT);
    expect(call).toHaveBeenCalledOnce();
    expect(timer.isAlive()).toBe(false);
    expect(timer.finished.isSet()).toBe(true);
  });
});

describe("Timer", () => {
  it("can start its successor from its own thread", () => {
    const seen = counter();
    new Timer(1, rearm, [seen, 3]).start().join(LONG);
    expect(seen[0]).toBe(3);
  });

  it("fires also after its starter has ended", () => {
    const seen = counter();
    new Thread({ target: startedBy, args: [seen] }).start().join(LONG);
    for (const thread of enumerate()) if (thread !== currentThread()) thread.join(LONG);
    expect(Atomics.load(seen, 0)).toBe(1);
  });

  it("returns the fields of a subclass with its result", () => {
    const seen = counter();
    const timer = new Counting(1, record, [seen]).start();
    timer.result(LONG);
    expect(timer.count).toBe(1);
  });

  it("with a looping run ticks at its interval until it is cancelled", () => {
    const seen = counter();
    const timer = new Repeating(40, record, [seen], { k: 1 }).start();
    timer.finished.wait(60);
    expect(seen[0]).toBeLessThanOrEqual(1); // no tick before the first interval
    const end = performance.now() + LONG;
    while (seen[0]! < 5 && performance.now() < end) timer.finished.wait(5);
    timer.cancel();
    expect(timer.join(LONG)).toBe(true);
    expect(seen[0]).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ["exposed", record],
    ["not exposed", (seen: Int32Array) => (seen[0]!++, "called")],
  ])("shows its function, arguments and interval in its own thread; the function is %s", (_, func) => {
    const timer = new Reporting(30, func as never, [counter(), "a"] as never, { k: 1 }).start();
    const [kind, args, kwargs, interval, isSet] = timer.result(LONG) as unknown[];
    expect([kind, (args as unknown[])[1], kwargs, interval, isSet]).toEqual(["function", "a", { k: 1 }, 30, false]);
    expect((args as unknown[]).length).toBe(2);
  });

  it("with an overridden run waits for the interval once in super.run()", () => {
    const seen = counter();
    const waited = new Deferring(SHORT, record, [seen]).start().result(LONG) as number;
    expect(waited).toBeGreaterThanOrEqual(SHORT - 1);
    expect(seen[0]).toBe(1);
  });

  it("calls a function that is not exposed, if it uses nothing from around it", () => {
    expect(new Timer(1, (a: number, b: number) => a + b, [3, 4]).start().result(LONG)).toBe(7);
  });

  it("needs no worker during the wait: 10,000 timers start and are cancelled", () => {
    const before = activeCount();
    const seen = counter();
    const timers = Array.from({ length: 10_000 }, () => new Timer(NEVER, record, [seen]));
    for (const timer of timers) timer.start();
    expect(activeCount()).toBe(before + 10_000);
    for (const timer of timers) timer.cancel();
    for (const timer of timers) expect(timer.join(LONG)).toBe(true);
    expect(activeCount()).toBe(before);
  });

  it("keeps the process alive until it fires, unless it is a daemon", async () => {
    const run = (daemon: boolean): Promise<Ran> =>
      runScript(`
        import { Timer } from "@x/timer";
        const timer = new Timer(${SHORT}, () => console.log("fired"));
        timer.daemon = ${daemon};
        timer.start();
        console.log("main ends");`);
    expect(await run(false)).toMatchObject({ stdout: "main ends\nfired\n", stderr: "", status: 0 });
    expect(await run(true)).toMatchObject({ stdout: "main ends\n", stderr: "", status: 0 });
  });
});

describe("bad arguments of Timer", () => {
  const rows: [string, () => unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    ["a negative interval", () => new Timer(-1, fail), RangeError, /^timer: interval .* got -1/],
    ["an interval that is no number", () => new Timer("5" as never, fail), TypeError, /^timer: interval .* got "5"/],
    ["no function", () => new Timer(1, 5 as never), TypeError, /^timer: function .* got 5/],
    ["args that are no array", () => new Timer(1, record, 5 as never), TypeError, /^timer: args .* got 5/],
    [
      "kwargs that are no object",
      () => new Timer(1, record, [counter()], 5 as never),
      TypeError,
      /^timer: kwargs .* got 5/,
    ],
  ];
  it.each(rows)("%s", (_, make, Class, message) => {
    expect(make).toThrow(Class);
    expect(make).toThrow(message);
  });

  it("an argument that cannot travel is refused at the start, and on assignment during the wait, and changes nothing", () => {
    const seen = counter();
    const timer = new Timer(2 * SHORT, record, [seen, Promise.resolve()]);
    expect(() => timer.start()).toThrow(TypeError);
    expect(timer.isAlive()).toBe(false);
    timer.args = [seen, "fine"];
    timer.start();
    expect(() => (timer.args = [seen, Promise.resolve()])).toThrow(TypeError);
    expect(timer.args).toEqual([seen, "fine"]);
    expect(timer.result(LONG)).toEqual([timer.name, "fine"]);
  });

  it("finished is an Event", () => {
    expect(new Timer(1, fail).finished).toBeInstanceOf(Event);
  });
});
