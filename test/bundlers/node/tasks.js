// What threads run, in a module beside the program.
import {
  Barrier,
  BrokenBarrierError,
  currentThread,
  DeadlockError,
  enumerate,
  exitThread,
  expose,
  Lock,
  OwnerDiedError,
  sharedGlobals,
  Thread,
  ThreadError,
  TimeoutError,
} from "@x/threading";

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
    return String(this);
  }
}

/** Tells who the thread is to itself. */
export function whoAmI() {
  const threads = enumerate().map(({ name }) => name);
  return [currentThread().name, currentThread().daemon, ...threads].join();
}

export function nest(x) {
  const inner = new Thread({ target: square, args: [x], name: "inner" }).start();
  return inner.result(10_000) + 1;
}

export function leave() {
  exitThread();
}

export function set(event) {
  event.set();
}

export class Rejected extends Error {
  name = "Rejected";
  row = 7;
}

/** Errors of the family, of the language, and of the program. */
export const ERRORS = {
  ThreadError,
  TimeoutError,
  DeadlockError,
  BrokenBarrierError,
  OwnerDiedError,
  RangeError,
  Rejected,
};

export function fail(name) {
  throw new ERRORS[name]("on purpose", { cause: new TypeError("the cause") });
}

export function dieOwning(lock) {
  lock.acquire();
  throw new Error("the owner dies");
}

export function meet(barrier) {
  return barrier.wait(10_000);
}

export const globals = sharedGlobals({
  lock: () => new Lock(),
  barrier: () => new Barrier(2),
  tally: () => new Int32Array(new SharedArrayBuffer(4)),
});

export function addToGlobals(times) {
  for (let i = 0; i < times; i++) globals.lock.with(() => globals.tally[0]++);
}

/** Starts a thread that no thread joins: the process waits for it. */
export function startLast() {
  new Thread({ target: sayLast }).start();
}

export async function sayLast() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  console.log("ok: a nested thread that no thread joins holds the process");
}

/** A thread that awaits, so that everything else in its worker goes on. */
export async function later() {
  await new Promise((resolve) => setTimeout(resolve, 5000));
}

expose({
  ...{ square, count, Sum, whoAmI, nest, leave, set, Rejected, fail, dieOwning, meet, addToGlobals, startLast },
  ...{ sayLast, later },
});
