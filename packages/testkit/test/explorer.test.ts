import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Explorer, type Model, type StateView, type ThreadOfModel } from "../src/explorer/index.js";

const BODIES = new URL("./explorer.bodies.mjs", import.meta.url);

function model(threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return { name: "", threads, words: ["first", "second"], notes: NOTES, ...more };
}
const NOTES = ["woken", "a", "b", "ok", "timed-out", "ran", "aborted", "inside", "told"];
const body = (body: string, args?: object): ThreadOfModel => ({ body, args });

describe("the explorer", () => {
  let explorer: Explorer;
  beforeAll(async () => void (explorer = await Explorer.open(BODIES, 3)));
  afterAll(() => explorer.close());

  it("counts every schedule", () => {
    const [one, two, three] = [
      [body("loads")],
      [body("loads"), body("loads")],
      [body("loads"), body("loads"), body("loads")],
    ];
    expect(explorer.explore(model(one)).schedules).toBe(1);
    expect(explorer.explore(model(two)).schedules).toBe(6);
    expect(explorer.explore(model(three)).schedules).toBe(90);
  });

  it("counts every schedule within a bound of preemptions", () => {
    const counts = [0, 1, 2].map((preemptions) => {
      return explorer.explore(model([body("loads"), body("loads")], { preemptions })).schedules;
    });
    expect(counts).toEqual([2, 4, 6]);
  });

  it("finds a lost update, atomic in its parts or plain", () => {
    for (const args of [{}, { plain: true }]) {
      const { failure } = explorer.explore(
        model([body("increments", args), body("increments", args)], {
          final: (view) => (view.word("first") === 2 ? undefined : "an update was lost"),
        }),
      );
      expect(failure).toMatchObject({ kind: "assertion failed", message: "at the end, an update was lost" });
      expect(failure?.seed).toBe("untimed 1x1 2x2 1x1");
    }
  });

  it("replays a failure by its seed, and prints it as a table", () => {
    const lost = model([body("sleeps"), body("wakes", { changes: false })], { available: () => true });
    const { failure } = explorer.explore(lost);
    expect(failure).toMatchObject({ kind: "lost wake-up", seed: "untimed 2x1 1x2" });
    expect(failure?.table).toBe(
      [
        "step  thread  operation             word   value",
        "1     T2      notify 1: 0 woken     first",
        "      T2      looks at a note       woken  0",
        "2     T1      load                  first  0",
        "3     T1      wait while 0: sleeps  first",
        "end   T1      sleeps                first",
        "end   T2      is done",
      ].join("\n"),
    );
    expect(explorer.replay(lost, failure!.seed)).toEqual(failure);
    expect(explorer.replay(lost, "untimed 1x2 2x1")).toBeUndefined();
    expect(() => explorer.replay(lost, "untimed 1x3")).toThrow("the seed is of another model");
  });

  it("distinguishes a deadlock, a lost wake-up, a livelock and a failed check", () => {
    const kind = (thread: ThreadOfModel, more?: Partial<Model>) =>
      explorer.explore(model([thread], more)).failure?.kind;
    expect(kind(body("throws"))).toBe("assertion failed");
    expect(kind(body("loads"), { invariant: () => "wrong" })).toBe("assertion failed");
    expect(kind(body("loads"), { change: () => "wrong" })).toBe("assertion failed");
    expect(kind(body("loads"), { final: () => "wrong" })).toBe("assertion failed");
    expect(kind(body("sleeps"))).toBe("deadlock");
    expect(kind(body("sleeps"), { available: () => true })).toBe("lost wake-up");
    expect(kind(body("sleeps"), { mayWait: () => true })).toBeUndefined();
    expect(kind(body("spins"), { maxSteps: 50 })).toBe("livelock");
    expect(explorer.explore(model([body("throws")])).failure?.message).toContain("Error: out of order");
    expect(explorer.explore(model([body("rejects")])).failure?.message).toContain("Error: unhandled on purpose");
  });

  it("wakes waiters in the order of their waits, and not more than notify asks", () => {
    const one = model([body("sleeps", { note: "a" }), body("sleeps", { note: "b" }), body("wakes")], {
      mayWait: () => true,
      invariant: (view) => (view.note("woken") > 1 ? "woke two" : undefined),
      change: (before, after) => {
        const first = before.state.queue[0]?.thread;
        const gone = before.state.queue.find((waiter) => !after.state.queue.includes(waiter))?.thread;
        return gone !== undefined && gone !== first ? "out of order" : undefined;
      },
    });
    expect(explorer.explore(one).failure).toBeUndefined();
  });

  it("lets timed waits end at any time, not before their moment", () => {
    const timed = model([body("sleeps", { timeout: 5 }), body("sleeps", { timeout: 3 }), body("wakes")]);
    expect(explorer.explore(timed).failure).toBeUndefined();
    const late = explorer.explore({ ...timed, invariant: (view) => (view.clock === 1005 ? "five" : undefined) });
    expect(late.failure?.message).toBe("five");
  });

  it("lets no time pass while a thread can run, if threads are urgent", () => {
    const early: Model["invariant"] = (view) => (view.clock > 1000 && !view.done(2) ? "early" : undefined);
    const timed = model([body("sleeps", { timeout: 5 }), body("loads")], { invariant: early });
    expect(explorer.explore(timed).failure?.message).toBe("early");
    expect(explorer.explore({ ...timed, urgent: true }).failure).toBeUndefined();
    const soonest: Model["invariant"] = (view) =>
      view.clock === 1005 && view.waiting("first") > 0 ? "late" : undefined;
    const two = model([body("sleeps", { timeout: 5 }), body("sleeps", { timeout: 3 })], { invariant: soonest });
    expect(explorer.explore(two).failure?.message).toBe("late");
    expect(explorer.explore({ ...two, urgent: true }).failure).toBeUndefined();
  });

  it("lets promises run only when their thread is at its event loop", () => {
    expect(explorer.explore(model([body("awaitsAndSleeps"), body("opens")])).failure?.kind).toBe("deadlock"); // opens first
    const opened = model([body("awaitsAndSleeps"), body("opens")], { mayWait: (view) => view.waiting("first") > 0 });
    expect(explorer.explore(opened).failure).toBeUndefined();
  });

  it("resolves promises by wakes and timeouts", () => {
    const see = (note: string) => {
      const timed = model([body("awaits", { timeout: 5 }), body("wakes")]);
      return explorer.explore({ ...timed, invariant: (view) => (view.note(note) > 0 ? note : undefined) }).failure
        ?.message;
    };
    expect([see("ok"), see("timed-out")]).toEqual(["ok", "timed-out"]);
  });

  it("runs timers in their order, by virtual time", () => {
    expect(explorer.explore(model([body("timers")])).failure).toBeUndefined();
  });

  it("aborts signals at any time or never", () => {
    const ends = [0, 1].map((times) => {
      const final: Model["final"] = (view) => (view.note("aborted") === times ? "so it is" : undefined);
      return explorer.explore(model([body("aborts")], { final })).failure?.message;
    });
    expect(ends).toEqual(["at the end, so it is", "at the end, so it is"]);
  });

  it("kills a thread before any operation, once", () => {
    const mortal = (threads: readonly ThreadOfModel[], more?: Partial<Model>) =>
      explorer.explore(model(threads, { deaths: 1, ...more }));
    expect(mortal([body("loads")]).schedules).toBe(3); // before the first, before the second, or never
    const reached = new Set<string>();
    const final: Model["final"] = (view) => void reached.add(`${view.word("first")} ${view.word("second")}`);
    mortal([body("cleansUp")], { final });
    expect([...reached].sort()).toEqual(["0 0", "1 0", "2 0", "2 1"]); // its finally did not run
    let most = 0;
    const invariant: Model["invariant"] = (view) => {
      most = Math.max(most, [1, 2].filter((number) => view.isDead(number)).length);
      return undefined;
    };
    mortal([body("loads"), body("loads")], { invariant });
    expect(most).toBe(1);
  });

  it("drops a sleeper that dies, and loses the wake-up of a woken thread that dies", () => {
    const reached = new Set<string>();
    const sleeper = body("sleeps", { note: "a", slow: true });
    const one = model([sleeper, sleeper, body("wakes", { changes: false })], {
      deaths: 1,
      mayWait: () => true,
      final: (view) =>
        void reached.add(`${view.note("woken")} woken, ${view.note("a")} ran, ${view.waiting("first")} sleep`),
    });
    expect(explorer.explore(one).failure).toBeUndefined();
    expect(reached).toContain("1 woken, 1 ran, 0 sleep");
    expect(reached).toContain("1 woken, 0 ran, 1 sleep");
    expect(reached).not.toContain("0 woken, 1 ran, 1 sleep");
    const swallowed = (view: StateView) =>
      view.note("woken") === 1 && view.note("a") === 0 && view.waiting("first") === 1;
    const taken: Model = { ...one, final: (view) => (swallowed(view) ? "the wake-up died" : undefined) };
    const { failure } = explorer.explore(taken);
    expect(failure?.seed).toBe("untimed 1x2 2x2 3x1 1d 1b");
    expect(failure?.table).toContain("T1      dies");
    expect(explorer.replay(taken, failure!.seed)).toEqual(failure);
  });

  it("subtracts the notes of dead threads, where only the living count", () => {
    const two = model([body("enters"), body("enters", { after: 1 })], { deaths: 1 });
    expect(explorer.explore(two).failure?.message).toBe("two are inside");
    expect(explorer.explore({ ...two, livingOnly: ["inside"] }).failure).toBeUndefined();
  });

  it("wakes a blocked wait after each death announced since its registration, and only then", () => {
    const watched = model([body("watches"), body("loads")], { deaths: 1, mayWait: (view) => !view.isDead(2) });
    expect(explorer.explore(watched).failure).toBeUndefined();
    const unregistered = model([body("sleeps"), body("loads")], { deaths: 1, mayWait: (view) => !view.isDead(2) });
    expect(explorer.explore(unregistered).failure?.kind).toBe("deadlock");
    const wokenByDeath = {
      ...watched,
      final: (view: StateView) => (view.note("woken") > 0 && !view.isDead(2) ? "woken" : undefined),
    };
    expect(explorer.explore(wokenByDeath).failure).toBeUndefined();
  });

  it("runs the death actions of dead threads, and of no others", () => {
    const reached = new Set<string>();
    const acting = model([body("registersDeathAction"), body("sleeps")], {
      deaths: 1,
      mayWait: (view) => view.word("first") === 0,
      final: (view) => void reached.add(`${view.isDead(1)} ${view.word("first")}`),
    });
    expect(explorer.explore(acting).failure).toBeUndefined();
    expect([...reached].sort()).toEqual(["false 0", "true 0", "true 4"]); // it may die before it registers the action
  });

  it("refuses threads that are not deterministic", () => {
    expect(() => explorer.explore(model([body("whimsical"), body("increments")]))).toThrow("not deterministic");
  });
});
