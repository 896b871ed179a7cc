/** Terminates threads from outside. */
import { Deadline, platform, type Words } from "@x/core";
import { host } from "../platform/host.js";
import { condemn, wakeCondemned } from "../protocol/control-block.js";
import { setDismissed } from "../protocol/dismissal.js";
import type { DismissalMessage } from "../protocol/messages.js";
import { isAlive } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { wakeBlockedWait } from "./blocked-threads.js";
import { causeOfDeath, tellDeath } from "./deaths.js";
import { unschedule } from "./timers.js";
import { type Employee, employees } from "./worker-records.js";

/** A thread that cannot be terminated at the moment, as it is only starting, is looked for again after so many milliseconds. */
const TERMINATE_AGAIN_MS = 5;

export function terminate(entry: Entry): void {
  if (!isAlive(entry)) return;
  const waiting = unschedule(entry);
  if (waiting !== undefined) return tellDeath(waiting.client, entry, causeOfDeath(nameOf(entry), undefined, 0, true));
  for (const employee of employees) if (condemn(employee.control, entry)) return fire(employee);
  // It ends just now, or its worker is only being asked for.
  platform.setTimer(() => terminate(entry), TERMINATE_AGAIN_MS);
}

function fire(employee: Employee): void {
  employee.terminated = true;
  if (employee.dismissal === undefined) employee.worker.terminate();
  else dismiss(employee, employee.dismissal);
}

/** So long a worker has time to leave by itself: somewhat longer than LONG_WAIT_MS, after which a wait is registered. */
const DISMISS_MS = 500;

/** Whether it has begun to sleep meanwhile is looked at again after so many milliseconds. */
const DISMISS_AGAIN_MS = 20;

/**
 * Has a worker leave by itself, as soon as its event loop has a turn, or it waits on a primitive: terminated by the platform it would
 * sleep on for ever, and what is meant for another waiter would wake it. If it does neither (it computes), that has to do.
 */
function dismiss(employee: Employee, dismissal: Words): void {
  setDismissed(dismissal);
  host().post(employee.port, { dismissed: true } satisfies DismissalMessage);
  const due = Deadline.after(DISMISS_MS);
  const look = (): void => {
    if (!employees.has(employee)) return;
    if (due.expired()) return employee.worker.terminate();
    wakeBlockedWait(employee.port);
    wakeCondemned(employee.control);
    platform.setTimer(look, DISMISS_AGAIN_MS);
  };
  look();
}
