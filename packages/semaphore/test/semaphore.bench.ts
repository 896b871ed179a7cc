import { Semaphore } from "@x/semaphore";
import { bench, describe } from "vitest";

/** So many pairs per call that the call itself does not count. */
const PAIRS = 10_000;

describe("acquire and release, nobody else there", () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const semaphore = new Semaphore(3);
  bench("raw add and sub: the limit", () => {
    for (let i = 0; i < PAIRS; i++) {
      Atomics.sub(words, 0, 1);
      Atomics.add(words, 0, 1);
    }
  });
  bench("Semaphore", () => {
    for (let i = 0; i < PAIRS; i++) {
      semaphore.acquire();
      semaphore.release();
    }
  });
});
