/**
 * Ports on Deno. What a port with a listener has received is on its way to the listener for up to a turn of the event loop, and
 * nobody can take it meanwhile, so whoever is woken by a word and then takes what was posted before would miss it:
 *     // T1 posts its result, then says by a word that it has ended; T2 wakes, takes what has arrived: nothing, and the result is lost.
 *
 * So no port has a listener here. Each end has a bell instead, a word in shared memory: the other end posts, then counts it up and
 * wakes; the thread that listens awaits the bell, and takes. It looks at the bell before it takes, so it misses no ring:
 *     // T2 sees 4, takes all there is; T1 posts, rings: 5; T2 awaits "no longer 4", which holds already.
 *
 * The bell travels with the port, as its first message.
 *
 * Of whatever arrives, Deno looks at each element of each array, typed ones included, for ports: a lock in a slab of 128 KiB takes it 8
 * milliseconds. It does not look into sets, so each message travels in one.
 */
import { awaitChange, wakeSleepers } from "@x/core";
import type { Port, ThreadPlatform } from "./thread-platform.js";

/** The bells of both ends: at 0 and {@link OTHER}. */
interface Bells {
  readonly words: Int32Array;
  readonly mine: number;
  readonly theirs: number;
}

/** Far enough for either to have a cache line of its own. */
const OTHER = 16;

interface Listener {
  readonly keepsAlive: boolean;
  readonly onMessage: (message: unknown) => void;
  readonly onClose: (() => void) | undefined;
}

/** So many messages are told before the event loop gets a turn. */
const AT_ONCE = 1000;

/** As messages travel: so that Deno does not look into them. */
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
  /** The end that was made together with this one. */
  const others = new WeakMap<Port, Port>();

  function bellsOf(port: Port): Bells | undefined {
    let known = bells.get(port);
    if (known !== undefined) return known;
    const bell = raw.take(port)?.message as Int32Array | undefined; // the only message without a set around it
    if (bell === undefined) return undefined; // it is closed
    const mine = bell.byteOffset / Int32Array.BYTES_PER_ELEMENT;
    known = { words: new Int32Array(bell.buffer), mine, theirs: OTHER - mine };
    bells.set(port, known);
    return known;
  }

  function hear(port: Port): void {
    const { words, mine } = bells.get(port) as Bells;
    for (let told = 0; ;) {
      const listener = listeners.get(port);
      if (listener === undefined) return; // closed
      const rung = Atomics.load(words, mine);
      for (let item; (item = raw.take(port)) !== undefined;) {
        listener.onMessage(unwrap(item.message));
        if (++told >= AT_ONCE) return afterTurn(() => hear(port));
      }
      const change = awaitChange(words, mine, rung);
      if (change !== undefined) return void change.then(() => hear(port));
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
    post(port, message, transfer) {
      const known = bellsOf(port);
      raw.post(port, wrap(message), transfer);
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
      afterTurn(() => hear(port)); // as everywhere: nobody is called back before this thread gives way
    },
    close(port) {
      const known = bells.get(port);
      if (listeners.get(port)?.keepsAlive === true) keepAlive(-1);
      listeners.delete(port);
      raw.close(port);
      if (known !== undefined) ring(known.words, known.mine); // whoever listens leaves
    },
  };

  /** The thread that had this end is gone: tells what it has posted to whoever listens at the other, and that it is gone. */
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
