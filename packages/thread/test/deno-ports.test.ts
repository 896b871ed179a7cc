import { receiveMessageOnPort, MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import "../src/index.js";
import { portsWithBells } from "../src/platform/deno-ports.js";
import type { Port } from "../src/platform/thread-platform.js";

type Ports = Parameters<typeof portsWithBells>[0];

const native = (port: Port): MessagePort => port as unknown as MessagePort;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const opened: Port[] = [];

/** Ports like Deno's: a port with a listener always has a receive in progress, and delivers the message in a later turn. */
const lossy: Ports = {
  openChannel() {
    const { port1, port2 } = new MessageChannel();
    const ends = [port1, port2] as unknown as [Port, Port];
    opened.push(...ends);
    return ends;
  },
  post: (port, message, transfer = []) =>
    native(port).postMessage(message, transfer as unknown as readonly MessagePort[]),
  close: (port) => native(port).close(),
  take: (port) => receiveMessageOnPort(native(port)),
  listen(port, _keepsAlive, onMessage) {
    const receive = (): void => {
      const item = lossy.take(port);
      if (!opened.includes(port)) return;
      setImmediate(() => {
        if (item !== undefined) onMessage(item.message);
        receive();
      });
    };
    receive();
  },
};

let alive = 0;
const { ports, gone } = portsWithBells(
  lossy,
  (by) => (alive += by),
  (callback) => void setImmediate(callback),
);

afterEach(() => {
  for (const port of opened.splice(0)) native(port).close();
});

/** The number of posted messages, neither delivered nor there to take, added up over the turns of the listener's event loop. */
async function missingWith(of: Ports): Promise<number> {
  const [mine, theirs] = of.openChannel();
  let [had, missing] = [0, 0];
  of.listen(mine, false, () => had++);
  for (let posted = 1; posted <= 20; posted++) {
    of.post(theirs, [posted]);
    if (posted % 2 === 0) await turn();
    while (of.take(mine) !== undefined) had++;
    missing += posted - had;
  }
  return missing;
}

describe("ports with bells", () => {
  it("lose no message: at any time each is delivered or can be taken, even with a receive in progress", async () => {
    expect(await missingWith(lossy)).toBeGreaterThan(0);
    expect(await missingWith(ports)).toBe(0);
  });

  it("deliver each message once, in order, and none that take() has taken", async () => {
    const [mine, theirs] = ports.openChannel();
    const received: number[] = [];
    ports.listen(mine, false, (message) => received.push((message as number[])[0] as number));
    for (let i = 0; i < 3000; i++) ports.post(theirs, [i]);
    expect(ports.take(mine)).toEqual({ message: [0] });
    while (received.length < 2999) await turn();
    ports.post(theirs, [3000]);
    while (received.length < 3000) await turn();
    expect(received).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
  });

  it("call no listener before the listening thread yields", () => {
    const [mine, theirs] = ports.openChannel();
    ports.post(theirs, ["early"]);
    const received: unknown[] = [];
    ports.listen(mine, false, (message) => received.push(message));
    expect(received).toEqual([]);
  });

  it("carry the bell of a transferred end along, after earlier messages", async () => {
    const [mine, theirs] = ports.openChannel();
    const [here, there] = ports.openChannel();
    ports.post(mine, ["first"]);
    ports.post(here, { theirs }, [theirs]);
    const { theirs: arrived } = ports.take(there)?.message as { theirs: Port };
    expect(ports.take(arrived)).toEqual({ message: ["first"] });
    const received: unknown[] = [];
    ports.listen(mine, false, (message) => received.push(message));
    await turn();
    ports.post(arrived, ["back"]);
    while (received.length === 0) await turn();
    expect(received).toEqual([["back"]]);
  });

  it("deliver the last message of a thread that is gone, then report that it is gone, once", () => {
    const [mine, theirs] = ports.openChannel();
    const received: unknown[] = [];
    ports.listen(
      mine,
      true,
      (message) => received.push(message),
      () => received.push("gone"),
    );
    expect(alive).toBe(1);
    ports.post(theirs, ["last words"]);
    gone(theirs);
    expect(received).toEqual([["last words"], "gone"]);
    gone(theirs);
    expect(received).toHaveLength(2);
    expect(alive).toBe(0);
  });

  it("deliver and take nothing after close", async () => {
    const [mine, theirs] = ports.openChannel();
    const received: unknown[] = [];
    ports.listen(mine, true, (message) => received.push(message));
    await turn();
    ports.post(theirs, ["late"]);
    ports.close(mine);
    for (let i = 0; i < 5; i++) await turn();
    expect(received).toEqual([]);
    expect(ports.take(mine)).toBeUndefined();
    expect(alive).toBe(0);
  });
});
