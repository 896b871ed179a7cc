// Primitives in Web Workers. The handle travels by postMessage; the tally shows the worker's end.
import { Lock } from "@x/lock";
import { answer, flags, LONG, same } from "./probe.mjs";

const TIMES = 20_000;

async function body() {
  if (typeof Worker === "undefined") return "there are no Web Workers";
  const [lock, tally] = [new Lock(), flags()];
  const worker = new Worker(new URL("./web-worker.worker.mjs", import.meta.url), { type: "module" });
  worker.postMessage({ handle: lock.share(), tally, times: TIMES });
  for (let i = 0; i < TIMES; i++) lock.with(() => tally[0]++);
  const { value } = Atomics.waitAsync(tally, 1, 0, LONG);
  const why = await value;
  worker.terminate();
  if (why === "timed-out") return "the worker does nothing";
  same(tally[0], 2 * TIMES, "the tally");
}
console.log(await answer(body));
