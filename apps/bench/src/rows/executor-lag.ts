import { monitorEventLoopDelay } from "node:perf_hooks";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { fileOf, OURS_NICE, poolContestants, type TaskPool } from "../pools.js";
import type { Measure, Row } from "../row.js";
import type { Order, Pings } from "../workers/clients.js";

const CONNECTIONS = 200;
const THREADS = 2;
/** A request takes about a millisecond of a thread. */
const TURNS = 1_000_000;
const NS_PER_MS = 1e6;

/** Requests a second of all connections together. "at once": each connection asks again as soon as it has its answer. */
const REQUESTS = ["500", "1000", "at once"] as const;
type Requests = (typeof REQUESTS)[number];

/** Measures the event loop of a server that answers each request by a task. */
async function server(pool: TaskPool, requests: Requests): Promise<Measure> {
  const http = createServer((request, response) => {
    if (request.url === "/ping") response.end();
    else void Promise.resolve(pool.run("work", TURNS)).then(() => response.end());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const clients = new Worker(fileOf("clients"));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  return async (ms) => {
    delay.reset();
    delay.enable();
    const order: Order = {
      port,
      connections: CONNECTIONS,
      ms,
      rate: requests === "at once" ? undefined : Number(requests),
    };
    clients.postMessage(order);
    const { median, answered } = await new Promise<Pings>((resolve) => clients.once("message", resolve));
    delay.disable();
    return { value: delay.percentile(99) / NS_PER_MS, ping: median, answered: answered / (ms / 1000) };
  };
}

export const row: Row<Requests> = {
  title: "Executor: the event loop of a server while 200 connections ask for work",
  unit: "ms of delay, 99th percentile",
  better: "less",
  limit:
    "Up to the rate that the cores can do, the delay is that of the timer, for all pools. Beyond it our workers never sleep, because tasks are pending: they fill the cores, and the event loop waits for the end of a time slice. A worker of piscina sleeps after each task, until the server sends it the next one. An initializer that lowers the priority of its thread (Linux) saves most of the difference, and the server answers as many requests. A nap of 60 us after each task saves as much, and costs a tenth of the requests.",
  axis: { name: "requests a second", points: REQUESTS },
  also: { ping: "ms, the median ping", answered: "requests a second" },
  ms: 1500,
  rounds: 5,
  cores: 2,
  contestants: poolContestants<Requests>([OURS_NICE, "piscina", "tinypool"], THREADS, server),
};
