// Runs in a page, where blocking is forbidden, beside two Web Workers, where it is not. Leaves its
// results in `window.seen`.
import { getIdent, mayBlock } from "@x/core";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

const ROUNDS = 1000;

async function play() {
  const [lock, event, done, words] = [
    new Lock(),
    new Event(),
    new Semaphore(0),
    new Int32Array(new SharedArrayBuffer(8)),
  ];
  for (let i = 0; i < 2; i++) {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.postMessage({ lock: lock.share(), event: event.share(), done: done.share(), words, rounds: ROUNDS });
  }
  for (let i = 0; i < ROUNDS; i++) await lock.withAsync(() => words[0]++);
  await done.acquireAsync();
  await done.acquireAsync();
  event.set();
  await done.acquireAsync();
  await done.acquireAsync();

  lock.acquire();
  return {
    ident: getIdent(),
    mayBlock: mayBlock(),
    count: words[0],
    idents: words[1],
    blocking: await Promise.resolve()
      .then(() => lock.acquire())
      .catch((error) => error.message),
    timedOut: await lock.acquireAsync(20),
    aborted: await lock.acquireAsync({ signal: AbortSignal.abort("enough") }).catch((reason) => reason),
    text: String(lock),
  };
}

window.seen = play();
