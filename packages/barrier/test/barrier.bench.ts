import { Barrier } from "@x/barrier";
import { bench, describe } from "vitest";

/** So many per call that the call itself does not count. */
const TIMES = 10_000;

describe("the last to arrive, nobody there to be woken", () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const barrier = new Barrier(1);
  const acting = new Barrier(1, () => 5);
  bench("raw compareExchange and notify: the limit", () => {
    for (let i = 0; i < TIMES; i++) {
      Atomics.compareExchange(words, 0, i, i + 1);
      Atomics.notify(words, 0);
    }
  });
  bench("wait", () => {
    for (let i = 0; i < TIMES; i++) barrier.wait();
  });
  bench("wait, with an action", () => {
    for (let i = 0; i < TIMES; i++) acting.wait();
  });
});
