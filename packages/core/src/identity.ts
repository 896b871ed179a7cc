/**
 * The ident of this thread: a number from 1 to 2^29 − 1. It is never used again, because an ident
 * in an RLock names its owner, and must not name a later thread.
 *
 *   odd    a foreign thread, which this library did not start; the platform makes the ident from its own
 *          number
 *   even   a thread that this library started; its ident is drawn from a shared counter, and set by
 *          `assumeIdent`
 *
 * An ident belongs to a thread, not to a worker, because a worker runs many threads one after
 * another.
 */
import { platform } from "./platform/index.js";
import { globalSlot } from "./global-slot.js";

const thisThread = /* @__PURE__ */ globalSlot("thread 1", () => ({ ident: 0 }));

/** The largest ident: it shares a 32-bit word with two marks and the sign. */
export const IDENT_MAX: number = 2 ** 29 - 1;

/**
 * The ident of the calling thread: positive, and different from the ident of every other thread,
 * dead or alive.
 *
 *     lock.acquire(); owner[0] = getIdent();
 *
 * Works in every worker, also in a foreign worker.
 *
 * @see Python `threading.get_ident`; Python uses idents again
 */
export function getIdent(): number {
  return thisThread.ident || (thisThread.ident = platform.foreignIdent());
}

/** From now on this worker runs the thread `ident`. */
export function assumeIdent(ident: number): void {
  thisThread.ident = ident;
}
