/**
 * The workers that this thread has asked for, and how it talks to them.
 *
 * A link is a worker and the port to it. It is made through the supervisor, once; after that the thread starts one thread
 * after another on it directly, without a relay. A worker has one link for life.
 */
import { allocate, block, Deadline, mayBlock, type Steps, suspend, WAITED_ON_WORDS, wake, type Words } from "@x/core";
import { platform } from "@x/core/internal";
import {
  assign,
  hasExited,
  isParked,
  isDraining,
  newControlBlock,
  unclaim,
  dispatch,
  drained,
  spinUntilDrained,
  claim,
  unassign,
} from "../protocol/control-block.js";
import { thisWorker } from "../table/this-worker.js";
import { host } from "../platform/host.js";
import { type Start, startMessage } from "../protocol/job.js";
import { ask, receive, receiveFrom, receiveFromSupervisor, whenLost } from "./supervisor-client.js";
import { roomToSpin } from "../table/capacity.js";
import { isAlive } from "../table/entries.js";
import { beginning } from "../table/waits.js";
import type { Port } from "../platform/thread-platform.js";

/** A start waits so long for a worker that is about to be free, rather than making another, which takes as long. */
const DRAIN_MS = 20;

interface PooledWorker {
  readonly control: Words;
  readonly port: Port;
  readonly stackSize: number;
}

const pool: PooledWorker[] = [];

/** Has a thread run, in a worker that is free or else in a new one. Throws what `post` throws; then nothing has changed. */
export function startOnWorker(start: Start, stackSize: number): void {
  if (!startOnIdle(start, () => takeIdle(stackSize))) startOnNew(start, stackSize);
}

/** Runs the thread in a worker that `next` has taken; false if there is none. */
function startOnIdle(start: Start, next: () => PooledWorker | undefined): boolean {
  const { entry } = start;
  for (let worker; (worker = next()) !== undefined;) {
    assign(worker.control, entry);
    try {
      host().post(worker.port, startMessage(start));
    } catch (error) {
      unclaim(worker.control);
      throw error;
    }
    if (dispatch(worker.control)) return true;
    // It has died meanwhile: either the supervisor has seen this thread there, or it is up to us to start it elsewhere.
    if (!unassign(worker.control, entry) || !isAlive(entry)) return true;
  }
  return false;
}

function startOnNew(start: Start, stackSize: number): void {
  const { entry } = start;
  const control = newControlBlock(entry);
  const [mine, theirs] = host().openChannel();
  try {
    host().post(mine, startMessage(start));
    ask({ ask: "worker", control, starter: theirs, stackSize }, [theirs]);
  } catch (error) {
    host().close(mine);
    throw error;
  }
  host().listen(mine, false, (message) => {
    receive(message);
    if (queue.length > 0) wakeFirst(); // a thread has ended: its worker is free, or soon will be. See receiveAll, too
  });
  pool.push({ control, port: mine, stackSize });
}

/** Takes all that has arrived, without giving way to the event loop. */
export function receiveAll(): void {
  receiveFromWorkers();
  receiveFromSupervisor();
  if (queue.length > 0) wakeFirst();
}

function receiveFromWorkers(): void {
  for (const { port } of pool) receiveFrom(port);
}

whenLost(() => {
  receiveFromWorkers();
  pool.length = 0;
});

/** A worker that is free, now taken, or one that is about to be; forgets those that are gone. */
function takeIdle(stackSize: number): PooledWorker | undefined {
  if (thisWorker.isSupervisor || !mayBlock()) return takeParked(stackSize);
  const soon = pool.find((worker) => worker.stackSize === stackSize && isDraining(worker.control));
  if (soon !== undefined && roomToSpin(1)) spinUntilDrained(soon.control);
  const worker = takeParked(stackSize);
  if (worker !== undefined || soon === undefined) return worker;
  block(drained(soon.control, Deadline.after(DRAIN_MS)), "thread", "");
  return takeParked(stackSize);
}

/** The one that was last in use, if there are several: it may not have gone to sleep yet. */
function takeParked(stackSize: number): PooledWorker | undefined {
  for (let i = pool.length - 1; i >= 0; i--) {
    const worker = pool[i] as PooledWorker;
    if (hasExited(worker.control)) {
      receiveFrom(worker.port);
      host().close(worker.port); // Deno does not see by itself that nobody is there any more
      pool.splice(i, 1);
    } else if (worker.stackSize === stackSize && claim(worker.control)) {
      pool.push(...pool.splice(i, 1));
      return worker;
    }
  }
  return undefined;
}

// ---------------------------------------------------------------- starts that do not block

/**
 * Tasks that await the start of a thread, in their order. The first of them launches its thread as soon as a worker is free, or
 * another may be made. A new worker takes tens of milliseconds of a core, so it is made only
 *   - while fewer than {@link bootsMax} are being made: the event loop that starts them needs a core, too; and
 *   - while there are fewer workers than cores, or if no worker has become free for {@link STARVING_MS}: threads may wait for each
 *     other, so all of them must run at some time, but short ones need no worker each.
 */
const queue: object[] = [];
/** Counted up, and woken, whenever the first in line shall look again. */
let queueTurn: Words | undefined;
/** How many workers are being made for tasks. */
let booting = 0;
/** When a worker became free for the last time. */
let lastFree = -Infinity;
let cancelLook: (() => void) | undefined;

const STARVING_MS = 50;

function bootsMax(): number {
  return Math.max(1, platform.cores() - 1);
}

/**
 * Once its turn has come, calls `begin`, which enters a thread and passes it on to be launched; returns false if the time ran out
 * before that. Throws what `begin` throws. Only the first in line looks, so a newcomer passes nobody.
 */
export function* starting(begin: Begin, stackSize: number, deadline: Deadline): Steps<boolean> {
  const { words, at } = (queueTurn ??= allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT));
  const me = {};
  queue.push(me);
  try {
    for (;;) {
      const value = Atomics.load(words, at);
      if (queue[0] === me && startNow(begin, stackSize)) return true;
      if (deadline.expired()) return false;
      yield { words, index: at, value, deadline };
    }
  } finally {
    queue.splice(queue.indexOf(me), 1);
    if (queue.length > 0) wakeFirst();
  }
}

type Begin = (put: (start: Start) => void) => void;

function startNow(begin: Begin, stackSize: number): boolean {
  const parked = pool.some((worker) => worker.stackSize === stackSize && isParked(worker.control));
  if (!parked && !mayMakeWorker(stackSize)) {
    cancelLook ??= platform.setTimer(wakeFirst, STARVING_MS);
    return false;
  }
  begin((start) => {
    if (startOnIdle(start, () => takeParked(stackSize))) {
      lastFree = performance.now();
      return;
    }
    startOnNew(start, stackSize);
    booting++;
    const begun = (): void => {
      booting--;
      if (queue.length > 0) wakeFirst();
    };
    void suspend(beginning(start.entry), undefined, "thread").then(begun, begun); // an error is told to the task that starts it
  });
  return true;
}

function mayMakeWorker(stackSize: number): boolean {
  if (booting >= bootsMax()) return false;
  const mine = pool.filter((worker) => worker.stackSize === stackSize && !hasExited(worker.control));
  return mine.length < platform.cores() || performance.now() - lastFree >= STARVING_MS;
}

function wakeFirst(): void {
  cancelLook?.();
  cancelLook = undefined;
  const soon = pool.find((worker) => isDraining(worker.control));
  if (soon !== undefined) {
    const drain = suspend(drained(soon.control, Deadline.after(DRAIN_MS)), undefined, "thread");
    const look = (): void => void (isDraining(soon.control) || wakeFirst());
    void drain.then(look, look); // an error is told to the task that waits in line
  }
  const { words, at } = queueTurn as Words;
  Atomics.add(words, at, 1);
  wake(words, at, 1);
}
