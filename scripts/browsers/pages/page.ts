/**
 * The page of a file of tests: /?file=packages/lock/test/lock.test.js&only=pattern. The tests run in
 * a worker, because a page may not block.
 */
import { type Birth, lockOf, type Request, tell } from "./protocol.js";

const workers = new Map<number, Worker>();

const tests = new Worker(`./tests.js${location.search}`, { type: "module" });
tests.onerror = ({ message, filename, lineno }) =>
  tell("/died", { died: `the worker of the tests: ${message || "cannot be loaded"} ${filename}:${lineno}` });

tests.onmessage = ({ data }: MessageEvent<Request>) => {
  if ("make" in data) make(data.make, data.answers);
  else if ("to" in data) workers.get(data.to)!.postMessage(data.order);
  else {
    workers.get(data.terminate)!.terminate();
    workers.delete(data.terminate);
  }
};

function make(number: number, answers: SharedArrayBuffer): void {
  const worker = new Worker("./bunch-worker.js", { type: "module" });
  const birth: Birth = { lock: lockOf(number), answers };
  worker.postMessage(birth);
  workers.set(number, worker);
}
