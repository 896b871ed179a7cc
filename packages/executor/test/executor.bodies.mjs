/** The bodies of the threads of executor.model.ts. The executor lives at word 0, its blocks from word BLOCKS on. */
import { resolveExport, wordsOf } from "@x/core/internal";
import { block, Deadline, TimeoutError } from "@x/core";
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
const NONE = -1;
const SLOT_WORDS = 12;
const [IDENT, PHASE, STARTING] = [0, 1, 2];

const executorOf = (t) =>
  t.quietly(() => {
    const { buffer, byteOffset } = t.at(0);
    // No thread of the model is in the thread table, and none can be started.
    Object.assign(internals, {
      entry: () => ({ slot: -1, ident: t.number }),
      leftovers: () => [],
      turns: () => (callback) => callback(),
    });
    const executor = ThreadPoolExecutor.from({ kind: ThreadPoolExecutor.KIND, buffer, byteOffset, memory: buffer });
    executor[POOL].launch = (reserved) => void t.add("launched", reserved.length);
    // The model holds words, and no bytes.
    Object.assign(executor[POOL].callables, {
      numberOf: () => 1,
      learn: () => {},
      envelopeOf: () => {},
      callable: () => double,
    });
    return executor;
  });

const double = (x) => 2 * x;

/**
 * Makes the executor, with the workers of these threads, and `tasks` pending tasks of a submitter that does not
 * ask.
 */
export function make(t, { workers = [2], maxWorkers = workers.length, maxPending = NONE } = {}) {
  t.quietly(() => {
    const executor = executorOf(t);
    const { words } = wordsOf(executor);
    const { state } = executor[POOL];
    words[END] = 4 * BLOCKS;
    const options = [MAX_WORKERS, maxWorkers, MAX_PENDING, maxPending, IDLE_MS, NONE, TASKS_PER_WORKER, 1];
    for (let i = 0; i < options.length; i += 2) words[options[i]] = options[i + 1];
    words[MIN_WORKERS] = 0;
    words[RECYCLE_AFTER] = NONE;
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
export async function worker(t, { slot = 0 } = {}) {
  await runWorker(executorOf(t), slot);
  t.add("left", 1);
}

/** Submits the tasks, and asks for each result. */
export function submitter(t, { tasks = [1], cancels = [], timeout = Infinity, shuts = false } = {}) {
  const executor = executorOf(t);
  const futures = [];
  for (const task of tasks) {
    try {
      futures.push(executor.submit(double, task));
    } catch (error) {
      t.check(error instanceof BrokenExecutor, `threw ${error}`);
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

/** The same, awaited. */
export async function asyncSubmitter(t, { tasks = [1], shuts = false } = {}) {
  const executor = executorOf(t);
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
