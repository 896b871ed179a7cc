/**
 * Asks thousands of hosts. Some of them in turn, then with a thread each: kernel threads, of which a machine has
 * hundreds. Then all of them with a user thread each: tasks that interleave on four kernel threads, of which
 * there may be hundreds of thousands. The hosts are our own servers on the loopback address: most answer at once,
 * some are slow, some are closed, and some never answer.
 */
import { Event } from "@x/event";
import { ThreadPoolExecutor } from "@x/executor";
import { Semaphore } from "@x/semaphore";
import { Thread } from "@x/thread";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import pc from "picocolors";
import { seconds } from "./clock.js";
import { type Answer, ping, pingAndRelease, serve } from "./hosts.js";

/** User threads of a kernel thread that run at the same time: each has a socket. */
const AT_ONCE = 250;

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

/** A user thread for each host. Each awaits its answer, and meanwhile its kernel thread runs the others. */
async function userThreads(
  ports: Iterable<number>,
  timeout: number,
  kernelThreads: number,
  bar: SingleBar,
): Promise<Answer[]> {
  await using executor = new ThreadPoolExecutor({ maxWorkers: kernelThreads, tasksPerWorker: AT_ONCE });
  const answers: Answer[] = [];
  const futures = Array.from(ports, (port) => executor.submit(ping, port, timeout));
  for (const future of futures) {
    answers.push(await future);
    bar.increment();
  }
  return answers;
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

export async function main({
  hosts = 10_000,
  some = 300,
  atOnce = 16,
  kernelThreads = 4,
  timeout = 1000,
} = {}): Promise<void> {
  const ports = new Int32Array(new SharedArrayBuffer(hosts * Int32Array.BYTES_PER_ELEMENT));
  const [ready, stop] = [new Event(), new Event()];
  const server = new Thread({ target: serve, args: [ports, ready, stop], name: "hosts", daemon: true }).start();
  ready.wait();

  const few = ports.subarray(0, some);
  const single = await timed("one after another", few.length, (bar) => oneAfterAnother(few, timeout, bar));
  const many = await timed("a thread each", few.length, (bar) => threaded(few, timeout, atOnce, bar));
  const all = await timed("a user thread each", hosts, (bar) => userThreads(ports, timeout, kernelThreads, bar));
  stop.set();
  server.join();

  console.log(tableOf(all.answers));
  const same = [many, all].every(({ answers }) =>
    single.answers.every(({ state }, host) => state === answers[host]?.state),
  );
  const rate = ({ answers, ms }: typeof all): string =>
    `${answers.length} hosts in ${seconds(ms)}, ${((answers.length / ms) * 1000).toFixed()} a second`;
  console.log(`the same answers: ${same ? "yes" : "no"}`);
  console.log(`one after another: ${rate(single)}`);
  console.log(`a thread each, ${atOnce} at a time: ${rate(many)}`);
  console.log(`a user thread each, on ${kernelThreads} kernel threads: ${rate(all)}`);
}
