import { bunch, watchdog } from "@x/testkit";
import { Event } from "@x/event";
import { SharedArray, SharedCounter, SharedMap, SharedSet } from "@x/shared";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";

watchdog();

const RUNS = { numRuns: 200 };

const keys = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<(number | bigint | boolean | null | undefined)[]>(0, -0, NaN, 1n, true, false, null, undefined),
);
const values = fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.array(fc.string(), { maxLength: 20 }));

describe("a SharedMap", () => {
  it("does what a Map does", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant("set" as const), keys, values) },
      { weight: 3, arbitrary: fc.tuple(fc.constant("delete" as const), keys) },
      { weight: 1, arbitrary: fc.tuple(fc.constant("clear" as const)) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const [shared, map] = [new SharedMap<never>(), new Map<unknown, unknown>()];
        for (const [what, key, value] of steps) {
          if (what === "set") expect(shared.set(key as never, value).size).toBe(map.set(key, value).size);
          else if (what === "delete") expect(shared.delete(key as never)).toBe(map.delete(key));
          else expect(shared.clear()).toBe(map.clear());
          expect(shared.size).toBe(map.size);
        }
        expect([...shared]).toStrictEqual([...map]);
        expect([...shared.keys()]).toStrictEqual([...map.keys()]);
        expect([...shared.values()]).toStrictEqual([...map.values()]);
        for (const key of map.keys()) expect(shared.get(key as never)).toStrictEqual(map.get(key));
      }),
      RUNS,
    );
  });

  it("keeps a key and a value whole while a getter of the value uses other entries", () => {
    const map = new SharedMap<string, unknown>([["other", "before"]]);
    const value = {
      first: "a text",
      get second() {
        map.set("another", [1, 2, 3]);
        return map.get("other");
      },
      last: "an end",
    };
    map.set("key", value);
    map.update("updated", () => value);
    const copy = { first: "a text", second: "before", last: "an end" };
    expect([...map]).toEqual([
      ["other", "before"],
      ["another", [1, 2, 3]],
      ["key", copy],
      ["updated", copy],
    ]);
    expect(map.get("key")).toEqual(copy);
  });

  it("grows to many entries, and keeps their order", () => {
    const map = new SharedMap<string, number>();
    for (let i = 0; i < 20_000; i++) map.set(`key ${i}`, i);
    for (let i = 0; i < 20_000; i += 2) map.delete(`key ${i}`);
    map.set("key 1", -1);
    expect([map.size, map.get("key 19999"), map.get("key 2"), map.has("key 3")]).toEqual([
      10_000,
      19_999,
      undefined,
      true,
    ]);
    expect([...map.keys()].slice(0, 3)).toEqual(["key 1", "key 3", "key 5"]);
  });

  it("needs no more memory for entries that come and go", () => {
    const map = new SharedMap<number, string>();
    for (let i = 0; i < 30_000; i++) {
      map.set(i, "some text");
      map.delete(i - 10);
    }
    expect(map.size).toBe(10);
    expect(map.share().memory.byteLength).toBe(64 << 10);
  });

  it("is the same in all threads, and loses no update", () => {
    const counts = new SharedMap<string, number>();
    bunch(
      4,
      (counts) => {
        for (let i = 0; i < 1000; i++) counts.update(`word ${i % 10}`, (n = 0) => n + 1);
      },
      [counts],
    ).join();
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`word ${i}`, 400])),
    );
  });

  it("sees entries that another thread has put behind the end of its memory", () => {
    const map = new SharedMap<string, string>();
    map.set("a", "b");
    bunch(
      1,
      (map) => {
        for (let i = 0; i < 2000; i++) map.set(`key ${i}`, "x".repeat(200));
      },
      [map],
    ).join();
    expect([map.size, map.get("key 1999"), map.get("a")]).toEqual([2001, "x".repeat(200), "b"]);
  });

  it("inserts once with getOrInsert, whichever thread comes first", () => {
    const map = new SharedMap<string, number>();
    const got = bunch(4, (map, me) => map.getOrInsert("owner", me.index), [map]).join();
    expect(new Set(got).size).toBe(1);
    expect(map.get("owner")).toBe(got[0]);
  });

  it("refuses keys that are not equal to their copies, and values that cannot travel", () => {
    const map = new SharedMap<never>();
    expect(() => map.set({} as never, 1)).toThrow(
      "shared: a key may not be [object Object]: an object is not equal to its copy",
    );
    expect(() => map.get((() => 1) as never)).toThrow("use its name");
    expect(() => map.set("a" as never, Symbol("s"))).toThrow(TypeError);
    expect([map.size, map.lock.locked()]).toEqual([0, false]);
  });

  it("whose memory is full says so, and keeps what it has", () => {
    const map = new SharedMap<number, string>(undefined, { maxBytes: 4096 });
    map.set(1, "one");
    expect(() => map.set(2, "x".repeat(5000))).toThrow(/is full, at 4096 bytes; make it with a larger maxBytes/);
    expect(() => {
      for (let i = 3; ; i++) map.set(i, "y".repeat(100));
    }).toThrow(/is full/);
    const { size } = map;
    expect([...map]).toHaveLength(size);
    expect([map.get(1), map.has(2)]).toEqual(["one", false]);
    for (const key of map.keys()) map.delete(key);
    expect(map.set(1, "again").get(1)).toBe("again");
  });

  it("refuses options that it does not know", () => {
    expect(() => new SharedMap([], { maxbytes: 1 } as never)).toThrow(/maxbytes/);
    expect(() => new SharedMap([], { maxBytes: 1 })).toThrow(RangeError);
    expect(() => SharedMap.from({} as never)).toThrow("shared: from takes what share() returned");
  });

  it("holds primitives as references", () => {
    const event = new Event();
    const map = new SharedMap<string, unknown>();
    map.set("event", [event]);
    bunch(
      1,
      async (map, url, me) => {
        await me.load(url);
        (map.get("event") as Event[])[0]!.set();
      },
      [map, import.meta.resolve("@x/event")] as const,
    ).join();
    expect(event.isSet()).toBe(true);
    expect((map.get("event") as Event[])[0]).toBe(event);
  });

  it("refuses memory of the user, with the cure, in a program that has started no thread", () => {
    const map = new SharedMap<string, unknown>();
    expect(() => map.set("inner", { view: new Int32Array(new SharedArrayBuffer(4)) })).toThrow(
      /shared: value\.view.* is or holds a SharedArrayBuffer, which has no bytes; hand shared memory/,
    );
  });

  it("knows its types", () => {
    const map = new SharedMap([["a", 1]] as const);
    expectTypeOf(map.get("a")).toEqualTypeOf<1 | undefined>();
    expectTypeOf(new SharedMap<string, number>().update("a", (n = 0) => n + 1)).toEqualTypeOf<number>();
    // @ts-expect-error: an object is no key
    expect(() => new SharedMap<object>().get({})).toThrow();
  });
});

describe("a SharedSet", () => {
  it("does what a Set does", () => {
    const step = fc.tuple(fc.constantFrom("add", "delete", "has"), keys);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [shared, set] = [new SharedSet<never>(), new Set<unknown>()];
        for (const [what, key] of steps) {
          if (what === "add") expect(shared.add(key as never).size).toBe(set.add(key).size);
          else if (what === "delete") expect(shared.delete(key as never)).toBe(set.delete(key));
          else expect(shared.has(key as never)).toBe(set.has(key));
        }
        expect([...shared]).toStrictEqual([...set]);
        expect(shared.size).toBe(set.size);
      }),
      RUNS,
    );
  });

  it("gives a new member to one of many threads", () => {
    const seen = new SharedSet<number>();
    const got = bunch(
      4,
      (seen) => {
        const mine: number[] = [];
        for (let i = 0; i < 500; i++) if (seen.insert(i)) mine.push(i);
        return mine;
      },
      [seen],
    ).join();
    expect(got.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});

describe("a SharedArray", () => {
  it("does what an Array does", () => {
    const index = fc.integer({ min: -12, max: 12 });
    const step = fc.oneof(
      fc.tuple(fc.constant("push" as const), fc.array(values, { maxLength: 3 })),
      fc.tuple(fc.constant("unshift" as const), fc.array(values, { maxLength: 2 })),
      fc.tuple(fc.constantFrom("pop" as const, "shift" as const)),
      fc.tuple(fc.constant("splice" as const), index, index, fc.array(values, { maxLength: 3 })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [shared, array] = [new SharedArray(), [] as unknown[]];
        for (const [what, ...args] of steps) {
          const flat =
            what === "splice" ? [args[0], args[1], ...(args[2] as unknown[])] : ((args[0] ?? []) as unknown[]);
          const run = (target: object): unknown =>
            (target as Record<string, (...args: unknown[]) => unknown>)[what]!(...flat);
          expect(run(shared)).toStrictEqual(run(array));
          expect(shared.length).toBe(array.length);
        }
        expect([...shared]).toStrictEqual(array);
        for (let i = -3; i < 5; i++) expect(shared.get(i)).toStrictEqual(array.at(i));
        expect(shared.slice(1, -1)).toStrictEqual(array.slice(1, -1));
      }),
      RUNS,
    );
  });

  it("loses no element that threads push", () => {
    const array = new SharedArray<string>();
    bunch(
      4,
      (array, me) => {
        for (let i = 0; i < 1000; i++) array.push(`${me.index} ${i}`);
      },
      [array],
    ).join();
    expect(array.length).toBe(4000);
    for (let thread = 0; thread < 4; thread++) {
      const own = array.toArray().filter((text) => text.startsWith(`${thread} `));
      expect(own).toEqual(Array.from({ length: 1000 }, (_, i) => `${thread} ${i}`));
    }
  });

  it("updates an element as one operation", () => {
    const array = new SharedArray([0, 10]);
    bunch(4, (array) => void array.update(-1, (n) => n + 1), [array]).join();
    expect(array.toArray()).toEqual([0, 14]);
  });

  it("refuses an index without an element, before anything changes", () => {
    const array = new SharedArray(["a"]);
    expect(() => array.set(1, "b")).toThrow("shared: index 1 is not in an array of length 1; push adds elements");
    expect(() => array.update(-2, (text) => text)).toThrow(RangeError);
    expect(() => array.get(0.5)).toThrow(RangeError);
    expect(() => array.get("0" as never)).toThrow(TypeError);
    expect([array.toArray(), array.lock.locked()]).toEqual([["a"], false]);
  });

  it("whose memory is full keeps what it has", () => {
    const array = new SharedArray<string>(["kept"], { maxBytes: 4096 });
    expect(() => array.push("x".repeat(2000), "y".repeat(3000))).toThrow(/is full/);
    expect(() => array.set(0, "y".repeat(5000))).toThrow(/is full/);
    expect(array.toArray()).toEqual(["kept"]);
  });

  it("needs no more memory for elements that come and go", () => {
    const array = new SharedArray<number>();
    for (let i = 0; i < 30_000; i++) {
      array.push(i);
      if (i % 3 !== 0) array.pop();
      if (array.length > 20) array.splice(0, 15);
    }
    expect(array.share().memory.byteLength).toBe(64 << 10);
  });
});

describe("a SharedCounter", () => {
  it("loses no count of eight threads, and gives each count once", () => {
    const counter = new SharedCounter(100);
    const got = bunch(8, (counter) => Array.from({ length: 500 }, () => counter.add()), [counter]).join();
    expect(counter.value).toBe(4100);
    expect(new Set(got.flat()).size).toBe(4000);
  });

  it("counts down, and beyond 32 bits", () => {
    const counter = new SharedCounter(2 ** 40);
    expect([counter.add(-1), counter.exchange(7), counter.value]).toEqual([2 ** 40 - 1, 2 ** 40 - 1, 7]);
  });

  it("refuses what is no safe integer", () => {
    const counter = new SharedCounter(1);
    expect(() => counter.add(0.5)).toThrow(RangeError);
    expect(() => counter.add(2 ** 53)).toThrow(RangeError);
    expect(() => counter.add(1n as never)).toThrow(TypeError);
    expect(() => new SharedCounter("1" as never)).toThrow(TypeError);
    expect(counter.value).toBe(1);
  });

  it("made by share() and from() is the same counter", () => {
    const counter = new SharedCounter();
    SharedCounter.from(counter.share()).add(3);
    expect(counter.value).toBe(3);
    expect(String(counter)).toMatch(/^<SharedCounter 3 at 0x[0-9a-f]+>$/);
  });
});
