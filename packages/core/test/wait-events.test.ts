import { allocate, block, Deadline, onWait, type Steps, setDeathMonitor, suspend, wake, type WaitEvent } from "@x/core";
import { watchdog } from "@x/testkit";
import { afterEach, describe, expect, it } from "vitest";

watchdog();
afterEach(() => onWait(undefined));

const { words, at } = allocate(8);

/** Waits for so many milliseconds. */
function* steps(ms: number): Steps<void> {
  yield { words, index: at, value: 0, deadline: Deadline.after(ms) };
}

const wait = (ms = 1): void => block(steps(ms), "test", "the twin");

/** Listens, and returns what is told. */
function heard(): WaitEvent[] {
  const events: WaitEvent[] = [];
  onWait((event) => events.push(event));
  return events;
}

const kinds = (events: readonly WaitEvent[]): string[] => events.map(({ event }) => event);

describe("onWait", () => {
  it("tells that a wait of this thread begins and ends, on what, and how long it has lasted", () => {
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

  it("tells the same of a task", async () => {
    const events = heard();
    const waits = suspend(steps(Infinity), undefined, "test");
    expect(events).toEqual([{ event: "block", on: "test", isTask: true, waited: 0 }]);
    wake(words, at);
    await waits;
    expect(events.slice(1)).toMatchObject([{ event: "unblock", on: "test", isTask: true }]);
  });

  it("tells nobody any more after undefined, also of a wait that has begun", async () => {
    const events = heard();
    const waits = suspend(steps(Infinity));
    onWait(undefined);
    wake(words, at);
    await waits;
    wait();
    expect(events).toMatchObject([{ event: "block", on: "core" }]); // as nobody said on what
  });

  it("does not tell of the end of a wait whose begin it has not told", async () => {
    const waits = suspend(steps(Infinity));
    const events = heard();
    wake(words, at);
    await waits;
    expect(events).toEqual([]);
  });

  it("does not tell of what the listener itself waits for, nor of its tasks", async () => {
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

  it("goes on after a listener that throws", () => {
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
  ])("a listener that %s is told no more", (_, next) => {
    let told = 0;
    let others: WaitEvent[] = [];
    onWait(() => {
      told++;
      if (next === undefined) onWait(undefined);
      else others = next();
    });
    wait();
    wait();
    expect(told).toBe(1);
    expect(kinds(others)).toEqual(next === undefined ? [] : ["unblock", "block", "unblock"]);
  });

  it("tells one wait as one, however often the thread looks at the word meanwhile", async () => {
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

  it("tells that a wait has ended before the thread takes what it has waited for", () => {
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
    "lets the steps clean up, and wait for that, where the listener throws at %s",
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

  it("refuses what is no function", () => {
    const events = heard();
    expect(() => onWait(5 as never)).toThrow(new TypeError("core: the listener must be a function, got 5"));
    wait();
    expect(kinds(events)).toEqual(["block", "unblock"]);
  });
});
