// The workers of a bunch: wait for bodies, run them, answer.
import { workerData as port } from "node:worker_threads";
import { pack, prepare, unpack } from "@x/core";

const ENTERED = 0;
const WAITING = 1;
const DONE = 2;

const word = new Int32Array(new SharedArrayBuffer(4));

port.on("message", async ({ body, index, count, control, args }) => {
  const count1 = (at) => {
    Atomics.add(control, at, 1);
    Atomics.notify(control, at);
  };
  const me = {
    index,
    count,
    aboutToWait: () => count1(WAITING),
    load: (url) => import(url),
    pause: (ms) => void Atomics.wait(word, 0, 0, ms),
  };
  let entered = false;
  try {
    await prepare(args);
    const values = unpack(args);
    const run = (0, eval)(`(${body})`);
    entered = true;
    count1(ENTERED);
    port.postMessage({ index, ok: true, envelope: pack(await run(...values, me), "the result") });
  } catch (error) {
    if (!entered) count1(ENTERED);
    port.postMessage({ index, ok: false, envelope: pack(error) });
  }
  count1(DONE);
});
