import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Explorer, type Model, type ThreadOfModel } from "../src/explorer/index.js";

const BODIES = new URL("./explorer.bodies.mjs", import.meta.url);

function model(threads: readonly ThreadOfModel[], more: Partial<Model> = {}): Model {
  return { name: "", threads, words: ["first", "second"], notes: NOTES, ...more };
}
const NOTES = ["woken", "a", "b", "ok", "timed-out", "ran", "aborted"];
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
          final: (see) => (see.word("first") === 2 ? undefined : "an update was lost"),
        }),
      );
      expect(failure).toMatchObject({ kind: "assertion failed", message: "at the end, an update was lost" });
      expect(failure?.seed).toBe("timeless 1x1 2x2 1x1");
    }
  });

  it("replays a failure by its seed, and tells it as a table", () => {
    const lost = model([body("sleeps"), body("wakes", { changes: false })], { available: () => true });
    const { failure } = explorer.explore(lost);
    expect(failure).toMatchObject({ kind: "lost wake-up", seed: "timeless 2x1 1x2" });
    expect(failure?.table).toBe(
      [
        "step  who  what                  word   value",
        "1     T2   notify 1: 0 woken     first",
        "      T2   looks at a note       woken  0",
        "2     T1   load                  first  0",
        "3     T1   wait while 0: sleeps  first",
        "end   T1   sleeps                first",
        "end   T2   is done",
      ].join("\n"),
    );
    expect(explorer.replay(lost, failure!.seed)).toEqual(failure);
    expect(explorer.replay(lost, "timeless 1x2 2x1")).toBeUndefined();
    expect(() => explorer.replay(lost, "timeless 1x3")).toThrow("the seed is of another model");
  });

  it("tells a deadlock from a lost wake-up, a livelock, and what a thread throws", () => {
    const kind = (thread: ThreadOfModel, more?: Partial<Model>) =>
      explorer.explore(model([thread], more)).failure?.kind;
    expect(kind(body("sleeps"))).toBe("deadlock");
    expect(kind(body("sleeps"), { available: () => true })).toBe("lost wake-up");
    expect(kind(body("sleeps"), { mayWait: () => true })).toBeUndefined();
    expect(kind(body("spins"), { maxSteps: 50 })).toBe("livelock");
    expect(explorer.explore(model([body("throws")])).failure?.message).toContain("Error: out of order");
    expect(explorer.explore(model([body("rejects")])).failure?.message).toContain("Error: nobody cares");
  });

  it("wakes first who waited first, and no more than are to be woken", () => {
    const one = model([body("sleeps", { note: "a" }), body("sleeps", { note: "b" }), body("wakes")], {
      mayWait: () => true,
      invariant: (see) => (see.note("woken") > 1 ? "woke two" : undefined),
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
    const late = explorer.explore({ ...timed, invariant: (see) => (see.clock === 1005 ? "five" : undefined) });
    expect(late.failure?.message).toBe("five");
  });

  it("lets promises run only when their thread is at its event loop", () => {
    expect(explorer.explore(model([body("awaitsAndSleeps"), body("opens")])).failure?.kind).toBe("deadlock"); // opens first
    const opened = model([body("awaitsAndSleeps"), body("opens")], { mayWait: (see) => see.waiting("first") > 0 });
    expect(explorer.explore(opened).failure).toBeUndefined();
  });

  it("resolves promises by wakes and timeouts", () => {
    const see = (note: string) => {
      const timed = model([body("awaits", { timeout: 5 }), body("wakes")]);
      return explorer.explore({ ...timed, invariant: (see) => (see.note(note) > 0 ? note : undefined) }).failure
        ?.message;
    };
    expect([see("ok"), see("timed-out")]).toEqual(["ok", "timed-out"]);
  });

  it("runs timers in their order, by virtual time", () => {
    expect(explorer.explore(model([body("timers")])).failure).toBeUndefined();
  });

  it("aborts signals at any time or never", () => {
    const ends = [0, 1].map((times) => {
      const final: Model["final"] = (see) => (see.note("aborted") === times ? "so it is" : undefined);
      return explorer.explore(model([body("aborts")], { final })).failure?.message;
    });
    expect(ends).toEqual(["at the end, so it is", "at the end, so it is"]);
  });

  it("refuses threads that are not deterministic", () => {
    expect(() => explorer.explore(model([body("whimsical"), body("increments")]))).toThrow("not deterministic");
  });
});
