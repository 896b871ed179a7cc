/** What the supervisor does after a worker has ended. */
import type { Words } from "@x/core";
import type { Port } from "../platform/thread-platform.js";
import { assigned, leave, orphan, unassign } from "../protocol/control-block.js";
import { completeEnd, finishEntering, isAlive, nativeIdOf } from "../table/entries.js";
import { nameOf } from "../table/names.js";
import { unfinished } from "../table/searches.js";
import { dropWills } from "./death-actions.js";
import { announce, type Death, deathReports, tellDeath, unbegunDeath } from "./deaths.js";
import { pending } from "./timers.js";
import { employees } from "./worker-records.js";

/** The worker is gone. If a thread was still alive in it, tells its starter and all threads that wait for it. */
export function hasEnded(client: Port, control: Words, cause: (name: string, hasBegun: boolean) => Death): void {
  leave(control);
  const entry = assigned(control);
  const report = deathReports.get(entry.ident);
  deathReports.delete(entry.ident);
  if (!unassign(control, entry)) return; // its starter saw that the worker is gone, and has started it elsewhere
  if (!isAlive(entry)) {
    dropWills(entry.ident);
    return completeEnd(entry);
  }
  if (report !== undefined) announce(client, entry, report);
  else tellDeath(client, entry, cause(nameOf(entry), nativeIdOf(entry) !== undefined));
}

/** A worker is gone, and all that it has asked for has arrived. */
export function hasLeft(client: Port, worker: number): void {
  for (const employee of employees) if (employee.client === client) orphan(employee.control);
  endUnbegun(client, worker);
}

/**
 * A worker is gone. Ends what it has started without being able to ask any more:
 *
 *     // T1 enters T2 into the table; T1 is terminated. Nobody else knows of T2, and it would be alive for ever.
 */
function endUnbegun(client: Port, worker: number): void {
  finishEntering(worker);
  const known = new Set([...employees].map(({ control }) => assigned(control).ident));
  for (const entry of unfinished(worker)) {
    if (known.has(entry.ident) || pending.has(entry.ident)) continue;
    if (isAlive(entry)) tellDeath(client, entry, { error: unbegunDeath(nameOf(entry)), isReported: true });
    else completeEnd(entry);
  }
}
