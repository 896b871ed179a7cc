/** What holds in a test of whatever runner. */
import assert from "node:assert/strict";
import {
  Barrier,
  BrokenBarrierError,
  Event,
  isMainThread,
  Lock,
  RLock,
  Thread,
  ThreadError,
  Timer,
} from "@x/threading";
import { parallelSum, ring, Sum } from "./work.mjs";

export const cases = {
  "is run by the main thread": () => assert.equal(isMainThread, true),

  "threads call what a module beside the test has exposed": () => assert.equal(parallelSum(3, 1000), 3000),

  "a thread of a class that is exposed there brings its fields home": () => {
    const sum = new Sum(4).start();
    assert.equal(sum.result(20_000), 10);
    assert.equal(sum.total, 10);
  },

  "a function in the test itself runs from its text": async () => {
    assert.equal(await new Thread({ target: (x) => x * 2, args: [4] }).start().resultAsync(), 8);
  },

  "errors have the classes that the test knows": () => {
    const thrown = (target) => {
      try {
        new Thread({ target }).start().result(20_000);
      } catch (error) {
        return error;
      }
    };
    const error = thrown(() => {
      throw new RangeError("too far");
    });
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, "too far");
    assert.throws(() => new Lock().release(), ThreadError);
    assert.ok(new BrokenBarrierError("x") instanceof ThreadError);
  },

  "values arrive as what they are": () => {
    const target = (map, floats, event) => {
      event.set();
      return [map, floats, [new Date(5)]];
    };
    const event = new Event();
    const args = [new Map([[1, new Set([2])]]), new Float64Array([1.5]), event];
    const [map, floats, [date]] = new Thread({ target, args }).start().result(20_000);
    assert.equal(event.isSet(), true);
    assert.equal(map.get(1).has(2), true);
    assert.equal(floats[0], 1.5);
    assert.equal(date.getTime(), 5);
  },

  "locks are held, tried and awaited": async () => {
    const lock = new Lock();
    assert.equal(lock.acquire(0), true);
    assert.equal(lock.acquire(5), false);
    assert.equal(await lock.acquireAsync({ timeout: 5 }), false);
    lock.release();
    assert.equal(
      new RLock().with(() => 5),
      5,
    );
    const barrier = new Barrier(2);
    const places = await Promise.all([barrier.waitAsync(20_000), barrier.waitAsync(20_000)]);
    assert.equal(places[0] + places[1], 1);
  },

  "timers fire": () => {
    const event = new Event();
    new Timer(5, ring, [event]).start();
    assert.equal(event.wait(20_000), true);
  },
};
