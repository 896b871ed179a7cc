/** Where threads can be had: the platform's part for them, or a clear error. */
import { platform, ThreadError, type ThreadPlatform } from "@x/core";

/** @throws ThreadError where this library cannot start threads */
export function host(): ThreadPlatform {
  if (platform.threads === undefined) {
    throw new ThreadError(
      "thread: threads cannot be started here; they need Node's worker_threads (the primitives of @x/lock, @x/event and " +
        "@x/semaphore work in Web Workers that you start yourself)",
    );
  }
  return platform.threads;
}

/** The file that every worker of this library runs. */
export function workerURL(): string {
  // Written as one expression, bundlers would take it for an asset of their own and emit a second copy.
  const here = () => import.meta.url;
  return new URL("./worker.js", here()).href;
}
