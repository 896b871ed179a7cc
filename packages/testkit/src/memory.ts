/** Threads that run out of memory, on a runtime that may end the whole process for it. */
import type { Ran } from "./script.js";

/** So often is a program tried that may be aborted. */
const TRIES = 5;

/**
 * Did the runtime abort the process when a worker ran out of memory? Node 24 does so now and then, with bare workers of
 * `node:worker_threads` as well; no library can do anything then. Any other end of the process is the library's.
 */
export function abortedForMemory({ status, stderr }: Pick<Ran, "status" | "stderr">): boolean {
  return process.version.startsWith("v24.") && status === "SIGABRT" && stderr.includes("heap out of memory");
}

/**
 * Runs a program in which a thread runs out of memory until the runtime has left it alive; undefined if it never has, which a test
 * has to say (`skip`), as nothing was shown then.
 */
export async function runOutOfMemory<R extends Pick<Ran, "status" | "stderr">>(
  run: () => Promise<R>,
): Promise<R | undefined> {
  for (let i = 0; i < TRIES; i++) {
    const ran = await run();
    if (!abortedForMemory(ran)) return ran;
  }
  return undefined;
}
