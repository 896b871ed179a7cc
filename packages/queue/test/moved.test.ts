/** Objects that move with an item, instead of being copied. */
import { LONG, SHORT, thrownBy, watchdog } from "@x/testkit";
import { Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from "@x/queue";
import { isMainThread, Thread } from "@x/thread";
import { describe, expect, it } from "vitest";
import { moves, sums, sumsBlocked, whyRefused } from "./moved.workers.mjs";

watchdog();

/** In a page the tests run in a thread. Moved objects do not reach a thread that blocks there. */
const isPage = !isMainThread;

const MiB = 1 << 20;

function filled(bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(1);
  return buffer;
}

async function rejectedBy(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

describe.each([
  ["Queue", () => new Queue<unknown>()],
  ["LifoQueue", () => new LifoQueue<unknown>()],
  ["PriorityQueue", () => new PriorityQueue<unknown>(0, { key: (item) => (item as { n: number }).n })],
  ["SimpleQueue", () => new SimpleQueue<unknown>()],
] as const)("an item put by putMoved into a %s", (_, make) => {
  it("loses the objects of the list, and arrives whole", async () => {
    const queue = make();
    const [moved, copied] = [filled(MiB), filled(10)];
    queue.putMoved({ n: 1, moved, view: new Uint8Array(moved, 5, 7), copied }, [moved]);
    expect([moved.byteLength, copied.byteLength]).toEqual([0, 10]);
    const item = (await queue.getAsync(LONG)) as { moved: ArrayBuffer; view: Uint8Array; copied: ArrayBuffer };
    expect(item.moved.byteLength).toBe(MiB);
    expect(new Uint8Array(item.moved).every((byte) => byte === 1)).toBe(true);
    expect(item.view.buffer).toBe(item.moved);
    expect([item.view.byteOffset, item.view.length, item.copied.byteLength]).toEqual([5, 7, 10]);
    expect(queue.qsize()).toBe(0);
  });
});

describe("objects that move", () => {
  it("go from thread to thread, each once and whole", async () => {
    const queue = new Queue<never>(4);
    const target = isPage ? sums : sumsBlocked;
    const getters = [1, 2].map(() => new Thread({ target, args: [queue, 30] }).start());
    const putters = [0, 20, 40].map((first) => new Thread({ target: moves, args: [queue, first, 20] }).start());
    for (const thread of putters) await thread.resultAsync(LONG);
    const all = (await Promise.all(getters.map((thread) => thread.resultAsync(LONG)))).flat();
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  it("arrive by a blocked get; in a page they stay in the queue, and the error names getAsync", async () => {
    const queue = new Queue<ArrayBuffer[]>();
    const many = Array.from({ length: 12 }, (_, i) => filled(i + 1));
    queue.putMoved(many, many);
    const lengths = many.map((_, i) => i + 1);
    if (isPage) {
      const thread = new Thread({ target: whyRefused, args: [queue] }).start();
      const why = await thread.resultAsync(LONG);
      expect(why).toMatch(/^ThreadError: core: .* cannot reach a thread that blocks .*getAsync/);
      expect(queue.qsize()).toBe(1);
    }
    const got = isPage ? await queue.getAsync(LONG) : queue.get(LONG);
    expect(got.map(({ byteLength }) => byteLength)).toEqual(lengths);
  });

  it("may be ports, which go on where they arrive", async () => {
    const queue = new Queue<{ port: MessagePort }>();
    const { port1, port2 } = new MessageChannel();
    queue.putMoved({ port: port2 }, [port2]);
    const { port } = await queue.getAsync(LONG);
    const received = new Promise((resolve) => {
      port.onmessage = ({ data }: { data: unknown }) => resolve(data);
    });
    port1.postMessage("through the queue");
    expect(await received).toBe("through the queue");
    port.close();
  });

  it("move when a waiting put goes on, not before", async () => {
    const queue = new Queue<unknown>(1);
    queue.put("first");
    const buffer = filled(9);
    const putting = queue.putAsync({ buffer }, { transfer: [buffer], timeout: LONG });
    await Promise.resolve();
    expect(buffer.byteLength).toBe(9);
    expect(queue.get()).toBe("first");
    await putting;
    expect(buffer.byteLength).toBe(0);
    expect(((await queue.getAsync(LONG)) as { buffer: ArrayBuffer }).buffer.byteLength).toBe(9);
  });

  it("stay with the putter if there is no room in time, on abort, and after a shutdown", async () => {
    const queue = new Queue<unknown>(1);
    queue.put("first");
    const buffer = filled(9);
    expect(thrownBy(() => queue.putMoved(buffer, [buffer], 0))).toBeInstanceOf(Full);
    expect(await rejectedBy(() => queue.putAsync(buffer, { transfer: [buffer], timeout: SHORT }))).toBeInstanceOf(Full);
    const abort = new AbortController();
    const aborted = rejectedBy(() => queue.putAsync(buffer, { transfer: [buffer], signal: abort.signal }));
    abort.abort("enough");
    expect(await aborted).toBe("enough");
    queue.shutdown();
    expect(thrownBy(() => queue.putMoved(buffer, [buffer]))).toBeInstanceOf(ShutDown);
    expect(buffer.byteLength).toBe(9);
  });

  it("come in a batch of getMany only at its beginning", async () => {
    const queue = new Queue<unknown>();
    queue.putMany([1, 2]);
    const buffer = filled(3);
    queue.putMoved(buffer, [buffer]);
    queue.put(4);
    expect(queue.getMany(10)).toEqual([1, 2]);
    expect(((await queue.getAsync(LONG)) as ArrayBuffer).byteLength).toBe(3);
    expect(queue.getMany(10)).toEqual([4]);
  });

  it("are dropped by an immediate shutdown with their items", () => {
    const queue = new Queue<unknown>();
    const buffer = filled(MiB);
    queue.putMoved(buffer, [buffer]);
    queue.shutdown(true);
    expect(queue.qsize()).toBe(0);
    expect(buffer.byteLength).toBe(0);
  });

  const buffer = filled(8);
  it.each([
    ["a number", [5], /^queue: transfer\[0\] is 5, which cannot be moved/],
    ["a view", [buffer, new Uint8Array(buffer)], /^queue: transfer\[1\] is a view/],
    ["no list", {}, /^queue: transfer must be an array/],
  ])("by a list with %s are refused, and nothing is put", async (_, transfer, message) => {
    const queue = new Queue<unknown>();
    for (const error of [
      thrownBy(() => queue.putMoved({ buffer }, transfer as never)),
      await rejectedBy(() => queue.putAsync({ buffer }, { transfer: transfer as never })),
      thrownBy(() => new SimpleQueue().putMoved({ buffer }, transfer as never)),
    ]) {
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
    }
    expect([queue.qsize(), buffer.byteLength]).toEqual([0, 8]);
  });

  it("beside a part that cannot travel stay with the putter; the error names the part", () => {
    const queue = new Queue<unknown>();
    const error = thrownBy(() => queue.putMoved({ buffer, list: [() => 1] }, [buffer]));
    expect((error as Error).message).toMatch(/item\.list\[0\]/);
    expect([queue.qsize(), buffer.byteLength]).toEqual([0, 8]);
  });

  it("of which the runtime refuses some at the put, because a port has moved meanwhile, stay, and nothing is put", async () => {
    const queue = new Queue<unknown>(1);
    const { port1, port2 } = new MessageChannel();
    const buffer = filled(8);
    queue.put("first");
    const refused = rejectedBy(() => queue.putAsync({ buffer, port1 }, { transfer: [buffer, port1] }));
    const other = new Queue<unknown>();
    other.putMoved(port1, [port1]); // meanwhile it moves elsewhere
    expect(queue.get()).toBe("first");
    expect(await refused).toBeInstanceOf(TypeError);
    expect([queue.qsize(), buffer.byteLength]).toEqual([0, 8]);
    port2.close();
  });

  it("of a class that the runtime does not move are refused at the put, and nothing is put", () => {
    const queue = new Queue<unknown>();
    const error = thrownBy(() => queue.putMoved({ buffer }, [buffer, new TextEncoder()]));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(
      /^queue: transfer\[1\] is .*TextEncoder.*, which cannot be moved; name the/,
    );
    expect([queue.qsize(), buffer.byteLength]).toEqual([0, 8]);
    queue.put(1); // the queue goes on
    expect(queue.get()).toBe(1);
  });
});
