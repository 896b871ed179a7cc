/** Whole programs about the first thread, whose worker main makes itself: `node first-worker.programs.mjs NAME ARGUMENT …`. */
import { expose, getIdent, isMainThread, sleep, stackSize, startNewThread, terminate, Thread } from "@x/thread";
import { block, Deadline } from "@x/core";
import { acquiringExclusively } from "@x/core/internal";

const LONG = 20_000;
/** How many threads a program starts until one of them runs in the first worker. */
const STARTS = 20;
const say = (...words) => console.log(...words);
const now = () => performance.timeOrigin + performance.now();
const newFlags = (count = 16) => new Int32Array(new SharedArrayBuffer(4 * count));
const newTimes = () => new Float64Array(new SharedArrayBuffer(64));
const acquiring = (lock) => acquiringExclusively(lock, 0, Deadline.NEVER);
function raise(flags, word = 0) {
  Atomics.store(flags, word, 1);
  Atomics.notify(flags, word);
}
const until = (flags, word = 0) => Atomics.wait(flags, word, 0, LONG);

// ---------------------------------------------------------------- targets

/** Takes the lock, and dies after `ms` milliseconds. Writes down the time before. */
async function dies(how, lock, flags, times, ms) {
  block(acquiring(lock), "lock", "");
  raise(flags);
  sleep(ms);
  times[0] = now();
  switch (how) {
    case "error":
      throw new RangeError("thrown");
    case "timer":
      setTimeout(() => {
        throw new RangeError("in a timer");
      });
      return new Promise(() => undefined);
    case "rejection":
      void Promise.reject(new RangeError("not handled"));
      return new Promise(() => undefined);
    case "exit":
      return process.exit(3);
    case "reallyExit":
      return process.reallyExit(4);
    case "memory": {
      const hoard = [];
      for (;;) {
        hoard.push(new Array(10_000).fill(hoard.length));
        times[0] = now();
      }
    }
    case "loop":
      for (;;);
    case "blocks":
      return sleep(LONG);
    case "waits":
      return void Atomics.wait(newFlags(), 0, 0, LONG);
    case "awaits":
      return new Promise((resolve) => setTimeout(resolve, LONG));
  }
}
/** Terminates the thread when the flag is up, `ms` milliseconds later. Returns how long its end took. */
function terminates(thread, flags, ms) {
  until(flags);
  sleep(ms);
  const began = now();
  terminate(thread);
  thread.join(LONG);
  return now() - began;
}
function stands(flags) {
  until(flags);
  return getIdent();
}
function worker() {
  return [process.getBuiltinModule("node:worker_threads").threadId, process.execArgv, process.argv.slice(2)];
}
function deep(n) {
  return n === 0 ? 0 : 1 + deep(n - 1);
}
function length(buffer) {
  return buffer.byteLength;
}
function raises(flags) {
  raise(flags);
}
function startsAndJoins() {
  return new Thread({ target: worker }).start().result(LONG)[0];
}
function leaves() {
  setTimeout(() => undefined, LONG);
  return worker();
}
expose({ dies, terminates, stands, worker, deep, length, raises, startsAndJoins, leaves });

// ---------------------------------------------------------------- the programs

const workers = process.getBuiltinModule("node:worker_threads");
const made = [];

/** Collects the workers of this thread; `before` is called before each is made. */
function spy(before = () => undefined, after = () => undefined) {
  const { Worker } = workers;
  workers.Worker = class extends Worker {
    constructor(...args) {
      before(made.length);
      super(...args);
      made.push(this);
      after(made.length - 1, this);
    }
  };
}

async function outcome(way) {
  try {
    return { value: await way() };
  } catch (error) {
    return { name: error.name, message: error.message, cause: error.cause?.message };
  }
}

function first(how, ms) {
  const [lock, flags, times] = [newFlags(), newFlags(), newTimes()];
  const thread = new Thread({ target: dies, args: [how, lock, flags, times, ms], name: "t" }).start();
  until(flags);
  return { thread, lock, flags, times };
}

const WAITS = {
  result: ({ thread }) => thread.result(LONG),
  acquire: ({ lock }) => block(acquiring(lock), "lock", ""),
  resultAsync: ({ thread }) => thread.resultAsync(LONG),
};

const programs = {
  /** The first thread dies by itself after `ms` milliseconds, while main waits. */
  async dies(how, where, ms) {
    spy();
    const it = first(how, Number(ms));
    const told = await outcome(() => WAITS[where](it));
    const took = now() - it.times[0];
    const isAlive = it.thread.isAlive();
    const next = await outcome(() => new Thread({ target: deep, args: [5] }).start().result(LONG));
    say(JSON.stringify({ ...told, took, isAlive, next, made: made.length }));
  },
  /** Another thread terminates the first after `ms` milliseconds, while main waits. */
  async terminated(how, where, ms) {
    const it = first(how, 0);
    const other = new Thread({ target: terminates, args: [it.thread, it.flags, Number(ms)] }).start();
    const told = await outcome(() => WAITS[where](it));
    say(JSON.stringify({ ...told, took: other.result(LONG), isAlive: it.thread.isAlive() }));
  },
  /** Main itself does, and then computes, or blocks by itself. */
  terminatedByMain(how, where) {
    const it = first(how, 0);
    const began = now();
    terminate(it.thread);
    if (where === "computes") while (it.thread.isAlive() && now() - began < LONG);
    else Atomics.wait(newFlags(), 0, 0, 300);
    say(JSON.stringify({ took: now() - began, isAlive: it.thread.isAlive(), joined: it.thread.join(LONG) }));
  },
  /** Main does not wait by this library, so it cannot terminate. */
  terminatedBehind(how, where) {
    const it = first(how, 0);
    const other = new Thread({ target: terminates, args: [it.thread, it.flags, 0] }).start();
    const began = now();
    if (where === "computes") while (it.thread.isAlive() && now() - began < 3000);
    else Atomics.wait(newFlags(), 0, 0, 3000);
    const wasAlive = it.thread.isAlive();
    it.thread.join(LONG);
    say(JSON.stringify({ wasAlive, took: other.result(LONG), isAlive: it.thread.isAlive() }));
  },
  /** Main has ended, in one of the ways, and the process waits for the first thread. */
  terminatedAtTheEnd(how, end) {
    const it = first(how, 0);
    new Thread({ target: terminates, args: [it.thread, it.flags, 100] }).start();
    if (end === "exit") process.exit(5);
    if (end === "error") throw new Error("main has failed");
  },
  /** The first worker runs later threads, too, and exits if something is left there. */
  again() {
    const workerOf = (target) => new Thread({ target }).start().result(LONG)[0];
    const first = workerOf(worker);
    // The worker is idle a little later than its thread has ended; until then the next thread gets another one.
    const comesTo = (target) => Array.from({ length: STARTS }).some(() => workerOf(target) === first);
    say(JSON.stringify([comesTo(worker), comesTo(leaves), comesTo(worker)]));
  },
  options() {
    say(JSON.stringify(new Thread({ target: worker }).start().result(LONG).slice(1)));
  },
  deep(size) {
    if (size !== "0") stackSize(Number(size));
    say(JSON.stringify(outcomeNow(() => new Thread({ target: deep, args: [50_000] }).start().result(LONG))));
  },
  moved() {
    const buffer = new ArrayBuffer(7);
    const thread = new Thread({ target: length, args: [buffer], transfer: [buffer] }).start();
    say(thread.result(LONG), buffer.byteLength);
  },
  async startsAsync() {
    const thread = await new Thread({ target: deep, args: [5] }).startAsync();
    say(await thread.resultAsync());
  },
  raw() {
    const flags = newFlags();
    startNewThread(raises, [flags]);
    say(until(flags) === "timed-out" ? "late" : "raised");
  },
  nested() {
    say(typeof new Thread({ target: startsAndJoins }).start().result(LONG));
  },
  async aborted() {
    const controller = new AbortController();
    const [lock, flags, times] = [newFlags(), newFlags(), newTimes()];
    const { signal } = controller;
    const thread = new Thread({ target: dies, args: ["loop", lock, flags, times, 0], name: "t", signal }).start();
    until(flags);
    controller.abort(new Error("no need"));
    say(JSON.stringify(await outcome(() => thread.result(LONG))));
  },
  /** The supervisor is ended while it boots; and then no more. */
  async supervisorFails(how) {
    spy(undefined, (n, worker) => n === 0 && void worker.terminate());
    const lost = await outcome(async () => {
      const thread = new Thread({ target: stands, args: [newFlags()] });
      await (how === "async" ? thread.startAsync() : thread.start());
    });
    say(JSON.stringify([lost, await outcome(() => new Thread({ target: deep, args: [6] }).start().result(LONG))]));
  },
  /** The system refuses a worker made by main, by its number. */
  async refused(number) {
    let refusals = 0;
    spy((n) => {
      if (n !== Number(number) || refusals++ > 0) return;
      throw Object.assign(new Error("no more workers"), { code: "ERR_WORKER_INIT_FAILED" });
    });
    const one = await outcome(() => new Thread({ target: deep, args: [5] }).start().result(LONG));
    say(JSON.stringify([one, await outcome(() => new Thread({ target: deep, args: [6] }).start().result(LONG))]));
  },
};

function outcomeNow(way) {
  try {
    return { value: way() };
  } catch (error) {
    return { name: error.name };
  }
}

if (isMainThread) {
  const [name, ...args] = process.argv.slice(2);
  await programs[name](...args);
}
