/** Actions of the tests. Every thread finds them by name. */
import { expose } from "@x/core";

/** Counts in memory that travels with the action. */
export class Counter {
  constructor(tally, inner) {
    this.tally = tally;
    this.inner = inner;
  }
  call() {
    Atomics.add(this.tally, this.inner.wait(), 1);
  }
}

export function count() {
  globalThis.tallyOfTest[0]++;
}

expose({ Counter, count });
