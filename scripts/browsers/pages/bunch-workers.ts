/** Stands for testkit's file of this name: the workers of a bunch, made by the page, or threads. */
import { decode } from "@x/core/internal";
import { ANSWER_BYTES, ANSWER_BYTES_MAX, ANSWER_OFFSET, LENGTH, lockOf, type Request } from "./protocol.js";
import { waysOf } from "./tests.js";

let made = 0;

/**
 * How long `Atomics.notify` may count the waits of an ended worker after the release of its Web Lock. browser-page.ts of
 * @x/thread waits 100 ms; the tests run beside another browser.
 */
const STILL_COUNTED_MS = 250;

export function startPooledWorker(): object {
  return (waysOf().startPooledWorker ?? startForeignWorker)();
}

/** A Web Worker that is no thread. */
function startForeignWorker(): object {
  const number = ++made;
  const answers = new SharedArrayBuffer(ANSWER_BYTES, { maxByteLength: ANSWER_BYTES_MAX });
  const length = new Int32Array(answers, 0, 1);
  const ask = (request: Request): void => postMessage(request);
  ask({ make: number, answers });
  return {
    post: (order: unknown) => ask({ to: number, order }),
    receive: () => {
      const bytes = Atomics.exchange(length, LENGTH, 0);
      return bytes === 0 ? undefined : decode(new Uint8Array(answers, ANSWER_OFFSET, bytes));
    },
    terminate: async () => {
      ask({ terminate: number });
      await navigator.locks.request(lockOf(number), () => undefined);
      await new Promise((resolve) => setTimeout(resolve, STILL_COUNTED_MS));
    },
  };
}
