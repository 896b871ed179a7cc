/**
 * The channels of browsers, in Node: they need shared memory and `waitAsync` only. The test plays the
 * page, which sends on what is not bytes.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import {
  arrive,
  arrived,
  close,
  listen,
  next,
  openChannel,
  post,
  routeBy,
  take,
} from "../src/platform/browser-channels.js";
import type { Routed } from "../src/platform/browser-channels.js";
import type { Port } from "../src/platform/thread-platform.js";

/** A channel, and what the page has to send on. `deliver` sends it. */
function newChannel(): { here: Port; there: Port; sent: Routed[]; deliver: () => void } {
  const [here, there] = openChannel();
  const sent: Routed[] = [];
  routeBy((routed) => void sent.push(structuredClone(routed)));
  onTestFinished(() => [here, there].forEach(close));
  return {
    here,
    there,
    sent,
    deliver: () => {
      for (const routed of sent.splice(0)) arrive(routed);
    },
  };
}

/** Not bytes: memory that the receiver does not know. */
const memory = (): SharedArrayBuffer => new SharedArrayBuffer(8);

/** Collects messages, and awaits a number of them. */
function collect(port: Port): { messages: unknown[]; until: (count: number) => Promise<void> } {
  const messages: unknown[] = [];
  let look = (): void => undefined;
  listen(port, (message) => {
    messages.push(message);
    look();
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (messages.length >= count) resolve();
      };
      look();
    });
  return { messages, until };
}

describe("a channel of a browser", () => {
  it("gives messages of bytes to a thread that blocks, in order", () => {
    const { here, there, sent } = newChannel();
    post(here, { answer: 42 });
    post(here, ["two", new Map([[1n, new Date(0)]])]);
    expect(sent).toEqual([]);
    expect([take(there), take(there), take(there)]).toEqual([
      { message: { answer: 42 } },
      { message: ["two", new Map([[1n, new Date(0)]])] },
      undefined,
    ]);
  });

  it("sends other messages by the page, and a thread that blocks passes over their places", () => {
    const { here, there, deliver } = newChannel();
    post(here, memory());
    post(here, "after it");
    expect(take(there)).toEqual({ message: "after it" });
    expect(take(there)).toBeUndefined();
    deliver();
    expect(take(there)?.message).toBeInstanceOf(SharedArrayBuffer);
  });

  it("delivers to an event loop in the order of sending, also behind a place", async () => {
    const { here, there, deliver } = newChannel();
    const { messages, until } = collect(there);
    post(here, 1);
    await until(1);
    post(here, { memory: memory() });
    post(here, 3);
    await new Promise((resolve) => setTimeout(resolve, 20)); // a message that overtook would be here by now
    expect(messages).toEqual([1]);
    deliver();
    await until(3);
    expect(messages[1]).toEqual({ memory: expect.any(SharedArrayBuffer) as SharedArrayBuffer });
    expect(messages[2]).toBe(3);
  });

  it("delivers the messages that are there when a thread begins to listen, but not at once", async () => {
    const { here, there } = newChannel();
    post(here, "first");
    const { messages, until } = collect(there);
    expect(messages).toEqual([]);
    await until(1);
    expect(messages).toEqual(["first"]);
  });

  it("takes a message that arrives before its place is read once", () => {
    const { here, there, deliver } = newChannel();
    expect(take(there)).toBeUndefined(); // in use
    post(here, { memory: memory() });
    deliver();
    post(here, "next");
    expect(take(there)?.message).toHaveProperty("memory");
    expect(take(there)).toEqual({ message: "next" });
    expect(take(there)).toBeUndefined();
  });

  it("keeps messages for an end that is not in use yet", () => {
    const { here, there, deliver } = newChannel();
    post(here, memory());
    deliver();
    expect(take(there)?.message).toBeInstanceOf(SharedArrayBuffer);
  });

  it("resolves when all messages on their way have arrived", async () => {
    const { here, there, deliver } = newChannel();
    expect(arrived(there)).toBeUndefined();
    post(here, memory());
    const arriving = arrived(there);
    expect(arriving).toBeInstanceOf(Promise);
    deliver();
    await arriving;
    expect(arrived(there)).toBeUndefined();
  });

  it("calls back with the next message: at once, after its arrival, or with undefined if there is none", () => {
    const { here, there, deliver } = newChannel();
    const got: unknown[] = [];
    const ask = (): void => next(there, (item) => got.push(item?.message));
    ask();
    post(here, "bytes");
    ask();
    post(here, { memory: memory() });
    ask();
    expect(got).toEqual([undefined, "bytes"]);
    deliver();
    expect(got).toHaveLength(3);
    expect(got[2]).toHaveProperty("memory");
  });

  it("sends memory back as bytes to the thread from which it came", () => {
    const { here, there, sent, deliver } = newChannel();
    const mine = memory();
    post(here, mine);
    deliver();
    const theirs = take(there)?.message;
    post(there, { back: theirs });
    expect(sent).toEqual([]);
    expect((take(here)?.message as { back: unknown }).back).toBe(mine);
  });

  it("leaves no place for a message that cannot be cloned", () => {
    const { here, there } = newChannel();
    expect(() => post(here, { memory: memory(), function: () => undefined })).toThrow(/could not be cloned/);
    post(here, "next");
    expect(arrived(there)).toBeUndefined();
    expect(take(there)).toEqual({ message: "next" });
  });

  it("gives up messages on their way after the other end is gone, and calls back", async () => {
    const { here, there, sent } = newChannel();
    let closed = 0;
    const messages: unknown[] = [];
    listen(
      there,
      (message) => messages.push(message),
      () => closed++,
    );
    post(here, memory());
    post(here, "last");
    const lost = sent.splice(0)[0] as Routed;
    arrive({ ...lost, number: 0, message: undefined, memory: [], ends: [] });
    await Promise.resolve();
    expect([messages, closed]).toEqual([["last"], 1]);
  });
});
