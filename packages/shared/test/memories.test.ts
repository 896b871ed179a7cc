import { Condition } from "@x/condition";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Queue } from "@x/queue";
import { SharedArray, SharedMap, sharedObject, SharedValue } from "@x/shared";
import { watchdog } from "@x/testkit";
import { Thread } from "@x/thread";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Account,
  ask,
  askAsync,
  type Ask,
  deposit,
  echo,
  echoAsync,
  increment,
  isSame,
  memoryOf,
  putAndDie,
  serve,
  shapeOf,
  sumOf,
} from "./memories.workers.mjs";

watchdog();

const MS = 20_000;

describe("memory inside of a value", () => {
  it("is one in all threads: a bank is a SharedMap of accounts", () => {
    const bank = new SharedMap<string, Account>([
      ["Ada", new Account()],
      ["Bob", new Account()],
    ]);
    const threads = Array.from({ length: 4 }, () => new Thread({ target: deposit, args: [bank, 50] }).start());
    for (const thread of threads) thread.result(MS);
    expect([bank.get("Ada")!.balance, bank.get("Bob")!.balance]).toEqual([200, 200]);
    expect(bank.get("Ada")).toBe(bank.get("Ada"));
  });

  it("is the queue to which a server puts its answer, blocked and awaited", () => {
    const requests = new Queue<Ask | null>();
    const server = new Thread({ target: serve, args: [requests] }).start();
    const askers = [ask, askAsync, ask].map((target) => new Thread({ target, args: [requests, 40] }).start());
    const sum = (40 * 41 * 81) / 6;
    for (const asker of askers) expect(asker.result(MS)).toBe(sum);
    requests.put(null);
    server.result(MS);
  });

  it("is one in all threads: a SharedArray of SharedArrayBuffers", () => {
    const array = new SharedArray(Array.from({ length: 20 }, () => new SharedArrayBuffer(64)));
    const threads = Array.from({ length: 3 }, () => new Thread({ target: increment, args: [array] }).start());
    for (const thread of threads) thread.result(MS);
    expect(array.toArray().map((memory) => new Int32Array(memory)[0])).toEqual(new Array(20).fill(3));
  });

  it("arrives as the same object each time within a thread", () => {
    const queue = new Queue();
    const map = new SharedMap<string, unknown>([["inner", new Queue()]]);
    queue.put(map);
    queue.put(map);
    expect(new Thread({ target: isSame, args: [queue] }).start().result(MS)).toBe(true);
    const memory = new SharedArrayBuffer(8);
    queue.put(memory);
    expect(queue.get()).toBe(memory);
  });

  it("is any primitive, also beyond the memory of the program", () => {
    const value = { condition: new Condition(), event: new Event(), list: [new SharedValue("text")] };
    const queue = new Queue<typeof value>();
    queue.put(value);
    const got = queue.get();
    expect(got.condition).toBe(value.condition);
    expect(got.event).toBe(value.event);
    expect(got.list[0]!.get()).toBe("text");
  });

  it("stays while the value is there, and others are replaced beside it", () => {
    const map = new SharedMap<string, SharedArrayBuffer>([["kept", memoryOf(7)]]);
    const value = new SharedValue<unknown>(memoryOf(0));
    const object = sharedObject({ memory: memoryOf(0) });
    for (let n = 1; n <= 50; n++) {
      map.set("changed", memoryOf(n));
      value.update((memory) => ({ memory, is: memoryOf(n) }).is);
      object.memory = memoryOf(n);
      map.delete("changed");
    }
    const queue = new Queue<SharedArrayBuffer>();
    for (const memory of [map.get("kept"), value.get(), object.memory]) queue.put(memory as SharedArrayBuffer);
    expect(new Thread({ target: sumOf, args: [queue, 3] }).start().result(MS)).toBe(7 + 50 + 50);
  });

  it("outlives the thread that put it, which has died", () => {
    const queue = new Queue<SharedArrayBuffer>();
    const putter = new Thread({ target: putAndDie, args: [queue, 30] }).start();
    expect(() => putter.result(MS)).toThrow();
    expect(new Thread({ target: sumOf, args: [queue, 30] }).start().result(MS)).toBe((29 * 30) / 2);
  });

  it("is kept for no value that was refused", () => {
    const full = new Queue<SharedArrayBuffer>(1);
    full.put(memoryOf(1));
    for (let n = 0; n < 3; n++) expect(() => full.put(memoryOf(9), 0)).toThrow("queue: the queue has maxsize items");
    const small = new SharedMap<string, unknown>(null, { maxBytes: 4096 });
    expect(() => small.set("large", [memoryOf(1), "x".repeat(5000)])).toThrow("shared: the memory of SharedMap");
    expect(new Int32Array(full.get())[0]).toBe(1);
  });

  it("passes by the thousand, and none of it stays", () => {
    const [count, bytes] = [2000, 2 ** 20];
    const queue = new Queue<SharedArrayBuffer>(8);
    const summer = new Thread({ target: sumOf, args: [queue, count] }).start();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < count; i++) {
      const memory = new SharedArrayBuffer(bytes);
      new Int32Array(memory).fill(1);
      queue.put(memory);
    }
    expect(summer.result(60_000)).toBe(count);
    expect((process.memoryUsage().rss - before) / bytes).toBeLessThan(1200);
  });
});

// ---------------------------------------------------------------- any value

const { value: anyValue } = fc.letrec<{ value: unknown; shared: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 3 }, fc.integer(), fc.string({ maxLength: 3 }), tie("shared")),
  shared: fc.oneof(
    fc.nat(9).map((n) => new SharedArrayBuffer(4 * n)),
    fc.nat(9).map((n) => new Int32Array(new SharedArrayBuffer(4 * n + 4))),
    fc.constant(null).map(() => new Lock()),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => {
      const queue = new Queue();
      queue.putMany(items);
      return queue;
    }),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new SharedArray(items)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new SharedMap(items.map((item, i) => [`${i}`, item]))),
    tie("value").map((value) => new SharedValue(value)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Map(items.map((item, i) => [i, item]))),
    fc.record({ a: tie("value"), b: tie("value") }),
  ),
}));

describe("any value with queues, maps, values and memory inside of each other", () => {
  it.each<{ target: (from: Queue, to: Queue<[unknown, unknown]>, count: number) => unknown }>([
    { target: echo },
    { target: echoAsync },
  ])("looks the same to $target.name, and returns", ({ target }) => {
    const values = fc.sample(anyValue, { numRuns: 60, seed: 5 });
    const [there, back] = [new Queue(), new Queue<[unknown, unknown]>()];
    const thread = new Thread({ target, args: [there, back, values.length] }).start();
    for (const value of values) {
      there.put(value);
      const [returned, seen] = back.get(MS);
      expect(seen).toEqual(shapeOf(value));
      expect(shapeOf(returned)).toEqual(seen);
    }
    thread.result(MS);
  });
});
