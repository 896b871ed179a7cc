/**
 * The hosts of ping.ts, and the function that asks them. In a module of its own, because a new
 * worker imports the module of its target with all imports, and the main thread's imports are not
 * needed here.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Event } from "@x/event";
import type { Semaphore } from "@x/semaphore";
import { expose } from "@x/thread";

const LOOPBACK = "127.0.0.1";
const [QUICK, SLOW, NEVER, CLOSED] = [5, 200, Infinity, -1];

/** How many milliseconds the host takes to answer. */
function delayOf(host: number): number {
  if (host % 10 === 3) return CLOSED;
  if (host % 50 === 7) return NEVER;
  return host % 20 === 1 ? SLOW : QUICK;
}

async function listen(answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => answer(socket.on("error", () => undefined).resume()));
  await once(server.listen(0, LOOPBACK), "listening");
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function listenAs(host: number): Promise<Server> {
  const delay = delayOf(host);
  return listen((socket) => {
    if (delay !== NEVER) setTimeout(() => socket.end("hello"), delay);
  });
}

/**
 * Makes a socket at a port of its own, where nothing listens. The system would give the port of a closed server to
 * other programs, and they would answer.
 */
async function holdPort(peer: Server): Promise<Socket> {
  const holder = connect({ host: LOOPBACK, port: portOf(peer), localAddress: LOOPBACK });
  await once(holder, "connect");
  return holder;
}

/**
 * Runs the hosts in their own thread with its own event loop, so they answer while the main thread
 * is blocked.
 */
export async function serve(ports: Int32Array, ready: Event, stop: Event): Promise<void> {
  const peer = await listen(() => undefined);
  const ends = await Promise.all(
    Array.from(ports, async (_, host) => {
      if (delayOf(host) === CLOSED) {
        const holder = await holdPort(peer);
        ports[host] = holder.localPort!;
        return () => holder.destroy();
      }
      const server = await listenAs(host);
      ports[host] = portOf(server);
      return () => server.close();
    }),
  );
  ready.set();
  await stop.waitAsync();
  for (const end of ends) end();
  peer.close();
}

export interface Answer {
  readonly state: "up" | "refused" | "no answer";
  readonly ms: number;
}

export async function ping(port: number, timeout: number): Promise<Answer> {
  const start = performance.now();
  const socket = connect({ host: LOOPBACK, port, timeout });
  const state = await new Promise<Answer["state"]>((resolve) => {
    socket.once("data", () => resolve("up"));
    socket.once("error", () => resolve("refused"));
    socket.once("timeout", () => resolve("no answer"));
  });
  socket.destroy();
  return { state, ms: performance.now() - start };
}

export async function pingAndRelease(port: number, timeout: number, limit: Semaphore): Promise<Answer> {
  try {
    return await ping(port, timeout);
  } finally {
    limit.release();
  }
}

expose({ serve, ping, pingAndRelease });
