// Primitives in workers of node:worker_threads, started by the program itself.
import { Worker, isMainThread as isFirst, workerData } from "node:worker_threads";
import { Lock } from "@x/lock";
import { answer, flags, LONG, same } from "./probe.mjs";

const TIMES = 20_000;
const count = (lock, tally) => {
  for (let i = 0; i < TIMES; i++) lock.with(() => tally[0]++);
};

if (isFirst) {
  const body = async () => {
    const [lock, tally] = [new Lock(), flags()];
    const worker = new Worker(new URL(import.meta.url), { workerData: { lock: lock.share(), tally } });
    const ended = new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    count(lock, tally);
    await Promise.race([ended, new Promise((_, reject) => setTimeout(reject, LONG, new Error("too late")).unref())]);
    same(tally[0], 2 * TIMES, "the tally");
  };
  console.log(await answer(body));
} else count(Lock.from(workerData.lock), workerData.tally);
