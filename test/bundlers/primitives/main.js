// A page that awaits, and two workers of its own that block. Leaves each fact in globalThis.result.
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

const LIMIT = 20_000;
const TIMES = 500;

async function result() {
  const [lock, done, begin] = [new Lock(), new Semaphore(0), new Event()];
  const tally = new Int32Array(new SharedArrayBuffer(4));
  const errors = [];
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(new URL("./work.js", import.meta.url), { type: "module" });
    worker.onerror = (event) => errors.push(`${event.message ?? "a worker does not load"}`);
    worker.postMessage({ ...{ lock: lock.share(), done: done.share(), begin: begin.share() }, tally, times: TIMES });
  }
  begin.set();
  for (let i = 0; i < TIMES; i++) await lock.withAsync(() => tally[0]++);
  const ended = [await done.acquireAsync(LIMIT), await done.acquireAsync(LIMIT)];
  const free = await lock.acquireAsync(LIMIT);
  let refused;
  try {
    lock.acquire();
  } catch (error) {
    refused = error;
  }
  const facts = {
    "workers that block end": ended.every(Boolean),
    "a lock of a page and two workers excludes": tally[0] === 3 * TIMES,
    "a page acquires a free lock": free,
    "a page that would block is told the awaited form": /acquireAsync\(\)/.test(refused?.message),
    "an error keeps its name": refused?.name === "ThreadError" || refused?.name,
    "workers report no error": errors.length === 0 || errors.join(),
  };
  return Object.entries(facts).map(([fact, found]) => `${found === true ? "ok" : `NOT OK (${found})`}: ${fact}`);
}

globalThis.result = result().catch((error) => [`NOT OK: ${error.stack ?? error}`]);
