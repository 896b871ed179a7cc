/** Deaths of threads: their causes, and the steps of the supervisor after them. */
import { pack, ThreadError, type Words } from "@x/core";
import { markDead, runDeathAction } from "@x/core/internal";
import { exceptionText } from "../diagnostics/exception-text.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { DeathReport, PackedDeath, PackedDeathRecord, DeathMessage } from "../protocol/messages.js";
import { died, exited, failure, outcomeMessage } from "../protocol/outcome.js";
import { packCause } from "../protocol/death-cause.js";
import { recordDeath, recordOfDeath } from "./death-records.js";
import { end, nativeIdOf, freeSlot } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { announceNewDeath } from "./announcements.js";
import { awaitedStarts } from "../runtime/awaited-starts.js";
import { isSelf, setReply } from "./clients.js";
import { dropDeathActions, deathActions } from "./death-actions.js";
import { storeOutcome } from "./outcomes.js";
import { say } from "./standard-error.js";

/** Threads' reports of their own deaths. Each death is announced after its worker has ended. */
export const deathReports = new Map<number, DeathReport>();

export function unbegunDeath(name: string): ThreadError {
  return died(name, "has not begun: the thread that started it was terminated meanwhile");
}

/** The text contains the reason from the platform row, because the reason names the cure. */
export function notStarted(name: string, reason: unknown): ThreadError {
  const why = reason instanceof ThreadError ? `: ${reason.message.replace(/^thread: /, "")}` : "";
  return died(name, `can't start new thread${why}`, reason);
}

/** Publishes the death of a thread without a report. */
export function publishDeath(client: Port, entry: Entry, { error, isReported, packed }: Death): void {
  const nativeId = nativeIdOf(entry);
  const name = nameOf(entry);
  const isThrownByStart = nativeId === undefined && (!isSelf(client) || awaitedStarts.has(entry.ident)); // a page supervises itself
  if (!isReported && !isThrownByStart) reportError(entry, error);
  publishOutcome(client, entry, {
    ident: entry.ident,
    name,
    outcome: packed?.outcome ?? pack(failure(error, nativeId)),
    cause: packed?.cause ?? packCause(error),
  });
}

/**
 * Ends a thread after all its code has stopped: sends its outcome to its starter, announces its
 * death, and marks its end in the table.
 */
export function publishOutcome(client: Port, entry: Entry, { ident, name, outcome, cause }: DeathReport): void {
  if (outcome !== undefined) {
    host().post(client, outcomeMessage(ident, outcome));
    storeOutcome(ident, outcome);
  }
  if (cause !== undefined) announceDeath({ ident, name, cause });
  dropDeathActions(ident);
  if (end(entry)) freeSlot(entry);
}

/**
 * Announces a death in this order: store its record, mark the table, run its death actions, make
 * tasks and sleepers check again. So if a thread sees the death in the table, it finds the record.
 */
export function announceDeath(record: PackedDeathRecord): void {
  const { ident } = record;
  recordDeath(record);
  markDead(ident);
  deathActions.get(ident)?.forEach((action) => runDeathAction(action, ident));
  deathActions.delete(ident);
  announceNewDeath();
}

export function sendDeathRecord(client: Port, ident: number, reply: Words): void {
  host().post(client, { record: recordOfDeath(ident) } satisfies DeathMessage);
  setReply(reply);
}

export interface Death {
  readonly error: unknown;
  /** True if the user has seen a report, or if the death was intended. */
  readonly isReported: boolean;
  /** The messages of the error, if another thread has packed it. */
  readonly packed?: PackedDeath | undefined;
}

export function causeOfDeath(name: string, cause: unknown, exitCode: number, terminated: boolean): Death {
  if (terminated) return { error: died(name, "was terminated"), isReported: true };
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return { error: died(name, "ran out of memory", cause), isReported: false };
  if (cause !== undefined) return { error: cause, isReported: false };
  return { error: exited(name, exitCode), isReported: true };
}

export function reportError(entry: Entry, error: unknown): void {
  say(exceptionText(nameOf(entry), error));
}
