// Prints each fact with "ok". A bundle of this file must print the same as the file itself.
import { Event, isMainThread, Lock, mainThread, OwnerDiedError, setExceptHook, Thread, Timer } from "@x/threading";
import { cubeInThread, libraryLock } from "./library.js";
import {
  addToGlobals,
  count,
  dieOwning,
  ERRORS,
  fail,
  globals,
  leave,
  meet,
  nest,
  set,
  square,
  startLast,
  Sum,
  whoAmI,
} from "./tasks.js";

const LIMIT = 10_000;

function run(target, args = [], name = undefined) {
  return new Thread({ target, args, name }).start().result(LIMIT);
}

function thrownBy(action) {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function counted(lock) {
  const tally = new Int32Array(new SharedArrayBuffer(4));
  const threads = [1, 2].map(() => new Thread({ target: count, args: [lock, tally, 1000] }).start());
  for (const thread of threads) thread.join(LIMIT);
  return tally[0];
}

function ownerDied() {
  const lock = new Lock();
  const thread = new Thread({ target: dieOwning, args: [lock], name: "dying" }).start();
  thread.join(LIMIT);
  const error = thrownBy(() => lock.acquire(LIMIT));
  return error instanceof OwnerDiedError && /dying/.test(error.message);
}

/** Is it of this class alone, with its name, its message and its cause? */
function isOf(error, name) {
  const isWhole = error.name === name && error.message === "on purpose";
  return error.constructor === ERRORS[name] && isWhole && error.cause instanceof TypeError;
}

/** The errors that are this family's: only their classes can keep their names in a minified program. */
const FAMILY = ["ThreadError", "TimeoutError", "DeadlockError", "BrokenBarrierError", "OwnerDiedError"];

const FACTS = {
  "an exposed function runs": () => run(square, [7]) === 49,
  "a function from text runs": () => run((x) => x + 1, [1]) === 2,
  "an exposed function of a library runs": () => cubeInThread(3) === 27,
  "a subclass runs, and its fields come back": () => {
    const sum = new Sum(100).start();
    sum.join(LIMIT);
    return sum.total === 5050 && sum instanceof Sum;
  },
  "a lock that is passed excludes": () => counted(new Lock()) === 2000,
  "a lock of the library excludes": () => counted(libraryLock) === 2000,
  "a thread starts a thread": () => run(nest, [5]) === 26,
  "a thread knows itself": () => run(whoAmI, [], "one") === "one,false,MainThread,one",
  "a thread leaves": () => /ended by exitThread\(\)$/.test(thrownBy(() => run(leave)).message),
  "a timer fires": () => {
    const event = new Event();
    new Timer(5, set, [event]).start();
    return event.wait(LIMIT);
  },
  "threads meet at a barrier": () => {
    const other = new Thread({ target: meet, args: [globals.barrier] }).start();
    return globals.barrier.wait(LIMIT) + other.result(LIMIT) === 1;
  },
  "globals are shared": () => {
    for (const thread of [1, 2].map(() => new Thread({ target: addToGlobals, args: [500] }).start()))
      thread.join(LIMIT);
    return globals.tally[0] === 1000;
  },
  ...Object.fromEntries(
    Object.keys(ERRORS).map((name) => [
      `${name} arrives as itself, with its cause`,
      () =>
        isOf(
          thrownBy(() => run(fail, [name])),
          name,
        ),
    ]),
  ),
  "errors are of classes with their own names": () =>
    FAMILY.every((name) => ERRORS[name].name === name && new ERRORS[name]("").name === name),
  "a lock tells that its owner died": ownerDied,
  "a thread is called by its target's name": () => /^Thread-\d+ \(square\)$/.test(new Thread({ target: square }).name),
  "a thread prints as a Thread": () => /^<Thread\(mine, initial\)>$/.test(String(new Thread({ name: "mine" }))),
  "a subclass prints by its own name": () => /^<Sum\(/.test(new Sum(1).start().result(LIMIT)),
  "the main thread prints as itself": () => /^<Thread\(MainThread, started /.test(String(mainThread())),
};

if (isMainThread) {
  setExceptHook(() => undefined);
  for (const [fact, holds] of Object.entries(FACTS)) {
    let found;
    try {
      found = holds();
    } catch (error) {
      found = `${error.name}: ${error.message}`;
    }
    console.log(`${found === true ? "ok" : `NOT OK (${found})`}: ${fact}`);
  }
  run(startLast);
}
