import { Condition } from "@x/condition";
import { Lock } from "@x/lock";
import { bench, describe } from "vitest";

/** So many per call that the call itself does not count. */
const TIMES = 10_000;

describe("notify with nobody waiting, the lock held", () => {
  const condition = new Condition();
  condition.acquire();
  const words = new Int32Array(new SharedArrayBuffer(64));
  bench("raw load of the lock: the limit", () => {
    for (let i = 0; i < TIMES; i++) Atomics.load(words, 0);
  });
  bench("notify", () => {
    for (let i = 0; i < TIMES; i++) condition.notify();
  });
});

describe("acquire and release", () => {
  const condition = new Condition();
  bench("its lock: the limit", () => {
    for (let i = 0; i < TIMES; i++) {
      condition.lock.acquire();
      condition.lock.release();
    }
  });
  bench("Condition", () => {
    for (let i = 0; i < TIMES; i++) {
      condition.acquire();
      condition.release();
    }
  });
});

describe("wait(0): releases the lock, stands in the queue, leaves it, takes the lock", () => {
  const condition = new Condition(new Lock());
  condition.acquire();
  bench("release and acquire of the lock: the limit", () => {
    for (let i = 0; i < TIMES; i++) {
      condition.lock.release();
      condition.lock.acquire();
    }
  });
  bench("wait(0)", () => {
    for (let i = 0; i < TIMES; i++) condition.wait(0);
  });
});
