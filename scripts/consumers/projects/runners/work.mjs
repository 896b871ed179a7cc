/** What threads run: a module of its own, which Node can import without a test runner. */
import { expose, Lock, Thread } from "@x/threading";

export function add(cells, times, lock) {
  for (let i = 0; i < times; i++) lock.with(() => cells[0]++);
  return times;
}
export class Sum extends Thread {
  total = 0;
  constructor(upTo) {
    super();
    this.upTo = upTo;
  }
  run() {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
    return this.total;
  }
}
export function ring(event) {
  event.set();
}
expose({ add, Sum, ring });

export function parallelSum(threads, times) {
  const cells = new Int32Array(new SharedArrayBuffer(4));
  const lock = new Lock();
  const started = Array.from({ length: threads }, () =>
    new Thread({ target: add, args: [cells, times, lock] }).start(),
  );
  for (const thread of started) thread.result(20_000);
  return cells[0];
}
