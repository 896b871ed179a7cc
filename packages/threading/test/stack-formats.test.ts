/** A program may format stacks itself: no wait and no report depends on the result. */
import { runScript, watchdog } from "@x/testkit";
import { Condition, dumpThreads, Event, Lock, Thread } from "@x/threading";
import { afterEach, describe, expect, it } from "vitest";

watchdog();

const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
const limit = Error.stackTraceLimit;
afterEach(() => {
  if (own === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  else Object.defineProperty(Error, "prepareStackTrace", own);
  Error.stackTraceLimit = limit;
});

/** Longer than the time after which a wait is registered with the supervisor. */
const LONG_WAIT = 250;

const formats: readonly (readonly [string, unknown])[] = [
  ["returns call sites", (_: Error, sites: unknown) => sites],
  ["returns an object without a text form", () => Object.create(null) as object],
  ["returns undefined", () => undefined],
  ["returns a symbol", () => Symbol("stack")],
  ["throws", () => fail()],
  ["is no function", 5],
];

function fail(): never {
  throw new RangeError("of the format");
}

describe.each(formats)("a program whose format of stacks %s", (_, format) => {
  it("ends long waits as usual, and a condition takes its lock again", () => {
    new Thread({ target: () => 1 }).start().join(); // starts the supervisor
    (Error as { prepareStackTrace: unknown }).prepareStackTrace = format;
    expect(new Event().wait(LONG_WAIT)).toBe(false);
    const condition = new Condition(new Lock());
    condition.acquire();
    expect(condition.wait(LONG_WAIT)).toBe(false);
    expect(condition.isOwned()).toBe(true);
    condition.release();
  });

  it("gets errors of threads and reports", () => {
    const thread = new Thread({ target: () => JSON.parse("{") as unknown }).start();
    thread.join();
    (Error as { prepareStackTrace: unknown }).prepareStackTrace = format;
    expect(() => thread.result()).toThrow(SyntaxError);
    expect(dumpThreads()).toContain("MainThread");
    expect((Error as { prepareStackTrace: unknown }).prepareStackTrace).toBe(format);
  });
});

it("a format that returns text is used, for example with source maps", () => {
  (Error as { prepareStackTrace: unknown }).prepareStackTrace = () => "Error\n    at mapped (source.ts:1:1)";
  expect(dumpThreads()).toContain("at mapped (source.ts:1:1)");
});

it("a report uses the engine's stack if the format returns no text", () => {
  (Error as { prepareStackTrace: unknown }).prepareStackTrace = (_: Error, sites: unknown) => sites;
  expect(dumpThreads()).toContain("stack-formats.test");
});

it("a program without stacks has reports without places", () => {
  Error.stackTraceLimit = 0;
  expect(dumpThreads()).toContain("MainThread");
});

it.each([
  [
    "a format that cannot be changed",
    `Object.defineProperty(Error, "prepareStackTrace", { value: (_, sites) => sites });`,
  ],
  ["a frozen Error", `Error.prepareStackTrace = (_, sites) => sites; Object.freeze(Error);`],
  ["a frozen Error without stacks", `Error.stackTraceLimit = 0; Object.freeze(Error);`],
  ["no captureStackTrace", `Error.captureStackTrace = undefined;`],
])("%s breaks no wait", async (_, code) => {
  const { stdout, stderr, status } = await runScript(`
    import { dumpThreads, Event, Thread } from "@x/threading";
    new Thread({ target: () => 1 }).start().join();
    ${code}
    console.log(new Event().wait(${LONG_WAIT}), dumpThreads().includes("MainThread"));
    try { new Thread({ target: () => { throw new RangeError("of the thread"); } }).start().result(); }
    catch (error) { console.log(error.message); }
  `);
  expect({ stdout, status }).toEqual({ stdout: "false true\nof the thread\n", status: 0 });
  expect(stderr).toContain("of the thread"); // the report of the error
});
