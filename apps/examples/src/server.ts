/**
 * A thread per client, so that a slow one does not hold up the others.
 *
 * A socket belongs to the event loop of the thread that made it, and cannot be sent to another thread: there is no accepted
 * connection to hand over, as in Python. What can be sent are bytes. So the server's own thread accepts, reads requests and
 * writes answers, which never takes long, and what may take long, the work for a request, is done by a thread per client.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Event } from "@x/event";
import { expose, sleep, Thread } from "@x/thread";
import { seconds } from "./clock.js";

const LOOPBACK = "127.0.0.1";

/** The work for a request, such as `slow 1000`. It blocks its thread, as a long computation would. */
function answer(request: string, busy: Event): string {
  const [client, ms] = request.split(" ");
  busy.set();
  sleep(Number(ms));
  return `hello, ${client}`;
}

/** A server with one thread for each client, or with none: then it does all work itself. */
async function serve(port: Int32Array, threaded: boolean, busy: Event, ready: Event, stop: Event): Promise<void> {
  const talk = async (socket: Socket): Promise<void> => {
    const request = String((await once(socket, "data"))[0]);
    const text = threaded
      ? await (await new Thread({ target: answer, args: [request, busy] }).startAsync()).resultAsync()
      : answer(request, busy);
    socket.end(text);
    console.log(`answered: ${text}`);
  };
  const server = createServer((socket) => void talk(socket.on("error", console.error)));
  await once(server.listen(0, LOOPBACK), "listening");
  port[0] = (server.address() as AddressInfo).port;
  ready.set();
  await stop.waitAsync();
  server.close();
}

expose(import.meta, { answer, serve });

/** What a client does. @returns how long it waited for its answer */
async function ask(port: number, request: string): Promise<number> {
  const start = performance.now();
  const socket = connect(port, LOOPBACK);
  socket.write(request);
  await once(socket.resume(), "end");
  return performance.now() - start;
}

async function visit(threaded: boolean, slow: number): Promise<void> {
  const port = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const [busy, ready, stop] = [new Event(), new Event(), new Event()];
  const server = new Thread({ target: serve, args: [port, threaded, busy, ready, stop] }).start();
  try {
    await ready.waitAsync();
    const first = ask(port[0] as number, `slow ${slow}`);
    await busy.waitAsync(); // the slow one is being served
    const second = ask(port[0] as number, "fast 0");
    console.log(`the fast client waited ${seconds(await second)}, the slow one ${seconds(await first)}`);
  } finally {
    stop.set();
    server.join();
  }
}

/** @param slow how long the request of the slow client takes, in milliseconds */
export async function main(slow = 2000): Promise<void> {
  console.log("one thread for all clients");
  await visit(false, slow);
  console.log("a thread per client");
  await visit(true, slow);
}
