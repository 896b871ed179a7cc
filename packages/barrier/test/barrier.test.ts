import {
  BAD_TIMEOUTS,
  bunch,
  expectDuration,
  LONG,
  pause,
  pauseAsync,
  runScript,
  sharedTests,
  thrownBy,
  timedAsync,
  until,
  untilAsync,
  viewOf,
  watchdog,
} from "@x/testkit";
import { Barrier, BrokenBarrierError } from "@x/barrier";
import { expose, pack, ThreadError, unpack, type Wait, type DeathAction } from "@x/core";
import {
  acceptDeathAction,
  dropDeathAction,
  runDeathAction,
  setDeathActionSink,
  platform,
  wordsOf,
} from "@x/core/internal";
import { afterEach, describe, expect, it, vi } from "vitest";
import { count, Counter } from "./barrier.workers.mjs";

watchdog();

afterEach(() => {
  vi.restoreAllMocks();
  setDeathActionSink(undefined);
});

/** More waits than a spinner skips. */
const OFTEN = 66;

const words = (n: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * n));
const messageOf = (error: unknown): string => (error as Error).message;

sharedTests({
  who: "barrier",
  Class: Barrier,
  make: (place) => new Barrier(2, undefined, undefined, place),
  change: (barrier) => (barrier.broken ? barrier.reset() : barrier.abort()),
  zeroed: false,
  args: "2",
});

describe("a new barrier", () => {
  it("takes parties, action and timeout as in Python, or options", () => {
    const ran: string[] = [];
    const makes = [
      new Barrier(1, () => ran.push("positional")),
      new Barrier(1, { action: () => ran.push("options"), timeout: 5 }),
      new Barrier(1, { call: () => ran.push("object") }),
      new Barrier(1, null, 5),
      new Barrier(1, {}),
    ];
    expect(makes.map((barrier) => barrier.wait())).toEqual([0, 0, 0, 0, 0]);
    expect(ran).toEqual(["positional", "options", "object"]);
    expect(thrownBy(() => new Barrier(2, { timeout: 5 }).wait())).toBeInstanceOf(BrokenBarrierError);
    expect(thrownBy(() => new Barrier(2, null, 5).wait())).toBeInstanceOf(BrokenBarrierError);
    expect(new Barrier(16_000).parties).toBe(16_000);
    expect(() => new Barrier(16_001)).toThrow(RangeError);
  });

  it("names the option that a name from another library means", () => {
    for (const name of ["callback", "target", "func", "fn"]) {
      const options = { [name]: () => undefined };
      expect(() => new Barrier(2, options as never)).toThrow(
        new TypeError(`barrier: there is no option "${name}"; write action`),
      );
    }
    const { kind, buffer, byteOffset } = { kind: Barrier.KIND, buffer: words(32).buffer, byteOffset: 64 };
    expect(new Barrier(2, { kind, buffer, byteOffset } as never).parties).toBe(2); // a handle is a place, too
  });

  it("refuses other arguments with a TypeError that names the valid types", () => {
    for (const other of [5, "action", true, Symbol.iterator]) {
      expect(() => new Barrier(2, other as never)).toThrow(TypeError);
      expect(() => new Barrier(2, other as never)).toThrow(/^barrier: expected an action \(a function, or an object/);
    }
    expect(() => new Barrier(0)).toThrow(/^barrier: parties must be a whole number from 1 to 16000, got 0$/);
    expect(() => new Barrier(2, { action: 5 as never })).toThrow(/^barrier: expected an action .*, got 5$/);
    expect(() => new Barrier(2, { timeout: -1 })).toThrow(RangeError);
    expect(() => new Barrier(2, { timeout: -1 })).toThrow(/^barrier: timeout must be 0 or more milliseconds, got -1/);
    expect(() => new Barrier(2, { byteOffset: 5 })).toThrow(TypeError);
  });

  it("in a place is one barrier for all threads with the same arguments; other arguments throw a ThreadError", () => {
    const place = { buffer: new SharedArrayBuffer(Barrier.BYTES + 4), byteOffset: 4 };
    const [one, two] = [new Barrier(2, { ...place, timeout: 1.5 }), new Barrier(2, undefined, 1.5, place)];
    one.abort();
    expect([two.broken, Barrier.from(place).broken, Barrier.from(place).parties]).toEqual([true, true, 2]);
    for (const other of [() => new Barrier(3, { ...place, timeout: 1.5 }), () => new Barrier(2, { ...place })]) {
      expect(other).toThrow(ThreadError);
      expect(other).toThrow(/^barrier: a barrier for 2 parties with timeout 1\.5 is in this memory already; /);
    }
    const others = bunch(
      4,
      async (url, place, me) => {
        const { Barrier: There } = (await me.load(url)) as { Barrier: typeof Barrier };
        return new There(4, { ...place, timeout: 5_000 }).wait();
      },
      [import.meta.resolve("@x/barrier"), { buffer: new SharedArrayBuffer(Barrier.BYTES) }],
    );
    expect(others.join().sort()).toEqual([0, 1, 2, 3]);
  });
});

describe("the action", () => {
  it("travels by name if it is exposed, and with its fields if it is of an exposed class", () => {
    const tally = words(1);
    const barriers = [new Barrier(2, count, LONG), new Barrier(2, new Counter(tally, new Barrier(1)), LONG)];
    const others = bunch(
      2,
      (barriers, tally) => {
        (globalThis as { tallyOfTest?: Int32Array }).tallyOfTest = tally;
        return barriers.map((barrier) => [barrier.wait(), tally[0]]);
      },
      [barriers, tally],
      { fresh: true },
    );
    expect(others.join().map((results) => results.map(([, ran]) => ran))).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("travels on to a third thread", () => {
    const tally = words(1);
    const once = unpack<Barrier>(structuredClone(pack(new Barrier(1, new Counter(tally, new Barrier(1))))));
    const twice = Barrier.from(structuredClone(once.share()));
    const text = Barrier.from(structuredClone(Barrier.from(new Barrier(1, () => 5).share()).share()));
    expect([once.wait(), twice.wait(), text.wait(), tally[0]]).toEqual([0, 0, 0, 2]);
  });

  it("throws if it must travel and cannot", () => {
    const bound = new Barrier(1, (() => 5).bind(null));
    expect(bound.wait()).toBe(0);
    expect(() => bound.share()).toThrow(/^barrier: function bound .* is built in or bound/);
    const missing = { lost: 5 };
    const lost = Barrier.from(new Barrier(1, () => missing.lost).share());
    expect(() => lost.wait()).toThrow(/missing is not defined; .* was not exposed, so it was re-created from its text/);
    expect(lost.broken).toBe(true);
  });

  it("is refused with a field that cannot travel, and the error names the field", () => {
    class Mute {
      readonly token = Symbol("token");
      call(): void {}
    }
    expose("file:///mute.mjs", { Mute });
    const message = /^core: the action of the barrier\.token is the symbol Symbol\(token\), and cannot travel/;
    expect(() => new Barrier(1, new Mute()).share()).toThrow(message);
  });

  it("is called without arguments", () => {
    const seen: unknown[] = [];
    new Barrier(1, (...args: unknown[]) => seen.push(args)).wait();
    expect(seen).toEqual([[]]);
  });

  it("must not return a promise: wait throws a TypeError, and the barrier breaks", async () => {
    const barrier = new Barrier(1, async () => undefined);
    expect(() => barrier.wait()).toThrow(TypeError);
    barrier.reset();
    await expect(barrier.waitAsync()).rejects.toThrow(
      /^barrier: the action returned a promise, and no thread waits for it; /,
    );
    expect(barrier.broken).toBe(true);
  });

  it.each([
    ["abort", "it was aborted; reset() makes it usable again", true],
    ["reset", "it was reset while this thread waited; it can be used again", false],
  ] as const)(
    "may %s the barrier: then no party passes, and also the last party gets an error",
    (method, why, broken) => {
      const barrier: Barrier = new Barrier(2, () => barrier[method](), LONG);
      const others = bunch(
        1,
        (handle, url, me) =>
          me.load(url).then((there) => {
            try {
              return (there["Barrier"] as typeof Barrier).from(handle).wait();
            } catch (error) {
              return (error as Error).message;
            }
          }),
        [{ ...barrier.share(), action: undefined as never }, import.meta.resolve("@x/barrier")],
      );
      until(() => barrier.nWaiting === 1);
      expect(messageOf(thrownBy(() => barrier.wait()))).toBe(`barrier: broken: ${why}`);
      expect(others.join()).toEqual([`barrier: broken: ${why}`]);
      expect([barrier.broken, barrier.nWaiting]).toEqual([broken, 0]);
    },
  );

  it("stops the timeouts of the waiters while it runs, and newcomers wait for the next cycle", () => {
    const barrier = new Barrier(2, () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200), LONG);
    const wait = (barrier: Barrier, timeout: number): number => barrier.wait(timeout);
    const first = bunch(1, wait as never, [barrier, 100] as never);
    until(() => barrier.nWaiting === 1);
    const second = bunch(1, wait as never, [barrier, 100] as never);
    until(() => barrier.nWaiting === 2);
    const third = bunch(1, wait as never, [barrier, 5_000] as never);
    pause(20);
    expect(barrier.nWaiting).toBe(2);
    expect([first.join(), second.join()]).toEqual([[0], [1]]);
    until(() => barrier.nWaiting === 1);
    expect(barrier.wait()).toBe(1);
    expect(third.join()).toEqual([0]);
  });
});

describe("waitAsync", () => {
  it("lets tasks of one thread wait for each other, in order, in many cycles", async () => {
    let ran = 0;
    const barrier = new Barrier(3, () => ran++);
    const task = async (): Promise<number[]> => {
      const results = [];
      for (let round = 0; round < 20; round++) {
        results.push(await barrier.waitAsync());
        expect(ran).toBeGreaterThanOrEqual(round + 1);
      }
      return results;
    };
    const results = await Promise.all([task(), task(), task()]);
    for (let round = 0; round < 20; round++) {
      expect(results.map((result) => result[round]!).sort()).toEqual([0, 1, 2]);
    }
    expect([ran, barrier.nWaiting]).toEqual([20, 0]);
  });

  it("works together with blocked threads", async () => {
    const barrier = new Barrier(6);
    const rounds = 30;
    const blocking = bunch(2, (barrier, rounds) => Array.from({ length: rounds }, () => barrier.wait()), [
      barrier,
      rounds,
    ]);
    const awaiting = bunch(
      1,
      async (barrier, rounds) => {
        const task = async (): Promise<number[]> => {
          const results = [];
          for (let round = 0; round < rounds; round++) results.push(await barrier.waitAsync());
          return results;
        };
        return Promise.all([task(), task()]);
      },
      [barrier, rounds],
    );
    const task = async (): Promise<number[]> => {
      const results = [];
      for (let round = 0; round < rounds; round++) results.push(await barrier.waitAsync());
      return results;
    };
    const here = await Promise.all([task(), task()]);
    const results = [...here, ...(await blocking.joinAsync()), ...(await awaiting.joinAsync()).flat()];
    for (let round = 0; round < rounds; round++) {
      expect(results.map((result) => result[round]!).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it("breaks the barrier for all parties at its timeout, and never early", async () => {
    for (const timeout of [1.5, 100]) {
      const barrier = new Barrier(3);
      const other = barrier.waitAsync();
      const ms = await timedAsync(() => expect(barrier.waitAsync({ timeout })).rejects.toThrow(BrokenBarrierError));
      expect(ms).toBeGreaterThanOrEqual(timeout);
      expectDuration(Math.max(ms, 20), Math.max(timeout, 20));
      await expect(other).rejects.toThrow(/a waiter timed out/);
      await expect(barrier.waitAsync(0)).rejects.toThrow(BrokenBarrierError);
    }
    await expect(new Barrier(2, undefined, 5).waitAsync()).rejects.toThrow(BrokenBarrierError);
    expect(await new Barrier(1).waitAsync(0)).toBe(0);
  });

  it("rejects with the reason of an abort, and breaks the barrier for the others", async () => {
    const barrier = new Barrier(3);
    const controller = new AbortController();
    const other = barrier.waitAsync();
    const aborted = barrier.waitAsync({ signal: controller.signal });
    await pauseAsync(5);
    controller.abort("changed my mind");
    await expect(aborted).rejects.toBe("changed my mind");
    await expect(other).rejects.toThrow("barrier: broken: a waiter was aborted by its signal; ");
    barrier.reset();
    await expect(barrier.waitAsync({ signal: controller.signal })).rejects.toBe("changed my mind");
    expect([barrier.broken, barrier.nWaiting]).toEqual([false, 0]); // the aborted task never arrived
  });

  it("does not break the barrier by an abort after all parties have arrived", async () => {
    const barrier = new Barrier(2);
    const controller = new AbortController();
    const aborted = barrier.waitAsync({ signal: controller.signal });
    await pauseAsync(5);
    expect(barrier.wait()).toBe(1);
    controller.abort("late");
    await expect(aborted).rejects.toBe("late");
    expect(barrier.broken).toBe(false);
  });

  it("rejects bad arguments in every state, and changes nothing", async () => {
    const barrier = new Barrier(2);
    for (const broken of [false, true]) {
      if (broken) barrier.abort();
      for (const [timeout, ErrorClass] of BAD_TIMEOUTS) {
        await expect(barrier.waitAsync({ timeout: timeout as number })).rejects.toThrow(ErrorClass);
      }
      await expect(barrier.waitAsync(null as never)).rejects.toThrow(/^barrier: expected milliseconds or/);
      await expect(barrier.waitAsync({ signal: 5 as never })).rejects.toThrow(
        /^barrier: signal must be an AbortSignal/,
      );
      expect([barrier.nWaiting, barrier.broken]).toEqual([0, broken]);
    }
  });

  it("keeps the process alive until it settles", async () => {
    const ran = await runScript(`
      import { Barrier } from "@x/barrier";
      import { Worker } from "node:worker_threads";
      const barrier = new Barrier(2);
      const code = \`const { workerData: [url, handle] } = require("node:worker_threads");
        import(url).then(({ Barrier }) => setTimeout(() => Barrier.from(handle).wait(), 150));\`;
      new Worker(code, { eval: true, workerData: [import.meta.resolve("@x/barrier"), barrier.share()] }).unref();
      console.log(await barrier.waitAsync());
      console.log(await barrier.waitAsync(20).catch((error) => error.name));
      barrier.reset();
      console.log(await barrier.waitAsync({ signal: AbortSignal.timeout(20) }).catch((error) => error.name));`);
    expect(ran).toMatchObject({ stdout: "0\nBrokenBarrierError\nTimeoutError\n", stderr: "", status: 0 });
    expect(ran.lingered).toBeLessThan(1_000);
  });
});

describe("a waiter", () => {
  const looks = (parties: number): number => {
    const look = vi.spyOn(Atomics, "load");
    for (let i = 0; i < OFTEN; i++) expect(() => new Barrier(parties).wait(1)).toThrow(BrokenBarrierError);
    return look.mock.calls.length / OFTEN;
  };

  it("spins now and then before it sleeps, if there is a core for each party", () => {
    vi.spyOn(platform, "cores").mockReturnValue(3);
    expect(looks(3)).toBeGreaterThan(20);
  });

  it("sleeps at once if there are more parties than cores", () => {
    vi.spyOn(platform, "cores").mockReturnValue(3);
    expect(looks(4)).toBeLessThan(20);
  });
});

it("wait where blocking is forbidden works for the last party, and throws an error that names the cure for the others", async () => {
  const ran = await runScript(`
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { Barrier } = await import("@x/barrier");
    console.log(new Barrier(1).wait());
    const barrier = new Barrier(2);
    for (const timeout of [undefined, 5, 0]) try { barrier.wait(timeout); } catch (error) { console.log(String(error)); }
    console.log(barrier.nWaiting, barrier.broken);
    const waiting = barrier.waitAsync();
    console.log(barrier.wait(), await waiting);`);
  const error = "ThreadError: barrier: this thread may not block; use waitAsync()";
  expect(ran.stderr).toBe("");
  expect(ran.stdout.trim().split("\n")).toEqual(["0", error, error, error, "0 false", "1 0"]);
});

describe("a state in between", () => {
  /** A reset has begun in cycle 0. */
  const RESETTING = 2 ** 14 - 6;

  /** A barrier with the largest number of parties, and its words. */
  function large() {
    const barrier = new Barrier(16_000);
    return { barrier, state: viewOf(barrier) };
  }

  it("with all parties, while the action runs, is not broken", () => {
    const { barrier, state } = large();
    state[0] = 16_000;
    expect([barrier.nWaiting, barrier.broken]).toEqual([16_000, false]);
  });

  it("with all parties makes a newcomer wait for the next cycle", () => {
    const { barrier, state } = large();
    state[0] = 16_000;
    const { value, done } = barrier.waiting(0, false).next();
    expect(done).toBe(false);
    expect(value).toMatchObject({ index: wordsOf(barrier).at, value: 16_000 });
    expect((value as Wait).deadline.left()).toBe(Infinity);
  });

  it("is changed by the abort of a party only while others wait in the same cycle", () => {
    const cycle = 1 << 14;
    const aborted = 2 ** 14 - 2;
    const signalled = 2 ** 14 - 5;
    for (const [now, left] of [
      [2, signalled],
      [16_000, 16_000],
      [aborted, aborted],
      [cycle | 1, cycle | 1],
    ] as const) {
      const { barrier, state } = large();
      const steps = barrier.waiting(Infinity, false);
      steps.next();
      expect(state[0]).toBe(1);
      state[0] = now;
      steps.return(0);
      expect(state[0]).toBe(left);
    }
  });

  it("with an unfinished reset is completed first by abort and reset", () => {
    for (const [method, broken] of [["abort", true] as const, ["reset", false] as const]) {
      const { barrier, state } = large();
      state[0] = RESETTING;
      barrier[method]();
      expect([barrier.broken, state[0] >>> 14]).toEqual([broken, 1]);
    }
  });

  it("with an unfinished reset is not broken, and a newcomer completes the reset", () => {
    const { barrier, state } = large();
    state[0] = RESETTING;
    expect([barrier.nWaiting, barrier.broken]).toEqual([0, false]);
    expect(barrier.waiting(Infinity, false).next().value).toMatchObject({ value: (1 << 14) + 1 });
  });
});

describe("the death of a thread", () => {
  const DIED = "barrier: broken: a thread that holds it has died; reset() makes it usable again";

  /** Makes this thread's death visible: records its death actions and their `pending` words here. */
  function beMortal(): DeathAction[] {
    const deathActions: DeathAction[] = [];
    setDeathActionSink((deathAction) => {
      const pending = deathAction.counts === true ? { words: words(1), at: 0 } : undefined;
      deathActions.push({ ...deathAction, pending });
      acceptDeathAction(deathAction);
      return pending;
    });
    return deathActions;
  }

  /** A barrier of this thread, and the death actions of this thread. */
  function heldBy(parties: number): { barrier: Barrier; deathActions: DeathAction[] } {
    const deathActions = beMortal();
    const barrier = new Barrier(parties, undefined, LONG);
    return { barrier, deathActions };
  }

  it("breaks the cycle in which the thread has arrived", async () => {
    const { barrier, deathActions } = heldBy(2);
    const dead = barrier.waitAsync();
    expect(barrier.nWaiting).toBe(1);
    deathActions.forEach((deathAction) => runDeathAction(deathAction));
    expect(barrier.broken).toBe(true);
    expect(messageOf(await dead.catch((error: unknown) => error))).toBe(DIED);
    expect(messageOf(thrownBy(() => barrier.wait()))).toBe(DIED);
    barrier.reset();
    expect(barrier.broken).toBe(false);
  });

  it("breaks nothing after the thread has passed", async () => {
    const { barrier, deathActions } = heldBy(2);
    await Promise.all([barrier.waitAsync(), barrier.waitAsync()]);
    deathActions.forEach((deathAction) => runDeathAction(deathAction));
    expect(barrier.broken).toBe(false);
    setDeathActionSink(undefined); // a later thread, whose death no supervisor sees
    expect(await Promise.all([barrier.waitAsync(), barrier.waitAsync()])).toEqual([0, 1]);
  });

  it("breaks the barrier half a second later if fewer threads than parties are left, for threads and tasks", async () => {
    for (const wait of [(barrier: Barrier) => barrier.wait(), (barrier: Barrier) => barrier.waitAsync()]) {
      const { barrier, deathActions } = heldBy(2);
      Barrier.from(barrier.share()); // like the thread that dies
      deathActions.forEach((deathAction) => runDeathAction(deathAction));
      setDeathActionSink(undefined);
      let error: unknown;
      const took = await timedAsync(async () => {
        try {
          await wait(barrier);
        } catch (thrown) {
          error = thrown;
        }
      });
      expectDuration(took, 500);
      expect(messageOf(error)).toBe(DIED);
      expect(barrier.broken).toBe(true);
    }
  });

  it("breaks nothing once enough threads hold the barrier again", async () => {
    const { barrier, deathActions } = heldBy(2);
    Barrier.from(barrier.share());
    deathActions.forEach((deathAction) => runDeathAction(deathAction));
    const first = barrier.waitAsync();
    for (let i = 0; i < 2; i++) {
      beMortal();
      Barrier.from(barrier.share()); // a replacement, and a further thread
    }
    await pauseAsync(700);
    expect([barrier.wait(), await first]).toEqual([1, 0]);
  });

  it("is forgotten by a reset", async () => {
    const { barrier, deathActions } = heldBy(2);
    Barrier.from(barrier.share());
    deathActions.forEach((deathAction) => runDeathAction(deathAction));
    setDeathActionSink(undefined);
    barrier.reset();
    const first = barrier.waitAsync();
    await pauseAsync(700);
    expect([barrier.wait(), await first]).toEqual([1, 0]);
  });

  it("counts, too, if the thread only made the barrier and passed it on", async () => {
    const { barrier, deathActions } = heldBy(2);
    barrier.share();
    expect(deathActions.map(({ counts }) => counts)).toEqual([false]);
    setDeathActionSink(undefined);
    const first = barrier.waitAsync();
    deathActions.forEach((deathAction) => runDeathAction(deathAction));
    expect(messageOf(await first.catch((error: unknown) => error))).toBe(DIED);
  });

  it("breaks no later cycle, for any number of the cycle", () => {
    const { barrier, deathActions } = heldBy(1);
    const state = viewOf(barrier);
    barrier.wait();
    const deathAction = deathActions.find(({ counts }) => counts)!;
    const { words, at } = deathAction.pending!;
    for (const cycle of [0, 1, 2 ** 17, 2 ** 18 - 1]) {
      const oneWaits = ((cycle << 14) + (1 << 14)) | 1;
      state[0] = oneWaits;
      words[at] = (cycle << 14) | 1;
      runDeathAction({ ...deathAction, counts: false });
      expect(state[0]).toBe(oneWaits);
      words[at] = oneWaits;
      runDeathAction({ ...deathAction, counts: false });
      expect(barrier.broken).toBe(true);
      barrier.reset();
    }
  });

  it("is none if the thread ends normally: the thread is not counted any more, and waiters check again if another holder has died", () => {
    const { barrier, deathActions } = heldBy(2);
    Barrier.from(barrier.share());
    const [deathAction] = deathActions.filter(({ counts }) => counts);
    expect(dropDeathAction(deathAction!)).toBe(false);
    acceptDeathAction(deathAction!);
    acceptDeathAction(deathAction!);
    runDeathAction({ ...deathAction!, pending: undefined });
    expect(dropDeathAction(deathAction!)).toBe(true);
    expect(dropDeathAction({ ...deathAction!, counts: false })).toBe(false);
  });
});

it("wait where blocking is forbidden names the cure also while the action runs", async () => {
  const ran = await runScript(`
    Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
    const { Barrier } = await import("@x/barrier");
    const barrier = new Barrier(2);
    const { buffer, byteOffset } = barrier.share();
    new Int32Array(buffer, byteOffset)[0] = 2; // all parties have arrived
    try { barrier.wait(); } catch (error) { console.log(String(error)); }`);
  const stdout = "ThreadError: barrier: this thread may not block; use waitAsync()\n";
  expect(ran).toMatchObject({ stdout, stderr: "", status: 0 });
});

describe("a reset", () => {
  it("right after a cycle has passed does not fail late waiters of that cycle", () => {
    const barrier = new Barrier(3, undefined, LONG);
    const rounds = 200;
    const others = bunch(
      2,
      (barrier, rounds) => {
        let broken = 0;
        for (let passed = 0; passed < rounds;) {
          try {
            barrier.wait();
            passed++;
          } catch {
            broken++;
          }
        }
        return broken > 0;
      },
      [barrier, rounds],
    );
    for (let round = 0; round < rounds;) {
      try {
        barrier.wait();
        round++;
      } catch {
        continue;
      }
      barrier.reset(); // fails threads in the next cycle, and no thread that is still leaving
    }
    others.join();
    expect([barrier.broken, barrier.nWaiting]).toEqual([false, 0]);
  });

  it("at the same time as another reset leaves the barrier usable", async () => {
    const barrier = new Barrier(2);
    for (let round = 0; round < 50; round++) {
      const first = barrier.waitAsync().catch(messageOf);
      const others = bunch(
        2,
        (barrier) => {
          barrier.reset();
          barrier.reset();
        },
        [barrier],
      );
      expect(await first).toBe("barrier: broken: it was reset while this thread waited; it can be used again");
      await others.joinAsync();
      expect([barrier.broken, barrier.nWaiting]).toEqual([false, 0]);
    }
    const second = barrier.waitAsync();
    await untilAsync(() => barrier.nWaiting === 1);
    expect([barrier.wait(), await second]).toEqual([1, 0]);
  });
});

describe("BrokenBarrierError", () => {
  it("is one class for ESM and CommonJS, and matches no other error", async () => {
    const ran = await runScript(
      `
      import { createRequire } from "node:module";
      const esm = { ...await import("@x/core"), ...await import("@x/barrier") };
      const require = createRequire(import.meta.url);
      const cjs = { ...require("@x/core"), ...require("@x/barrier") };
      console.log(esm.BrokenBarrierError === cjs.BrokenBarrierError);
      for (const [from, to] of [[esm, cjs], [cjs, esm]]) {
        const error = new from.BrokenBarrierError("x");
        const there = to.unpack(structuredClone(from.pack(error)));
        console.log([error, there].every((e) => e instanceof to.BrokenBarrierError && e instanceof to.ThreadError));
        console.log([new from.ThreadError(""), new from.TimeoutError(""), new Error(""), null].some((e) => e instanceof to.BrokenBarrierError));
        class Mine extends to.BrokenBarrierError {}
        console.log(error instanceof Mine, new Mine("") instanceof from.BrokenBarrierError);
      }`,
      { flags: ["--no-experimental-require-module"] },
    );
    expect(ran.stderr).toBe("");
    const one = ["true", "false", "false true"];
    expect(ran.stdout.trim().split("\n")).toEqual(["false", ...one, ...one]);
  });

  it("keeps its class on the way from another thread", () => {
    const barrier = new Barrier(2);
    barrier.abort();
    const others = bunch(
      1,
      (barrier) => {
        try {
          return barrier.wait();
        } catch (error) {
          return error;
        }
      },
      [barrier],
    );
    const [error] = others.join();
    expect(error).toBeInstanceOf(BrokenBarrierError);
    expect(String(error)).toBe("BrokenBarrierError: barrier: broken: it was aborted; reset() makes it usable again");
  });
});
