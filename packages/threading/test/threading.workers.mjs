/** The functions of the threads in threading.test.ts. */
import * as threading from "@x/threading";

/** Enters a room for three, and records the smallest and the largest number inside, under `lock`. */
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

/** Waits in `cycles` cycles and once more. Returns the result of the last wait. */
export function takesPart(barrier, cycles) {
  try {
    for (let i = 0; i < cycles; i++) barrier.wait();
    barrier.wait(60_000);
    return "passed";
  } catch (error) {
    return error instanceof threading.BrokenBarrierError ? error.message : String(error);
  }
}
/** Holds a barrier, and never waits. */
export function holds() {
  threading.sleep(60_000);
}

/** Waits at the barrier after `ms` milliseconds. */
export function comesLate(barrier, ms) {
  threading.sleep(ms);
  return takesPart(barrier, 0);
}

/** Makes a barrier, hands it to another thread, and dies before it arrives. */
export function makesBarrier() {
  const barrier = new threading.Barrier(2);
  new threading.Thread({ target: takesPart, args: [barrier, 0], name: "waiter" }).start();
  throw new RangeError("dies");
}

export function quiet() {}

/** Waits in `cycles` cycles, then ends in the way of `how`. */
export function leaves(barrier, cycles, how) {
  for (let i = 0; i < cycles; i++) barrier.wait();
  if (how === "throw") throw new RangeError("dies");
  if (how === "exit") process.exit(3);
  if (how === "reject") return Promise.reject(new RangeError("dies"));
  if (how === "memory") for (const all = []; ;) all.push(new Array(1e6).fill(Math.random()));
  if (how === "wait") threading.sleep(60_000);
  return how;
}

/** Uses each object once, and returns the results. */
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

/** Acquires it, keeps it for `ms` milliseconds and releases it, until `over` is set. */
export function takesTurns(what, over, ms) {
  while (Atomics.load(over, 0) === 0) what.with(() => threading.sleep(ms));
}

threading.expose({
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
