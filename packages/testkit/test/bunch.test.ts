import { describe, expect, it } from "vitest";
import { bunch, SHORT, until, watchdog } from "@x/testkit";

watchdog();

describe("a bunch", () => {
  it("runs its body once in each of n threads, and returns the results in order", () => {
    const seen = new Int32Array(new SharedArrayBuffer(4));
    const others = bunch(3, (words, me) => (Atomics.add(words, 0, 1), me.index * 10 + me.count), [seen]);
    expect(others.join()).toEqual([3, 13, 23]);
    expect(seen[0]).toBe(3);
  });

  it("has entered when bunch() returns, and counts the threads that are about to wait", () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const others = bunch(
      3,
      (words, me) => {
        Atomics.add(words, 1, 1);
        if (me.index === 2) return "early";
        me.aboutToWait();
        return Atomics.wait(words, 0, 0, 5_000);
      },
      [words],
    );
    others.waiting(2);
    expect(words[1]).toBe(3);
    until(() => others.done === 1);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    expect(others.join()).toEqual(["ok", "ok", "early"]);
  });

  it("throws the errors of all threads as one", () => {
    const others = bunch(
      3,
      (me) => {
        if (me.index > 0) throw new RangeError(`thread ${me.index}`);
      },
      [],
    );
    let error: unknown;
    try {
      others.join();
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([new RangeError("thread 1"), new RangeError("thread 2")]);
  });

  it("awaits async bodies, and can be awaited", async () => {
    const others = bunch(2, async (me) => (await Promise.resolve(), me.index), []);
    expect(await others.joinAsync()).toEqual([0, 1]);
  });

  it("gives up, naming the body", async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const others = bunch(2, (words) => Atomics.wait(words, 0, 0), [words]);
    expect(() => others.join(SHORT)).toThrow(/^of 2 threads only 0 have ended within 50 ms: .*Atomics\.wait/);
    await expect(others.joinAsync(SHORT)).rejects.toThrow(/^of 2 threads only 0 have ended/);
    expect(() => others.waiting(1, SHORT)).toThrow(/only 0 are about to wait/);
    await others.terminate();
  });

  it("reuses its workers, unless asked for fresh ones", () => {
    const ident = () => bunch(1, () => process.getBuiltinModule("node:worker_threads").threadId, []).join()[0];
    expect(ident()).toBe(ident());
    const fresh = bunch(1, () => process.getBuiltinModule("node:worker_threads").threadId, [], { fresh: true });
    expect(fresh.join()[0]).not.toBe(ident());
  });
});
