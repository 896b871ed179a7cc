import { appendFileSync } from "node:fs";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { expose, sharedGlobals, sleep, Thread } from "@x/thread";

/** The file of the trace function, a JSON text a line. All threads share the environment. */
const file = () => process.env.TRACE_FILE;

export function trace({ event, thread, on, isTask, waited, value }) {
  const what = { event, name: thread.name, on, isTask, waited, value: value instanceof Error ? value.message : value };
  appendFileSync(file(), `${JSON.stringify(what)}\n`);
}
export function profiled({ thread, profile }) {
  appendFileSync(file(), `${JSON.stringify({ name: thread.name, profile })}\n`);
}
/** A waiting trace function. */
export function sleepy() {
  sleep(1);
  appendFileSync(file(), "{}\n");
}
export function takes(lock) {
  lock.with(() => undefined);
  return "taken";
}
export async function awaits(event) {
  await event.waitAsync();
  throw new RangeError("after the event");
}
export function nests() {
  return new Thread({ target: takes, args: [new Lock()], name: "inner" }).start().result(10_000);
}
/** Runs its event loop up to the stop, and takes the lock at each request. */
export async function serves(ready, again, stop, lock) {
  while (!stop.isSet()) {
    ready.set();
    await again.waitAsync({ timeout: 10_000 });
    again.clear();
    lock.with(() => undefined);
  }
}
export function computes(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}
expose({ trace, profiled, sleepy, takes, awaits, nests, serves, computes });

export const { lock, tally, options } = sharedGlobals({
  lock: () => new Lock(),
  tally: () => new Int32Array(new SharedArrayBuffer(4)),
  options: () => ({ nested: [new Event()] }),
});
export function addsUp(times) {
  for (let i = 0; i < times; i++) lock.with(() => tally[0]++);
}
export function sets() {
  options.nested[0].set();
}
/** Shares a value; main's copy of the module does not. */
export function sharesLater() {
  const { late } = sharedGlobals({ late: () => new Int32Array(new SharedArrayBuffer(4)) });
  return Atomics.add(late, 0, 1);
}
expose({ addsUp, sets, sharesLater });
