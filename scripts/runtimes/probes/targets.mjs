import { currentThread, expose, startNewThread, Thread } from "@x/thread";
import { flags, LONG, probe, same } from "./probe.mjs";

export const add = (a, b, { more = 0 } = {}) => a + b + more;
export class Multiplier {
  constructor(by) {
    this.by = by;
  }
  call(n) {
    return n * this.by;
  }
}
export class Sum extends Thread {
  total = 0;
  constructor(upTo) {
    super({ name: "sum" });
    this.upTo = upTo;
  }
  run() {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
    return currentThread() === this ? this.name : "currentThread() is another";
  }
}
export function raise(words) {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
}
expose({ add, Multiplier, Sum, raise });

await probe(() => {
  same(new Thread({ target: add, args: [1, 2], kwargs: { more: 3 } }).start().result(LONG), 6, "a function");
  same(new Thread({ target: new Multiplier(6), args: [7] }).start().result(LONG), 42, "an object");
  const sum = new Sum(100).start();
  same(sum.result(LONG), "sum", "a subclass");
  same(sum.total, 5050, "its field");
  same(new Thread({ target: (x) => x + 1, args: [1] }).start().result(LONG), 2, "a function that is not exposed");
  const words = flags();
  startNewThread(raise, [words]);
  if (Atomics.wait(words, 0, 0, LONG) === "timed-out") return "startNewThread starts nothing";
});
