/**
 * Runs the body of a model's thread over the shipped code, step by step. Every operation on the
 * model's memory, every read of the clock and every turn of the event loop asks the explorer for
 * its result. For this it replaces globals before it loads the packages.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { Host } from "./host.mjs";
import { prepareModule } from "./modules.mjs";

const { control, bodies } = workerData;
const { OPS, WOKEN, TURNS, TURN_KINDS, TIME_ORIGIN, LONG_WAIT_MS, PORTS_MAX, REGION_WORDS, CONTROL } =
  workerData.protocol;
const real = { wait: Atomics.wait, notify: Atomics.notify, load: Atomics.load, store: Atomics.store };
const RealInt32Array = Int32Array;
const RealSharedArrayBuffer = SharedArrayBuffer;
const integers = new Int32Array(control, 0, 8);
const clockOfMachine = new Float64Array(control, CONTROL.CLOCK_AT, 1);
const ops = new Float64Array(control, CONTROL.OPS_AT, CONTROL.OP_LENGTH * CONTROL.OPS_MAX);
const results = new Float64Array(control, CONTROL.RESULTS_AT, CONTROL.RESULTS_MAX);
const memory = new Int32Array(control, CONTROL.MEMORY_AT, CONTROL.WORDS_MAX);
const text = new Uint8Array(control, CONTROL.TEXT_AT, CONTROL.TEXT_MAX);

/** Where core keeps the ident of the thread. */
const THIS_THREAD = Symbol.for("@x/core thread 1");

/** The value in a slot of core. */
const slot = (name) => globalThis[Symbol.for(`@x/core ${name} 1`)];

/** Thrown through a body of an abandoned run. */
class Abandoned extends Error {}

/** The current run. Each restart makes a new one. */
let run;

// ---------------------------------------------------------------- asking

function mix(trace, value) {
  return Math.imul(trace ^ (value | 0), 0x9e3779b1) ^ (trace >>> 15);
}

const NEVER_QUIET = new Set([OPS.work, OPS.idle, OPS.fail, OPS.boot, OPS.exit]);

/** Returns the result of an operation: from the history first, then from the explorer. */
function ask(kind, word = 0, x = 0, y = 0, number = 0) {
  const asker = run;
  if (asker === undefined || asker.abandoned) throw new Abandoned();
  if (asker.crash !== undefined && kind !== OPS.fail) return fail(String(asker.crash?.stack ?? asker.crash));
  const trace = asker.trace;
  asker.trace = mix(mix(mix(mix(trace, kind), word), x), y);
  if (asker.position < asker.results.length) return asker.results[asker.position++];
  const at = asked * CONTROL.OP_LENGTH;
  ops[at] = kind;
  ops[at + 1] = word;
  ops[at + 2] = x;
  ops[at + 3] = y;
  ops[at + 4] = asker.quiet > 0 && !NEVER_QUIET.has(kind) ? 1 : 0;
  ops[at + 5] = trace;
  ops[at + 6] = number;
  ops[at + 7] = globalThis[THIS_THREAD]?.ident ?? 0;
  asked++;
  const found = asked < CONTROL.OPS_MAX ? find(kind, word, x, y) : undefined;
  if (found !== undefined) return (ops[at + 8] = found);
  integers[CONTROL.OPS] = asked;
  asked = 0;
  yieldTo(CONTROL.EXPLORER);
  if (real.load(integers, CONTROL.COMMAND) === CONTROL.CONTINUE) {
    readLetter();
    return results[0];
  }
  asker.abandoned = true;
  throw new Abandoned();
}

/** How many operations the explorer does not know yet. */
let asked = 0;

/** The result of an operation if no other thread runs; undefined if this thread cannot know it. The machine does the same. */
function find(kind, word, x, y) {
  const index = kind === OPS.note ? run.words + word : word;
  if (index >= integers[CONTROL.WORDS]) return undefined;
  const before = memory[index];
  switch (kind) {
    case OPS.load:
    case OPS.read:
      return before;
    case OPS.store:
    case OPS.write:
      return (memory[index] = x);
    case OPS.compareExchange:
      if (before === x) memory[index] = y;
      return before;
    case OPS.exchange:
      memory[index] = x;
      return before;
    case OPS.add:
      memory[index] = before + x;
      return before;
    case OPS.sub:
      memory[index] = before - x;
      return before;
    case OPS.and:
      memory[index] = before & x;
      return before;
    case OPS.or:
      memory[index] = before | x;
      return before;
    case OPS.xor:
      memory[index] = before ^ x;
      return before;
    case OPS.note:
      return (memory[index] = before + x);
    case OPS.wait:
    case OPS.waitAsync:
      return before === x ? undefined : WOKEN.notEqual;
    case OPS.clock:
      return clockOfMachine[0];
    case OPS.deathOf:
      return (integers[CONTROL.DEATHS] >> (x - 1)) & 1;
    case OPS.registerBlockedWait:
      return countBits(integers[CONTROL.DEATHS]);
    case OPS.enterBlockedWait:
    case OPS.leaveBlockedWait:
    case OPS.setTimer:
    case OPS.clearTimer:
    case OPS.signal:
      return 0;
    default:
      return undefined;
  }
}

function countBits(bits) {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

function yieldTo(other) {
  real.store(integers, CONTROL.TURN, other);
  real.notify(integers, CONTROL.TURN);
  for (let spin = 0; spin < 300 && real.load(integers, CONTROL.TURN) === other; spin++);
  while (real.load(integers, CONTROL.TURN) === other) real.wait(integers, CONTROL.TURN, other, 1000);
}

function write(message) {
  const bytes = new TextEncoder().encode(message).subarray(0, CONTROL.TEXT_MAX);
  text.set(bytes);
  integers[CONTROL.BYTES] = bytes.length;
}

function fail(message) {
  if (run.abandoned) throw new Abandoned();
  write(message);
  return ask(OPS.fail);
}

/** Messages between agents, by number. */
const mails = new Map();

/** Reads the text of a command; returns the role in it. */
function readLetter() {
  const bytes = integers[CONTROL.BYTES];
  if (bytes === 0) return undefined;
  const letter = JSON.parse(new TextDecoder().decode(text.slice(0, bytes)));
  for (const [number, mail] of letter.mails) mails.set(number, mail);
  return letter.role;
}

/** Asks for an operation with a message. */
function send(kind, place, message) {
  if (run === undefined || run.abandoned) throw new Abandoned();
  if (run.position === run.results.length) write(message);
  let hash = 0;
  for (let at = 0; at < message.length; at++) hash = mix(hash, message.charCodeAt(at));
  return ask(kind, place, 0, hash | 0);
}

// ---------------------------------------------------------------- what the packages use

const isOurs = (view) => run !== undefined && run.views.has(view);

/** The explorer's number for a word of a view. */
const placeOf = (view, index) => run.views.get(view) * REGION_WORDS + Number(index);

/**
 * The views of all runs. Core keeps the awaited words; in the memory of an abandoned run nothing
 * happens any more.
 */
const allViews = new WeakSet();

function replace(name, ours) {
  const theirs = Atomics[name];
  Atomics[name] = (view, index, ...args) => {
    if (!isOurs(view)) return allViews.has(view) ? 0 : theirs(view, index, ...args);
    const place = placeOf(view, index);
    if (!isPrivate(place)) return ours(place, ...args);
    const mine = run.privates.get(view);
    return index < mine.length ? theirs(mine, index, ...args) : 0;
  };
}

/** Does the model leave this word out? Then each agent has its own copy. */
function isPrivate(place) {
  return place >= REGION_WORDS && module.isPrivate?.(Math.floor(place / REGION_WORDS), place % REGION_WORDS) === true;
}

for (const name of ["load", "store", "exchange", "add", "sub", "and", "or", "xor"]) {
  replace(name, (index, value = 0) => ask(OPS[name], index, value | 0));
}
replace("compareExchange", (index, expected, value) => ask(OPS.compareExchange, index, expected | 0, value | 0));
replace("notify", (index, count = Infinity) => ask(OPS.notify, index, count));

const WOKEN_NAMES = [];
WOKEN_NAMES[WOKEN.ok] = "ok";
WOKEN_NAMES[WOKEN.notEqual] = "not-equal";
WOKEN_NAMES[WOKEN.timedOut] = "timed-out";
const milliseconds = (timeout) => (Number.isNaN(timeout) ? Infinity : Math.max(0, timeout));

replace("wait", (index, value, timeout = Infinity) => {
  return WOKEN_NAMES[ask(OPS.wait, index, value | 0, milliseconds(timeout))];
});
// Core's pause() sleeps on memory of its own. So does core's test whether this thread may block, in
// no time.
const { wait } = Atomics;
Atomics.wait = (view, index, value, timeout) => {
  if (run === undefined || isOurs(view) || !(timeout > 0)) return wait(view, index, value, timeout);
  ask(OPS.pause, 0, timeout);
  return "timed-out";
};
replace("waitAsync", (index, value, timeout = Infinity) => {
  run.eventLoop = true;
  const number = run.promises.push(undefined) - 1;
  const outcome = ask(OPS.waitAsync, index, value | 0, milliseconds(timeout), number);
  if (outcome !== WOKEN.ok) return { async: false, value: WOKEN_NAMES[outcome] };
  return { async: true, value: new Promise((resolve) => (run.promises[number] = resolve)) };
});

/** A view of the model's memory. Plain reads and writes of its words are operations, too. */
function watched(view, region) {
  const proxy = new Proxy(view, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) {
        const place = placeOf(proxy, key);
        return isPrivate(place) ? (target[key] ?? 0) : ask(OPS.read, place);
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, key, value) {
      if (typeof key !== "string" || !/^\d+$/.test(key)) return true;
      const place = placeOf(proxy, key);
      if (isPrivate(place)) target[key] = value;
      else ask(OPS.write, place, value | 0);
      return true;
    },
  });
  run.views.set(proxy, region);
  run.privates.set(proxy, view);
  allViews.add(proxy);
  return proxy;
}

function regionOf(memory) {
  if (run === undefined) return undefined;
  return memory === run.memory ? 0 : run.host?.regionOf(memory);
}

globalThis.Int32Array = new Proxy(RealInt32Array, {
  construct(Class, args, target) {
    const view = Reflect.construct(Class, args, target);
    const region = regionOf(args[0]);
    return region === undefined ? view : watched(view, region);
  },
});

globalThis.SharedArrayBuffer = new Proxy(RealSharedArrayBuffer, {
  construct: (Class, args, target) => run?.host?.allocate(...args) ?? Reflect.construct(Class, args, target),
});

const clock = { timeOrigin: TIME_ORIGIN, now: () => (run === undefined ? 0 : ask(OPS.clock)) };
Object.defineProperty(globalThis, "performance", { value: clock, configurable: true, writable: true });

Date.now = () => TIME_ORIGIN; // for measures that change no more than the speed

globalThis.setTimeout = (callback, ms = 0) => {
  run.eventLoop = true;
  const number = run.timers.length;
  run.timers[number] = callback;
  ask(OPS.setTimer, number, ms);
  return number;
};
globalThis.clearTimeout = (number) => void ask(OPS.clearTimer, number);

// ---------------------------------------------------------------- what bodies use

/** The argument of a body; see the example in index.ts. */
class ModelThread {
  #role;
  constructor(role) {
    this.#role = role;
  }
  /** The thread's number, from 1. */
  get number() {
    return this.#role.number;
  }
  /** The place of a primitive in the model's memory: `new Lock(t.at(0))`. */
  at(word) {
    return { buffer: run.memory, byteOffset: word * RealInt32Array.BYTES_PER_ELEMENT };
  }
  /** A step without an effect, for work that takes time. In a quiet thread it is a rest. */
  work() {
    ask(OPS.work, 0, this.#role.quiet ? 1 : 0);
  }
  /** A step without an effect. A switch to another thread before it is not a preemption. */
  rest() {
    ask(OPS.work, 0, 1);
  }
  /** Sleeps for `ms` milliseconds. */
  pause(ms) {
    ask(OPS.pause, 0, ms);
  }
  /** Adds to a note of the model, together with the step before. Returns the sum. */
  add(name, by) {
    const index = this.#role.notes.indexOf(name);
    if (index < 0) throw new Error(`the model has no note ${name}`);
    return ask(OPS.note, index, by);
  }
  get(name) {
    return this.add(name, 0);
  }
  check(condition, message) {
    if (!condition) fail(message);
  }
  /** Runs `body` together with the step before, up to its next wait, work or rest. */
  quietly(body) {
    run.quiet++;
    try {
      return body();
    } finally {
      run.quiet--;
    }
  }
  /** A signal that the explorer aborts at any time, or never. */
  signal() {
    run.eventLoop = true;
    const abort = new AbortController();
    ask(OPS.signal, run.signals.push(abort) - 1);
    return abort.signal;
  }
  /** The virtual time. */
  now() {
    return performance.now();
  }
  /** For an agent: the exports of a package, loaded for this run. */
  load(specifier) {
    return run.host.load(specifier);
  }
  /** For main: runs the handlers at the end of the process. */
  exitProcess() {
    run.host.exit();
  }
  /** For a thread: does the work of process.exit() in a worker. */
  exitWorker() {
    run.host.exitWorker();
  }
  /** For an agent other than main: waits for its start, then is a worker. Never resolves. */
  boot() {
    run.eventLoop = true;
    run.host.boot();
    return new Promise(() => undefined);
  }
}

// ---------------------------------------------------------------- running

const module = await import(bodies);
for (const specifier of module.packages ?? []) prepareModule(specifier, bodies);
const { recheckTasks } = await import(pathToFileURL(createRequire(bodies).resolve("@x/core/internal")).href);
const slots = Object.getOwnPropertySymbols(globalThis)
  .filter((key) => Symbol.keyFor(key)?.startsWith("@x/core "))
  .map((key) => [key, globalThis[key]]);
adaptSlots();

function adaptSlots(deaths) {
  slot("deaths").words = deaths;
  // The virtual clock. The real clock has a getter, which an assignment would not replace.
  Object.defineProperties(slot("clock"), {
    timeOrigin: { value: TIME_ORIGIN },
    now: { value: () => performance.now() },
  });
  slot("spinning").limit = 0; // spins before a sleep change only the time it takes, and each would be a step
}

/** The threads' side of the simulated supervisor. The explorer chooses its actions. */
const deathMonitor = {
  longWaitMs: LONG_WAIT_MS,
  registerBlockedWait() {
    ask(OPS.registerBlockedWait);
    return { enter: ({ index }) => void ask(OPS.enterBlockedWait, index), leave: () => void ask(OPS.leaveBlockedWait) };
  },
  deathOf(ident) {
    return ask(OPS.deathOf, 0, ident) === 1 ? { name: `T${ident}`, cause: "the explorer" } : undefined;
  },
};

function assume({ number, supervised, isAgent }) {
  for (const [key, value] of slots) globalThis[key] = value;
  slot("deferred").length = 0; // an abandoned run may leave some
  slot("thread").ident = number; // small, whatever the platform's thread id is
  slot("deaths").words = undefined; // only the simulated supervisor announces deaths
  slot("death monitor").monitor = supervised ? deathMonitor : undefined;
  const pendings = new Map();
  slot("death actions").sink = supervised
    ? (action) => recordDeathAction(action, module.pendingOf?.(number), pendings)
    : undefined;
  if (isAgent) for (const [key] of slots) delete globalThis[key]; // its packages make their own state
}

/**
 * Records an action at most once per word, like `@x/thread`. The `pending` words of holders are words of the
 * model's memory, if the module of bodies exports `pendingOf`: it returns the word for a thread's
 * number.
 */
function recordDeathAction({ index, bits, holders, counts }, at, pendings) {
  const key = `${index} ${counts}`;
  if (pendings.has(key)) return pendings.get(key);
  const hasPending = holders !== undefined && counts && at !== undefined;
  const pending = hasPending ? { words: new Int32Array(run.memory), at } : undefined;
  pendings.set(key, pending);
  ask(OPS.deathAction, index, bits, holders === undefined ? -1 : 2 * holders + (counts ? 1 : 0), hasPending ? at : -1);
  return pending;
}

function begin() {
  run = undefined;
  asked = 0;
  const role = readLetter();
  const mine = {
    words: role.words,
    memory: new RealSharedArrayBuffer(role.words * RealInt32Array.BYTES_PER_ELEMENT),
    /** By view: its region, and the values of its private words. */
    views: new WeakMap(),
    privates: new WeakMap(),
    host: undefined,
    results: results.slice(0, integers[CONTROL.RESULTS]),
    position: 0,
    trace: 0,
    quiet: role.quiet ? 1 : 0,
    promises: [],
    timers: [],
    signals: [],
    abandoned: false,
    eventLoop: false,
    settled: false,
    crash: undefined,
  };
  run = mine;
  assume(role);
  const thread = new ModelThread(role);
  if (role.isAgent) {
    mine.eventLoop = true;
    mine.host = newHost(role.number);
    globalThis.modelThread = thread; // for functions that travel as text
  }
  const body = module[role.body];
  if (typeof body !== "function") throw new Error(`${bodies} has no body ${role.body}`);
  if (role.quiet && (!role.isAgent || role.number === 1)) ask(OPS.work, 0, 1); // other agents begin with the wait for their start
  const end = body(thread, role.args);
  if (typeof end?.then !== "function") {
    mine.settled = true;
    return;
  }
  mine.eventLoop = true;
  end.then(
    () => (mine.settled = true),
    (error) => {
      mine.settled = true;
      if (!(error instanceof Abandoned)) mine.crash ??= error;
    },
  );
}

function newHost(agent) {
  return new Host({
    ask,
    send,
    OPS,
    agent,
    importer: bodies,
    viewOf: (token) => new Int32Array(token),
    regionOf: (view) => run.views.get(view),
    newToken: (bytes) => new RealSharedArrayBuffer(bytes),
    mailOf: (number) => mails.get(number),
    adaptSlots,
  });
}

/** Runs a turn of the event loop, with an event of the explorer's choice. */
function turn() {
  const what = ask(OPS.idle, 0, run.settled ? 1 : 0);
  const number = Math.floor(what / TURN_KINDS);
  switch (what % TURN_KINDS) {
    case TURNS.ok:
      return run.promises[number]("ok");
    case TURNS.timedOut:
      return run.promises[number]("timed-out");
    case TURNS.timer:
      return run.timers[number]();
    case TURNS.abort:
      return run.signals[number].abort(new Error("aborted by the explorer"));
    case TURNS.death:
      return recheckTasks();
    case TURNS.message:
      return run.host.deliver(number % PORTS_MAX, Math.floor(number / PORTS_MAX));
    case TURNS.close:
      return run.host.portClosed(number);
    case TURNS.exit:
      return run.host.workerExited(number % PORTS_MAX, Math.floor(number / PORTS_MAX));
  }
}

/** Runs turns until microtasks are due; then returns to the real event loop. */
function main() {
  for (;;) {
    let fresh = false;
    try {
      if (run === undefined || run.abandoned) {
        fresh = true;
        begin();
      } else turn();
    } catch (error) {
      if (!(error instanceof Abandoned)) {
        run.crash ??= error;
        run.settled = true;
      }
    }
    // The microtasks of an abandoned run end before the next run begins.
    if (run.eventLoop || run.abandoned) return void setImmediate(main);
    if (!fresh && run.crash === undefined) return void setImmediate(main);
  }
}

process.on("unhandledRejection", (error) => {
  if (!(error instanceof Abandoned) && run !== undefined) run.crash ??= error;
});

parentPort.on("message", () => undefined); // keeps the worker alive
parentPort.postMessage("loaded");
integers[CONTROL.COMMAND] = CONTROL.RESTART;
while (real.load(integers, CONTROL.TURN) === CONTROL.EXPLORER)
  real.wait(integers, CONTROL.TURN, CONTROL.EXPLORER, 1000);
main();
