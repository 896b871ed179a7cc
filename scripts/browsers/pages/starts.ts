/**
 * A page that starts one thread, or one bare worker: /starts.html?what=thread. Leaves the times in
 * `globalThis.result`, in ms since the page was asked for.
 */
import { Thread, threadsRun } from "@x/threading";
import { nothing } from "./starts-tasks.js";

const begun = performance.now();

async function startThread(): Promise<void> {
  threadsRun(() => new Worker("./starts-worker.js", { type: "module" }));
  await new Thread({ target: nothing }).startAsync(20_000);
}

/** A worker whose file is one line. */
function startWorker(): Promise<void> {
  const worker = new Worker("./starts-bare.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

const start = new URLSearchParams(location.search).get("what") === "thread" ? startThread : startWorker;
(globalThis as { result?: unknown }).result = start().then(() => ({ begun, runs: performance.now() }));
