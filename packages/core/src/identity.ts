/**
 * The number of this thread. Numbers are positive, below 2^29, and never used again: whoever holds an RLock is known by
 * its number, and a thread that comes later must not be taken for it.
 *
 *   odd    threads that this library did not start; made by the platform from a number of its own
 *   even   threads that it did start; drawn from a shared counter and assumed with `assumeIdent`
 *
 * One worker may run many threads one after another, so the number belongs to the thread, not to the worker.
 */
import { platform } from "./platform/index.js";
import { globalSlot } from "./global-slot.js";

const thisThread = /* @__PURE__ */ globalSlot("thread 1", () => ({ ident: 0 }));

/** The largest number of a thread: it shares a 32-bit word with two flags and the sign. */
export const IDENT_MAX: number = 2 ** 29 - 1;

/**
 * The number of the calling thread: positive, different from that of every other thread, dead or alive.
 *
 *     lock.acquire(); owner[0] = getIdent();
 *
 * Works in every worker, whoever started it.
 *
 * @see Python `threading.get_ident`, whose numbers are used again
 */
export function getIdent(): number {
  return thisThread.ident || (thisThread.ident = platform.foreignIdent());
}

/** @internal From now on this worker runs the thread `ident`. */
export function assumeIdent(ident: number): void {
  thisThread.ident = ident;
}
