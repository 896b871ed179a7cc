import { fifoTests, queueTests, simpleQueueTests, thrownBy, watchdog } from "@x/testkit";
import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from "@x/queue";
import { describe, expect, it } from "vitest";

watchdog();

const ERRORS = { Empty, Full, ShutDown };

describe("Queue", () => {
  simpleQueueTests(() => new Queue(), ERRORS);
  queueTests((maxsize, options) => new Queue(maxsize, options), ERRORS, [111, 333, 222]);
  fifoTests(() => new Queue());
});

describe("LifoQueue", () => {
  simpleQueueTests(() => new LifoQueue(), ERRORS);
  queueTests((maxsize, options) => new LifoQueue(maxsize, options), ERRORS, [222, 333, 111]);
});

describe("PriorityQueue", () => {
  simpleQueueTests(() => new PriorityQueue<unknown>(), ERRORS);
  queueTests((maxsize, options) => new PriorityQueue<unknown>(maxsize, options), ERRORS, [111, 222, 333]);

  const outOf = <T>(items: readonly T[], queue = new PriorityQueue<T>()): T[] => {
    queue.putMany(items);
    return queue.getMany(1000);
  };

  it("Q039: items are numbers, bigints or strings, or arrays that begin with one", () => {
    const numbers = [3, -1, 2.5, 0, 1e300, -Infinity, Infinity, -1e-300, 5e-324, 2 ** 53, -(2 ** 53)];
    expect(outOf(numbers)).toEqual([...numbers].sort((a, b) => a - b));
    const large = 2n ** 60n;
    expect(outOf<number | bigint>([large + 1n, 2 ** 60, large - 1n, -5n, -4.5, -large])).toEqual([
      ...[-large, -5n, -4.5, large - 1n, 2 ** 60, large + 1n],
    ]);
    const strings = ["b", "a", "", "aa", "a\0", "a\0\0", "é", "€", "z", "\u{1f600}", "\uffff"];
    expect(outOf(strings)).toEqual([...strings].sort());
    expect(outOf([[2, "two"] as const, [1, { one: 1 }] as const])).toEqual([
      [1, { one: 1 }],
      [2, "two"],
    ]);
  });

  it("Q039: -0 is no less than 0", () => {
    expect(outOf([0, -0, 0])).toEqual([0, -0, 0]);
  });

  it("Q040: the option key tells the priority of an item, in each thread", () => {
    const queue = new PriorityQueue<{ due: number }>(0, { key: ({ due }) => due });
    queue.put({ due: 3 });
    const twin = PriorityQueue.from<{ due: number }>(queue.share());
    twin.put({ due: 1 });
    expect(queue.getMany(2)).toEqual([{ due: 1 }, { due: 3 }]);
    const strange = thrownBy(() => PriorityQueue.from({ ...queue.share(), key: { due: 1 } as never }));
    expect(String(strange)).toMatch(/^TypeError: queue: from takes what share\(\) returned/);
    const error = thrownBy(() => new PriorityQueue(0, { key: 5 as never }));
    expect(error).toBeInstanceOf(TypeError);
    expect(thrownBy(() => new PriorityQueue<{ due: number }>().put({ due: 1 }))).toHaveProperty(
      "message",
      expect.stringContaining("{ key }"),
    );
  });

  it("Q041: items of equal priority come out in the order of their puts, and their data is never compared", () => {
    const items = Array.from({ length: 100 }, (_, i) => [i % 3, { i }] as const);
    expect(outOf(items)).toEqual([0, 1, 2].flatMap((priority) => items.filter(([its]) => its === priority)));
  });

  it("Q043: what has no order is a TypeError, and changes nothing", () => {
    const queue = new PriorityQueue<unknown>();
    for (const item of [NaN, [NaN, 1], undefined, null, {}, [], [[1]], true, Symbol("s")])
      expect(thrownBy(() => queue.put(item))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => queue.put(2n ** 64n))).toBeInstanceOf(RangeError);
    queue.put("text");
    expect(thrownBy(() => queue.put(1))).toHaveProperty("message", expect.stringContaining("one kind"));
    expect([queue.get(), queue.qsize(), queue.unfinishedTasks]).toEqual(["text", 0, 1]);
    queue.put(1);
    expect(queue.get()).toBe(1);
  });

  it("Q044: the smallest of many comes out first, whatever is put and got in between", () => {
    const queue = new PriorityQueue<number>();
    const model: number[] = [];
    for (let i = 0, random = 1; i < 3000; i++) {
      random = (random * 48271) % 2147483647;
      if (random % 5 < 3 || model.length === 0) {
        queue.put(random % 1000);
        model.push(random % 1000);
      } else {
        const least = Math.min(...model);
        model.splice(model.indexOf(least), 1);
        expect(queue.get()).toBe(least);
      }
    }
  });
});

describe("SimpleQueue", () => {
  simpleQueueTests(() => new SimpleQueue(), ERRORS);
  fifoTests(() => new SimpleQueue());

  it("Q007: takes no maxsize", () => {
    expect(thrownBy(() => new SimpleQueue(5 as never))).toHaveProperty(
      "message",
      expect.stringContaining("Queue(maxsize)"),
    );
  });

  it("Q078: puts without limit, and never waits", () => {
    const queue = new SimpleQueue<number>();
    for (let i = 0; i < 1000; i++) queue.put(i);
    expect([queue.qsize(), queue.empty()]).toEqual([1000, false]);
    for (let i = 0; i < 1000; i++) expect(queue.get()).toBe(i);
  });

  it("Q077: throws the same Empty as a Queue", () => {
    const [simple, full] = [() => new SimpleQueue().getNowait(), () => new Queue().getNowait()].map(thrownBy);
    expect((simple as Error).constructor).toBe((full as Error).constructor);
  });

  it("Q080, Q082: has neither tasks, nor a size, nor a shutdown", () => {
    const queue = new SimpleQueue();
    for (const name of [
      "taskDone",
      "join",
      "unfinishedTasks",
      "maxsize",
      "full",
      "putNowait",
      "shutdown",
      "isShutdown",
    ])
      expect(name in queue).toBe(false);
  });
});
