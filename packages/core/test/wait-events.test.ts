import { allocate, block, Deadline, onWait, type Steps, suspend, wake, type WaitEvent } from "@x/core";
import { setDeathMonitor } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { afterEach, describe, expect, it } from "vitest";

watchdog();
afterEach(() => onWait(undefined));

const { words, at } = allocate(8);

/** Waits for `ms` milliseconds. */
function* steps(ms: number): Steps<void> {
  yield { words, index: at, value: 0, deadline: Deadline.after(ms) };
}

const wait = (ms = 1): void => block(steps(ms), "test", "the twin");

/** Listens, and returns the events so far. */
function heard(): WaitEvent[] {
  const events: WaitEvent[] = [];
  onWait((event) => events.push(event));
  return events;
}

const kinds = (events: readonly WaitEvent[]): string[] => events.map(({ event }) => event);

describe("onWait", () => {
  it("reports the begin and end of a wait, with its subject and duration", () => {
    const events = heard();
    const before = performance.now();
    wait(20);
    const took = performance.now() - before;
    expect(events).toEqual([
      { event: "block", on: "test", isTask: false, waited: 0 },
      { event: "unblock", on: "test", isTask: false, waited: events[1]!.waited },
    ]);
    expect(events[1]!.waited).toBeGreaterThan(15);
    expect(events[1]!.waited).toBeLessThanOrEqual(took);
  });

  it("reports the waits of tasks as well", async () => {
    const events = heard();
    const waits = suspend(steps(Infinity), undefined, "test");
    expect(events).toEqual([{ event: "block", on: "test", isTask: true, waited: 0 }]);
    wake(words, at);
    await waits;
    expect(events.slice(1)).toMatchObject([{ event: "unblock", on: "test", isTask: true }]);
  });

  it("reports nothing after undefined, not even the end of a wait in progress", async () => {
    const events = heard();
    const waits = suspend(steps(Infinity));
    onWait(undefined);
    wake(words, at);
    await waits;
    wait();
    expect(events).toMatchObject([{ event: "block", on: "core" }]); // the default subject
  });

  it("reports no end without a begin", async () => {
    const waits = suspend(steps(Infinity));
    const events = heard();
    wake(words, at);
    await waits;
    expect(events).toEqual([]);
  });

  it("does not report waits of the listener itself, nor of its tasks", async () => {
    const events: WaitEvent[] = [];
    const tasks: Promise<void>[] = [];
    onWait((event) => {
      events.push(event);
      wait();
      tasks.push(suspend(steps(1)));
    });
    wait();
    await Promise.all(tasks);
    expect(kinds(events)).toEqual(["block", "unblock"]);
  });

  it("reports further waits after the listener has thrown", () => {
    const events: WaitEvent[] = [];
    onWait((event) => {
      events.push(event);
      if (event.event === "unblock") throw new RangeError("of the listener");
    });
    for (let i = 0; i < 2; i++) expect(() => wait()).toThrow("of the listener");
    expect(kinds(events)).toEqual(["block", "unblock", "block", "unblock"]);
  });

  it.each([
    ["stops", undefined],
    ["hands over to another", heard],
  ])("sends no more events to a listener that %s", (_, next) => {
    let reports = 0;
    let others: WaitEvent[] = [];
    onWait(() => {
      reports++;
      if (next === undefined) onWait(undefined);
      else others = next();
    });
    wait();
    wait();
    expect(reports).toBe(1);
    expect(kinds(others)).toEqual(next === undefined ? [] : ["unblock", "block", "unblock"]);
  });

  it("reports one wait as one, however often the thread reads the word meanwhile", async () => {
    setDeathMonitor({
      longWaitMs: 5,
      registerBlockedWait: () => ({
        enter: () => undefined,
        nap: Infinity,
        isStale: () => false,
        leave: () => undefined,
      }),
      deathOf: () => undefined,
      lost: undefined,
    });
    const events = heard();
    function* looking(): Steps<void> {
      const deadline = Deadline.after(30);
      while (!deadline.expired()) yield { words, index: at, value: 0, deadline };
    }
    block(looking(), "test", "the twin");
    expect(kinds(events)).toEqual(["block", "unblock"]);
    expect(events[1]!.waited).toBeGreaterThan(25);
    const waits = suspend(looking(), undefined, "test");
    for (let i = 0; i < 5; i++) {
      wake(words, at);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await waits;
    expect(kinds(events)).toEqual(["block", "unblock", "block", "unblock"]);
    setDeathMonitor(undefined);
  });

  it("reports the end of a wait before the thread takes the primitive", () => {
    const order: string[] = [];
    function* taking(): Steps<void> {
      yield { words, index: at, value: 5, deadline: Deadline.NEVER }; // it is 0
      order.push("takes");
    }
    onWait(({ event }) => order.push(event));
    block(taking(), "test", "the twin");
    expect(order).toEqual(["block", "unblock", "takes"]);
  });

  it.each(["block", "unblock"])(
    "lets the steps clean up, and wait for it, if the listener throws at %s",
    async (when) => {
      const log: string[] = [];
      function* steps(): Steps<void> {
        try {
          yield { words, index: at, value: 0, deadline: Deadline.ofTask(2) };
        } finally {
          yield { words, index: at, value: 0, deadline: Deadline.ofTask(2) };
          log.push("cleaned up");
        }
      }
      onWait(({ event }) => {
        if (event === when) throw new RangeError("of the listener");
      });
      expect(() => block(steps(), "test", "the twin")).toThrow("of the listener");
      await expect(suspend(steps(), undefined, "test")).rejects.toThrow("of the listener");
      expect(log).toEqual(["cleaned up", "cleaned up"]);
    },
  );

  it("throws a TypeError if the listener is not a function", () => {
    const events = heard();
    expect(() => onWait(5 as never)).toThrow(new TypeError("core: the listener must be a function, got 5"));
    wait();
    expect(kinds(events)).toEqual(["block", "unblock"]);
  });
});
