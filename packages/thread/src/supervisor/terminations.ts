/** Terminates threads from outside. */
import { Deadline, type Words } from "@x/core";
import { platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import { isTerminating, markTerminating, wakeTerminating } from "../protocol/control-block.js";
import { setDismissed } from "../protocol/dismissal.js";
import type { DismissalMessage, PackedDeath } from "../protocol/messages.js";
import { isAlive } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { wakeBlockedWait } from "./blocked-threads.js";
import { causeOfDeath, publishDeath } from "./deaths.js";
import { unschedule } from "./timers.js";
import { type WorkerRecord, workerRecords } from "./worker-records.js";

/** 5 ms: how soon to try again if the thread is starting and cannot be terminated yet. */
const TERMINATE_AGAIN_MS = 5;

/** @param death the explanation for other threads; default: the thread was terminated */
export function terminate(entry: Entry, death?: PackedDeath): void {
  if (!isAlive(entry)) return;
  const waiting = unschedule(entry);
  if (waiting !== undefined)
    return publishDeath(waiting.client, entry, { ...causeOfDeath(nameOf(entry), undefined, 0, true), packed: death });
  for (const record of workerRecords) {
    // Its maker terminates the first worker without asking.
    const isMarked = record.isFirst === true && isTerminating(record.control, entry);
    if (!isMarked && !markTerminating(record.control, entry)) continue;
    record.death ??= death;
    return terminateWorker(record);
  }
  // It is ending, or its worker is still being requested.
  platform.setTimer(() => terminate(entry, death), TERMINATE_AGAIN_MS);
}

function terminateWorker(record: WorkerRecord): void {
  record.terminated = true;
  if (record.dismissal === undefined) record.worker.terminate();
  else dismiss(record, record.dismissal);
}

/**
 * How long a worker has to exit by itself: longer than LONG_WAIT_MS, after which its wait is
 * registered and can be woken.
 */
const DISMISS_MS = 500;

/** How often to check whether the worker sleeps by now. */
const DISMISS_AGAIN_MS = 20;

/**
 * Asks a worker to exit by itself: at the next turn of its event loop, or at its next wait on a
 * primitive. The platform's `terminate` would let it sleep for ever, and it would take wakes meant
 * for other waiters. A worker that computes does neither, and is terminated after DISMISS_MS.
 */
function dismiss(record: WorkerRecord, dismissal: Words): void {
  setDismissed(dismissal);
  host().post(record.port, { dismissed: true } satisfies DismissalMessage);
  const due = Deadline.after(DISMISS_MS);
  const look = (): void => {
    if (!workerRecords.has(record)) return;
    if (due.expired()) return record.worker.terminate();
    wakeBlockedWait(record.port);
    wakeTerminating(record.control);
    platform.setTimer(look, DISMISS_AGAIN_MS);
  };
  look();
}
