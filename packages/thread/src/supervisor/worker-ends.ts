/** The supervisor's work after the end of a worker. */
import type { Words } from "@x/core";
import type { Port } from "../platform/thread-platform.js";
import { assigned, markExited, orphan, unassign } from "../protocol/control-block.js";
import { completeEnd, finishRegistering, isAlive, nativeIdOf } from "../table/entries.js";
import { nameOf } from "../table/names.js";
import { unfinished } from "../table/searches.js";
import { dropDeathActions } from "./death-actions.js";
import { publishOutcome, type Death, deathReports, publishDeath, unbegunDeath } from "./deaths.js";
import { pending } from "./timers.js";
import { workerRecords } from "./worker-records.js";

/**
 * Handles the end of a worker. If its thread was still alive, sends the outcome to the starter and
 * announces the death.
 */
export function handleExit(client: Port, control: Words, cause: (name: string, hasBegun: boolean) => Death): void {
  markExited(control);
  const entry = assigned(control);
  const report = deathReports.get(entry.ident);
  deathReports.delete(entry.ident);
  if (!unassign(control, entry)) return; // its starter noticed first, and started it elsewhere
  if (!isAlive(entry)) {
    dropDeathActions(entry.ident);
    return completeEnd(entry);
  }
  if (report !== undefined) publishOutcome(client, entry, report);
  else publishDeath(client, entry, cause(nameOf(entry), nativeIdOf(entry) !== undefined));
}

/** Call it after the worker has ended and all its requests have arrived. */
export function handleClose(client: Port, worker: number): void {
  for (const record of workerRecords) if (record.client === client) orphan(record.control);
  endUnbegun(client, worker);
}

/**
 * A worker may end in the middle of starts. Ends the threads of these starts:
 *
 *     // T1 registers T2 in the table; T1 is terminated: no other thread knows of T2, and T2 would
 *     // be alive for ever.
 */
function endUnbegun(client: Port, worker: number): void {
  finishRegistering(worker);
  const known = new Set([...workerRecords].map(({ control }) => assigned(control).ident));
  for (const entry of unfinished(worker)) {
    if (known.has(entry.ident) || pending.has(entry.ident)) continue;
    if (isAlive(entry)) publishDeath(client, entry, { error: unbegunDeath(nameOf(entry)), isReported: true });
    else completeEnd(entry);
  }
}
