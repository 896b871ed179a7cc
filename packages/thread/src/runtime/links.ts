/**
 * Links of this worker: channels by which parcels go straight to the thread that alone may take them. Without a link the
 * supervisor keeps a parcel, and two messages and two wakes are needed in place of one message.
 *
 * // T1 deposits a parcel at the supervisor, and offers a link with it; T2 takes the parcel, and has the link; it answers
 * // by its ident. From then on each of them sends straight to the other.
 *
 * Invariants
 *   1. A link is in both threads before one of them sends a parcel by it: T1 has its end before it offers the other, and
 *      sends after the answer.
 *   2. A thread posts a parcel before it stores the bytes that name it. So a thread that reads the bytes finds the parcel
 *      among the messages that have arrived.
 *   3. A parcel whose bytes are dropped may be in another thread. So the supervisor tells all threads to drop it, if it
 *      does not have it.
 */
import { getIdent } from "@x/core";
import type { Parcel } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { LinkOffer } from "../protocol/messages.js";

/** The ident of the thread at the other end, or a parcel. */
type LinkMessage = number | readonly [number: number, objects: readonly object[]];

/** A thread has so many links; with more, each look at all of them would take longer than a wake. */
const MOST = 32;

interface Link {
  /** The ident of the thread at the other end; 0 before its answer. */
  peer: number;
  /** The ident that the other end knows. A worker has its links for all its threads, one after another. */
  told: number;
}

/** All links of this worker. */
const links = new Map<Port, Link>();
/** The last link to each thread. */
const byPeer = new Map<number, Port>();
/** The objects of parcels that have arrived, until their bytes are read or dropped. */
const parcels = new Map<number, readonly object[]>();

/** Has a parcel gone by the supervisor since the last offer? Then a thread without a link has sent or taken it. */
let isWanted = true;

/** This thread gets a parcel from the supervisor: its next deposit offers a link. */
export function wantLink(): void {
  isWanted = true;
}

/**
 * Sends a parcel by the supervisor, with a link for the thread that takes it, if there is need of one. If `send` throws,
 * because an object cannot be moved, the link is closed: the thread may not have more than {@link MOST}.
 */
export function sendWithOffer(send: (offer: LinkOffer | undefined) => void): void {
  const offer = offerLink();
  try {
    send(offer);
  } catch (error) {
    if (offer !== undefined) host().close(offer.port);
    throw error;
  }
}

function offerLink(): LinkOffer | undefined {
  if (!isWanted || host().whenClosed === undefined) return undefined;
  if (links.size >= MOST) receive(); // a look at a closed link ends it
  if (links.size >= MOST) return undefined;
  isWanted = false;
  const [mine, theirs] = host().openChannel();
  add(mine, { peer: 0, told: getIdent() });
  return { from: getIdent(), port: theirs };
}

/** This thread has taken a parcel of the thread `from`, and has this link to it. */
export function acceptLink({ from, port }: LinkOffer): void {
  if (from === getIdent() || links.size >= MOST) return host().close(port);
  const link = add(port, { peer: 0, told: 0 });
  learn(port, link, from);
  tell(port, link);
}

function add(port: Port, link: Link): Link {
  links.set(port, link);
  host().whenClosed!(port, () => {
    links.delete(port);
    if (byPeer.get(link.peer) === port) byPeer.delete(link.peer);
    if (link.peer === 0) isWanted = true; // the parcel with the offer was dropped
  });
  return link;
}

/** The other end is this thread's from now on. */
function learn(port: Port, link: Link, peer: number): void {
  if (byPeer.get(link.peer) === port) byPeer.delete(link.peer);
  link.peer = peer;
  byPeer.set(peer, port);
}

/** Tells the other end which thread this is. */
function tell(port: Port, link: Link): void {
  if (link.told === getIdent()) return;
  link.told = getIdent();
  host().post(port, link.told satisfies LinkMessage);
}

/** Has this thread a link to that thread? */
export function hasLink(peer: number): boolean {
  if (links.size > 0 && !byPeer.has(peer)) receive(); // an answer may have arrived
  return byPeer.has(peer);
}

/** Sends the parcel straight to the thread that will take it. False if there is no link. @throws if an object cannot be moved */
export function sendByLink(taker: number, { number, objects }: Parcel): boolean {
  const port = taker > 0 ? byPeer.get(taker) : undefined;
  if (port === undefined) return false;
  tell(port, links.get(port)!);
  host().post(port, [number, objects] satisfies LinkMessage, [], objects);
  return true;
}

/** Takes all that has arrived. */
function receive(): void {
  for (const [port, link] of links) {
    for (let item; (item = host().take(port)) !== undefined;) {
      const message = item.message as LinkMessage;
      if (typeof message === "number") learn(port, link, message);
      else parcels.set(...message);
    }
  }
}

/** The objects of a parcel that has come straight to this thread; they are the caller's. */
export function takeArrived(number: number): readonly object[] | undefined {
  if (links.size > 0 && !parcels.has(number)) receive();
  const objects = parcels.get(number);
  parcels.delete(number);
  return objects;
}

/** Drops a parcel. Returns true if it had come straight to this thread. */
export function dropArrived(number: number): boolean {
  return takeArrived(number) !== undefined;
}
