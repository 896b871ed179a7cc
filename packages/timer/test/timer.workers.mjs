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
/** Starts a successor, `rounds` times. */
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
/** Calls the function at each interval, until it is cancelled. */
export class Repeating extends Timer {
  run() {
    while (!this.finished.wait(this.interval)) this.function(...this.args, this.kwargs);
  }
}
/** Returns its function, arguments, interval and state. */
export class Reporting extends Timer {
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
/** Waits in super.run(), like CPython's Timer. */
export class Deferring extends Timer {
  run() {
    const begun = performance.now();
    super.run();
    return performance.now() - begun;
  }
}
expose({ Repeating, Reporting, Deferring, record, recordLater, fail, cancel, rearm, Counting });

export function startedBy(seen) {
  new Timer(1, record, [seen]).start();
}
expose({ startedBy });
export { Thread };
