/** Delayed threads: they start later. */
import { Deadline, pack } from "@x/core";
import { platform } from "@x/core/internal";
import type { Port } from "../platform/thread-platform.js";
import type { Start } from "../protocol/job.js";
import { startOnWorker } from "../runtime/worker-pool.js";
import { checkRoom } from "../table/capacity.js";
import { becomeDue, end, freeSlot } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { reportError, publishDeath } from "./deaths.js";
import { storeOutcome } from "./outcomes.js";

/** The longest time of a timer in JavaScript engines. */
const TIMER_MAX = 2 ** 31 - 1;

interface Pending {
  readonly client: Port;
  start: Start;
  cancel: () => void;
}

export const pending = new Map<number, Pending>();

export function startLater(client: Port, start: Start, delay: number, stackSize: number): void {
  const { entry } = start;
  const due = Deadline.after(delay);
  const wait = (): (() => void) => platform.setTimer(tick, Math.min(Math.ceil(due.left()), TIMER_MAX));
  const tick = (): void => {
    if (due.expired()) run(waiting, entry, stackSize);
    else waiting.cancel = wait();
  };
  const waiting: Pending = { client, start, cancel: wait() };
  pending.set(entry.ident, waiting);
}

function run({ client, start }: Pending, entry: Entry, stackSize: number): void {
  pending.delete(entry.ident);
  try {
    checkRoom();
    becomeDue(entry);
    startOnWorker(start, stackSize);
  } catch (error) {
    reportError(entry, error);
    publishDeath(client, entry, { error, isReported: true });
  }
}

export function replace(start: Start): void {
  const waiting = pending.get(start.entry.ident);
  if (waiting !== undefined) waiting.start = start;
}

/** Ends a delayed thread before it starts. Does nothing if it has started. */
export function callOff(entry: Entry): void {
  const waiting = unschedule(entry);
  if (waiting === undefined) return;
  storeOutcome(entry.ident, pack({ ok: true }));
  if (end(entry)) freeSlot(entry);
}

export function unschedule({ ident }: Entry): Pending | undefined {
  const waiting = pending.get(ident);
  pending.delete(ident);
  waiting?.cancel();
  return waiting;
}
