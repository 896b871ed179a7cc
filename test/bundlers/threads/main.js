// A page with threads. Leaves each fact in globalThis.result.
import { isMainThread, Lock, OwnerDiedError, setExceptHook, Thread, threadsRun } from "@x/threading";
import { addToEarly, addToGlobals, count, dieOwning, ERRORS, fail, square, Sum, whoAmI, whole } from "./tasks.js";

threadsRun(() => new Worker(new URL("./threads.js", import.meta.url), { type: "module" }));

const LIMIT = 20_000;

function run(target, args = [], name = undefined) {
  return new Thread({ target, args, name }).start().resultAsync(LIMIT);
}

async function thrownBy(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

async function excludes() {
  const lock = new Lock();
  const tally = new Int32Array(new SharedArrayBuffer(4));
  const threads = [1, 2].map(() => new Thread({ target: count, args: [lock, tally, 500] }).start());
  for (let i = 0; i < 100; i++) await lock.withAsync(() => tally[0]++);
  for (const thread of threads) await thread.joinAsync(LIMIT);
  return tally[0] === 1100;
}

async function ownerDied() {
  const lock = new Lock();
  await new Thread({ target: dieOwning, args: [lock], name: "dying" }).start().joinAsync(LIMIT);
  const error = await thrownBy(lock.acquireAsync(LIMIT));
  return error instanceof OwnerDiedError && error.message.includes("dying");
}

const FACTS = {
  "the page is the main thread": () => isMainThread,
  "an exposed function runs": async () => (await run(square, [7])) === 49,
  "a function from text runs": async () => (await run((x) => x + 1, [1])) === 2,
  "a subclass runs, and its fields come back": async () => {
    const sum = new Sum(100).start();
    await sum.joinAsync(LIMIT);
    return sum.total === 5050 && sum instanceof Sum;
  },
  "a thread knows itself": async () => (await run(whoAmI, [], "one")) === "one,false,false",
  "a lock excludes the page and threads": excludes,
  "a thread that blocks starts, joins and times threads": async () => (await run(whole)) === "1000,36,true",
  "globals are shared": async () => (await run(addToGlobals, [300])) + (await run(addToGlobals, [300])) === 900,
  "globals made at the top level are shared": async () => {
    addToEarly(1);
    const [sum, names, isOne] = await run(addToEarly, [2]);
    return sum === 3 && (await run(addToEarly, [3]))[0] === 6 && names === "sum,name" && isOne;
  },
  "globals read at the top level of a thread's module are told the cure": async () => {
    const told = (await run(addToEarly, [0]))[3];
    return /^thread: shared sum is read before .* in a function;/.test(told) || String(told);
  },
  ...Object.fromEntries(
    Object.keys(ERRORS).map((name) => [
      `${name} arrives as itself, with its cause`,
      async () => {
        const error = await thrownBy(run(fail, [name]));
        const isWhole = error.name === name && error.message === "on purpose" && error.cause instanceof TypeError;
        return error.constructor === ERRORS[name] && isWhole;
      },
    ]),
  ),
  "a lock tells that its owner died": ownerDied,
  "a page that would block is told the awaited form": async () => {
    const error = await thrownBy((async () => new Thread({ target: square, args: [1] }).start().result())());
    return /resultAsync/.test(error?.message) || String(error?.message);
  },
};

async function result() {
  setExceptHook(() => undefined);
  addToGlobals(0); // before the first start: later, their memory would not reach a thread that runs
  const lines = [];
  for (const [fact, holds] of Object.entries(FACTS)) {
    let found;
    try {
      found = await holds();
    } catch (error) {
      found = `${error.name}: ${error.message}`;
    }
    lines.push(`${found === true ? "ok" : `NOT OK (${found})`}: ${fact}`);
  }
  return lines;
}

globalThis.result = result();
