// What threads run. The page imports it, too, and so names what a thread is to run.
import {
  BrokenBarrierError,
  currentThread,
  Event,
  expose,
  isMainThread,
  Lock,
  OwnerDiedError,
  sharedGlobals,
  Thread,
  ThreadError,
  TimeoutError,
  Timer,
} from "@x/threading";

const LIMIT = 20_000;

export function square(x) {
  return x * x;
}

export function count(lock, tally, times) {
  for (let i = 0; i < times; i++) lock.with(() => tally[0]++);
}

export class Sum extends Thread {
  total = 0;

  constructor(upTo) {
    super();
    this.upTo = upTo;
  }

  run() {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
  }
}

export function whoAmI() {
  return [currentThread().name, currentThread().daemon, isMainThread].join();
}

/** A thread that blocks starts threads, joins them, and waits for a timer. */
export function whole() {
  const lock = new Lock();
  const tally = new Int32Array(new SharedArrayBuffer(4));
  const threads = [1, 2].map(() => new Thread({ target: count, args: [lock, tally, 500] }).start());
  for (const thread of threads) thread.join(LIMIT);
  const event = new Event();
  new Timer(5, set, [event]).start();
  const squared = new Thread({ target: square, args: [6] }).start().result(LIMIT);
  return [tally[0], squared, event.wait(LIMIT)].join();
}

export function set(event) {
  event.set();
}

export class Rejected extends Error {
  name = "Rejected";
}

export const ERRORS = { ThreadError, TimeoutError, BrokenBarrierError, OwnerDiedError, RangeError, Rejected };

export function fail(name) {
  throw new ERRORS[name]("on purpose", { cause: new TypeError("the cause") });
}

export function dieOwning(lock) {
  lock.acquire();
  throw new Error("the owner dies");
}

export function addToGlobals(times) {
  const { lock, tally } = sharedGlobals({
    lock: () => new Lock(),
    tally: () => new Int32Array(new SharedArrayBuffer(4)),
  });
  for (let i = 0; i < times; i++) lock.with(() => tally[0]++);
  return tally[0];
}

/** Made as this module is evaluated: in a worker, before its thread begins. */
const early = sharedGlobals({ sum: () => new Int32Array(new SharedArrayBuffer(4)), name: () => "early" });

let destructured;
try {
  const { sum } = early;
  destructured = sum.length;
} catch (error) {
  destructured = error.message;
}

/** Adds to the shared sum. Returns the sum, the names of the values, and what a thread sees if it reads too early. */
export function addToEarly(n) {
  return [(early.sum[0] += n), Object.keys(early).join(), early.sum === early.sum, destructured];
}

expose({ addToEarly, square, count, Sum, whoAmI, whole, set, Rejected, fail, dieOwning, addToGlobals });
