/** Items by `postMessage`, without a library. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ITEMS_MAX, type Pairs, sideOf } from "./queues.js";
import { type JsContestant, js } from "./row.js";

/** Posts `ITEMS_MAX` items, and waits until the consumer has received them. */
const PRODUCER = `const { parentPort, workerData: { received, itemOf, max } } = require("node:worker_threads");
  const item = eval(itemOf);
  parentPort.postMessage("ready");
  for (let n = 0; ; n++) {
    parentPort.postMessage(item(n));
    if ((n + 1) % max === 0) for (let seen; (seen = Atomics.load(received, 0)) < n + 1;) Atomics.wait(received, 0, seen);
  }`;

/** Million items a second, from each producer to this thread. */
export function throughPorts(item: (n: number) => unknown): JsContestant<Pairs> {
  return js(async (pairs) => {
    let items = 0;
    for (let i = 0; i < sideOf(pairs); i++) {
      const received = new Int32Array(new SharedArrayBuffer(4));
      const workerData = { received, itemOf: String(item), max: ITEMS_MAX };
      const worker = new Worker(PRODUCER, { eval: true, workerData });
      await once(worker, "message");
      let mine = 0;
      worker.on("message", () => {
        items++;
        if (++mine % ITEMS_MAX !== 0) return;
        Atomics.store(received, 0, mine);
        Atomics.notify(received, 0);
      });
    }
    return async (ms) => {
      const [begin, before] = [performance.now(), items];
      await new Promise((resolve) => setTimeout(resolve, ms));
      return (items - before) / (performance.now() - begin) / 1e3;
    };
  });
}
