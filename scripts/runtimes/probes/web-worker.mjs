// Primitives in Web Workers. The handle travels by postMessage, the tally tells that the worker is done.
import { Lock } from "@x/lock";
import { answer, flags, LONG, same } from "./probe.mjs";

const TIMES = 20_000;
const count = (lock, tally) => {
  for (let i = 0; i < TIMES; i++) lock.with(() => tally[0]++);
};

if (typeof Worker === "undefined") console.log("no: there are no Web Workers");
else if (globalThis.name === "other") {
  globalThis.onmessage = ({ data: { handle, tally } }) => {
    count(Lock.from(handle), tally);
    Atomics.store(tally, 1, 1);
    Atomics.notify(tally, 1);
    globalThis.close();
  };
} else {
  const body = async () => {
    const [lock, tally] = [new Lock(), flags()];
    const worker = new Worker(new URL(import.meta.url), { type: "module", name: "other" });
    worker.postMessage({ handle: lock.share(), tally });
    count(lock, tally);
    const { value } = Atomics.waitAsync(tally, 1, 0, LONG);
    if ((await value) === "timed-out") return "the worker did not end";
    worker.terminate();
    same(tally[0], 2 * TIMES, "the tally");
  };
  console.log(await answer(body));
}
