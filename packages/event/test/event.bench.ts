import { Event } from "@x/event";
import { bench, describe } from "vitest";

/** So many calls at a time that the measuring itself does not count. */
const CALLS = 10_000;

describe("a flag that nobody waits for", () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const event = new Event();
  bench("raw load: the limit of isSet", () => {
    for (let i = 0; i < CALLS; i++) Atomics.load(words, 0);
  });
  bench("isSet", () => {
    for (let i = 0; i < CALLS; i++) event.isSet();
  });
  bench("raw compareExchange, twice: the limit of set and clear", () => {
    for (let i = 0; i < CALLS; i++) {
      Atomics.compareExchange(words, 0, 0, 1);
      Atomics.compareExchange(words, 0, 1, 0);
    }
  });
  bench("set and clear", () => {
    for (let i = 0; i < CALLS; i++) {
      event.set();
      event.clear();
    }
  });
});
