/** Links between threads: one thread, which holds the ends of the other threads, too. */
import { getIdent } from "@x/core";
import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Port } from "../src/platform/thread-platform.ts";
import type { LinkOffer } from "../src/protocol/messages.ts";
import {
  acceptLink,
  dropArrived,
  hasLink,
  sendByLink,
  sendWithOffer,
  takeArrived,
  wantLink,
} from "../src/runtime/links.ts";

const MORE_THAN_A_THREAD_HAS = 40;

let peers = 1000;
let numbers = 0;

/** A link offered by a new thread; returns its ident, and its end. */
function accepted(): { peer: number; theirs: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  const peer = ++peers;
  acceptLink({ from: peer, port: port1 as unknown as Port });
  onTestFinished(() => ended(peer, port2));
  return { peer, theirs: port2 };
}

/** The other thread ends. */
async function ended(peer: number, theirs: MessagePort): Promise<void> {
  theirs.close();
  while (hasLink(peer)) {
    takeArrived(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The link that this thread offers with its next parcel; undefined if it offers none. */
function offered(): LinkOffer | undefined {
  let offer: LinkOffer | undefined;
  sendWithOffer((link) => (offer = link));
  return offer;
}

const read = (port: MessagePort): unknown => (receiveMessageOnPort(port) as { message: unknown } | undefined)?.message;

describe("a link", () => {
  it("is answered by the ident of the thread that takes it, and carries parcels both ways", () => {
    const { peer, theirs } = accepted();
    expect(hasLink(peer)).toBe(true);
    expect(read(theirs)).toBe(getIdent());
    const [sent, received] = [new ArrayBuffer(8), new ArrayBuffer(9)];
    expect(sendByLink(peer, { number: ++numbers, objects: [sent] })).toBe(true);
    expect(sent.byteLength).toBe(0);
    expect(read(theirs)).toEqual([numbers, [new ArrayBuffer(8)]]);
    theirs.postMessage([++numbers, [received]], [received]);
    expect(takeArrived(numbers)).toEqual([new ArrayBuffer(9)]);
    expect(takeArrived(numbers)).toBeUndefined();
  });

  it("is that of the next thread in the worker at its other end, after it has told its ident", () => {
    const { peer, theirs } = accepted();
    theirs.postMessage(++peers);
    expect(hasLink(peers)).toBe(true);
    expect(hasLink(peer)).toBe(false);
    theirs.postMessage(peer);
    expect(hasLink(peer)).toBe(true);
  });

  it("is used after the answer, and not before", () => {
    wantLink();
    const offer = offered()!;
    const theirs = offer.port as unknown as MessagePort;
    const peer = ++peers;
    onTestFinished(() => ended(peer, theirs));
    expect(offer.from).toBe(getIdent());
    expect(hasLink(peer)).toBe(false);
    expect(sendByLink(peer, { number: ++numbers, objects: [] })).toBe(false);
    theirs.postMessage(peer);
    expect(hasLink(peer)).toBe(true);
  });

  it("is offered once, until a parcel comes by the supervisor", () => {
    wantLink();
    const offer = offered()!;
    expect(offered()).toBeUndefined();
    (offer.port as unknown as MessagePort).close();
    takeArrived(0);
  });

  it("is closed if the parcel cannot be sent, and offered with the next", async () => {
    for (let i = 0; i < MORE_THAN_A_THREAD_HAS; i++) {
      wantLink();
      let theirs: MessagePort | undefined;
      const refused = (): void => {
        sendWithOffer((offer) => {
          theirs = offer!.port as unknown as MessagePort;
          throw new TypeError("a locked stream");
        });
      };
      expect(refused).toThrow("a locked stream");
      await once(theirs!, "close");
    }
    wantLink();
    const offer = offered();
    (offer!.port as unknown as MessagePort).close();
    takeArrived(0);
  });

  it("is gone after the end of the other thread, but its parcels are not", async () => {
    const { peer, theirs } = accepted();
    const last = ++numbers;
    theirs.postMessage([last, []]);
    await ended(peer, theirs);
    expect(hasLink(peer)).toBe(false);
    expect(takeArrived(last)).toEqual([]);
  });

  it("to the thread itself is closed", () => {
    const { port1, port2 } = new MessageChannel();
    acceptLink({ from: getIdent(), port: port1 as unknown as Port });
    expect(hasLink(getIdent())).toBe(false);
    port2.close();
  });
});

describe("a parcel that has come by a link", () => {
  it("is dropped once, read or not", () => {
    const { theirs } = accepted();
    theirs.postMessage([++numbers, []]);
    expect(dropArrived(numbers)).toBe(true);
    expect(dropArrived(numbers)).toBe(false);
    expect(takeArrived(numbers)).toBeUndefined();
  });

  it("waits for its reader, in any order", () => {
    const { theirs } = accepted();
    const [first, second] = [++numbers, ++numbers];
    theirs.postMessage([first, ["first"]]);
    theirs.postMessage([second, ["second"]]);
    expect(takeArrived(second)).toEqual(["second"]);
    expect(takeArrived(first)).toEqual(["first"]);
  });
});
