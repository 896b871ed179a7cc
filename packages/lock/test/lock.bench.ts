import { Lock, RLock } from "@x/lock";
import { bench, describe } from "vitest";

/** So many pairs per call that the call itself does not count. */
const PAIRS = 10_000;

describe("acquire and release, nobody else there", () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const lock = new Lock();
  const rlock = new RLock();
  bench("raw compareExchange and exchange: the limit", () => {
    for (let i = 0; i < PAIRS; i++) {
      Atomics.compareExchange(words, 0, 0, 1);
      Atomics.exchange(words, 0, 0);
    }
  });
  bench("Lock", () => {
    for (let i = 0; i < PAIRS; i++) {
      lock.acquire();
      lock.release();
    }
  });
  bench("Lock.with", () => {
    for (let i = 0; i < PAIRS; i++) lock.with(() => i);
  });
  bench("RLock", () => {
    for (let i = 0; i < PAIRS; i++) {
      rlock.acquire();
      rlock.release();
    }
  });
});

describe("acquire and release of a task, nobody else there", () => {
  const lock = new Lock();
  const settled = Promise.resolve(true);
  bench("await of a settled promise: the limit", async () => {
    for (let i = 0; i < PAIRS; i++) await settled;
  });
  bench("acquireAsync", async () => {
    for (let i = 0; i < PAIRS; i++) {
      await lock.acquireAsync();
      lock.release();
    }
  });
});
