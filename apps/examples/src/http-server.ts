/**
 * A web server whose work needs a core for long. An executor does it on threads, so the event loop of the server is free for the
 * other clients. A client sees the progress of its work. If it goes away, its work is cancelled: not begun if it
 * still waits, and asked to stop if it runs.
 */
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Future, ThreadPoolExecutor } from "@x/executor";
import { countPrimes } from "./primes.js";

const LOOPBACK = "127.0.0.1";
const NS_PER_MS = 1e6;
/** Every tenth client asks for so many times as much, and goes away at the first sign of progress. */
const IMPATIENT = 10;
const TIMES = 100;

/** Tells the client how far the work is, a line for each step. */
async function tellProgress(future: Future<number>, response: ServerResponse): Promise<void> {
  for await (const part of future.progress()) response.write(`${Math.round((part as number) * 100)} %\n`);
}

/** Answers a request for the number of primes below the number in its path. */
async function answer(executor: ThreadPoolExecutor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const future = executor.submit(countPrimes, Number(request.url!.slice(1)));
  response.on("close", () => {
    if (!response.writableFinished && !future.cancel()) future.requestCancel();
  });
  try {
    await tellProgress(future, response); // ends with the work
    response.end(`${await future}\n`);
  } catch {
    response.end(); // no client is there
  }
}

async function serve(executor: ThreadPoolExecutor): Promise<Server> {
  const server = createServer((request, response) => void answer(executor, request, response));
  await once(server.listen(0, LOOPBACK), "listening");
  return server;
}

/** A client. Resolves to the lines of the answer; undefined if it went away. */
async function ask(port: number, below: number, isPatient: boolean): Promise<string[] | undefined> {
  const request = get({ port, host: LOOPBACK, path: `/${below}`, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const part of response.setEncoding("utf8")) {
    text += part as string;
    if (!isPatient) return void request.destroy();
  }
  return text.trimEnd().split("\n");
}

export async function main({ connections = 200, below = 20_000, threads = 2 } = {}): Promise<number> {
  const executor = new ThreadPoolExecutor(threads);
  const server = await serve(executor);
  const { port } = server.address() as AddressInfo;
  const right = String(countPrimes(below));

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const answers = await Promise.all(
    Array.from({ length: connections }, (_, client) => {
      const isPatient = client % IMPATIENT !== 0;
      return ask(port, isPatient ? below : TIMES * below, isPatient);
    }),
  );
  delay.disable();
  server.close();
  await executor.shutdownAsync();

  const answered = answers.filter((lines) => lines !== undefined);
  const isRight = answered.every((lines) => lines.at(-1) === right && lines.at(-2) === "100 %");
  const gone = connections - answered.length;
  const { cancelled, failed } = executor.stats();
  console.log(`${connections} clients asked at once; ${answered.length} were answered, ${gone} went away`);
  console.log(`each answer is right, and came with its progress: ${isRight ? "yes" : "no"}`);
  console.log(`the work of each client that went away was cancelled: ${cancelled + failed === gone ? "yes" : "no"}`);
  console.log(
    `the event loop was late by ${(delay.percentile(99) / NS_PER_MS).toFixed(1)} ms at most, 99 times of 100`,
  );
  return isRight ? 0 : 1;
}
