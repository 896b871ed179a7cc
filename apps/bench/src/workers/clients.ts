/**
 * The clients of a server: connections that ask for work again and again, and a connection that asks for nothing, 200
 * times a second, and measures how long the answer takes. (If it asked without a pause, it would take the server's time.) In a worker of their own, so that they do not take the server's time.
 */
import { Agent, get } from "node:http";
import { setTimeout } from "node:timers/promises";
import { parentPort } from "node:worker_threads";

const MS_PER_SECOND = 1000;
const PING_MS = 5;

export interface Order {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
  /** How many requests a second all connections send together, by a timetable. Undefined: each sends the next at once. */
  readonly rate: number | undefined;
}

export interface Pings {
  /** In milliseconds. */
  readonly median: number;
  readonly worst: number;
  /** How many requests for work were answered. */
  readonly answered: number;
}

function ask(agent: Agent, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ agent, port, path, host: "127.0.0.1" }, (response) => response.on("end", resolve).resume()).on(
      "error",
      reject,
    );
  });
}

const reached = (moment: number): Promise<void> | undefined => {
  const left = moment - performance.now();
  return left > 0 ? setTimeout(left) : undefined;
};

async function measure({ port, connections, ms, rate }: Order): Promise<Pings> {
  const [workers, pinger] = [
    new Agent({ keepAlive: true, maxSockets: connections }),
    new Agent({ keepAlive: true, maxSockets: 1 }),
  ];
  const begin = performance.now();
  const end = begin + ms;
  const period = rate === undefined ? 0 : (connections / rate) * MS_PER_SECOND;
  let answered = 0;
  const asking = Array.from({ length: connections }, async (_, index) => {
    // A late answer delays the next request, but not those after it.
    for (let due = begin + (index / connections) * period; due < end && performance.now() < end; due += period) {
      await reached(due);
      await ask(workers, port, "/work");
      answered++;
    }
  });
  const pings: number[] = [];
  for (let due = begin; due < end; due += PING_MS) {
    await reached(due);
    const asked = performance.now();
    await ask(pinger, port, "/ping");
    pings.push(performance.now() - asked);
  }
  await Promise.all(asking);
  await reached(end); // the last requests may be answered before
  workers.destroy();
  pinger.destroy();
  pings.sort((a, b) => a - b);
  return { median: pings[pings.length >> 1]!, worst: pings.at(-1)!, answered };
}

parentPort!.on("message", (order: Order) => {
  void measure(order).then((pings) => parentPort!.postMessage(pings));
});
