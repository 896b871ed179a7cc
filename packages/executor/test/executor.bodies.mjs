/** The bodies of the threads of executor-models.ts. The executor lives at word 0, its blocks from word BLOCKS on. */
import { deathOf, resolveExport, wordsOf } from "@x/core/internal";
import { block, Deadline, suspend, TimeoutError } from "@x/core";
import { BrokenExecutor, CancelledError, ThreadPoolExecutor } from "@x/executor";
import { Thread } from "@x/thread";
import { internalsOf } from "@x/thread/internal";

const POOL = Symbol.for("@x/executor pool");
const internals = internalsOf(Thread);
const runWorker = resolveExport({ url: import.meta.resolve("@x/executor"), name: "runWorker" });

const [MAX_WORKERS, MIN_WORKERS, MAX_PENDING, IDLE_MS, TASKS_PER_WORKER, RECYCLE_AFTER] = [6, 7, 8, 9, 10, 11];
const [WORKERS, ALIVE] = [22, 23];
const STORE = 103;
const END = STORE + 1;
const BLOCKS = 132;
/** After the blocks: a word for each thread that waits to be launched; the slot + 1 of the worker that it becomes. */
const STARTS = BLOCKS + 400;
/** In the models of readers: a word for each message, the slot + 1 of its task; then the id of the task. */
const SENT = STARTS;
const SENT_ID = SENT + 2;
const ENDED = -1;
const NONE = -1;
const SLOT_WORDS = 12;
const [IDENT, PHASE, STARTING] = [0, 1, 2];

/** @param launches the numbers of the threads that may be launched, in their order; undefined: the model launches none */
const executorOf = (t, launches) =>
  t.quietly(() => {
    const { buffer, byteOffset } = t.at(0);
    // No thread of the model is in the thread table, and none can be started.
    Object.assign(internals, {
      entry: () => ({ slot: -1, ident: t.number }),
      leftovers: () => [],
      turns: () => (callback) => callback(),
    });
    const executor = ThreadPoolExecutor.from({ kind: ThreadPoolExecutor.KIND, buffer, byteOffset, memory: buffer });
    executor[POOL].launch = (reserved) => {
      if (launches === undefined) return void t.add("launched", reserved.length);
      for (const each of reserved) launch(t, executor[POOL], each, launches);
    };
    executor[POOL].submitter.turns = 1; // each look is a step
    executor[POOL].state.tryLocked = () => {}; // after the collection of a submitter, at any time: no step of a schedule
    if (launches !== undefined) countDeaths(t, executor[POOL].state, launches.at(-1));
    // The model holds words, and no bytes.
    Object.assign(executor[POOL].callables, {
      numberOf: () => 1,
      learn: () => {},
      envelopeOf: () => {},
      callable: () => double,
    });
    return executor;
  });

/** Starts the first of the threads that is not started yet. The starter may die before it, and after it. */
function launch(t, { state }, reserved, threads) {
  const words = new Int32Array(t.at(0).buffer);
  const next = threads.findIndex((_, i) => Atomics.compareExchange(words, STARTS + i, 0, reserved.slot + 1) === 0);
  t.check(next >= 0, "no thread is left");
  Atomics.notify(words, STARTS + next);
  state.locked(() => state.started(reserved, threads[next]));
}

/** The explorer does not count deaths, so each thread does: of threads 1 to `last`. */
function countDeaths(t, state, last) {
  const count = () =>
    t.quietly(
      () => Array.from({ length: last }, (_, i) => deathOf(i + 1)).filter((death) => death !== undefined).length,
    );
  const look = state.look.bind(state);
  let known = -1;
  state.look = () => {
    known = count();
    return look();
  };
  Object.defineProperty(state, "mayHaveDied", { get: () => count() !== known });
}

const double = (x) => 2 * x;

/**
 * Makes the executor, with the workers of these threads, and `tasks` pending tasks of a submitter that does not
 * ask.
 */
export function make(t, { workers = [2], maxWorkers = workers.length, maxPending = NONE, recycleAfter = NONE } = {}) {
  t.quietly(() => {
    const executor = executorOf(t);
    const { words } = wordsOf(executor);
    const { state } = executor[POOL];
    words[END] = 4 * BLOCKS;
    const options = [MAX_WORKERS, maxWorkers, MAX_PENDING, maxPending, IDLE_MS, NONE, TASKS_PER_WORKER, 1];
    for (let i = 0; i < options.length; i += 2) words[options[i]] = options[i + 1];
    words[MIN_WORKERS] = 0;
    words[RECYCLE_AFTER] = recycleAfter;
    const bytes = 4 * SLOT_WORDS * maxWorkers;
    words[WORKERS] = state.records.store.allocate(bytes);
    workers.forEach((ident, slot) => {
      state.setWorker(slot, PHASE, STARTING);
      state.setWorker(slot, IDENT, ident);
    });
    words[ALIVE] = workers.length;
  });
}

/** Runs as the worker of `slot`. */
export async function worker(t, { slot = 0, launches } = {}) {
  await runWorker(executorOf(t, launches), slot);
  t.add("left", 1);
}

/** Waits until a thread launches it as a worker. It is thread `launches[n]`. */
export async function launched(t, { n, launches }) {
  const words = new Int32Array(t.at(0).buffer);
  let start;
  while ((start = Atomics.load(words, STARTS + n)) === 0) Atomics.wait(words, STARTS + n, 0);
  await worker(t, { slot: start - 1, launches });
}

/** Submits the tasks, and asks for each result. */
export function submitter(
  t,
  { tasks = [1], cancels = [], timeout = Infinity, shuts = false, mayFail = false, launches } = {},
) {
  const executor = executorOf(t, launches);
  const futures = [];
  for (const task of tasks) {
    try {
      futures.push(executor.submit(double, task));
    } catch (error) {
      t.check(error instanceof BrokenExecutor || (mayFail && /is shut down/.test(error.message)), `threw ${error}`);
      break;
    }
    t.add("submitted", 1);
  }
  for (const i of cancels) if (futures[i].cancel()) t.add("cancels", 1);
  if (shuts) executor[POOL].close(false);
  futures.forEach((future, i) => {
    try {
      t.check(future.result(timeout) === 2 * tasks[i], "another task's result");
      t.add("results", 1);
    } catch (error) {
      if (error instanceof CancelledError) t.add("cancelled", 1);
      else if (error instanceof TimeoutError && timeout !== Infinity) t.add("late", 1);
      else if (error instanceof BrokenExecutor) t.add("broken", 1);
      else {
        t.check(/ died while it ran /.test(error.message), `threw ${error}`);
        t.add("died", 1);
      }
    }
  });
}

/** Pins a task to each worker, and asks for the results. */
export function pinner(t, { mayFail = false } = {}) {
  let futures = [];
  try {
    futures = executorOf(t).runOnAll(double, 3);
  } catch (error) {
    t.check(mayFail && /is shut down/.test(error.message), `threw ${error}`); // no worker is called twice, or by half
  }
  t.add("submitted", futures.length);
  for (const future of futures) {
    try {
      t.check(future.result() === 6, "another task's result");
      t.add("results", 1);
    } catch (error) {
      const isCancelled = error instanceof CancelledError;
      t.check(isCancelled || / died while it ran /.test(error.message), `threw ${error}`);
      t.add(isCancelled ? "cancelled" : "died", 1);
    }
  }
}

/** Closes the executor, and waits for nothing. */
export function shutter(t) {
  executorOf(t)[POOL].close(false);
}

/** Its event loop has a turn: it may get the news of a death in it. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Submits one task after a turn, and is told its end. It does not ask the future: that would look at the deaths, too. */
export async function lateSubmitter(t, { task = 1, launches } = {}) {
  const executor = executorOf(t, launches);
  await turn();
  const { future } = await executor.submitAsync(double, task);
  t.add("submitted", 1);
  await new Promise((resolve) => future.addDoneCallback(resolve));
  t.check(future.result(0) === 2 * task, "another task's result");
  t.add("results", 1);
}

/** The same as `submitter`, awaited. */
export async function asyncSubmitter(t, { tasks = [1], shuts = false, launches } = {}) {
  const executor = executorOf(t, launches);
  const futures = tasks.map((task) => executor.submit(double, task));
  t.add("submitted", tasks.length);
  if (shuts) executor[POOL].close(false);
  const one = async (future, i) => {
    try {
      t.check((await future) === 2 * tasks[i], "another task's result");
      t.add("results", 1);
    } catch (error) {
      const isBroken = error instanceof BrokenExecutor;
      t.check(isBroken || / died while it ran /.test(error.message), `threw ${error}`);
      t.add(isBroken ? "broken" : "died", 1);
    }
  };
  await Promise.all(futures.map(one));
}

/** Submits a task, sends its future to each reader in a message of its own, and asks for the result, too. */
export function sender(t, { readers }) {
  const executor = executorOf(t);
  const { submitter } = executor[POOL];
  const future = executor.submit(double, 1);
  t.add("submitted", 1);
  const words = new Int32Array(t.at(0).buffer);
  for (let i = 0; i < readers; i++) {
    const { data } = submitter.packed(future);
    words[SENT_ID] = data.id;
    Atomics.store(words, SENT + i, data.ended === undefined ? data.slot + 1 : ENDED);
    Atomics.notify(words, SENT + i);
  }
  ask(t, future, "results");
}

/** Reads message `n`, and asks for the result. */
export function reader(t, { n }) {
  const { submitter } = executorOf(t)[POOL];
  const words = new Int32Array(t.at(0).buffer);
  let sent;
  while ((sent = Atomics.load(words, SENT + n)) === 0) Atomics.wait(words, SENT + n, 0);
  if (sent !== ENDED) {
    const name = { slot: sent - 1, id: words[SENT_ID] };
    ask(t, submitter.addView({ ...name, name: "double", stays: false, ended: undefined }), "read");
  } else t.add("read", 1);
}

function ask(t, future, note) {
  try {
    t.check(future.result() === 2, "another task's result");
    t.add(note, 1);
  } catch (error) {
    t.check(/ died while it ran /.test(error.message), `threw ${error}`);
    t.add(note === "results" ? "died" : note, 1);
  }
}

/** Cancels what is pending. */
export function canceller(t) {
  executorOf(t)[POOL].cancelPending();
}

/** Shuts down, and waits. */
export function closer(t) {
  const executor = executorOf(t);
  executor[POOL].close(false);
  // The explorer does not count deaths. The closer asks twice before each wait: it looks the first time.
  let asked = 0;
  Object.defineProperty(executor[POOL].state, "mayHaveDied", { get: () => asked++ % 2 === 0 });
  block(executor[POOL].ending(Deadline.NEVER), executor, ""); // shutdown() joins the threads, too
  t.add("closed", 1);
}

/** Shuts down after a turn, and awaits the end. */
export async function lateCloser(t, { launches }) {
  const executor = executorOf(t, launches);
  await turn();
  executor[POOL].close(false);
  await suspend(executor[POOL].ending(Deadline.NEVER), undefined, executor);
  t.add("closed", 1);
}
