/** Runs steps by `Atomics.wait`: this thread sleeps. */
import { ThreadError } from "../errors.js";
import { type BlockedWait, type Blocker, deathMonitor, lostFor, packageOf } from "./death-monitor.js";
import { runDeferred } from "./deferred.js";
import { Spinner } from "./spin.js";
import type { Steps, Wait, Woken } from "./steps.js";
import { waitBegins, waitEvents } from "./wait-events.js";
import { armEpoch } from "./wake.js";

/**
 * Runs `steps` to their end, blocking this thread at each of them.
 *
 * After a long wait the thread registers it, so that it is woken when a thread dies (see death-monitor.ts), and checks the word again:
 *     // T1 finds the lock held by T2; T2 dies, and all registered waits are woken; T1 registers its wait, and sleeps for ever.
 * So: register, then check, then sleep. The registered wait knows which deaths this thread has heard of.
 *
 * @param on what is waited for; its package begins the error's message, and `asyncTwin` is the cure that it names
 * @throws ThreadError where this thread may not block (a browser's page), unless no step needs to wait; what the registered wait found, if the
 *   steps then returned false; that the supervisor is dead, if they have to wait after that: they are told to return, as on an abort
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
      const came = nap > 0 && step.value.sleepsAtOnce !== true && spinner.spin(words, index, value);
      const woken = came ? "not-equal" : sleep(step.value, nap, blockedWait);
      deadlock = blockedWait?.leave();
      entered = undefined;
      if (waitEnds !== undefined && Atomics.load(words, index) !== value) {
        // Before the steps go on: the listener may want what they are about to take. A look at a word that is as it was ends nothing.
        const tell = waitEnds;
        waitEnds = undefined;
        tell();
      }
      const isLong = woken === "timed-out" && nap < left;
      if (woken === "timed-out" && !isLong) deadline.come();
      if (deadlock !== undefined) mayFail = false; // told once, and it waits on
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

/** Something that is not of the steps has thrown, a listener say: the steps do what they have to do on leaving, and may wait for that. */
function cleanUp(steps: Steps<unknown>): void {
  const step = steps.return(undefined);
  if (step.done !== true && mayBlock()) sleepThrough(steps, step);
}

/** Sleeps for `ms` milliseconds. */
function sleep(wait: Wait, ms: number, blockedWait: BlockedWait | undefined): Woken {
  const nap = blockedWait?.nap ?? Infinity;
  return nap < ms ? sleepInNaps(wait, ms, blockedWait!, nap) : Atomics.wait(wait.words, wait.index, wait.value, ms);
}

/**
 * Sleeps, and looks every now and then for what nobody could wake it for. Sleepers are woken in the order in which they fell asleep, and
 * this one falls asleep again and again, so it would always be the last:
 *     // T1 to T9 take turns with a lock, a tenth of a second each; main waits for it, and begins anew twice a second: for ever.
 *
 * So it waits as tasks do, on the async epoch, where each wake wakes all.
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

/** @internal {@link block} for a worker that has nothing to do until it is woken. Its wait is never registered: the thread waits for no thread that could die. */
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

/** May this thread block? Found out once, by a wait that does not wait. */
export function mayBlock(): boolean {
  if (blockable === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
      blockable = true;
    } catch {
      blockable = false; // only a page's agent throws here: the arguments are right
    }
  }
  return blockable;
}

/** Blocks this thread for `ms` milliseconds. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
