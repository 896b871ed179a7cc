/**
 * The tasks of the tests. `flags` is an Int32Array over shared memory: word 0 is a gate, word 1 counts the tasks that have begun, and
 * the other words belong to the test.
 */
import { PACK } from "@x/core";
import { currentTask, ThreadPoolExecutor } from "@x/executor";
import { SimpleQueue } from "@x/queue";
import { currentThread, expose, getIdent, Local, sleepAsync, Thread, TimeoutError } from "@x/thread";
import { internalsOf } from "@x/thread/internal";

const LONG = 10_000;

// ---------------------------------------------------------------- handshakes

/** Adds to a word, and wakes its waiters. */
export function signal(flags, word = 0, by = 1) {
  Atomics.add(flags, word, by);
  Atomics.notify(flags, word);
}

/** Returns when `flags[word]` is at least `least`. */
export function await_(flags, word = 0, least = 1) {
  const end = performance.now() + LONG;
  for (let now; (now = Atomics.load(flags, word)) < least;) {
    if (performance.now() > end) throw new Error(`flag ${word} was not raised`);
    Atomics.wait(flags, word, now, 1000);
  }
}

/** Submits a task, and stands before it starts the worker that it has reserved for it. */
export function submitAndStand(executor, flags) {
  internalsOf(Thread).launch = () => stand(flags);
  executor.submit(nothing);
}

/** Counts itself at word 1, and waits at the gate. */
export function stand(flags, result) {
  signal(flags, 1);
  await_(flags);
  return result;
}

/** {@link stand}, without blocking the worker. */
export async function standAsync(flags, result) {
  signal(flags, 1);
  const end = performance.now() + LONG;
  while (Atomics.load(flags, 0) < 1) {
    if (performance.now() > end) throw new Error("the gate was not opened");
    await sleepAsync(1);
  }
  return result;
}

/** {@link stand}, without a wait: it reads the gate again and again. */
export function computeUntilOpen(flags, result) {
  signal(flags, 1);
  for (const end = performance.now() + LONG; Atomics.load(flags, 0) < 1;)
    if (performance.now() > end) throw new Error("the gate was not opened");
  return result;
}

/** {@link stand}, and then throws. */
export function standAndFail(flags, message) {
  stand(flags);
  throw new RangeError(message);
}

// ---------------------------------------------------------------- values

export const square = (x) => x * x;
export const echo = (...args) => args;
export const add = (a, b, { times = 1 } = {}) => (a + b) * times;
export const squareAsync = async (x) => {
  await null;
  return x * x;
};
/** Microtasks that it leaves write other values as bytes, right after its end. */
export async function leaveMicrotasks(value) {
  const queue = new SimpleQueue();
  let last = Promise.resolve();
  for (let i = 0; i < 10; i++) last = last.then(() => queue.put({ other: "others" }));
  return value;
}
export const threadName = () => currentThread().name;
export function nothing() {}

export class Multiplier {
  constructor(factor) {
    this.factor = factor;
  }
  call(x) {
    return this.factor * x;
  }
}

/** Stands at its gate, whatever the argument is. */
export class Standing {
  constructor(flags) {
    this.flags = flags;
  }
  call(value) {
    return stand(this.flags, value);
  }
}

/** Stands for one value. */
export class StandingIf {
  constructor(flags, slow) {
    this.flags = flags;
    this.slow = slow;
  }
  call(value) {
    return value === this.slow ? stand(this.flags, value) : value;
  }
}

/** Counts its calls at word 2; throws for one value. */
export class CountUnless {
  constructor(flags, bad) {
    this.flags = flags;
    this.bad = bad;
  }
  call(value) {
    failIf(this.bad, value);
    count(this.flags);
    return value;
  }
}

/** Stands if the values are equal. */
export const standIf = (flags, one, other) => (one === other ? stand(flags, other) : other);
export const identOf = () => getIdent();
export const makeObject = (n) => ({ n });

/** Adds 1 to a word. */
export function count(flags, word = 2) {
  return Atomics.add(flags, word, 1) + 1;
}

/** Writes a word without a fence, for tests of what becomes visible. */
export function write(words, value) {
  words.fill(value);
}

export function makeFunction() {
  return { deep: [() => 1] };
}

// ---------------------------------------------------------------- errors

export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}

export function fail(message) {
  throw new RangeError(message, { cause: new Error("the cause") });
}
export async function failAsync(message) {
  await null;
  throw new RangeError(message);
}
export function failWith(value) {
  throw value;
}
export function failIf(bad, value) {
  if (value === bad) throw new RangeError(`${value} is bad`);
  return value;
}
/** A class of errors that arrives as itself. */
export function refuse() {
  throw new Refused("no", 7);
}
export function timeOutIf(bad, value) {
  if (value === bad) throw new TimeoutError("the task's own");
  return value;
}

// ---------------------------------------------------------------- deaths

export function die(kind, flags) {
  if (flags !== undefined) stand(flags);
  const never = new Promise(() => setTimeout(nothing, LONG));
  switch (kind) {
    case "exit":
      return process.exit(3);
    case "timer":
      setTimeout(() => {
        throw new RangeError("in a timer");
      }, 1);
      return never;
    case "rejection":
      setTimeout(() => void Promise.reject(new RangeError("in a promise")), 1);
      return never;
  }
  throw new Error(`there is no death by ${kind}`);
}

export function dieIf(bad, value, kind) {
  return value === bad ? die(kind) : value;
}
/** The class of a future's error. It counts itself at word 1 before it asks. */
export function nameOfError({ future }, flags) {
  signal(flags, 1);
  return future.exception(LONG).name;
}
export async function nameOfErrorAsync({ future }, flags) {
  signal(flags, 1);
  return (await future.exceptionAsync(LONG)).name;
}
export const dieWith = (_, kind) => die(kind);
export const lengthOf = ({ length }) => length;
export const makeBytes = (n) => new Uint8Array(n);

/** An object that no thread can rebuild. */
export const makeUnbuildable = () => ({ [PACK]: () => ({ kind: "executor tests: unknown", moduleUrl: undefined }) });

// ---------------------------------------------------------------- tasks that know of themselves

/** Computes until it is asked to stop, `ms` milliseconds at most. */
export function runUntilAsked(flags, ms) {
  signal(flags, 1);
  for (const end = performance.now() + ms; performance.now() < end;) if (currentTask().cancelRequested) return "asked";
  return "not asked";
}
export async function awaitSignal(flags) {
  const { signal: asked } = currentTask();
  signal(flags, 1);
  await new Promise((resolve) => asked.addEventListener("abort", resolve));
  return "aborted";
}
export async function tellProgress(flags, n) {
  const task = currentTask();
  await standAsync(flags);
  for (let step = 0; step < n; step++) task.progress({ step });
  return "done";
}

class Log extends Local {
  lines = [];
}
const log = new Log();

/** What is the task's own, before and after others have run. */
export async function useOwn(flags, n, local) {
  const before = [local.n, log.lines.length];
  local.n = n;
  log.lines.push(n);
  if (n % 2 === 1) currentThread().name = `odd ${n}`;
  await standAsync(flags);
  return { before, after: [local.n, ...log.lines], name: currentThread().name, task: currentTask()?.name };
}
/** The names of the threads that others know. */
export const shareThread = () => currentThread();
/** Is there a task before, and after an await? */
export async function hasTaskAfter() {
  const before = currentTask() !== undefined;
  await null;
  return [before, currentTask() !== undefined];
}
export const hasTask = () => currentTask() !== undefined;
export function loop() {
  for (;;);
}

// ---------------------------------------------------------------- executors within tasks

export function mapWithin(values) {
  const executor = new ThreadPoolExecutor(1);
  try {
    return [...executor.map(square, values)];
  } finally {
    executor.shutdown();
  }
}

export const submitWithin = (executor, x) => executor.submit(square, x).result();
export const submitAndReturn = (executor, x) => ({ future: executor.submit(square, x) });
export const resultOf = ({ future }) => future.result(LONG);
export const runOnAllWithin = (executor) => executor.runOnAll(square, 2).length;
export const dieByTimer = (flags) => die("timer", flags);
export function shutDownWithin(executor) {
  executor.shutdown();
}
export function cancelSoon({ future }) {
  pause(50);
  return future.cancel();
}
export function signalSoon(flags) {
  pause(50);
  signal(flags);
}
/** Writes the number behind those that are there; word 0 is their number. */
export function note(words, n) {
  words[++words[0]] = n;
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

// ---------------------------------------------------------------- generators

/** Counts what it has yielded at word 2, and its end at word 3. */
export function* countTo(n, flags) {
  try {
    for (let i = 1; i <= n; i++) {
      if (flags !== undefined) Atomics.store(flags, 2, i);
      yield i;
    }
  } finally {
    if (flags !== undefined) signal(flags, 3);
  }
}
export async function* countToAsync(n, flags) {
  for (const i of countTo(n, flags)) {
    await null;
    yield i;
  }
}
export function* countAndFail(n) {
  yield* countTo(n);
  throw new RangeError(`failed after ${n}`);
}
export async function* countAndDie(n) {
  yield* countTo(n);
  await die("timer");
}

// ---------------------------------------------------------------- the state of a worker

let state = "nothing";

/** For initializers. */
export function initialize(value, flags) {
  state = value;
  if (flags !== undefined) Atomics.add(flags, 2, 1);
}
export function initializeBadly(flags) {
  await_(flags);
  throw new RangeError("cannot begin");
}
export const readState = () => state;

expose(import.meta, {
  ...{
    signal,
    await_,
    stand,
    standAsync,
    standAndFail,
    square,
    echo,
    add,
    squareAsync,
    leaveMicrotasks,
    threadName,
    nothing,
  },
  ...{
    Multiplier,
    Standing,
    StandingIf,
    CountUnless,
    standIf,
    identOf,
    makeObject,
    count,
    write,
    makeFunction,
    Refused,
    fail,
    failAsync,
    failWith,
    failIf,
    refuse,
    timeOutIf,
    die,
  },
  ...{ runOnAllWithin, dieByTimer, useOwn, shareThread, hasTaskAfter },
  ...{ computeUntilOpen, nameOfError, nameOfErrorAsync },
  ...{ dieIf, dieWith, lengthOf, makeBytes, makeUnbuildable },
  ...{ runUntilAsked, awaitSignal, tellProgress, hasTask, loop },
  ...{ submitWithin, submitAndStand, submitAndReturn, resultOf, shutDownWithin, cancelSoon, signalSoon, note },
  ...{ mapWithin, countTo, countToAsync, countAndFail, countAndDie },
  ...{ initialize, initializeBadly, readState },
});
