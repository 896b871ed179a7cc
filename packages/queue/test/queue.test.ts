/** The queues in one thread: what each call does, by the numbers of CPython's behaviours. */
import { PACK, packedAs, registerKind, ThreadError, TimeoutError } from "@x/core";
import { Empty, Full, LifoQueue, Queue, ShutDown, SimpleQueue } from "@x/queue";
import { thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

class Token {
  constructor(readonly id: number) {}
  [PACK]() {
    return packedAs("queue Token", { id: this.id });
  }
}
registerKind("queue Token", import.meta.url, ({ id }: { id: number }) => new Token(id));

const all = <T>(queue: { empty(): boolean; get(): T }): T[] => {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.get());
  return items;
};

describe.each([
  ["Queue", Queue, [111, 333, 222]],
  ["LifoQueue", LifoQueue, [222, 333, 111]],
] as const)("%s", (_, Kind, order) => {
  it("Q001, Q037: items come out in the order of the class", () => {
    const queue = new Kind<number>();
    for (const item of [111, 333, 222]) queue.put(item);
    expect(all(queue)).toEqual(order);
  });

  it("Q002: maxsize 0, less, or Infinity is no limit", () => {
    for (const maxsize of [undefined, 0, -1, -2.5, Infinity]) {
      const queue = new Kind(maxsize);
      for (let i = 0; i < 100; i++) queue.put(i);
      expect([queue.full(), queue.maxsize, queue.qsize()]).toEqual([false, Infinity, 100]);
    }
  });

  it("Q003: maxsize is checked", () => {
    expect(thrownBy(() => new Kind(2.5))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => new Kind(NaN))).toBeInstanceOf(RangeError);
    expect(thrownBy(() => new Kind("a" as never))).toBeInstanceOf(TypeError);
  });

  it("Q004, Q005: maxsize may change, and a waiting putter then goes on", async () => {
    const queue = new Kind(1);
    queue.put(1);
    const putting = queue.putAsync(2);
    queue.maxsize = 2;
    await putting;
    queue.maxsize = 1;
    expect(thrownBy(() => queue.put(3, 0))).toBeInstanceOf(Full);
    queue.get();
    expect(thrownBy(() => queue.put(3, 0))).toBeInstanceOf(Full);
    queue.get();
    queue.put(3, 0);
  });

  it("Q006: an emptied queue can be used again", () => {
    const queue = new Kind<number>(2);
    for (let time = 0; time < 50; time++) {
      queue.put(1);
      queue.put(2);
      expect(all(queue)).toHaveLength(2);
    }
  });

  it("Q011: an item that cannot travel changes nothing", () => {
    const queue = new Kind();
    for (const item of [() => 1, Symbol("s"), new WeakMap(), new SharedArrayBuffer(4), new Blob(["x"])]) {
      expect(thrownBy(() => queue.put({ item }))).toBeInstanceOf(TypeError);
      expect([queue.qsize(), queue.unfinishedTasks]).toEqual([0, 0]);
    }
  });

  it("Q012: an item that cannot be rebuilt is gone, and its task is counted", () => {
    const queue = new Kind();
    queue.put({ [PACK]: () => ({ kind: "queue Unknown", moduleUrl: "file:///none.mjs" }) });
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ThreadError);
    expect([queue.qsize(), queue.unfinishedTasks]).toEqual([0, 1]);
  });

  it("Q014, Q016: put without waiting throws Full if there is no room", () => {
    const queue = new Kind(1);
    queue.put(1, 0);
    for (const put of [() => queue.put(2, 0), () => queue.putNowait(2), () => queue.put(2, 5)])
      expect(thrownBy(put)).toBeInstanceOf(Full);
    expect(queue.qsize()).toBe(1);
  });

  it("Q017, Q030: a wrong timeout is refused before anything happens", async () => {
    const queue = new Kind();
    for (const timeout of [-1, NaN]) {
      expect(thrownBy(() => queue.put(1, timeout))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => queue.get(timeout))).toBeInstanceOf(RangeError);
      await expect(queue.putAsync(1, timeout)).rejects.toBeInstanceOf(RangeError);
      await expect(queue.getAsync(timeout)).rejects.toBeInstanceOf(RangeError);
    }
    expect(queue.qsize()).toBe(0);
  });

  it("Q018: a queue whose memory is full throws Full, and names the option", () => {
    const queue = new Kind(0, { maxBytes: 4096 });
    const error = thrownBy(() => {
      for (;;) queue.put("x".repeat(100));
    });
    expect(error).toBeInstanceOf(Full);
    expect(error).toHaveProperty("message", expect.stringContaining("maxBytes"));
    const count = queue.qsize();
    expect(count).toBeGreaterThan(10);
    expect(all(queue)).toHaveLength(count);
    queue.put("x".repeat(100), 0);
  });

  it("Q023: an item is a copy, as by structured clone", () => {
    const queue = new Kind<unknown>();
    const twice = { x: 1 };
    for (const item of [
      { a: [1, "é", 2n ** 70n, -0, NaN], b: new Map([[twice, new Set([twice])]]) },
      new Uint8Array(5000),
      "€",
    ]) {
      queue.put(item);
      expect(queue.get()).toEqual(structuredClone(item));
    }
    queue.put({ token: new Token(7) });
    expect(queue.get()).toEqual({ token: new Token(7) });
  });

  it("Q024: undefined and null are items like others", () => {
    const queue = new Kind();
    queue.put(undefined);
    expect(queue.get()).toBe(undefined);
    queue.put(null);
    expect(queue.get()).toBe(null);
  });

  it("Q027, Q029: get without waiting throws Empty if there is no item", () => {
    const queue = new Kind();
    for (const get of [() => queue.get(0), () => queue.getNowait(), () => queue.get(5)])
      expect(thrownBy(get)).toBeInstanceOf(Empty);
    queue.put(1);
    expect(queue.getNowait()).toBe(1);
  });

  it("Q045, Q046, Q047: qsize, empty and full tell how many items there are", () => {
    const queue = new Kind(5);
    expect([queue.empty(), queue.full(), queue.qsize()]).toEqual([true, false, 0]);
    for (let i = 0; i < 4; i++) queue.put(i);
    expect([queue.empty(), queue.full(), queue.qsize()]).toEqual([false, false, 4]);
    queue.put(4);
    expect([queue.empty(), queue.full(), queue.qsize()]).toEqual([false, true, 5]);
  });

  it("Q049, Q050, Q051, Q053: each put counts a task, taskDone takes one off, and join returns at 0", () => {
    const queue = new Kind();
    expect(thrownBy(() => queue.taskDone())).toBeInstanceOf(RangeError);
    expect(queue.join()).toBe(true);
    for (let i = 0; i < 3; i++) queue.put(i);
    queue.taskDone();
    expect(queue.join(5)).toBe(false);
    expect(thrownBy(() => queue.taskDone(3))).toBeInstanceOf(RangeError);
    expect(queue.unfinishedTasks).toBe(2);
    queue.taskDone(2);
    expect([queue.join(), queue.join(0)]).toEqual([true, true]);
    expect(thrownBy(() => queue.taskDone())).toBeInstanceOf(RangeError);
  });

  it("Q060, Q062, Q065: after a shutdown put throws ShutDown, and so does get once the items are taken", () => {
    const queue = new Kind<number>(2);
    queue.put(1);
    queue.shutdown();
    expect(queue.isShutdown).toBe(true);
    expect(thrownBy(() => queue.put(2))).toBeInstanceOf(ShutDown);
    expect(queue.get()).toBe(1);
    for (const timeout of [0, 5, Infinity]) expect(thrownBy(() => queue.get(timeout))).toBeInstanceOf(ShutDown);
    expect(thrownBy(() => queue.get(-1))).toBeInstanceOf(RangeError);
  });

  it("Q063: tasks that wait for an item go on at a shutdown", async () => {
    const queue = new Kind();
    const waiting = [queue.getAsync(), queue.getAsync()];
    queue.shutdown();
    for (const one of await Promise.allSettled(waiting))
      expect(one).toMatchObject({ reason: expect.any(ShutDown) as unknown });
  });

  it("Q067, Q068, Q069: a shutdown leaves the tasks, and an immediate one drops those of its items", () => {
    const queue = new Kind();
    for (let i = 0; i < 3; i++) queue.put(i);
    queue.get();
    queue.shutdown();
    expect(queue.join(5)).toBe(false);
    queue.shutdown(true);
    expect([queue.qsize(), queue.unfinishedTasks, queue.join(5)]).toEqual([0, 1, false]);
    queue.taskDone();
    expect(queue.join()).toBe(true);
    expect(thrownBy(() => queue.taskDone())).toBeInstanceOf(RangeError);
    queue.shutdown();
    expect(thrownBy(() => queue.get())).toBeInstanceOf(ShutDown);
  });

  it("Q090: both kinds of waits share a queue", async () => {
    const queue = new Kind<number>();
    const waiting = queue.getAsync();
    queue.put(1);
    expect(await waiting).toBe(1);
    await queue.putAsync(2);
    expect(queue.get()).toBe(2);
    await expect(queue.getAsync(5)).rejects.toBeInstanceOf(Empty);
  });

  it("Q085: an aborted task takes no item", async () => {
    const queue = new Kind<number>();
    const abort = new AbortController();
    const waiting = queue.getAsync({ signal: abort.signal });
    const other = queue.getAsync();
    abort.abort("enough");
    queue.put(1);
    await expect(waiting).rejects.toBe("enough");
    expect(await other).toBe(1);
  });

  it("Q091: iteration ends at a shutdown", async () => {
    const queue = new Kind<number>();
    for (let i = 0; i < 3; i++) queue.put(i);
    queue.shutdown();
    expect([...queue]).toHaveLength(3);
    for await (const item of queue) expect.fail(String(item));
  });

  it("Q092: getMany takes what is there, up to a number", () => {
    const queue = new Kind<number>();
    queue.putMany([1, 2, 3]);
    expect(queue.getMany(2)).toHaveLength(2);
    expect(queue.getMany(10)).toHaveLength(1);
    expect(thrownBy(() => queue.getMany(1, 0))).toBeInstanceOf(Empty);
    expect(thrownBy(() => queue.getMany(0))).toBeInstanceOf(RangeError);
  });

  it("is the same queue by its handle", () => {
    const queue = new Kind<number>(3);
    const twin = Kind.from<number>(queue.share());
    for (let i = 0; i < 3; i++) twin.put(i);
    expect([queue.full(), queue.maxsize]).toEqual([true, 3]);
    expect(all(queue)).toHaveLength(3);
    expect(thrownBy(() => Kind.from({ ...queue.share(), kind: "other" }))).toBeInstanceOf(TypeError);
  });
});

describe("SimpleQueue", () => {
  it("Q007: takes no maxsize", () => {
    expect(thrownBy(() => new SimpleQueue(5 as never))).toHaveProperty(
      "message",
      expect.stringContaining("Queue(maxsize)"),
    );
  });

  it("Q078, Q079, Q080: puts without limit, and gets as a Queue does", async () => {
    const queue = new SimpleQueue<number>();
    for (let i = 0; i < 1000; i++) queue.put(i);
    expect([queue.qsize(), queue.empty()]).toEqual([1000, false]);
    for (let i = 0; i < 1000; i++) expect(queue.get()).toBe(i);
    expect(thrownBy(() => queue.get(0))).toBeInstanceOf(Empty);
    expect(thrownBy(() => queue.get(-1))).toBeInstanceOf(RangeError);
    const waiting = queue.getAsync();
    queue.put(7);
    expect(await waiting).toBe(7);
  });
});

it("Q075, Q076: the errors are of their own classes, with a package and a cure", () => {
  const error = thrownBy(() => new Queue().getNowait());
  expect(error).toBeInstanceOf(Empty);
  expect(error).toBeInstanceOf(ThreadError);
  expect(error).not.toBeInstanceOf(TimeoutError);
  expect(error).not.toBeInstanceOf(Full);
  expect(error).toHaveProperty("message", expect.stringMatching(/^queue: /));
});
