/**
 * Asks hundreds of hosts, first in turn and then with a thread each. The hosts are our own servers
 * on the loopback address: most answer at once, some are slow, some are closed, and some never
 * answer.
 */
import { Event } from "@x/event";
import { Semaphore } from "@x/semaphore";
import { Thread } from "@x/thread";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import pc from "picocolors";
import { seconds } from "./clock.js";
import { type Answer, ping, pingAndRelease, serve } from "./hosts.js";

async function oneAfterAnother(ports: Iterable<number>, timeout: number, bar: SingleBar): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const port of ports) {
    answers.push(await ping(port, timeout));
    bar.increment();
  }
  return answers;
}

/**
 * A thread for each host, within a limit: a live thread takes 10 to 18 MB of memory, and its start 20
 * ms of a core. When a thread ends, the next begins in the same warm worker.
 */
function threaded(ports: Iterable<number>, timeout: number, atOnce: number, bar: SingleBar): Answer[] {
  const limit = new Semaphore(atOnce);
  const threads = Array.from(ports, (port) => {
    limit.acquire();
    bar.increment();
    return new Thread({ target: pingAndRelease, args: [port, timeout, limit] }).start();
  });
  return threads.map((thread) => thread.result());
}

async function timed(what: string, hosts: number, work: (bar: SingleBar) => Promise<Answer[]> | Answer[]) {
  // Draws only on a terminal.
  const bar = new SingleBar({ format: `${what} {bar} {value}/{total}`, clearOnComplete: true, hideCursor: true });
  bar.start(hosts, 0);
  const start = performance.now();
  try {
    const answers = await work(bar);
    return { answers, ms: performance.now() - start };
  } finally {
    bar.stop();
  }
}

function tableOf(answers: readonly Answer[]): string {
  const head = ["answer", "hosts", "fastest", "slowest"].map((title) => pc.bold(title));
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ["left", "right", "right", "right"] });
  for (const [state, colour] of [
    ["up", pc.green],
    ["refused", pc.red],
    ["no answer", pc.yellow],
  ] as const) {
    const times = answers.filter((answer) => answer.state === state).map(({ ms }) => ms);
    if (times.length === 0) continue;
    const ms = (time: number): string => `${time.toFixed()} ms`;
    table.push([colour(state), times.length, ms(Math.min(...times)), ms(Math.max(...times))]);
  }
  return table.toString();
}

export async function main({ hosts = 300, atOnce = 16, timeout = 1000 } = {}): Promise<void> {
  const ports = new Int32Array(new SharedArrayBuffer(hosts * Int32Array.BYTES_PER_ELEMENT));
  const [ready, stop] = [new Event(), new Event()];
  const server = new Thread({ target: serve, args: [ports, ready, stop], name: "hosts", daemon: true }).start();
  ready.wait();

  const single = await timed("one after another", hosts, (bar) => oneAfterAnother(ports, timeout, bar));
  const many = await timed("a thread each", hosts, (bar) => threaded(ports, timeout, atOnce, bar));
  stop.set();
  server.join();

  console.log(tableOf(many.answers));
  const same = many.answers.every(({ state }, host) => state === single.answers[host]?.state);
  console.log(`${hosts} hosts, the same answers: ${same ? "yes" : "no"}`);
  console.log(`one after another: ${seconds(single.ms)}`);
  console.log(
    `a thread each, ${atOnce} at a time: ${seconds(many.ms)}, ${(single.ms / many.ms).toFixed(1)} times as fast`,
  );
}
