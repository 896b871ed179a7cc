/**
 * Ports on Deno. A message to a port with a listener is in transit for up to a turn of the event
 * loop. Meanwhile no thread can take it, so a thread woken by a word would miss it:
 *     // T1 posts its result, then publishes its end in a word; T2 wakes, and takes what has arrived:
 *     // nothing; the result is lost.
 *
 * So no port has a listener here. Each end has a bell instead, a word in shared memory. The poster
 * posts, increments the bell of the other end, and wakes. The listening thread reads the bell,
 * takes all messages, then awaits a change of the bell. In this order it misses no ring:
 *     // T2 reads 4, and takes all messages; T1 posts, and rings: 5; T2 awaits a change from 4: at once.
 *
 * The bell travels with the port, as its first message.
 *
 * Deno searches each message for ports, in every element of every array, typed arrays too. This
 * takes 8 ms for a lock in a slab of 128 KiB. Deno does not search sets, so each message travels in
 * a set.
 */
import { awaitChange, wakeSleepers } from "@x/core/internal";
import type { Port, ThreadPlatform } from "./thread-platform.js";

/** The bells of both ends: at 0 and {@link OTHER}. */
interface Bells {
  readonly words: Int32Array;
  readonly mine: number;
  readonly theirs: number;
}

/** 16 words apart, so that each bell has its own cache line. */
const OTHER = 16;

interface Listener {
  readonly keepsAlive: boolean;
  readonly onMessage: (message: unknown) => void;
  readonly onClose: (() => void) | undefined;
}

/** This many messages are delivered before the event loop gets a turn. */
const AT_ONCE = 1000;

/** Wraps a message for transport, so that Deno does not search it. */
export function wrap(message: unknown): unknown {
  return new Set([message]);
}

export function unwrap(wrapped: unknown): unknown {
  return (wrapped as Set<unknown>).values().next().value;
}

type Ports = Pick<ThreadPlatform, "openChannel" | "post" | "close" | "take" | "listen">;

/** @param raw the runtime's own ports */
export function portsWithBells(raw: Ports, keepAlive: (by: number) => void, afterTurn: (callback: () => void) => void) {
  const bells = new WeakMap<Port, Bells>();
  const listeners = new WeakMap<Port, Listener>();
  /** The other end of each channel. */
  const others = new WeakMap<Port, Port>();

  function bellsOf(port: Port): Bells | undefined {
    let known = bells.get(port);
    if (known !== undefined) return known;
    const bell = raw.take(port)?.message as Int32Array | undefined; // the only message without a set around it
    if (bell === undefined) return undefined; // closed
    const mine = bell.byteOffset / Int32Array.BYTES_PER_ELEMENT;
    known = { words: new Int32Array(bell.buffer), mine, theirs: OTHER - mine };
    bells.set(port, known);
    return known;
  }

  function receive(port: Port): void {
    const { words, mine } = bells.get(port) as Bells;
    for (let taken = 0; ;) {
      const listener = listeners.get(port);
      if (listener === undefined) return; // closed
      const rung = Atomics.load(words, mine);
      for (let item; (item = raw.take(port)) !== undefined;) {
        listener.onMessage(unwrap(item.message));
        if (++taken >= AT_ONCE) return afterTurn(() => receive(port));
      }
      const change = awaitChange(words, mine, rung);
      if (change !== undefined) return void change.then(() => receive(port));
    }
  }

  function ring(words: Int32Array, index: number): void {
    Atomics.add(words, index, 1);
    wakeSleepers(words, index);
  }

  const ports: Ports = {
    openChannel() {
      const [mine, theirs] = raw.openChannel();
      const words = new Int32Array(new SharedArrayBuffer((OTHER + 1) * Int32Array.BYTES_PER_ELEMENT));
      raw.post(theirs, words.subarray(0));
      raw.post(mine, words.subarray(OTHER));
      others.set(theirs, mine);
      return [mine, theirs];
    },
    post(port, message, transfer, moved) {
      const known = bellsOf(port);
      raw.post(port, wrap(message), transfer, moved);
      if (known !== undefined) ring(known.words, known.theirs);
    },
    take(port) {
      const item = bellsOf(port) && raw.take(port);
      return item && { message: unwrap(item.message) };
    },
    listen(port, keepsAlive, onMessage, onClose) {
      if (bellsOf(port) === undefined) return;
      listeners.set(port, { keepsAlive, onMessage, onClose });
      if (keepsAlive) keepAlive(1);
      afterTurn(() => receive(port)); // as on all platforms: no callback before this thread returns to its event loop
    },
    close(port) {
      const known = bells.get(port);
      if (listeners.get(port)?.keepsAlive === true) keepAlive(-1);
      listeners.delete(port);
      raw.close(port);
      if (known !== undefined) ring(known.words, known.mine); // a listening thread stops
    },
  };

  /**
   * The thread with this end has ended. Delivers its last messages to the listener at the other
   * end, then the end of the channel.
   */
  function gone(port: Port): void {
    const mine = others.get(port);
    const listener = mine && listeners.get(mine);
    if (mine === undefined || listener === undefined) return;
    for (let item; (item = raw.take(mine)) !== undefined;) listener.onMessage(unwrap(item.message));
    ports.close(mine);
    listener.onClose?.();
  }

  return { ports, gone };
}
