/**
 * A thread per client, so that a slow client does not delay the others.
 *
 * A socket belongs to the event loop of its thread and cannot be sent to another, so unlike Python
 * there is no accepted connection to pass on. Bytes can be sent. So the server's thread accepts,
 * reads requests and writes answers, all quick. The thread of each client does the slow part, the
 * work for a request.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Event } from "@x/event";
import { expose, sleep, Thread } from "@x/thread";
import { seconds } from "./clock.js";

const LOOPBACK = "127.0.0.1";

/** The work for a request, such as `slow 1000`. It blocks its thread, like a long computation. */
function answer(request: string, busy: Event): string {
  const [client, ms] = request.split(" ");
  busy.set();
  sleep(Number(ms));
  return `hello, ${client}`;
}

/** A server with a thread for each client, or without threads: then it does all work itself. */
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

expose({ answer, serve });

/** A client. @returns its waiting time */
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
    await busy.waitAsync(); // the slow client is being served
    const second = ask(port[0] as number, "fast 0");
    console.log(`the fast client waited ${seconds(await second)}, the slow one ${seconds(await first)}`);
  } finally {
    stop.set();
    server.join();
  }
}

/** @param slow the work for the slow client's request, in milliseconds */
export async function main(slow = 2000): Promise<void> {
  console.log("one thread for all clients");
  await visit(false, slow);
  console.log("a thread per client");
  await visit(true, slow);
}
