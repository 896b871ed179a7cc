import {
  checkAsyncOptions,
  checkFunction,
  checkInteger,
  checkTimeout,
  Deadline,
  describe as describeValue,
  isPromise,
  ThreadError,
  TIMEOUT_MAX,
  TimeoutError,
} from "@x/core";
import { describe, expect, it } from "vitest";

describe("argument checks", () => {
  it.each([
    [
      () => checkTimeout(-5, "lock"),
      RangeError,
      "lock: timeout must be 0 or more milliseconds, got -5; 0 tries without waiting",
    ],
    [
      () => checkTimeout(NaN, "lock"),
      RangeError,
      "lock: timeout must be 0 or more milliseconds, got NaN; 0 tries without waiting",
    ],
    [
      () => checkTimeout(1e300, "lock"),
      RangeError,
      "lock: timeout 1e+300 is more than TIMEOUT_MAX (9223372036000 ms); use Infinity to wait for ever",
    ],
    [
      () => checkTimeout("1", "lock"),
      TypeError,
      'lock: timeout must be a number of milliseconds (0 tries without waiting, Infinity waits for ever), got "1"',
    ],
    [
      () => checkTimeout("1", "timer", "interval"),
      TypeError,
      'timer: interval must be a number of milliseconds (Infinity waits for ever), got "1"',
    ],
    [() => checkTimeout(-1, "timer", "interval"), RangeError, "timer: interval must be 0 or more milliseconds, got -1"],
    [() => checkInteger(0, "n", "sem", 1, 9), RangeError, "sem: n must be a whole number from 1 to 9, got 0"],
    [() => checkInteger(1.5, "n", "sem", 1, 9), RangeError, "sem: n must be a whole number from 1 to 9, got 1.5"],
    [() => checkInteger(10, "n", "sem", 1, 9), RangeError, "sem: n must be a whole number from 1 to 9, got 10"],
    [() => checkInteger(null, "n", "sem", 1, 9), TypeError, "sem: n must be a whole number, got null"],
    [() => checkFunction(5, "action", "barrier"), TypeError, "barrier: action must be a function, got 5"],
    [() => checkAsyncOptions("5", "lock"), TypeError, 'lock: expected milliseconds or { timeout, signal }, got "5"'],
    [() => checkAsyncOptions(null, "lock"), TypeError, "lock: expected milliseconds or { timeout, signal }, got null"],
    [() => checkAsyncOptions({ signal: 5 }, "lock"), TypeError, "lock: signal must be an AbortSignal, got 5"],
    [
      () => checkAsyncOptions({ timeout: -1 }, "lock"),
      RangeError,
      "lock: timeout must be 0 or more milliseconds, got -1; 0 tries without waiting",
    ],
  ] as const)("%s", (check, ErrorClass, message) => {
    expect(check).toThrow(ErrorClass);
    expect(check).toThrow(new ErrorClass(message));
  });

  it("valid arguments pass the checks", () => {
    for (const timeout of [0, 0.5, 1, TIMEOUT_MAX, Infinity]) expect(() => checkTimeout(timeout, "x")).not.toThrow();
    for (const n of [1, 5, 9]) expect(() => checkInteger(n, "n", "x", 1, 9)).not.toThrow();
    expect(() => checkFunction(() => 1, "f", "x")).not.toThrow();
  });

  it("options are milliseconds, an object, or undefined", () => {
    const { signal } = new AbortController();
    expect(checkAsyncOptions(undefined, "x")).toEqual({ deadline: Deadline.NEVER, signal: undefined });
    expect(checkAsyncOptions({}, "x")).toEqual({ deadline: Deadline.NEVER, signal: undefined });
    expect(checkAsyncOptions({ signal, timeout: undefined }, "x")).toEqual({ deadline: Deadline.NEVER, signal });
    expect(checkAsyncOptions(5, "x").deadline.left()).toBeGreaterThan(0);
    expect(checkAsyncOptions({ timeout: 0 }, "x").deadline.expired()).toBe(true);
  });

  it.each([
    { aborted: 0, addEventListener() {}, removeEventListener() {} },
    { aborted: false, addEventListener: 1, removeEventListener() {} },
    { aborted: false, addEventListener() {}, removeEventListener: 1 },
    Object.assign(() => 1, { aborted: false, addEventListener() {}, removeEventListener() {} }),
    null,
  ])("%o is not a signal", (signal) => {
    expect(() => checkAsyncOptions({ signal: signal as never }, "x")).toThrow(
      /^x: signal must be an AbortSignal, got /,
    );
  });

  it("a signal in place of the options throws TypeError, unless it has properties of the options", () => {
    const signal = (): AbortSignal => new AbortController().signal;
    expect(() => checkAsyncOptions(signal(), "x")).toThrow(
      new TypeError("x: expected milliseconds or { timeout, signal }, got the signal itself; write { signal }"),
    );
    const [other, late] = [signal(), Object.assign(signal(), { timeout: 5 })];
    expect(checkAsyncOptions(Object.assign(signal(), { signal: other }), "x").signal).toBe(other);
    expect(checkAsyncOptions(late, "x").timeout).toBe(5);
  });

  it("a signal may be an object of another class", () => {
    const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
    expect(checkAsyncOptions({ signal }, "x").signal).toBe(signal);
  });
});

it.each([
  ["text", '"text"'],
  ["x".repeat(40), `"${"x".repeat(40)}"`],
  ["x".repeat(50), `"${"x".repeat(40)}"…`],
  [5n, "5n"],
  [null, "null"],
  [undefined, "undefined"],
  [[1], "an array"],
  [new Map(), "[object Map]"],
  [function named() {}, "function named"],
  [() => 1, "an anonymous function"],
  [Object.defineProperty(() => 1, "name", { value: 5 }), "an anonymous function"],
  [Symbol("s"), "Symbol(s)"],
])("describe(%o) returns %s", (value, text) => {
  expect(describeValue(value)).toBe(text);
});

it("describe never throws, even if reading the value does", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(describeValue(proxy)).toBe("an object");
  const named = Object.defineProperty(() => 1, "name", { get: () => expect.fail("looked at") });
  expect(describeValue(named)).toBe("an anonymous function");
});

describe("isPromise", () => {
  it("is true for a promise: of a class with another tag, and of another realm", () => {
    expect(isPromise(Promise.resolve())).toBe(true);
    expect(isPromise(Object.defineProperty(Promise.resolve(), Symbol.toStringTag, { value: "Mine" }))).toBe(true);
    expect(isPromise(process.getBuiltinModule("node:vm").runInNewContext("Promise.resolve()"))).toBe(true);
  });

  it("is false for other values, even if reading them throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const called = Object.assign(() => 1, { [Symbol.toStringTag]: "Promise" });
    for (const value of [proxy, {}, [], null, undefined, 5, () => 1, called, { then() {} }])
      expect(isPromise(value)).toBe(false);
  });
});

describe("error classes", () => {
  it("instanceof, name and class tell ThreadError and TimeoutError apart", () => {
    const [thread, timeout] = [new ThreadError("t"), new TimeoutError("o", { cause: 5 })];
    expect([thread instanceof ThreadError, thread instanceof TimeoutError]).toEqual([true, false]);
    expect([timeout instanceof ThreadError, timeout instanceof TimeoutError]).toEqual([true, true]);
    expect([String(thread), String(timeout), timeout.cause]).toEqual(["ThreadError: t", "TimeoutError: o", 5]);
    expect(thread).toBeInstanceOf(Error);
    expect(Object.keys(thread)).toEqual([]);
  });

  it("instanceof a subclass follows the prototype chain", () => {
    class Mine extends ThreadError {}
    expect([new Mine("x") instanceof Mine, new Mine("x") instanceof ThreadError]).toEqual([true, true]);
    expect(new ThreadError("x") instanceof Mine).toBe(false);
  });

  it.each([null, undefined, 5, "error", {}, new Error("x")])("%o is an instance of neither", (value) => {
    expect([value instanceof ThreadError, value instanceof TimeoutError]).toEqual([false, false]);
  });
});
