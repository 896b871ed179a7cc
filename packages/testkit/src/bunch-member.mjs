// A worker of a bunch: runs a body, and answers.
import { pack, prepare, unpack } from "@x/core";

const ENTERED = 0;
const WAITING = 1;
const DONE = 2;

const word = new Int32Array(new SharedArrayBuffer(4));

/**
 * @param {import("./bunch-workers.js").Order} order
 * @param {(answer: import("./bunch-workers.js").Answer) => void} answer
 */
export async function carryOut({ body, index, count, control, args }, answer) {
  const count1 = (/** @type {number} */ at) => {
    Atomics.add(control, at, 1);
    Atomics.notify(control, at);
  };
  const me = {
    index,
    count,
    aboutToWait: () => count1(WAITING),
    load: (/** @type {string} */ url) => import(url),
    pause: (/** @type {number} */ ms) => void Atomics.wait(word, 0, 0, ms),
  };
  let entered = false;
  try {
    await prepare(args);
    const values = /** @type {unknown[]} */ (unpack(args));
    const run = (0, eval)(`(${body})`);
    entered = true;
    count1(ENTERED);
    answer({ index, ok: true, envelope: pack(await run(...values, me), "the result") });
  } catch (error) {
    if (!entered) count1(ENTERED);
    answer({ index, ok: false, envelope: pack(error) });
  }
  count1(DONE);
}
