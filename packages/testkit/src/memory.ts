/** Runs threads out of memory, on runtimes that may abort the whole process for it. */
import type { Ran } from "./script.js";

/** How often an aborted program is tried again. */
const TRIES = 5;

/**
 * Did the runtime abort the process when a worker ran out of memory? Node 24 does so now and then,
 * also with bare workers of `node:worker_threads`; no library can prevent this. Any other end of
 * the process is the library's fault.
 */
export function abortedForMemory({ status, stderr }: Pick<Ran, "status" | "stderr">): boolean {
  return process.version.startsWith("v24.") && status === "SIGABRT" && stderr.includes("heap out of memory");
}

/**
 * Runs a program in which a thread runs out of memory, until the runtime does not abort it. Returns
 * undefined if it always did: then the test shows nothing, and must say so (`skip`).
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
