/** A start: registers the thread in the table, and passes it to a worker. */
import type { Envelope } from "@x/core";
import type { Start } from "../protocol/job.js";
import { refused } from "../protocol/outcome.js";
import { awaitOutcome, forgetOutcome } from "../runtime/outcome-callbacks.js";
import { ask } from "../runtime/supervisor-client.js";
import { startOnWorker } from "../runtime/worker-pool.js";
import { exchangeStackSize } from "../table/counters.js";
import { end, freeSlot, markShared, register } from "../table/entries.js";
import { nextIdent } from "../table/idents.js";
import { type Entry, PENDING, RAW } from "../table/layout.js";
import type { ThreadOutcome } from "./thread-outcome.js";

/** Passes the thread to a worker now; or, if it is PENDING, to the supervisor for `delay` milliseconds. */
export function passOn(start: Start, flags: number, delay: number): void {
  if ((flags & PENDING) === 0) startOnWorker(start, exchangeStackSize());
  else if (markShared(start.entry)) ask({ ask: "later", start, delay, stackSize: exchangeStackSize() });
}

/**
 * Registers a thread in the table, and passes it to `put`.
 *
 * @param outcome receives the outcome, unless the thread is RAW
 * @param moved the objects in the job to move to the thread
 * @throws the errors of `put`; then the thread was never there
 */
export function registerThread(
  name: string,
  flags: number,
  job: Envelope,
  outcome: ThreadOutcome,
  put: (start: Start) => void,
  moved?: readonly object[],
): Entry {
  const entry = register(nextIdent(), name, flags);
  if ((flags & PENDING) !== 0) outcome.awaitWeakly(entry.ident);
  else if ((flags & RAW) === 0) awaitOutcome(entry.ident, outcome.receive);
  try {
    put({ entry, job, ...(moved && { moved }) });
  } catch (error) {
    end(entry);
    freeSlot(entry);
    forgetOutcome(entry.ident);
    throw refused(
      error,
      moved === undefined ? `an argument of ${name}` : `an argument or a part of transfer of ${name}`,
    );
  }
  return entry;
}
