import { keepAliveTests, mayNotBlockTests, sharedTests, thrownBy, watchdog } from "@x/testkit";
import { LifoQueue, PriorityQueue, Queue, SimpleQueue } from "@x/queue";
import { Lock } from "@x/lock";
import { describe, expect, it } from "vitest";
import "./deaths.stress.ts"; // in short

watchdog();

describe.each([
  ["Queue", Queue],
  ["LifoQueue", LifoQueue],
  ["PriorityQueue", PriorityQueue],
  ["SimpleQueue", SimpleQueue],
] as const)("%s", (name, Class) => {
  sharedTests<InstanceType<typeof Class>>({
    who: "queue",
    Class: Class,
    make: () => new Class<never>(),
    change: (queue) => (queue as Queue<unknown>).put(1),
    zeroed: true,
    isPlaced: false,
  });

  describe("Q093: a task that waits", () => {
    keepAliveTests({
      who: "queue",
      name,
      make: `new ${name}()`,
      wait: `it.getAsync(options).then(() => true, (error) => { if (error?.name === "Empty") return false; throw error; })`,
      wake: "it.put(1)",
    });
  });

  mayNotBlockTests({
    who: "queue",
    name,
    open: `(() => { const queue = new ${name}(); queue.put(1); return queue; })()`,
    close: "it.get()",
    wait: `(() => { try { it.put(it.get(timeout)); return true; } catch (error) { if (error.name === "Empty") return false; throw error; } })()`,
    cure: "getAsync()",
  });
});

it("from refuses a handle without the memory of the items", () => {
  const { memory: _, ...handle } = new Queue().share();
  expect(thrownBy(() => Queue.from(handle as never))).toHaveProperty("message", expect.stringMatching(/^queue: from/));
});

it("options are checked", () => {
  for (const options of [
    null,
    5,
    { maxbytes: 1 },
    { maxBytes: "1" },
    { memory: new SharedArrayBuffer(64) },
    { key: 1 },
  ])
    expect(thrownBy(() => new Queue(0, options as never))).toBeInstanceOf(TypeError);
  for (const maxBytes of [0, 4095, 2 ** 30 + 1, 5000.5])
    expect(thrownBy(() => new Queue(0, { maxBytes }))).toBeInstanceOf(RangeError);
});

it("an item of a put that waits is kept, though other items are put meanwhile", async () => {
  const [full, other] = [new Queue<string>(1), new Queue<string>()];
  full.put("first");
  const putting = full.putAsync("second");
  for (let i = 0; i < 10; i++) other.put("x".repeat(6));
  expect(full.get()).toBe("first");
  await putting;
  expect(full.get()).toBe("second");
});

it("an item may hold primitives", () => {
  const queue = new Queue<unknown>();
  const lock = new Lock();
  queue.put({ deep: [lock] });
  expect(queue.get()).toEqual({ deep: [lock] });
});
