/**
 * The targets of the tests. `flags` is an Int32Array over shared memory: word 0 is a gate, the other words belong to the test.
 */
import { Deadline } from "@x/core";
import {
  activeCount,
  currentThread,
  enumerate,
  exitThread,
  expose,
  getIdent,
  getNativeId,
  isMainThread,
  Local,
  mainThread,
  setExceptHook,
  sleep,
  terminate,
  Thread,
} from "@x/thread";

const LONG = 10_000;

// ---------------------------------------------------------------- handshakes

/** Opens the gate, and wakes its waiters. */
export function signal(flags, word = 0, by = 1) {
  Atomics.add(flags, word, by);
  Atomics.notify(flags, word);
}

/** Returns when `flags[word]` is at least `least`. */
export function await_(flags, word, least = 1) {
  const end = performance.now() + LONG;
  for (let now; (now = Atomics.load(flags, word)) < least;) {
    if (performance.now() > end) throw new Error(`flag ${word} was not raised`);
    Atomics.wait(flags, word, now, 1000);
  }
}

/** Signals its start at word 1, and waits at the gate. */
export function stand(flags, result) {
  signal(flags, 1);
  await_(flags, 0);
  return result;
}

export function nothing() {}
export const echo = (...args) => (args.length === 1 ? args[0] : args);
export const square = (x) => x * x;
export const add = (a, b, { times = 1 } = {}) => (a + b) * times;

export class Multiplier {
  constructor(factor) {
    this.factor = factor;
  }
  call(x) {
    return this.factor * x;
  }
  async later(x) {
    return this.call(x);
  }
}

export class MyThread extends Thread {
  static constructed = 0;
  constructor(x, options) {
    super(options);
    this.x = x;
    MyThread.constructed++;
  }
  run() {
    this.res = this.x ** 2;
    this.constructedThere = MyThread.constructed;
    if (this.x < 0) throw new RangeError("negative");
    if (this.x === 0) process.exit(4);
    return this.res;
  }
  twice() {
    return 2 * this.x;
  }
}

export class Private extends Thread {
  #secret = 1;
  run() {
    return this.#secret;
  }
}

/** Has an unsendable field after its run. */
export class Bringer extends Thread {
  run() {
    this.fine = 1;
    this.callback = () => 1;
    return 2;
  }
}

// ---------------------------------------------------------------- the current thread

export function whoAmI() {
  const me = currentThread();
  return {
    ident: me.ident,
    getIdent: getIdent(),
    name: me.name,
    nativeId: me.nativeId,
    getNativeId: getNativeId(),
    daemon: me.daemon,
    alive: me.isAlive(),
    listed: enumerate().includes(me),
    count: activeCount(),
    text: String(me),
    main: mainThread().ident,
    isMain: me === mainThread(),
    isMainThread,
    className: me.constructor.name,
  };
}

export function renamed(flags, name) {
  currentThread().name = name;
  return stand(flags, currentThread().name);
}

export const nameOf = (thread) => thread.name;
export function rename(thread, name) {
  thread.name = name;
}
export const joinMe = () => currentThread().join();
export const joinIt = (thread, timeout) => thread.join(timeout);
export const resultOf = (thread) => thread.result();
export const isSame = (thread) => thread === currentThread() || enumerate().includes(thread);
export const joinAndList = (thread) => [thread.join(), enumerate().some(({ ident }) => ident === thread.ident)];

/** Joins itself while another thread joins it; word 1 signals the attempt. */
export function joinSelf(flags) {
  let message = "nothing was thrown";
  try {
    currentThread().join();
  } catch (error) {
    message = `${error.name}: ${error.message}`;
  }
  signal(flags, 1);
  await_(flags, 0);
  return message;
}

// ---------------------------------------------------------------- starting others

export function nested(depth) {
  if (depth === 0) return [currentThread().name];
  return [
    currentThread().name,
    ...new Thread({ target: nested, args: [depth - 1], name: `depth ${depth - 1}` }).start().result(),
  ];
}

/** Starts a thread, which waits at the gate, and ends before it. */
export function leaveBehind(flags) {
  return new Thread({ target: stand, args: [flags, "outlived"], name: "left behind" }).start();
}
export const makeThread = () => new Thread({ target: nothing }).daemon;
export const startIt = (thread) => thread.start();

/** Starts and joins `count` threads in turn. */
export function churn(count, prefix) {
  for (let i = 0; i < count; i++) new Thread({ target: nothing, name: `${prefix}${i}` }).start().join();
}

/** Checks the list while the gate is closed; returns its errors. */
export function watchList(flags, always) {
  const wrong = new Set();
  const names = new Map();
  let looks = 0;
  while (Atomics.load(flags, 0) === 0) {
    const threads = enumerate();
    const idents = threads.map(({ ident }) => ident);
    if (new Set(idents).size !== idents.length) wrong.add(`twice: ${idents}`);
    for (const ident of always) if (!idents.includes(ident)) wrong.add(`${ident} is missing`);
    for (const { ident, name } of threads) {
      if ((names.get(ident) ?? name) !== name) wrong.add(`${ident} is ${names.get(ident)} and ${name}`);
      names.set(ident, name);
    }
    looks++;
    if (looks === 1) signal(flags, 1);
  }
  return { wrong: [...wrong], looks, seen: names.size };
}

/** Starts and joins a thread; returns true if the thread was listed after that. */
export function startJoinLook(count) {
  let listed = 0;
  for (let i = 0; i < count; i++) {
    const thread = new Thread({ target: nothing }).start();
    thread.join();
    if (enumerate().includes(thread)) listed++;
  }
  return listed;
}

// ---------------------------------------------------------------- errors and deaths

export class CustomError extends Error {
  constructor(message, detail) {
    super(message);
    this.name = "CustomError";
    this.detail = detail;
    CustomError.constructed = (CustomError.constructed ?? 0) + 1;
  }
  explain() {
    return `${this.message}: ${this.detail}`;
  }
}
class Unknown extends TypeError {
  static {
    this.prototype.name = "Unknown";
  }
  constructor(message) {
    super(message);
    this.extra = { list: [1, 2] };
  }
}

export function fail(kind, value) {
  switch (kind) {
    case "plain":
      throw new Error("plain");
    case "value":
      throw value;
    case "custom":
      throw new CustomError("custom", 7);
    case "unknown":
      throw new Unknown("of a class that nobody else knows");
    case "cause":
      throw new Error("outer", { cause: new CustomError("inner", 8) });
    case "code":
      throw Object.assign(new Error("no such file"), { code: "ENOENT", errno: -2, path: "/nowhere" });
    case "aggregate":
      throw new AggregateError([new RangeError("one"), new CustomError("two", 2)], "both");
    case "immobile":
      throw Object.assign(new Error("with a function"), { callback: () => 1, fine: 1 });
    case "overflow":
      return (function deep() {
        return deep() + 1;
      })();
    case "rejection":
      return Promise.reject(new RangeError("rejected"));
    case "reference":
      return missing;
  }
  throw new Error(`no such kind: ${kind}`);
}

/** Dies in other ways than by throwing; `flags[1]` signals the imminent death. */
export function die(kind, flags) {
  if (flags) signal(flags, 1);
  switch (kind) {
    case "exit":
      return process.exit(3);
    case "loop":
      for (;;);
    case "wait":
      return Atomics.wait(flags, 0, 0);
    case "timer":
      setTimeout(() => {
        throw new RangeError("in a timer");
      }, 1);
      return new Promise(() => setTimeout(nothing, LONG));
    case "microtask":
      queueMicrotask(() => {
        throw new RangeError("in a microtask");
      });
      return (async () => {
        for (;;) await undefined;
      })();
    case "unhandled":
      void Promise.reject(new RangeError("not handled"));
      return new Promise(() => setTimeout(nothing, LONG));
    case "memory": {
      const hog = [];
      for (;;) hog.push(new Array(10_000).fill(hog.length));
    }
  }
  throw new Error(`no such kind: ${kind}`);
}

/** Signals its start at word 1, waits at the gate, and dies. */
export function dieLater(flags, kind) {
  stand(flags);
  return die(kind);
}
export const kill = (thread) => terminate(thread);

/**
 * Dies. In a handler of `exit`, after it has reported the cause to the supervisor and before its worker is gone, it reports a blocked
 * wait on word 3, and a death action that sets bit 2 of word 2.
 */
export function speakLast(flags) {
  const { monitor: deathMonitor } = globalThis[Symbol.for("@x/core death monitor 1")];
  const { sink: recordDeathAction } = globalThis[Symbol.for("@x/core death actions 1")];
  const blockedWait = deathMonitor.registerBlockedWait("test", false);
  process.on("exit", () => {
    blockedWait.enter({ words: flags, index: 3, value: 0, deadline: Deadline.NEVER });
    recordDeathAction({ words: flags, index: 2, bits: 4 });
  });
  throw new Error("dies");
}

/** Ends by exitThread(); word 2 counts the finally blocks on the way. */
export function leaveByExit(flags, where) {
  const leave = () => {
    try {
      exitThread();
    } finally {
      signal(flags, 2);
    }
  };
  if (where === "here") return leave();
  if (where === "task") return Promise.resolve().then(leave);
  if (where === "timer") setTimeout(leave, 1);
  return new Promise(() => setTimeout(nothing, LONG));
}

/** Returns, and calls exitThread() after its end. */
export function exitLater(flags) {
  setImmediate(() => {
    signal(flags, 1);
    exitThread();
  });
}

/** Returns, and throws after its end: the event loop is empty by then, so the worker is idle. */
export function throwLater(flags) {
  void Atomics.waitAsync(flags, 5, 0).value.then(() => failWith(flags));
}

/** Leaves work in the event loop; returns the number of its worker. */
export function leave(what, flags) {
  const count = () => signal(flags, 2);
  if (what === "timer") setInterval(count, 1);
  if (what === "immediate") {
    const again = () => (count(), setImmediate(again));
    again();
  }
  return getNativeId();
}

/** Reads the current thread after its end. */
export function askLater(flags) {
  setImmediate(() => {
    Atomics.store(flags, 2, currentThread().ident);
    Atomics.store(flags, 3, activeCount());
    signal(flags, 1);
  });
  return currentThread().ident;
}

// ---------------------------------------------------------------- hooks

/** Records its calls in shared memory: word 2 their number, word 3 the ident, word 4 a bit for each correct argument. */
export function hook({ excType, excValue, excTraceback, thread }) {
  const flags = excValue.flags;
  const facts = [
    excType === excValue.constructor,
    typeof excTraceback === "string" && excTraceback.includes("failWith"),
    thread === currentThread(),
    thread.isAlive(),
    enumerate().includes(thread),
  ];
  Atomics.store(flags, 3, thread.ident);
  Atomics.store(
    flags,
    4,
    facts.reduce((bits, so, i) => bits | (so ? 1 << i : 0), 0),
  );
  signal(flags, 2);
}
export function failWith(flags) {
  throw Object.assign(new CustomError("for the hook", 1), { flags });
}
export function brokenHook() {
  throw new Error("the hook is broken");
}
export function startWithHook(flags) {
  setExceptHook(hook);
  new Thread({ target: failWith, args: [flags] }).start().join();
  failWith(flags);
}

// ---------------------------------------------------------------- Local

export class Defaults extends Local {
  static count = new Int32Array(new SharedArrayBuffer(4));
  constructor(tally, first) {
    super(tally, first);
    this.list = [first];
    this.inner = new Local();
    Atomics.add(tally, 0, 1);
  }
  shout() {
    return `${this.list}!`;
  }
}

/** A subclass with private fields: a method, accessors, and a static method for the brand check. */
export class Counter extends Local {
  #n = 1;
  constructor(...args) {
    super(...args);
    this.first = this.#n;
  }
  get n() {
    return this.#n;
  }
  set n(n) {
    this.#n = n;
  }
  bump() {
    return ++this.#n;
  }
  get #double() {
    return 2 * this.#n;
  }
  twice() {
    return this.#double;
  }
}
export const moduleCounter = new Counter();
/** The values read by a thread: at first, and after it has counted and assigned. */
export function useCounter(counter = moduleCounter) {
  const begin = [counter.n, counter.first];
  counter.bump();
  counter.bump();
  const counted = counter.n;
  counter.n = 10;
  return [...begin, counted, counter.n, counter.bump(), counter.twice(), counter.bump === counter.bump];
}
export function useLocal(local, flags, value) {
  const before = { x: local.x, has: "x" in local, keys: Object.keys(local) };
  local.x = value;
  local.y = 1;
  delete local.y;
  signal(flags, 1);
  await_(flags, 0);
  return { before, after: { x: local.x, hasY: "y" in local, keys: Object.keys(local) } };
}
export function useDefaults(local) {
  local.list.push("mine");
  local.inner.z = 1;
  return [local.shout(), Object.keys(local.inner)];
}
export const moduleLocal = new Local();
export function touchModuleLocal(value) {
  const before = moduleLocal.value;
  moduleLocal.value = value;
  return before;
}

// ---------------------------------------------------------------- others

/** Spins while no other thread stores. */
export function spin(flags) {
  signal(flags, 1);
  for (let n = 0; n < 1e12; n++) if (Atomics.load(flags, 0) !== 0) return n;
  return -1;
}

/** Three rounds of a barrier of two locks, each a word of `flags`. */
export function handMadeBarrier(flags, parties, rounds) {
  const [ENTRY, EXIT, WAITING, PASSED] = [1, 2, 3, 4];
  const acquire = (word) => {
    while (Atomics.compareExchange(flags, word, 0, 1) !== 0) Atomics.wait(flags, word, 1, LONG);
  };
  const release = (word) => {
    Atomics.store(flags, word, 0);
    Atomics.notify(flags, word, 1);
  };
  for (let round = 0; round < rounds; round++) {
    acquire(ENTRY);
    if (Atomics.add(flags, WAITING, 1) + 1 < parties) release(ENTRY);
    else release(EXIT);
    acquire(EXIT);
    Atomics.add(flags, PASSED, 1);
    if (Atomics.sub(flags, WAITING, 1) - 1 > 0) release(EXIT);
    else release(ENTRY);
  }
  signal(flags, 0);
}

/** At most three threads at a time are inside; returns how many it saw there. */
export function various(flags) {
  const [PERMITS, INSIDE, MOST] = [1, 2, 3];
  for (let n; (n = Atomics.load(flags, PERMITS)) === 3 || Atomics.compareExchange(flags, PERMITS, n, n + 1) !== n;)
    if (n === 3) Atomics.wait(flags, PERMITS, 3, 100);
  const inside = Atomics.add(flags, INSIDE, 1) + 1;
  for (let most; (most = Atomics.load(flags, MOST)) < inside;) Atomics.compareExchange(flags, MOST, most, inside);
  sleep(1);
  Atomics.sub(flags, INSIDE, 1);
  Atomics.sub(flags, PERMITS, 1);
  Atomics.notify(flags, PERMITS);
  return inside;
}

export function depth() {
  let levels = 0;
  const deeper = () => {
    levels++;
    deeper();
  };
  try {
    deeper();
  } catch {
    return levels;
  }
}

export async function later(value, ms = 1) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

/** A raw thread reads its current thread: word 2 is 1 if that is correct. */
export function askRaw(flags) {
  const { name, daemon } = currentThread();
  Atomics.store(flags, 2, name.startsWith("Dummy-") && daemon ? 1 : -1);
  stand(flags);
}
/** The same, and throws: the report still has the name of its function. */
export function failRaw() {
  currentThread();
  throw new RangeError("raw");
}

export const typed = (n, text, { loud = false } = {}) => (loud ? text.toUpperCase() : text).repeat(n);

expose({
  ...{ signal, await_, stand, nothing, echo, square, add, Multiplier, MyThread, Private, Bringer },
  ...{ whoAmI, renamed, nameOf, rename, joinMe, joinIt, resultOf, isSame, joinAndList, joinSelf },
  ...{ nested, leaveBehind, makeThread, startIt, churn, watchList, startJoinLook },
  ...{
    CustomError,
    fail,
    die,
    dieLater,
    speakLast,
    kill,
    leaveByExit,
    exitLater,
    throwLater,
    leave,
    askLater,
    hook,
    failWith,
    brokenHook,
    startWithHook,
  },
  ...{
    Defaults,
    Counter,
    useCounter,
    useLocal,
    useDefaults,
    touchModuleLocal,
    spin,
    handMadeBarrier,
    various,
    depth,
    later,
    askRaw,
    failRaw,
    typed,
  },
});
