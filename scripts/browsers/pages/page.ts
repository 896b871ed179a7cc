/**
 * The page of a file of tests: /?file=packages/lock/test/lock.test.ts&only=pattern. The tests run in
 * a worker, because a page may not block. With &threads they run in a thread, and may start others.
 */
import { Thread, threadsRun } from "@x/threading";
import { type Birth, lockOf, type Request, tell } from "./protocol.js";
import { runTests } from "./tests.js";

const query = new URLSearchParams(location.search);
const only = query.get("only");
const address = `./${query.get("file")!.replace(/\.ts$/, ".js")}${location.search}`;

const workers = new Map<number, Worker>();

function newWorker(): Worker {
  const worker = new Worker(address, { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<Partial<Request> | null>) => {
    if (typeof data === "object" && data !== null) serve(data as Request);
  });
  return worker;
}

function serve(request: Request): void {
  if ("make" in request) make(request.make, request.answers);
  else if ("to" in request) workers.get(request.to)!.postMessage(request.order);
  else if ("terminate" in request) {
    workers.get(request.terminate)!.terminate();
    workers.delete(request.terminate);
  }
}

function make(number: number, answers: SharedArrayBuffer): void {
  const worker = new Worker("./bunch-worker.js", { type: "module" });
  const birth: Birth = { lock: lockOf(number), answers };
  worker.postMessage(birth);
  workers.set(number, worker);
}

function died(error: unknown): void {
  tell("/died", { died: `the worker of the tests: ${String(error)}` });
}

if (query.has("threads")) {
  threadsRun(newWorker);
  new Thread({ target: runTests, args: [only], name: "tests" }).start().resultAsync().catch(died);
} else {
  const tests = newWorker();
  tests.onerror = ({ message, filename, lineno }) => died(`${message || "cannot be loaded"} ${filename}:${lineno}`);
}
