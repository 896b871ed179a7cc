/** Runs steps by `Atomics.wait`: this thread sleeps. */
import { ThreadError } from "../errors.js";
import { newSharedMemory } from "../memory/shared-memory.js";
import { type BlockedWait, type Blocker, deathMonitor, lostFor, packageOf } from "./death-monitor.js";
import { runDeferred } from "./deferred.js";
import { Spinner } from "./spin.js";
import type { Steps, Wait, Woken } from "./steps.js";
import { waitBegins, waitEvents } from "./wait-events.js";
import { armEpoch } from "./wake.js";

/**
 * Runs `steps` to their end; this thread sleeps at each of them.
 *
 * After a long wait the thread registers the wait, and is woken when a thread dies; see
 * death-monitor.ts. Then it checks the word again:
 *     // T1 finds the lock held by T2; T2 dies, and all registered waits are woken;
 *     // T1 registers its wait, and sleeps for ever.
 * So: register, then check, then sleep. The registered wait knows how many deaths this thread has
 * seen.
 *
 * @param on what the steps wait for; its package begins the error message
 * @param asyncTwin the cure in the error message: the async form of the same method
 * @throws ThreadError if a step has to wait, and this thread may not block (a browser's page)
 * @throws DeadlockError if the registered wait is a deadlock's victim, and the steps then return false
 * @throws ThreadError if a step has to wait, and the supervisor is dead: the steps return, as on an
 *   abort
 */
export function block<R>(steps: Steps<R>, on: Blocker, asyncTwin: string): R {
  let blockedWait: BlockedWait | undefined;
  let entered: BlockedWait | undefined;
  let deadlock: Error | undefined;
  let mayFail = true;
  let waitEnds: (() => void) | undefined;
  let step = steps.next();
  try {
    while (step.done !== true) {
      if (!mayBlock()) throw new ThreadError(`${packageOf(on)}: this thread may not block; use ${asyncTwin}`);
      runDeferred();
      const lost = lostFor(on);
      if (lost !== undefined) throw lost;
      const { words, index, value, deadline } = step.value;
      const left = deadline.left();
      const nap = blockedWait === undefined ? Math.min(left, deathMonitor()?.longWaitMs ?? Infinity) : left;
      if (waitEvents.listener !== undefined) waitEnds ??= waitBegins(packageOf(on), false);
      entered = blockedWait;
      blockedWait?.enter(step.value);
      const changed = nap > 0 && step.value.sleepsAtOnce !== true && spinner.spin(words, index, value);
      const woken = changed ? "not-equal" : sleep(step.value, nap, blockedWait);
      deadlock = blockedWait?.leave();
      entered = undefined;
      if (waitEnds !== undefined && Atomics.load(words, index) !== value) {
        // The wait ends only if the word has changed. Report it before the steps go on, because the
        // listener may itself need the lock.
        const report = waitEnds;
        waitEnds = undefined;
        report();
      }
      const isLong = woken === "timed-out" && nap < left;
      if (woken === "timed-out" && !isLong) deadline.come();
      if (deadlock !== undefined) mayFail = false; // report a deadlock once; then wait normally
      blockedWait = isLong ? deathMonitor()?.registerBlockedWait(on, mayFail) : undefined;
      step = steps.next(deadlock !== undefined ? "deadlock" : isLong ? "ok" : woken);
    }
  } catch (error) {
    entered?.leave();
    cleanUp(steps);
    waitEnds?.();
    throw error;
  }
  waitEnds?.();
  if (deadlock !== undefined && step.value === false) throw deadlock;
  return step.value;
}

/**
 * Lets the steps clean up after other code, such as a listener, has thrown. The cleanup may wait.
 */
function cleanUp(steps: Steps<unknown>): void {
  const step = steps.return(undefined);
  if (step.done !== true && mayBlock()) sleepThrough(steps, step);
}

/** Sleeps on the word for at most `ms` milliseconds. */
function sleep(wait: Wait, ms: number, blockedWait: BlockedWait | undefined): Woken {
  const nap = blockedWait?.nap ?? Infinity;
  return nap < ms ? sleepInNaps(wait, ms, blockedWait!, nap) : Atomics.wait(wait.words, wait.index, wait.value, ms);
}

/**
 * Sleeps in naps of at most `longest` milliseconds, and checks between naps for events without a
 * wake-up, such as a death if this thread has no supervisor.
 *
 * It sleeps on the async epoch, as tasks do, because there each wake wakes all sleepers. On the
 * word itself, sleepers are woken in the order they fell asleep, and each nap begins at
 * the end:
 *     // T1 to T9 take turns with a lock, 100 ms each; main sleeps on the word in naps of 500 ms:
 *     // main is always behind nine other sleepers, and never gets the lock.
 */
function sleepInNaps(
  { words, index, value, deadline }: Wait,
  ms: number,
  blockedWait: BlockedWait,
  longest: number,
): Woken {
  const armed = armEpoch(words, index);
  if (Atomics.load(words, index) !== value) return "not-equal";
  for (let left = ms; ;) {
    const nap = Math.min(left, longest);
    const woken = Atomics.wait(words, index + 1, armed, nap);
    if (woken !== "timed-out") return "ok";
    if (nap >= left) return woken;
    if (blockedWait.isStale()) return "ok";
    left = deadline.left();
  }
}

const spinner = new Spinner();

/**
 * Runs `steps` as {@link block} does, for an idle worker. Its wait is never registered as a
 * blocked wait, because an idle worker depends on no thread.
 */
export function idle<R>(steps: Steps<R>): R {
  return sleepThrough(steps, steps.next());
}

function sleepThrough<R>(steps: Steps<R>, first: IteratorResult<Wait, R>): R {
  let step = first;
  while (step.done !== true) {
    const { words, index, value, deadline } = step.value;
    step = steps.next(Atomics.wait(words, index, value, deadline.left()));
  }
  return step.value;
}

let blockable: boolean | undefined;

/** May this thread block? Tried once, by a wait of 0 ms. */
export function mayBlock(): boolean {
  if (blockable === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
      blockable = true;
    } catch {
      blockable = false; // a page's agent, or a place without shared memory: nothing can wait there
    }
  }
  return blockable;
}

/** Blocks this thread for `ms` milliseconds. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(newSharedMemory(4)), 0, 0, ms);
}
