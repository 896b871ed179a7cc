/**
 * The workers that this thread has asked for, and how it talks to them.
 *
 * A link is a worker and the port to it. It is made through the supervisor, once; after that the thread starts one thread
 * after another on it directly, without a relay. A worker has one link for life.
 */
import { block, Deadline, mayBlock, type Port, type Words } from "@x/core";
import {
  assign,
  isGone,
  isSettling,
  newControl,
  putBack,
  send,
  settling,
  spinUntilSettled,
  take,
  unassign,
} from "./control.js";
import { here } from "./here.js";
import { host } from "./host.js";
import { type Start, startMessage } from "./start.js";
import { ask, receive, receiveFrom, receiveFromSupervisor } from "./supervision.js";
import { isAlive, roomToSpin } from "./world.js";

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
  const { entry } = start;
  for (let link; (link = idleLink(stackSize)) !== undefined;) {
    assign(link.control, entry);
    try {
      host().post(link.port, startMessage(start));
    } catch (error) {
      putBack(link.control);
      throw error;
    }
    if (send(link.control)) return;
    // It has died meanwhile: either the supervisor has seen this thread there, or it is up to us to start it elsewhere.
    if (!unassign(link.control, entry) || !isAlive(entry)) return;
  }
  const control = newControl(entry);
  const [mine, theirs] = host().openChannel();
  try {
    host().post(mine, startMessage(start));
  } catch (error) {
    host().close(mine);
    throw error;
  }
  ask({ ask: "worker", control, starter: theirs, stackSize }, [theirs]);
  host().listen(mine, false, receive);
  links.push({ control, port: mine, stackSize });
}

/** Takes all that has arrived, without giving way to the event loop. */
export function receiveAll(): void {
  for (const { port } of links) receiveFrom(port);
  receiveFromSupervisor();
}

/** A worker that is free, now taken, or one that is about to be; forgets those that are gone. */
function idleLink(stackSize: number): Link | undefined {
  if (here.isSupervisor || !mayBlock()) return parkedLink(stackSize);
  const soon = links.find((link) => link.stackSize === stackSize && isSettling(link.control));
  if (soon !== undefined && roomToSpin(1)) spinUntilSettled(soon.control);
  const link = parkedLink(stackSize);
  if (link !== undefined || soon === undefined) return link;
  block(settling(soon.control, Deadline.after(SETTLE_MS)), "thread", "");
  return parkedLink(stackSize);
}

/** The one that was last in use, if there are several: it may not have gone to sleep yet. */
function parkedLink(stackSize: number): Link | undefined {
  for (let i = links.length - 1; i >= 0; i--) {
    const link = links[i] as Link;
    if (isGone(link.control)) {
      receiveFrom(link.port);
      links.splice(i, 1);
    } else if (link.stackSize === stackSize && take(link.control)) {
      links.push(...links.splice(i, 1));
      return link;
    }
  }
  return undefined;
}
