// A thread started in a worker of node:worker_threads, itself started by the program.
import { isMainThread as isFirst, parentPort, Worker, workerData } from "node:worker_threads";
import { expose, Thread } from "@x/thread";
import { answer, LONG, same } from "./probe.mjs";

export const square = (x) => x * x;
expose({ square });

if (isFirst) {
  const worker = new Worker(new URL(import.meta.url), { workerData: "starter" });
  const body = async () => {
    const said = new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
    const late = new Promise((_, reject) => setTimeout(reject, LONG, new Error("nothing comes")).unref());
    same(await Promise.race([said, late]), "yes", "what the worker says");
  };
  console.log(await answer(body));
  await worker.terminate();
} else if (workerData === "starter") {
  const result = () => new Thread({ target: square, args: [7] }).start().result(LONG);
  parentPort.postMessage(await answer(() => same(result(), 49, "a result")));
}
