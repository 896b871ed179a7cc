import {
  BAD_TIMEOUTS,
  bunch,
  expectDuration,
  keepAliveTests,
  mayNotBlockTests,
  LONG,
  pauseAsync,
  sharedTests,
  SHORT,
  timedAsync,
  watchdog,
  viewOf,
} from "@x/testkit";
import { Event } from "@x/event";
import { afterEach, describe, expect, it, vi } from "vitest";
import "./event.stress.ts"; // in short

watchdog();
afterEach(() => void vi.restoreAllMocks());

const TURNSTILE = 1;
const ARMED = 1;

/** Checks that the event records no waiter. */
function expectNoWaiter(event: Event): void {
  expect(viewOf(event)[TURNSTILE]! & ARMED).toBe(0);
}

sharedTests({
  who: "event",
  Class: Event,
  make: (place) => new Event(place),
  change: (event) => (event.isSet() ? event.clear() : event.set()),
  zeroed: true,
});

keepAliveTests({ who: "event", name: "Event", make: "new Event()", wait: "it.waitAsync(options)", wake: "it.set()" });

mayNotBlockTests({
  who: "event",
  name: "Event",
  open: "(() => { const event = new Event(); event.set(); return event; })()",
  close: "it.clear()",
  wait: "it.wait(timeout)",
  cure: "waitAsync()",
});

it("set() of a set event writes nothing, so that readers keep the cache line", () => {
  const event = new Event();
  event.set();
  const before = [...viewOf(event)];
  event.set();
  expect([...viewOf(event)]).toEqual(before);
});

it("set() without waiters makes no system call", () => {
  const event = new Event();
  const notify = vi.spyOn(Atomics, "notify");
  event.set();
  expect(notify).not.toHaveBeenCalled();
});

describe("waitAsync", () => {
  it("returns true at once if the event is set", async () => {
    const event = new Event();
    event.set();
    expect(await Promise.all([event.waitAsync(), event.waitAsync(0), event.waitAsync({ timeout: 5 })])).toEqual([
      true,
      true,
      true,
    ]);
    expectNoWaiter(event);
  });

  it("returns true in all waiting tasks at set(), also if clear() follows at once", async () => {
    const event = new Event();
    for (let round = 0; round < 5; round++) {
      const tasks = Array.from({ length: 10 }, () => event.waitAsync());
      await pauseAsync(1);
      event.set();
      event.clear();
      expect(await Promise.all(tasks)).toEqual(Array.from({ length: 10 }, () => true));
      expectNoWaiter(event);
    }
  });

  it("does not block the event loop, and ends when another thread sets the event", async () => {
    const event = new Event();
    const others = bunch(
      1,
      (event, me) => {
        me.aboutToWait();
        me.pause(20);
        event.set();
      },
      [event],
    );
    expect(await event.waitAsync()).toBe(true);
    others.join();
    expectNoWaiter(event);
  });

  it("works together with blocked threads: set() wakes all tasks and threads", async () => {
    const event = new Event();
    const blocking = bunch(
      2,
      (event, me) => {
        me.aboutToWait();
        return event.wait();
      },
      [event],
    );
    const awaiting = bunch(
      2,
      async (event, me) => {
        const tasks = [event.waitAsync(), event.waitAsync()];
        me.aboutToWait();
        return Promise.all(tasks);
      },
      [event],
    );
    const tasks = [event.waitAsync(), event.waitAsync()];
    blocking.waiting();
    awaiting.waiting();
    event.set();
    event.clear();
    expect(await Promise.all(tasks)).toEqual([true, true]);
    expect(blocking.join()).toEqual([true, true]);
    expect(awaiting.join()).toEqual([
      [true, true],
      [true, true],
    ]);
    expectNoWaiter(event);
  });

  it.each([
    ["milliseconds", 100],
    ["{ timeout }", { timeout: 100 }],
  ])("accepts %s, and returns false after this time", async (_, options) => {
    const event = new Event();
    expectDuration(await timedAsync(async () => expect(await event.waitAsync(options)).toBe(false)), 100);
    expectNoWaiter(event);
  });

  it("with timeout 0 does not wait", async () => {
    expect(await new Event().waitAsync(0)).toBe(false);
  });

  it("accepts timeouts longer than the longest timer", async () => {
    const event = new Event();
    let settled = false;
    const promise = event.waitAsync(2 ** 31 + 1000).finally(() => (settled = true));
    await pauseAsync(SHORT);
    expect(settled).toBe(false);
    event.set();
    expect(await promise).toBe(true);
  });

  it("rejects bad arguments in every state, and changes nothing", async () => {
    for (const event of [new Event(), new Event()]) {
      event.set();
      const before = [...viewOf(event)];
      for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
        await expect(event.waitAsync({ timeout: timeout as number })).rejects.toThrow(ErrorClass);
      }
      await expect(event.waitAsync(-1)).rejects.toThrow(/^event: timeout must be 0 or more milliseconds, got -1/);
      await expect(event.waitAsync(null as never)).rejects.toThrow(TypeError);
      await expect(event.waitAsync({ signal: 5 as never })).rejects.toThrow(
        /^event: signal must be an AbortSignal, got 5/,
      );
      expect([...viewOf(event)]).toEqual(before);
    }
  });

  it("rejects with the reason of an abort, before or during the wait, and leaves no waiter", async () => {
    const event = new Event();
    await expect(event.waitAsync({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    const controller = new AbortController();
    const aborted = event.waitAsync({ signal: controller.signal });
    const other = event.waitAsync();
    controller.abort("meanwhile");
    await expect(aborted).rejects.toBe("meanwhile");
    event.set();
    expect(await other).toBe(true);
    expectNoWaiter(event);
    await expect(event.waitAsync({ signal: controller.signal })).rejects.toBe("meanwhile");
  });

  it("of a set event rejects, too, if the signal is aborted", async () => {
    const event = new Event();
    event.set();
    await expect(event.waitAsync({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  it("set() wakes a sleeper, also while tasks of a blocked thread wait", () => {
    const event = new Event();
    const release = new Event();
    const awaiting = bunch(
      1,
      async (event, release, me) => {
        const promise = event.waitAsync();
        me.aboutToWait();
        const woken = release.wait(8_000);
        return [woken, await promise];
      },
      [event, release],
    );
    awaiting.waiting();
    const blocking = bunch(
      1,
      (event, release, me) => {
        me.aboutToWait();
        const woken = event.wait(4_000);
        release.set();
        return woken;
      },
      [event, release],
    );
    blocking.waiting();
    event.set();
    expect(blocking.join()).toEqual([true]);
    expect(awaiting.join()).toEqual([[true, true]]);
  });
});

it("a thread that gets true from wait() sees the writes before set()", () => {
  const data = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 1; round <= 50; round++) {
    const event = new Event();
    const others = bunch(2, (event, data) => (event.wait() ? data[0] : -1), [event, data]);
    data[0] = round;
    event.set();
    expect(others.join()).toEqual([round, round]);
  }
});

it("a loop in another thread sees a flag that stops it", () => {
  const stop = new Event();
  const others = bunch(
    1,
    (stop, limit, me) => {
      me.aboutToWait();
      for (const end = performance.now() + limit; performance.now() < end;) if (stop.isSet()) return "stopped";
      return "never saw it";
    },
    [stop, LONG],
  );
  others.waiting();
  stop.set();
  expect(others.join()).toEqual(["stopped"]);
});
