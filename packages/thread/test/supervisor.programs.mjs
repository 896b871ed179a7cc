/** Whole programs; their supervisor dies or cannot start: `node supervisor.programs.mjs NAME ARGUMENT`. */
import { mkdtempSync, openSync, closeSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dumpThreads, expose, getIdent, isMainThread, sharedGlobals, sleep, Thread } from "@x/thread";
import { allocate, block, Deadline, onThreadDeath, suspend, WAITED_ON_WORDS } from "@x/core";
import { acquiringExclusively } from "@x/core/internal";

const say = (...words) => console.log(...words);
const start = (target, ...args) => new Thread({ target, args, daemon: true }).start();
const newFlags = (count = 16) => new Int32Array(new SharedArrayBuffer(4 * count));
const until = (flags) => Atomics.wait(flags, 0, 0, 10_000);

/** The words of a lock, and its acquire. */
const newLock = () => new Int32Array(new SharedArrayBuffer(64));
const acquiring = (lock) => acquiringExclusively(lock, 0, Deadline.NEVER);
/** A constant word. */
function* waiting({ words, at } = allocate(4 * WAITED_ON_WORDS)) {
  for (;;) yield { words, index: at, value: 0, deadline: Deadline.NEVER };
}

const workers = process.getBuiltinModule("node:worker_threads");

// ---------------------------------------------------------------- targets

function square(x) {
  return x * x;
}
function holds(lock, flags) {
  block(acquiring(lock), "lock", "");
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
  block(waiting(), "event", "");
}
function standsUntil(flags) {
  Atomics.wait(flags, 0, 0);
  return getIdent();
}
function fails(bytes) {
  throw Object.assign(new Error("bad answer"), { body: "x".repeat(bytes) });
}
function returns(bytes) {
  return "x".repeat(bytes);
}
function leavesWills(count, flags) {
  for (let i = 0; i < count; i++) onThreadDeath({ words: flags, index: i % 16, bits: 1 });
}
function startsFive(flags) {
  const isOlder = [];
  for (let i = 0; i < 5; i++) {
    const latest = new workers.Worker("", { eval: true });
    isOlder.push(start(standsUntil, flags).nativeId < latest.threadId);
  }
  return isOlder;
}
expose({ startsFive, square, holds, standsUntil, fails, returns, leavesWills });

// ---------------------------------------------------------------- the death of the supervisor

const made = [];
let toSupervisor;

/** Collects the workers of this thread, the supervisor first, and the port to the supervisor. */
function spy() {
  const { Worker, MessagePort } = workers;
  workers.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message, ...rest) {
    if (message?.ask !== undefined) toSupervisor ??= this;
    return post.call(this, message, ...rest);
  };
}

const DEATHS = {
  /** Ends without a message, like a worker without memory. */
  silent: () => void made[0].terminate(),
  /** By an error of its own. */
  fault() {
    dumpThreads(); // the first question of main shows the port
    toSupervisor.postMessage({ ask: "blocked wait", wait: null });
  },
};

/** Main's activity during the death of the supervisor. */
const WAYS = {
  join: ({ thread }) => thread.join(),
  result: ({ thread }) => thread.result(),
  acquire: ({ lock }) => block(acquiring(lock), "lock", ""),
  wait: () => block(waiting(), "event", ""),
  start: () => start(square, 3).result(),
  shared: () => sharedGlobals({ tally: () => 1 }).tally,
  dump: () => dumpThreads().length,
  joinAsync: ({ thread }) => thread.joinAsync(),
  resultAsync: ({ thread }) => thread.resultAsync(),
  acquireAsync: ({ lock }) => suspend(acquiring(lock), undefined, "lock"),
  waitAsync: () => suspend(waiting(), undefined, "event"),
  sleep: () => sleep(1000),
};

async function outcome(way) {
  try {
    return { value: await way() };
  } catch (error) {
    return { name: error.name, message: error.message, cause: error.cause?.message };
  }
}

/** Prints how the program continued. */
async function dies(how, where) {
  spy();
  const [lock, flags] = [newLock(), newFlags()];
  const thread = start(holds, lock, flags);
  until(flags);
  const began = performance.now();
  DEATHS[how]();
  const told = await outcome(() => WAYS[where]({ thread, lock }));
  const ms = performance.now() - began;
  const later = await outcome(() => WAYS.start({}));
  say(JSON.stringify({ ...told, ms, later, isAlive: thread.isAlive() }));
}

// ---------------------------------------------------------------- the programs

const programs = {
  dies,
  /** Its threads keep the process alive, and end with it. */
  async diesAtTheEnd(how) {
    spy();
    const flags = newFlags();
    new Thread({ target: holds, args: [newLock(), flags] }).start();
    until(flags);
    DEATHS[how]();
  },
  async starts() {
    say(JSON.stringify(await outcome(() => start(square, 7).result())));
  },
  async startsTwice() {
    say(
      JSON.stringify([await outcome(() => start(square, 7).result()), await outcome(() => start(square, 8).result())]),
    );
  },
  /** In a folder, deleted before the first start, or after it. */
  async homeless(when) {
    const home = process.cwd();
    const flags = newFlags();
    const others = when === "later" ? [start(standsUntil, flags)] : [];
    const folder = mkdtempSync(join(tmpdir(), "homeless-"));
    process.chdir(folder);
    rmdirSync(folder);
    const lost = await outcome(() => {
      for (let n = 0; n < 3; n++) others.push(start(standsUntil, flags)); // these take the workers that have booted
      return start(square, 7).result();
    });
    process.chdir(home);
    say(JSON.stringify([lost, await outcome(() => start(square, 8).result())]));
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
    for (const thread of others) thread.join();
  },
  /** With `left` free file descriptors, and then with all of them. */
  async crowded(left) {
    const opened = [];
    try {
      for (;;) opened.push(openSync("/dev/null"));
    } catch {
      // the table of files is full
    }
    for (let n = Number(left); n > 0; n--) closeSync(opened.pop());
    const lost = await outcome(() => start(square, 7).result());
    for (const file of opened) closeSync(file);
    say(JSON.stringify([lost, await outcome(() => start(square, 8).result())]));
  },
  /** Threads with uncaught errors. */
  async failing(count, bytes) {
    const began = process.memoryUsage.rss();
    const [lock, flags] = [newLock(), newFlags()];
    start(holds, lock, flags);
    until(flags);
    for (let i = 0; i < count; i++) {
      start(fails, Number(bytes)).join();
      await new Promise(setImmediate); // before that, an engine keeps the target of a new WeakRef
    }
    say(
      JSON.stringify({
        grown: process.memoryUsage.rss() - began,
        last: await outcome(() => start(square, 7).result()),
      }),
    );
  },
  /** In a blocked main, without a turn of its event loop. */
  async results(count, bytes) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += start(returns, Number(bytes)).result().length;
    say(sum);
  },
  /** For each of five starts in a row: whether the thread runs in a worker that is older than its start. */
  startsInARow() {
    const flags = newFlags();
    const starter = start(startsFive, flags);
    say(JSON.stringify(starter.result()));
    process.exit();
  },
  async wills(count) {
    const flags = newFlags();
    const began = performance.now();
    const thread = start(leavesWills, Number(count), flags);
    thread.join();
    start(square, 7).join();
    say(performance.now() - began);
  },
};

if (isMainThread) {
  const [name, ...args] = process.argv.slice(2);
  await programs[name](...args);
}
