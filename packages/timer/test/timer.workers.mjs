import { currentThread, expose, Thread } from "@x/thread";
import { Timer } from "@x/timer";

export function record(seen, ...args) {
  seen[0]++;
  return [currentThread().name, ...args];
}
export async function recordLater(seen) {
  await null;
  seen[0]++;
}
export function fail() {
  throw new RangeError("the function failed");
}
export function cancel(timer) {
  timer.cancel();
  return [timer instanceof Timer, timer.finished.isSet(), timer.interval];
}
/** Arms itself again, `rounds` times. */
export function rearm(seen, rounds) {
  seen[0]++;
  if (rounds > 1) new Timer(1, rearm, [seen, rounds - 1]).start().join();
}
export class Counting extends Timer {
  count = 0;
  run() {
    this.count++;
    return super.run();
  }
}
/** Calls again and again, until it is cancelled. */
export class Repeating extends Timer {
  run() {
    while (!this.finished.wait(this.interval)) this.function(...this.args, this.kwargs);
  }
}
/** Tells what it knows of itself. */
export class Telling extends Timer {
  run() {
    return [
      typeof this.function,
      this.args,
      this.kwargs,
      this.interval,
      this.finished.isSet(),
      this.function(...this.args),
    ];
  }
}
/** Waits by super.run(), as CPython's. */
export class Deferring extends Timer {
  run() {
    const begun = performance.now();
    super.run();
    return performance.now() - begun;
  }
}
expose(import.meta, { Repeating, Telling, Deferring, record, recordLater, fail, cancel, rearm, Counting });

export function startedBy(seen) {
  new Timer(1, record, [seen]).start();
}
expose(import.meta, { startedBy });
export { Thread };
