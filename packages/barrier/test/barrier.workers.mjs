/** Actions of the tests, found by name in every thread. */
import { expose } from "@x/core";

/** Counts in memory that goes with it. */
export class Counter {
  constructor(tally, lock) {
    this.tally = tally;
    this.lock = lock;
  }
  call() {
    this.lock.with(() => this.tally[0]++);
  }
}

export function count() {
  globalThis.tallyOfTest[0]++;
}

expose(import.meta, { Counter, count });
