/** The functions of the threads in owner-died.test.ts. `stage` counts their progress in shared memory. */
import * as threading from "@x/threading";

export function quiet() {}

/** Takes the lock (twice, if it is reentrant), sets `stage`, waits for `go`, and ends in the way of `how` with the lock held. */
export function holdAndEnd(lock, stage, go, how) {
  lock.acquire();
  if (lock instanceof threading.RLock) lock.acquire();
  Atomics.add(stage, 0, 1);
  go.wait();
  return end(how);
}

/** The same, with the lock held by a task. */
export async function holdAsyncAndEnd(lock, stage, go, how) {
  await lock.acquireAsync();
  Atomics.add(stage, 0, 1);
  await go.waitAsync();
  return end(how);
}

function end(how) {
  if (how === "throws") throw new RangeError("no more");
  if (how === "cannot travel") throw Object.assign(new RangeError("no more"), { f: () => 1 });
  if (how === "exits") process.exit(3);
  if (how === "terminated") threading.sleep(60_000);
  return how;
}

/** Ends a holder. */
export function endIt(holder, go, how) {
  go.set();
  if (how === "terminated") threading.terminate(holder);
}

/** Takes the lock, keeps it for a moment, counts the threads inside, and releases. Returns the error of `acquire`, if any. */
export function take(lock, inside, timeout) {
  let died = "";
  try {
    if (!lock.acquire(timeout)) return "refused";
  } catch (error) {
    died = `${error.name} of ${error.thread}: ${error.cause?.message}`;
  }
  const others = Atomics.add(inside, 0, 1);
  threading.sleep(1);
  Atomics.sub(inside, 0, 1);
  lock.release();
  return others === 0 ? died : "not alone";
}

/** Waits on the condition. Returns the result, and whether the lock is held. */
export function waits(condition, stage) {
  return condition.with(() => {
    Atomics.add(stage, 0, 1);
    try {
      return condition.wait();
    } catch (error) {
      return `${error.name}, ${condition.isOwned() ? "held" : "not held"}`;
    }
  });
}

/** Notifies, and dies before it releases. */
export function notifiesAndDies(condition) {
  condition.acquire();
  condition.notify();
  throw new RangeError("no more");
}

/** Takes the lock, and dies at once. */
export function takesAndDies(condition, stage) {
  Atomics.add(stage, 0, 1);
  condition.acquire();
  process.exit(3);
}

/**
 * Dies while its task holds the lock and would continue. Word 0 of `stage` says that the task holds the lock, word 1 counts its steps.
 * It takes at least five seconds, so the task never comes to its release.
 * The ways: "run throws", "a microtask throws"; the task continues in "microtasks" or "turns" of the event loop.
 */
export async function diesWhileItsTaskGoesOn(lock, stage, way, goesOnIn) {
  const inside = async () => {
    await lock.acquireAsync();
    Atomics.add(stage, 0, 1);
    for (let i = 0; i < 500_000; i++) {
      await (goesOnIn === "microtasks" ? undefined : new Promise((resolve) => setImmediate(resolve)));
      for (const end = performance.now() + 0.01; performance.now() < end;);
      Atomics.add(stage, 1, 1);
    }
    lock.release();
  };
  void inside();
  while (!lock.locked()) await undefined;
  if (way === "run throws") throw new RangeError("no more");
  queueMicrotask(() => {
    throw new RangeError("no more");
  });
  for (;;) await undefined;
}

threading.expose({
  diesWhileItsTaskGoesOn,
  takesAndDies,
  quiet,
  endIt,
  holdAndEnd,
  holdAsyncAndEnd,
  take,
  waits,
  notifiesAndDies,
});
