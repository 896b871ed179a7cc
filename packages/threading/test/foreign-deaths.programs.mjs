/**
 * A foreign worker has threads and a supervisor of its own. A thread of it, or the worker itself, dies while another thread
 * waits elsewhere. `node foreign-deaths.programs.mjs WHO HOW FORM DELAY` prints the result of that wait.
 */
import { Worker, workerData } from "node:worker_threads";
import { Lock } from "@x/lock"; // before any worker starts: main needs no other module to learn of deaths

const [HELD, DYING] = [0, 2];
const LONG = 20_000;

// ---------------------------------------------------------------- functions of threads; they travel as text

/** Takes the lock, and dies with it after `delay` milliseconds. */
function holds(lock, flags, how, delay) {
  lock.acquire();
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
  Atomics.wait(flags, 4, 0, delay);
  new Float64Array(flags.buffer)[4] = Date.now();
  Atomics.store(flags, 2, 1);
  Atomics.notify(flags, 2);
  if (how === "throws") throw new RangeError("no more");
  if (how === "exits") process.exit(3);
  Atomics.wait(flags, 4, 0, 20_000);
}

/** Waits at the barrier, and dies before another thread arrives. */
function breaks(barrier, flags) {
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
  Atomics.wait(flags, 4, 0, 500);
  new Float64Array(flags.buffer)[4] = Date.now();
  process.exit(3);
}

async function waits(what, form, flags) {
  try {
    await what[form]();
    return { name: "nothing" };
  } catch (error) {
    const ms = Date.now() - new Float64Array(flags.buffer)[4];
    return { name: error.name, thread: error.thread, isHeld: what.isOwned?.(), ms };
  }
}

// ---------------------------------------------------------------- functions of workers

const roles = {
  /** Starts a thread that dies, or dies itself. */
  async holder({ lock, flags, how, delay }) {
    const { terminate, Thread } = await import("@x/threading");
    const held = Lock.from(lock);
    if (how === "root exits" || how === "root fails") {
      new Thread({ target: () => 1 }).start().join(); // starts its supervisor
      holds(held, flags, how === "root exits" ? "exits" : "throws", delay);
    }
    const thread = new Thread({
      target: holds,
      args: [held, flags, how, delay],
      name: "holder",
      daemon: false,
    }).start();
    if (how !== "terminated") return;
    Atomics.wait(flags, DYING, 0, LONG);
    terminate(thread);
  },
  async party({ barrier, flags }) {
    const { Barrier, Thread } = await import("@x/threading");
    new Thread({ target: breaks, args: [Barrier.from(barrier), flags], name: "holder", daemon: false }).start();
  },
  /** Loads only the lock. */
  async waiter({ lock, flags, form, answer }) {
    answer.postMessage(await waits(Lock.from(lock), form, flags));
  },
};

function worker(role, data, transferList = []) {
  const made = new Worker(new URL(import.meta.url), { workerData: { role, ...data }, transferList });
  made.on("error", () => undefined); // it dies on purpose
  return made;
}

// ---------------------------------------------------------------- functions of main

async function main([who, how, form, delay = "700"]) {
  const flags = new Int32Array(new SharedArrayBuffer(64));
  const lock = new Lock();
  const hold = () => {
    worker("holder", { lock: lock.share(), flags, how, delay: Number(delay) });
    if (Atomics.wait(flags, HELD, 0, LONG) === "timed-out") throw new Error("the lock is not held");
  };
  const ways = {
    async main() {
      hold();
      return waits(lock, form, flags);
    },
    async "main with threads"() {
      const { Thread } = await import("@x/threading");
      new Thread({ target: () => 1 }).start().join();
      hold();
      return waits(lock, form, flags);
    },
    async thread() {
      const { Thread } = await import("@x/threading");
      hold();
      return new Thread({ target: waits, args: [lock, form, flags] }).start().resultAsync(LONG);
    },
    async worker() {
      hold();
      const { port1, port2 } = new MessageChannel();
      worker("waiter", { lock: lock.share(), flags, form, answer: port2 }, [port2]);
      return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    },
    async "main at a barrier"() {
      const { Barrier } = await import("@x/threading");
      const barrier = new Barrier(2);
      worker("party", { barrier: barrier.share(), flags });
      Atomics.wait(flags, HELD, 0, LONG);
      return waits(barrier, form, flags);
    },
  };
  console.log(JSON.stringify(await ways[who]()));
  process.exit(0);
}

if (workerData?.role in roles) await roles[workerData.role](workerData);
else if (workerData === null || workerData === undefined) await main(process.argv.slice(2));
