/** What the README's first program does, with types. */
import { expose, isMainThread, Thread } from "@x/thread";
import { Lock } from "@x/lock";
import { Timer } from "@x/timer";
import { Event } from "@x/event";

export function count(times: number, lock: Lock, tally: Int32Array): number {
  for (let i = 0; i < times; i++) lock.with(() => tally[0]!++);
  return times;
}
export class Sum extends Thread<number> {
  total = 0;
  upTo: number;
  constructor(upTo: number) {
    super();
    this.upTo = upTo;
  }
  override run(): number {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
    return this.total;
  }
}
export function ring(event: Event): void {
  event.set();
}
expose({ count, Sum, ring });

if (isMainThread) {
  const lock = new Lock();
  const tally = new Int32Array(new SharedArrayBuffer(4));
  const threads = [1, 2].map(() => new Thread({ target: count, args: [10_000, lock, tally] }).start());
  console.log(threads.map((thread) => thread.result()).join(), tally[0]);
  console.log(new Sum(4).start().result(20_000));
  const event = new Event();
  new Timer(10, ring, [event]).start();
  console.log(event.wait(20_000));
}
