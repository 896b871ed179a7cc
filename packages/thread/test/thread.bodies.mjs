/** The bodies of the agents of thread.model.ts: main, the supervisor, and workers. */

/** The modules of the agents, loaded anew for each run. */
export const packages = ["@x/thread", "@x/thread/worker"];

const HEAD = 64;
const SLOT = 64;
const SLOTS_END = HEAD + 16384 * SLOT;
const NAME_TURN = 11;

/** The number of words in the first line of a slab, its header. */
const LINE = 16;

/** Leaves out the names of threads, and the numbers of slabs. */
export function isPrivate(region, index) {
  if (region > 2) return index < LINE;
  return region === 1 && index >= HEAD && index < SLOTS_END && (index - HEAD) % SLOT >= NAME_TURN;
}

/** A worker after its start. */
export function worker(t) {
  return t.boot();
}

/** The errors of threads that do not return, thrown or reported. */
const NO_RETURN = /^thrown by the target|ended by process.exit/;

/** How a thread may end if the explorer killed it or its starter. */
const DEATHS =
  /killed by the explorer|ran out of memory|was terminated|has not begun|can't start new thread|the supervisor, .* has died/;

/** Runs the steps in order: `start a`, `join a`, and so on. `mortal`: the thread of this name may die; true: each thread may. */
export function main(t, { plan = ["start a", "join a"], mortal = false, makesFirst = false } = {}) {
  const { Thread, terminate } = t.quietly(() => load(t, makesFirst));
  const threads = {};
  const make = (name, how, other) => {
    const target = { slow, throwing, exiting, gated, nesting, nestingTwice, joining, terminating }[how] ?? plain;
    const args = other === undefined ? [name] : [name, threads[other]];
    return new Thread({ target, args });
  };
  const steps = {
    start(name, how, other) {
      const thread = t.quietly(() => make(name, how, other));
      try {
        thread.start();
        threads[name] = thread;
      } catch (error) {
        t.check(isMortal(name, mortal) && DEATHS.test(error.message), `start threw ${error.stack}`);
        t.check(t.get(name) === 0, "could not be started, but has run");
      }
    },
    join(name) {
      const thread = threads[name];
      if (thread === undefined) return;
      t.check(thread.join(), "not joined");
      t.check(!thread.isAlive(), "alive after join");
      checkResult(t, thread, name, mortal);
    },
    terminate: (name) => threads[name] && terminate(threads[name]),
    /** Lasts as long as an idle worker waits before it checks itself. */
    pause: () => t.pause(1000),
    end() {
      t.exitProcess();
      for (const name of Object.keys(threads)) t.check(!threads[name].isAlive(), "the process ends before its threads");
    },
    open() {
      const gate = new Int32Array(t.at(0).buffer);
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
  };
  for (const step of plan) {
    const [what, ...how] = step.split(" ");
    steps[what](...how);
  }
}

/** Loads the package. `makesFirst`: main makes the worker of the first thread. */
function load(t, makesFirst) {
  const loaded = t.load("@x/thread");
  if (makesFirst) globalThis[Symbol.for("@x/thread platform 1")].makesFirstWorker = () => true;
  return loaded;
}

/** Starts a thread and awaits its end. */
export async function asyncMain(t, { mortal = false, makesFirst = false } = {}) {
  const { Thread } = t.quietly(() => load(t, makesFirst));
  const thread = new Thread({ target: plain, args: ["a"] });
  try {
    thread.start();
  } catch (error) {
    t.check(mortal && DEATHS.test(error.message), `start threw ${error.stack}`);
    return;
  }
  t.check(await thread.joinAsync(), "not joined");
  checkResult(t, thread, "a", mortal);
}

/** Checks a joined thread: its target ran once and returned, or it was killed. */
function checkResult(t, thread, name, mortal) {
  t.check(t.get(`${name} runs`) === 0, "runs after its end was published");
  try {
    t.check(thread.result() === 7, "another result");
    t.check(t.get(name) === 1, `has a result, and has run ${t.get(name)} times`);
  } catch (error) {
    if (NO_RETURN.test(error.message)) return t.check(t.get(name) === 1, "has not run");
    t.check(isMortal(name, mortal) && DEATHS.test(error.message), `threw ${error.stack}`);
    t.check(t.get(name) <= 1, "has run twice");
  }
}

function isMortal(name, mortal) {
  return mortal === true || mortal === name;
}

// ---------------------------------------------------------------- targets, which travel by their text

function plain(name) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  t.add(`${name} runs`, 1);
  t.work();
  t.add(`${name} runs`, -1);
  return 7;
}

function throwing(name) {
  globalThis.modelThread.add(name, 1);
  throw new Error("thrown by the target");
}

function exiting(name) {
  globalThis.modelThread.add(name, 1);
  globalThis.modelThread.exitWorker();
}

/** Takes longer than LONG_WAIT_MS: a joiner then registers its wait with the supervisor. */
function slow(name) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  t.pause(300);
  return 7;
}

function gated(name) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  const gate = new Int32Array(t.at(0).buffer);
  while (Atomics.load(gate, 0) === 0) Atomics.wait(gate, 0, 0);
  return 7;
}

/** Starts another thread, and does not wait for it. */
function nesting(name) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  const { Thread } = t.load("@x/thread");
  const target = () => {
    globalThis.modelThread.add("b", 1);
    globalThis.modelThread.work();
  };
  new Thread({ target }).start();
  return 7;
}

/** Starts another thread, joins it, and starts a third. */
function nestingTwice(name) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  const { Thread } = t.load("@x/thread");
  const target = (name) => {
    globalThis.modelThread.add(name, 1);
    globalThis.modelThread.work();
  };
  const other = new Thread({ target, args: ["b"] }).start();
  t.check(other.join(), "not joined");
  new Thread({ target, args: ["c"] }).start();
  return 7;
}

/** Terminates another thread. */
function terminating(name, other) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  if (other !== undefined) t.load("@x/thread").terminate(other);
  return 7;
}

/** Joins another thread, and checks it. */
function joining(name, other) {
  const t = globalThis.modelThread;
  t.add(name, 1);
  t.check(other === undefined || other.join(), "not joined");
  try {
    t.check(other === undefined || other.result() === 7, "another result");
  } catch (error) {
    t.check(/killed by the explorer|was terminated|has not begun/.test(error.message), `threw ${error.stack}`);
  }
  return 7;
}
