import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Semaphore } from "@x/semaphore";
import { expose, Thread } from "@x/thread";
import { js, type Measure, type Row } from "../row.js";
import { work } from "../work.js";
import type { Pings } from "../workers/clients.js";

const CONNECTIONS = 200;
const THREADS = 4;
/** A request takes about a millisecond of a thread. */
const TURNS = 1_000_000;
const fileOf = (name: string): string => fileURLToPath(new URL(`../workers/${name}.js`, import.meta.url));

export function answer(): number {
  return work(TURNS);
}
expose({ answer });

/** Measures a server that answers each request for work by `run`. */
async function server(run: () => Promise<unknown>): Promise<Measure> {
  const http = createServer((request, response) => {
    if (request.url === "/ping") response.end();
    else void run().then(() => response.end());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const clients = new Worker(fileOf("clients"));
  return async (ms) => {
    clients.postMessage({ port, connections: CONNECTIONS, ms });
    const { median, worst, answered } = await new Promise<Pings>((resolve) => clients.once("message", resolve));
    return { value: median, worst, answered: answered / (ms / 1000) };
  };
}

export const row: Row = {
  title: "Server: a ping, while 200 connections ask for work on threads",
  unit: "ms",
  better: "less",
  limit:
    "The server's event loop: what it does for each request. A thread per request costs the starter more messages than a task of a pool does. `startAsync` and `joinAsync` block nothing.",
  also: { worst: "ms", answered: "requests a second" },
  ms: 1500,
  rounds: 3,
  cores: 2,
  contestants: {
    ours: js(() => {
      const limit = new Semaphore(THREADS);
      return server(() =>
        limit.withAsync(async () => {
          const thread = await new Thread({ target: answer }).startAsync();
          await thread.joinAsync();
        }),
      );
    }),
    piscina: js(async () => {
      const { Piscina } = await import("piscina");
      const pool = new Piscina({ filename: fileOf("piscina"), minThreads: THREADS, maxThreads: THREADS });
      return server(() => pool.run(TURNS, { name: "work" }));
    }),
  },
};
