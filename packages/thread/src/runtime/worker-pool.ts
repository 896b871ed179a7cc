/**
 * The worker pool of this thread, and its messages to the workers. A worker is created through the
 * supervisor. After the creation this thread starts one thread after another on it directly. A worker
 * has the same starter for life.
 */
import {
  allocate,
  block,
  Deadline,
  mayBlock,
  type Steps,
  suspend,
  ThreadError,
  WAITED_ON_WORDS,
  wake,
  type Words,
} from "@x/core";
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
import {
  ask,
  receive,
  receiveFrom,
  receiveFromSupervisor,
  mayMakeFirst,
  startWithSupervisor,
  supervisorArrived,
  whenLost,
} from "./supervisor-client.js";
import { attendToFirst, forgetFirstStart, isToStartAgain } from "./first-worker.js";
import { roomToSpin } from "../table/capacity.js";
import { isAlive } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { beginning } from "../table/waits.js";
import type { Port } from "../platform/thread-platform.js";

/** How long a start waits for a worker about to be idle. A new worker takes the same time. */
const DRAIN_MS = 20;

interface PooledWorker {
  readonly control: Words;
  readonly port: Port;
  readonly stackSize: number;
}

const pool: PooledWorker[] = [];

/**
 * Starts a thread on an idle worker, or else on a new worker. Throws the errors of `post`; then
 * nothing has changed.
 */
export function startOnWorker(start: Start, stackSize: number): void {
  if (!startOnIdle(start, () => takeIdle(stackSize))) startOnNew(start, stackSize);
}

/** Starts the thread on a worker taken by `next`; returns false if there is none. */
function startOnIdle(start: Start, next: () => PooledWorker | undefined): boolean {
  const { entry, moved } = start;
  for (let worker; (worker = next()) !== undefined;) {
    assign(worker.control, entry);
    try {
      host().post(worker.port, startMessage(start), undefined, moved);
    } catch (error) {
      unclaim(worker.control);
      throw error;
    }
    if (dispatch(worker.control)) return true;
    // The worker has died meanwhile. Either the supervisor takes care of the thread, or this thread
    // starts it elsewhere.
    if (!unassign(worker.control, entry) || !isAlive(entry)) return true;
    if (moved !== undefined)
      throw new ThreadError("thread: its worker has died, with the objects that were moved to it");
  }
  return false;
}

function startOnNew(start: Start, stackSize: number): void {
  // Objects that have moved to the first worker could not move again.
  if (start.moved === undefined && mayMakeFirst() && startOnFirst(start, stackSize)) return;
  startThrough(start, stackSize, (control, theirs) => {
    ask({ ask: "worker", control, starter: theirs, stackSize }, [theirs]);
    return true;
  });
}

/** Starts the thread on the first worker; returns false if it needs a worker of the supervisor. */
function startOnFirst(start: Start, stackSize: number): boolean {
  const { entry } = start;
  const startAgain = (): void => startOnNew(start, stackSize);
  return startThrough(start, stackSize, (control, starter) => {
    return startWithSupervisor({ entry, control, starter, stackSize, startAgain });
  });
}

/** Posts the thread to the worker made by `make`. Returns false if there is none. */
function startThrough(start: Start, stackSize: number, make: (control: Words, theirs: Port) => boolean): boolean {
  const { entry, moved } = start;
  dropExited();
  const control = newControlBlock(entry);
  const [mine, theirs] = host().openChannel();
  // Node keeps a port with a message that no thread takes, though its other end is closed.
  const closeBoth = (): void => [mine, theirs].forEach((port) => host().close(port));
  try {
    host().post(mine, startMessage(start), undefined, moved);
    if (!make(control, theirs)) {
      closeBoth();
      return false;
    }
  } catch (error) {
    closeBoth();
    throw error;
  }
  host().listen(mine, false, (message) => {
    receive(message);
    if (queue.length > 0) wakeFirst(); // a thread has ended: its worker is idle, or soon will be. See receiveAll, too
  });
  pool.push({ control, port: mine, stackSize });
  return true;
}

/**
 * Waits until the thread runs or has ended. If the first worker has ended before it began the thread, the thread starts
 * on another.
 */
export function* begun(entry: Entry): Steps<void> {
  for (;;) {
    yield* beginning(entry, () => isToStartAgain(entry));
    if (!isToStartAgain(entry)) break;
    attendToFirst();
  }
  forgetFirstStart();
}

/** Takes all arrived messages, without a turn of the event loop. */
export function receiveAll(): void {
  receiveFromWorkers();
  receiveFromSupervisor();
  if (queue.length > 0) wakeFirst();
}

/** Resolves after all messages on their way arrive; undefined if there are none. */
export function allArrived(): Promise<unknown> | undefined {
  const { arrived } = host();
  if (arrived === undefined) return undefined;
  const arriving = [supervisorArrived(), ...pool.map(({ port }) => arrived(port))].filter((one) => one !== undefined);
  return arriving.length > 0 ? Promise.all(arriving) : undefined;
}

function receiveFromWorkers(): void {
  for (const { port } of pool) receiveFrom(port);
}

whenLost(() => {
  receiveFromWorkers();
  pool.length = 0;
});

/** Takes an idle worker, or a worker about to be idle. Drops ended workers. */
function takeIdle(stackSize: number): PooledWorker | undefined {
  if (thisWorker.isSupervisor || !mayBlock()) return takeParked(stackSize);
  const soon = pool.find((worker) => worker.stackSize === stackSize && isDraining(worker.control));
  if (soon !== undefined && roomToSpin(1)) spinUntilDrained(soon.control);
  const worker = takeParked(stackSize);
  if (worker !== undefined || soon === undefined) return worker;
  block(drained(soon.control, Deadline.after(DRAIN_MS)), "thread", "");
  return takeParked(stackSize);
}

/** Takes the last used of the parked workers, because it may still be spinning. */
function takeParked(stackSize: number): PooledWorker | undefined {
  for (let i = pool.length - 1; i >= 0; i--) {
    const worker = pool[i] as PooledWorker;
    if (hasExited(worker.control)) drop(worker);
    else if (worker.stackSize === stackSize && claim(worker.control)) {
      pool.push(...pool.splice(i, 1));
      return worker;
    }
  }
  return undefined;
}

function drop(worker: PooledWorker): void {
  pool.splice(pool.indexOf(worker), 1);
  receiveFrom(worker.port);
  host().close(worker.port); // Deno does not notice by itself that the other end is closed
}

/**
 * Drops the workers that have ended. Call it before a new worker comes: {@link takeParked} does not look behind the worker
 * that it takes.
 */
function dropExited(): void {
  for (const worker of pool.filter(({ control }) => hasExited(control))) drop(worker);
}

// ---------------------------------------------------------------- starts without blocking

/**
 * The tasks awaiting a start, in order. The first task starts its thread when a worker is idle, or may
 * be created. A new worker takes tens of milliseconds of a core, so it is created only
 *   - while fewer than {@link bootsMax} are booting, because their event loop needs a core, too;
 *     and
 *   - while there are fewer workers than cores, or if no worker was idle for {@link STARVING_MS}:
 *     threads may wait for each other, so all of them must run at some time, but short threads need
 *     no worker each.
 */
const queue: object[] = [];
/** Incremented, and woken, to make the first in line check again. */
let queueTurn: Words | undefined;
/** How many workers are booting for tasks. */
let booting = 0;
/** When a worker was idle last. */
let lastFree = -Infinity;
let cancelLook: (() => void) | undefined;

const STARVING_MS = 50;

function bootsMax(): number {
  return Math.max(1, platform.cores() - 1);
}

/**
 * Waits for its turn, then calls `begin` to register a thread and pass it on. Returns false if the
 * time ran out first. Throws the errors of `begin`. Only the first in line checks, so a newcomer
 * overtakes no task.
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
    void suspend(beginning(start.entry), undefined, "thread").then(begun, begun); // the starting task gets the error
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
    void drain.then(look, look); // the first task in line gets the error
  }
  const { words, at } = queueTurn as Words;
  Atomics.add(words, at, 1);
  wake(words, at, 1);
}
