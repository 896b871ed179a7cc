/**
 * The workers that this thread has asked for, and how it talks to them.
 *
 * A link is a worker and the port to it. It is made through the supervisor, once; after that the thread starts one thread
 * after another on it directly, without a relay. A worker has one link for life.
 */
import {
  allocate,
  block,
  Deadline,
  mayBlock,
  platform,
  type Steps,
  suspend,
  WAITED_ON_WORDS,
  wake,
  type Words,
} from "@x/core";
import {
  assign,
  isGone,
  isParked,
  isSettling,
  newControl,
  putBack,
  send,
  settled,
  spinUntilSettled,
  take,
  unassign,
} from "../protocol/control-block.js";
import { here } from "../table/this-worker.js";
import { host } from "../platform/host.js";
import { type Start, startMessage } from "../protocol/job.js";
import { ask, receive, receiveFrom, receiveFromSupervisor, whenLost } from "./supervisor-client.js";
import { roomToSpin } from "../table/capacity.js";
import { isAlive } from "../table/entries.js";
import { beginning } from "../table/waits.js";
import type { Port } from "../platform/thread-platform.js";

/** A start waits so long for a worker that is about to be free, rather than making another, which takes as long. */
const SETTLE_MS = 20;

interface Link {
  readonly control: Words;
  readonly port: Port;
  readonly stackSize: number;
}

const links: Link[] = [];

/** Has a thread run, in a worker that is free or else in a new one. Throws what `post` throws; then nothing has changed. */
export function launch(start: Start, stackSize: number): void {
  if (!launchIdle(start, () => idleLink(stackSize))) launchNew(start, stackSize);
}

/** Runs the thread in a worker that `next` has taken; false if there is none. */
function launchIdle(start: Start, next: () => Link | undefined): boolean {
  const { entry } = start;
  for (let link; (link = next()) !== undefined;) {
    assign(link.control, entry);
    try {
      host().post(link.port, startMessage(start));
    } catch (error) {
      putBack(link.control);
      throw error;
    }
    if (send(link.control)) return true;
    // It has died meanwhile: either the supervisor has seen this thread there, or it is up to us to start it elsewhere.
    if (!unassign(link.control, entry) || !isAlive(entry)) return true;
  }
  return false;
}

function launchNew(start: Start, stackSize: number): void {
  const { entry } = start;
  const control = newControl(entry);
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
    if (line.length > 0) callNext(); // a thread has ended: its worker is free, or soon will be. See receiveAll, too
  });
  links.push({ control, port: mine, stackSize });
}

/** Takes all that has arrived, without giving way to the event loop. */
export function receiveAll(): void {
  receiveFromWorkers();
  receiveFromSupervisor();
  if (line.length > 0) callNext();
}

function receiveFromWorkers(): void {
  for (const { port } of links) receiveFrom(port);
}

whenLost(() => {
  receiveFromWorkers();
  links.length = 0;
});

/** A worker that is free, now taken, or one that is about to be; forgets those that are gone. */
function idleLink(stackSize: number): Link | undefined {
  if (here.isSupervisor || !mayBlock()) return parkedLink(stackSize);
  const soon = links.find((link) => link.stackSize === stackSize && isSettling(link.control));
  if (soon !== undefined && roomToSpin(1)) spinUntilSettled(soon.control);
  const link = parkedLink(stackSize);
  if (link !== undefined || soon === undefined) return link;
  block(settled(soon.control, Deadline.after(SETTLE_MS)), "thread", "");
  return parkedLink(stackSize);
}

/** The one that was last in use, if there are several: it may not have gone to sleep yet. */
function parkedLink(stackSize: number): Link | undefined {
  for (let i = links.length - 1; i >= 0; i--) {
    const link = links[i] as Link;
    if (isGone(link.control)) {
      receiveFrom(link.port);
      host().close(link.port); // Deno does not see by itself that nobody is there any more
      links.splice(i, 1);
    } else if (link.stackSize === stackSize && take(link.control)) {
      links.push(...links.splice(i, 1));
      return link;
    }
  }
  return undefined;
}

// ---------------------------------------------------------------- starts that do not block

/**
 * Tasks that await the start of a thread, in their order. The first of them launches its thread as soon as a worker is free, or
 * another may be made. A new worker takes tens of milliseconds of a core, so it is made only
 *   - while fewer than {@link boots} are being made: the event loop that starts them needs a core, too; and
 *   - while there are fewer workers than cores, or if no worker has become free for {@link STARVING_MS}: threads may wait for each
 *     other, so all of them must run at some time, but short ones need no worker each.
 */
const line: object[] = [];
/** Counted up, and woken, whenever the first in line shall look again. */
let turn: Words | undefined;
/** How many workers are being made for tasks. */
let booting = 0;
/** When a worker became free for the last time. */
let lastFree = -Infinity;
let cancelLook: (() => void) | undefined;

const STARVING_MS = 50;

function boots(): number {
  return Math.max(1, platform.cores() - 1);
}

/**
 * Once its turn has come, calls `begin`, which enters a thread and passes it on to be launched; returns false if the time ran out
 * before that. Throws what `begin` throws. Only the first in line looks, so a newcomer passes nobody.
 */
export function* launching(begin: Begin, stackSize: number, deadline: Deadline): Steps<boolean> {
  const { words, at } = (turn ??= allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT));
  const me = {};
  line.push(me);
  try {
    for (;;) {
      const value = Atomics.load(words, at);
      if (line[0] === me && launchNow(begin, stackSize)) return true;
      if (deadline.expired()) return false;
      yield { words, index: at, value, deadline };
    }
  } finally {
    line.splice(line.indexOf(me), 1);
    if (line.length > 0) callNext();
  }
}

type Begin = (put: (start: Start) => void) => void;

function launchNow(begin: Begin, stackSize: number): boolean {
  const parked = links.some((link) => link.stackSize === stackSize && isParked(link.control));
  if (!parked && !mayMakeWorker(stackSize)) {
    cancelLook ??= platform.setTimer(callNext, STARVING_MS);
    return false;
  }
  begin((start) => {
    if (launchIdle(start, () => parkedLink(stackSize))) {
      lastFree = performance.now();
      return;
    }
    launchNew(start, stackSize);
    booting++;
    const begun = (): void => {
      booting--;
      if (line.length > 0) callNext();
    };
    void suspend(beginning(start.entry), undefined, "thread").then(begun, begun); // an error is told to the task that starts it
  });
  return true;
}

function mayMakeWorker(stackSize: number): boolean {
  if (booting >= boots()) return false;
  const mine = links.filter((link) => link.stackSize === stackSize && !isGone(link.control));
  return mine.length < platform.cores() || performance.now() - lastFree >= STARVING_MS;
}

function callNext(): void {
  cancelLook?.();
  cancelLook = undefined;
  const soon = links.find((link) => isSettling(link.control));
  if (soon !== undefined) {
    const settlement = suspend(settled(soon.control, Deadline.after(SETTLE_MS)), undefined, "thread");
    const look = (): void => void (isSettling(soon.control) || callNext());
    void settlement.then(look, look); // an error is told to the task that waits in line
  }
  const { words, at } = turn as Words;
  Atomics.add(words, at, 1);
  wake(words, at, 1);
}
