import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LONG, SHORT, until, watchdog } from "@x/testkit";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import {
  getProfile,
  getTrace,
  setProfile,
  setProfileAllThreads,
  setTrace,
  setTraceAllThreads,
  sharedGlobals,
  sleep,
  Thread,
  type TraceEvent,
} from "@x/thread";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  addsUp,
  awaits,
  computes,
  lock,
  nests,
  options,
  profiled,
  serves,
  sets,
  sharesLater,
  sleepy,
  takes,
  tally,
  trace,
} from "./trace.workers.mjs";

watchdog();

interface Line {
  readonly event: string;
  readonly name: string;
  readonly on?: string;
  readonly isTask?: boolean;
  readonly waited?: number;
  readonly value?: unknown;
  readonly profile?: { readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[] };
}

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trace-"));
  file = join(folder, "lines");
  writeFileSync(file, "");
  process.env["TRACE_FILE"] = file;
});

afterEach(() => {
  setTraceAllThreads(undefined);
  setProfile(undefined);
  delete process.env["TRACE_FILE"];
  rmSync(folder, { recursive: true });
});

function lines(): Line[] {
  const text = readFileSync(file, "utf8").trim();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
}

function steps(name: string): string[] {
  return lines()
    .filter((line) => line.name === name)
    .map(({ event, on }) => (on === undefined ? event : `${event} ${on}`));
}

describe("setTrace", () => {
  it("reports start, each wait with its kind and duration, and return with its value", () => {
    setTrace(trace);
    const held = new Lock();
    held.acquire();
    const thread = new Thread({ target: takes, args: [held], name: "taker" }).start();
    until(() => steps("taker").includes("block lock"), LONG);
    sleep(SHORT);
    held.release();
    expect(thread.result(LONG)).toBe("taken");
    expect(steps("taker")).toEqual(["start", "block lock", "unblock lock", "return"]);
    const [, block, unblock, end] = lines();
    expect(block).toMatchObject({ isTask: false, waited: 0 });
    expect(unblock!.waited).toBeGreaterThanOrEqual(SHORT);
    expect(end!.value).toBe("taken");
  });

  it("reports waits of tasks as such, and an exception with its value", () => {
    setTrace(trace);
    const event = new Event();
    const thread = new Thread({ target: awaits, args: [event], name: "task" }).start();
    until(() => steps("task").includes("block event"), LONG);
    event.set();
    expect(() => thread.result(LONG)).toThrow("after the event");
    expect(steps("task")).toEqual(["start", "block event", "unblock event", "exception"]);
    expect(lines().map((line) => line.isTask)).toEqual([undefined, true, true, undefined]);
    expect(lines().at(-1)!.value).toBe("after the event");
  });

  it("is taken over by the threads that a thread starts", () => {
    setTrace(trace);
    new Thread({ target: nests, name: "outer" }).start().result(LONG);
    expect(steps("outer").at(-1)).toBe("return");
    expect(steps("inner")).toEqual(["start", "return"]);
  });

  it("travels as text if it was not exposed, also to the threads that a thread starts", () => {
    setTrace(({ event, thread }: TraceEvent) => {
      const { appendFileSync } = process.getBuiltinModule("node:fs");
      appendFileSync(process.env["TRACE_FILE"]!, `${JSON.stringify({ event, name: thread.name })}\n`);
    });
    new Thread({ target: nests, name: "outer" }).start().result(LONG);
    expect(steps("inner")).toEqual(["start", "return"]);
  });

  it("does not report waits of the trace function itself", () => {
    setTrace(sleepy);
    new Thread({ target: takes, args: [new Lock()] }).start().result(LONG);
    expect(lines()).toHaveLength(2);
  });

  it("applies only to threads started later, and undefined ends it", () => {
    const held = new Lock();
    setTrace(trace);
    setTrace(undefined);
    new Thread({ target: takes, args: [held] }).start().result(LONG);
    held.acquire();
    const before = new Thread({ target: takes, args: [held] }).start();
    setTrace(trace);
    held.release();
    before.result(LONG);
    expect(lines()).toEqual([]);
  });

  it("B147: getTrace returns the value that was set", () => {
    expect(getTrace()).toBeUndefined();
    setTrace(trace);
    expect(getTrace()).toBe(trace);
  });

  it("throws for a value that is not a function or cannot travel, and keeps the old function", () => {
    setTrace(trace);
    expect(() => setTrace(5 as never)).toThrow(new TypeError("thread: the trace function must be a function, got 5"));
    expect(() => setTrace(Math.max as never)).toThrow(TypeError);
    expect(getTrace()).toBe(trace);
  });
});

describe("setTraceAllThreads", () => {
  it("B148: reports waits of the calling thread at once", () => {
    setTraceAllThreads(trace);
    sleep(1);
    setTraceAllThreads(undefined);
    sleep(1);
    expect(lines().map(({ event, on }) => `${event} ${on}`)).toEqual(["block sleep", "unblock sleep"]);
  });

  it("B148: reaches a running thread at its next turn of the event loop", () => {
    const [ready, again, stop, held] = [new Event(), new Event(), new Event(), new Lock()];
    const thread = new Thread({ target: serves, args: [ready, again, stop, held], name: "server" }).start();
    expect(ready.wait(LONG)).toBe(true);
    setTraceAllThreads(trace);
    until(() => {
      again.set();
      return steps("server").some((step) => step.endsWith("event"));
    }, LONG);
    stop.set();
    again.set();
    thread.result(LONG);
  });
});

describe("setProfile", () => {
  it("B149: passes a V8 profile of the thread's run to the function, at the end of the thread", () => {
    setProfile(profiled);
    expect(getProfile()).toBe(profiled);
    new Thread({ target: computes, args: [SHORT], name: "busy" }).start().result(LONG);
    const [{ name, profile }] = lines() as [Line];
    expect(name).toBe("busy");
    expect(profile!.nodes.map((node) => node.callFrame.functionName)).toContain("computes");
  });

  it("B150: setProfileAllThreads applies to later threads as well", () => {
    setProfileAllThreads(profiled);
    new Thread({ target: computes, args: [1] }).start().result(LONG);
    setProfileAllThreads(undefined);
    expect(lines()).toHaveLength(1);
  });
});

describe("sharedGlobals", () => {
  it("returns the same value to a module in all threads", () => {
    const threads = Array.from({ length: 4 }, () => new Thread({ target: addsUp, args: [1000] }).start());
    for (const thread of threads) thread.result(LONG);
    expect(lock.with(() => tally[0])).toBe(4000);
  });

  it("keeps primitives inside a value the same", () => {
    new Thread({ target: sets }).start().result(LONG);
    expect(options.nested[0]!.isSet()).toBe(true);
  });

  it("is the same for all threads even if main has never called it", () => {
    const threads = Array.from({ length: 4 }, () => new Thread({ target: sharesLater }).start());
    const seen = threads.map((thread) => thread.result(LONG));
    expect(seen.sort()).toEqual([0, 1, 2, 3]);
  });

  it("returns the same value at each call", () => {
    const make = (): { again: Lock } => sharedGlobals({ again: () => new Lock() });
    make().again.acquire();
    expect(make().again.locked()).toBe(true);
  });

  it("throws for a value that threads would copy, and for a value that cannot travel", () => {
    expect(() => sharedGlobals({ x: 5 })).toThrow(
      "thread: shared x is 5, and each thread would have a copy; write x: new SharedValue(…)",
    );
    expect(() => sharedGlobals(5 as never)).toThrow("sharedGlobals takes an object of values, got 5");
    expect(() => sharedGlobals(5 as never, {})).toThrow("thread: expected import.meta, a path or a URL first, got 5");
    expect(() => sharedGlobals({ x: () => Promise.resolve() })).toThrow("shared x is a Promise");
  });
});
