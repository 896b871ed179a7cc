import { bunch, LONG, SHORT, thrownBy, untilAsync, watchdog } from "@x/testkit";
import { Lock } from "@x/lock";
import { SharedValue } from "@x/shared";
import { describe, expect, expectTypeOf, it } from "vitest";

watchdog();

/** Values of each kind, with what they hold. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1.5,
  NaN,
  -Infinity,
  2 ** 53,
  "",
  "héllo",
  "日本",
  10n ** 40n,
  [1, [2], { three: 3 }],
  new Map([["a", new Set([1])]]),
  new Date(0),
  new Float64Array([1, 2]),
];

describe("a SharedValue", () => {
  it.each(VALUES)("holds %o, and gives a copy of it", (value) => {
    const shared = new SharedValue<unknown>("before");
    shared.set(value);
    expect(shared.get()).toStrictEqual(value);
    expect(new SharedValue(value).get()).toStrictEqual(value);
    expect(Object.is(shared.get(), value)).toBe(typeof value !== "object" || value === null);
  });

  it("replaces a value of any kind by one of any other", () => {
    const shared = new SharedValue<unknown>(0);
    for (const one of VALUES) {
      for (const other of VALUES) {
        shared.set(one);
        shared.set(other);
        expect(shared.get()).toStrictEqual(other);
      }
    }
  });

  it("uses its memory again, so a million changes need no more than one", () => {
    const shared = new SharedValue<unknown>("");
    const text = "x".repeat(1000);
    for (let i = 0; i < 20_000; i++) shared.set(i % 2 === 0 ? text : [i]);
    expect(shared.share().heap.memory.byteLength).toBe(64 << 10);
  });

  it("is the same in all threads", () => {
    const shared = new SharedValue<unknown>(0);
    const [seen] = bunch(
      1,
      (shared) => {
        const before = shared.get();
        shared.set({ text: "from there" });
        return before;
      },
      [shared],
    ).join();
    expect([seen, shared.get()]).toEqual([0, { text: "from there" }]);
  });

  it("made by share() and from() is the same value", () => {
    const shared = new SharedValue("one");
    const twin = SharedValue.from<string>(structuredClone(shared.share()));
    twin.set("two");
    expect(shared.get()).toBe("two");
  });

  it("loses no update of eight threads", () => {
    const total = new SharedValue(0);
    bunch(
      8,
      (total) => {
        for (let i = 0; i < 2000; i++) total.update((n) => n + 1);
      },
      [total],
    ).join();
    expect(total.get()).toBe(16_000);
  });

  it("loses no update of an object", () => {
    const account = new SharedValue({ balance: 0, log: [] as string[] });
    bunch(
      4,
      (account, me) => {
        for (let i = 0; i < 100; i++)
          account.update(({ balance, log }) => ({ balance: balance + 1, log: [...log.slice(-3), `${me.index}`] }));
      },
      [account],
    ).join();
    expect(account.get().balance).toBe(400);
    expect(account.get().log).toHaveLength(4);
  });

  it("is never read half, while threads change it between numbers", () => {
    // The halves of these numbers make other numbers if they are mixed.
    const numbers = [0, 1.1, -2.2e200, 3.3e-200];
    const shared = new SharedValue(0);
    const done = new SharedValue(false);
    const writers = bunch(
      2,
      (shared, done, numbers) => {
        for (let i = 0; !done.get(); i++) shared.set(numbers[i % numbers.length]!);
      },
      [shared, done, numbers] as const,
    );
    const strange = new Set<number>();
    for (let i = 0; i < 200_000; i++) {
      const seen = shared.get();
      if (!numbers.includes(seen)) strange.add(seen);
    }
    done.set(true);
    writers.join();
    expect([...strange]).toEqual([]);
  });

  it("is never read half, while threads change it between texts of many lengths", () => {
    const shared = new SharedValue("");
    const done = new SharedValue(false);
    const writers = bunch(
      2,
      (shared, done) => {
        for (let i = 0; !done.get(); i++) shared.set(String.fromCharCode(97 + (i % 26)).repeat(i % 500));
      },
      [shared, done] as const,
    );
    const strange = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const seen = shared.get();
      if (new Set(seen).size > 1) strange.add(seen);
    }
    done.set(true);
    writers.join();
    expect([...strange]).toEqual([]);
  });

  it("keeps a lock inside it as a reference", () => {
    const lock = new Lock();
    const shared = new SharedValue({ lock, n: 1 });
    bunch(
      1,
      async (shared, url, me) => {
        await me.load(url);
        shared.get().lock.acquire();
      },
      [shared, import.meta.resolve("@x/lock")] as const,
    ).join();
    expect(lock.locked()).toBe(true);
    expect(shared.get().lock).toBe(lock);
  });

  it("refuses what cannot travel, and keeps its value", () => {
    const shared = new SharedValue<unknown>("kept");
    expect(() => shared.set({ deep: [Symbol("s")] })).toThrow(/value\.deep\[0\]/);
    expect(() => shared.set(() => 1)).toThrow(/expose/);
    expect(() => shared.update(() => Symbol("s"))).toThrow(TypeError);
    expect(shared.get()).toBe("kept");
    expect(shared.lock.locked()).toBe(false);
  });

  it("knows its type", () => {
    const total = new SharedValue(0);
    expectTypeOf(total).toEqualTypeOf<SharedValue<number>>();
    expectTypeOf(total.get()).toEqualTypeOf<number>();
    // @ts-expect-error: no number
    expect(() => total.set("text")).not.toThrow();
  });

  it("shows itself in a text", () => {
    expect(String(new SharedValue(42))).toMatch(/^<SharedValue 42 at 0x[0-9a-f]+>$/);
    expect(String(new SharedValue({}))).toMatch(/^<SharedValue object at 0x/);
  });
});

describe("update", () => {
  it("throws what the change throws, and keeps the value", () => {
    const shared = new SharedValue(1);
    const error = new Error("mine");
    expect(
      thrownBy(() =>
        shared.update(() => {
          throw error;
        }),
      ),
    ).toBe(error);
    expect([shared.get(), shared.lock.locked()]).toEqual([1, false]);
  });

  it("may read the value, and other shared values, inside the change", () => {
    const [one, other] = [new SharedValue({ n: 1 }), new SharedValue("x")];
    expect(one.update(({ n }) => ({ n: n + one.get().n + other.get().length }))).toEqual({ n: 3 });
  });

  it("refuses a change that sets the value itself", () => {
    const shared = new SharedValue(1);
    expect(() =>
      shared.update((n) => {
        shared.set(5);
        return n + 1;
      }),
    ).toThrow("shared: change has set the value itself; return the new value instead");
    expect(shared.lock.locked()).toBe(false);
  });

  it("refuses a change that is async", () => {
    const shared = new SharedValue<unknown>(1);
    expect(() => shared.update(async () => Promise.resolve(2))).toThrow("write a function that is not async");
    expect(shared.get()).toBe(1);
  });
});

describe("compareExchange", () => {
  it.each(VALUES)("replaces %o if it is expected", (value) => {
    const shared = new SharedValue<unknown>(value);
    expect(shared.compareExchange("something else", 1)).toStrictEqual(value);
    expect(shared.get()).toStrictEqual(value);
    expect(shared.compareExchange(structuredClone(value), "new")).toStrictEqual(value);
    expect(shared.get()).toBe("new");
  });

  it("lets one of eight threads win", () => {
    const winner = new SharedValue<number | undefined>(undefined);
    const won = bunch(8, (winner, me) => winner.compareExchange(undefined, me.index) === undefined, [winner]).join();
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(won[winner.get()!]).toBe(true);
  });
});

describe("waitFor", () => {
  it("returns the value that it waited for", () => {
    const shared = new SharedValue("");
    const others = bunch(
      2,
      (shared, me) => {
        me.aboutToWait();
        return shared.waitFor((text) => text.startsWith("go"), 10_000);
      },
      [shared],
    );
    others.waiting();
    shared.set("not yet");
    shared.set("go on");
    expect(others.join()).toEqual(["go on", "go on"]);
  });

  it("returns at once if the value is right", () => {
    expect(new SharedValue(3).waitFor((n) => n === 3, 0)).toBe(3);
  });

  it("throws TimeoutError when the time is up", async () => {
    const shared = new SharedValue(1);
    expect(() => shared.waitFor((n) => n > 1, SHORT)).toThrow("shared: the predicate did not become true in time");
    await expect(shared.waitForAsync((n) => n > 1, SHORT)).rejects.toThrow(
      expect.objectContaining({ name: "TimeoutError" }),
    );
  });

  it("awaits in tasks", async () => {
    const shared = new SharedValue(0);
    const waiting = shared.waitForAsync((n) => n === 2, LONG);
    const other = bunch(
      1,
      (shared) => {
        shared.set(1);
        shared.set(2);
      },
      [shared],
    );
    expect(await waiting).toBe(2);
    await other.joinAsync();
  });

  it("leaves at an abort", async () => {
    const shared = new SharedValue(0);
    const aborter = new AbortController();
    const waiting = shared.waitForAsync((n) => n === 2, { signal: aborter.signal });
    await untilAsync(() => true);
    aborter.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    shared.set(2);
    expect(shared.get()).toBe(2);
  });

  it("throws what the predicate throws", () => {
    const shared = new SharedValue(0);
    expect(() =>
      shared.waitFor(() => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(shared.lock.locked()).toBe(false);
  });

  it("under the value's own lock is refused, because it would wait for ever", () => {
    const shared = new SharedValue(0);
    shared.lock.acquire();
    expect(() => shared.waitFor((n) => n === 1)).toThrow("waitFor by a thread that holds the lock of the value");
    shared.lock.release();
  });
});

describe("the lock", () => {
  it("makes several operations one", () => {
    const [one, other] = [new SharedValue(0), new SharedValue(0)];
    const members = bunch(
      4,
      (one, other) => {
        let strange = 0;
        for (let i = 0; i < 500; i++) {
          one.lock.with(() => {
            if (one.get() !== other.get()) strange++;
            one.set(one.get() + 1);
            other.set(other.get() + 1);
          });
        }
        return strange;
      },
      [one, other],
    );
    expect(members.join()).toEqual([0, 0, 0, 0]);
    expect([one.get(), other.get()]).toEqual([2000, 2000]);
  });

  it("is reentrant, and is released as often as it was acquired", () => {
    const { lock } = new SharedValue(0);
    expect([lock.acquire(), lock.acquire(0)]).toEqual([true, true]);
    lock.release();
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
    expect(() => lock.release()).toThrow("shared: release of a lock that this thread does not own; only its owner may");
  });

  it("held by another thread is not acquired in time", () => {
    const shared = new SharedValue(0);
    shared.lock.acquire();
    const others = bunch(1, (shared) => shared.lock.acquire(5), [shared]);
    expect(others.join()).toEqual([false]);
    shared.lock.release();
  });

  it("cannot be released by a change that update runs", () => {
    const shared = new SharedValue(1);
    expect(() =>
      shared.update((n) => {
        shared.lock.release();
        return n;
      }),
    ).toThrow("does not own");
    shared.update((n) => shared.lock.with(() => n + 1));
    expect([shared.get(), shared.lock.locked()]).toEqual([2, false]);
  });

  it("does not travel alone", () => {
    const { lock } = new SharedValue(0);
    expect(() => lock.share()).toThrow("pass the object, and use its lock");
    expect(() => new SharedValue<unknown>(lock)).toThrow("pass the object, and use its lock");
  });
});
