/** What the threads of the tests do. */
import * as threading from "@x/threading";

/** Enters, under a lock of threads, a room for three; notes the least and the most that were ever inside. */
export function various(room, lock, inside) {
  const [NOW, LEAST, MOST] = [0, 1, 2];
  room.with(() => {
    lock.with(() => {
      inside[NOW]++;
      lock.with(() => (inside[MOST] = Math.max(inside[MOST], inside[NOW])));
    });
    threading.sleep(1);
    lock.with(() => {
      inside[NOW]--;
      inside[LEAST] = Math.min(inside[LEAST], inside[NOW]);
    });
  });
  return threading.currentThread().name;
}

/** Takes part in as many cycles as it is told to, then waits for one more; says what came of that. */
export function takesPart(barrier, cycles) {
  try {
    for (let i = 0; i < cycles; i++) barrier.wait();
    barrier.wait(60_000);
    return "passed";
  } catch (error) {
    return error instanceof threading.BrokenBarrierError ? error.message : String(error);
  }
}
/** Holds a barrier, and does something else. */
export function holds() {
  threading.sleep(60_000);
}

/** Comes to the barrier after so many milliseconds. */
export function comesLate(barrier, ms) {
  threading.sleep(ms);
  return takesPart(barrier, 0);
}

/** Makes a barrier, hands it to another thread, and dies before it comes itself. */
export function makesBarrier() {
  const barrier = new threading.Barrier(2);
  new threading.Thread({ target: takesPart, args: [barrier, 0], name: "waiter" }).start();
  throw new RangeError("dies");
}

export function quiet() {}

/** Takes part in as many cycles, then ends in some way. */
export function leaves(barrier, cycles, how) {
  for (let i = 0; i < cycles; i++) barrier.wait();
  if (how === "throw") throw new RangeError("dies");
  if (how === "exit") process.exit(3);
  if (how === "reject") return Promise.reject(new RangeError("dies"));
  if (how === "memory") for (const all = []; ;) all.push(new Array(1e6).fill(Math.random()));
  if (how === "wait") threading.sleep(60_000);
  return how;
}

/** Passes everything on, once each, and tells what it saw. */
export function all({ lock, rlock, event, semaphore, bounded, condition, barrier, local, thread }) {
  event.wait();
  local.mine = 1;
  return [
    lock.with(() => lock.locked()),
    rlock.with(() => rlock.with(() => rlock.locked())),
    semaphore.with(() => semaphore.value),
    bounded.with(() => bounded.value),
    condition.with(() => condition.wait(0)),
    barrier.wait(),
    Object.keys(local),
    thread.isAlive(),
  ];
}

/** Takes it and keeps it for so many milliseconds, again and again, until all is over. */
export function takesTurns(what, over, ms) {
  while (Atomics.load(over, 0) === 0) what.with(() => threading.sleep(ms));
}

threading.expose(import.meta, {
  various,
  all,
  takesPart,
  leaves,
  holds,
  comesLate,
  makesBarrier,
  quiet,
  takesTurns,
});
