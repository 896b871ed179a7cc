/**
 * The first worker. The starter of the supervisor makes it beside the supervisor, and both boot at the same time. From
 * then on it is a worker like the others. But the supervisor needs its maker for three things:
 *
 *   - Only its maker can terminate it. The supervisor gives the order TERMINATE.
 *   - Only its maker learns of an error of the runtime, and of the lack of memory. The supervisor itself sees only
 *     that the worker has ended: its port closes.
 *   - It may end before it begins its thread: a preload throws there. The supervisor gives the order START_AGAIN, and
 *     the maker starts the thread on a worker of the supervisor. So the start throws the usual error, with its cause.
 *
 * The maker may be blocked. Then it attends to the orders as it registers a blocked wait, and each time it wakes from
 * one. The supervisor wakes it again and again until the order is done; see supervisor/first-worker.ts.
 */
import { Deadline, type Envelope, mayBlock, type Steps, type Words } from "@x/core";
import { idle, ifItThrows } from "@x/core/internal";
import { program } from "../platform/boot.js";
import { host } from "../platform/host.js";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";
import {
  assigned,
  markTerminating,
  ordered,
  START_AGAIN,
  statusOf,
  TERMINATE,
  unassign,
} from "../protocol/control-block.js";
import { packCause } from "../protocol/death-cause.js";
import { newDismissal } from "../protocol/dismissal.js";
import type { FirstWorker, ThreadRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { nextWorker } from "../table/counters.js";
import { isAlive, nativeIdOf } from "../table/entries.js";
import { getExitWaiter } from "../table/exit-waiter.js";
import type { Entry } from "../table/layout.js";

/** The thread for which the first worker is made. */
export interface FirstStart {
  readonly entry: Entry;
  readonly control: Words;
  /** The worker's port to its starter. The job is in it already. */
  readonly starter: Port;
  readonly stackSize: number;
  /** Starts the thread on another worker. */
  readonly startAgain: () => void;
}

interface First {
  readonly worker: WorkerHandle;
  readonly control: Words;
  /** The start of its thread, until the thread has begun. */
  start: FirstStart | undefined;
}

let first: First | undefined;

/** The first worker in the view of the supervisor, and its own end of their channel. */
export interface PlannedFirst {
  readonly of: FirstWorker;
  readonly supervisor: Port;
}

/** Prepares what the supervisor has to know of the first worker. */
export function planFirst({ control, entry }: FirstStart): PlannedFirst {
  const [port, supervisor] = host().openChannel();
  return { of: { number: nextWorker(), entry, control, port, news: newNews(), dismissal: newDismissal() }, supervisor };
}

/**
 * Makes the first worker. Returns false if the system refuses it; then the supervisor finds its port closed, without a
 * thread to take care of.
 *
 * @param tell tells the supervisor of its end
 */
export function makeFirst(
  start: FirstStart,
  { of: { number, control, news, dismissal }, supervisor }: PlannedFirst,
  health: Words,
  tell: (exitCode: number, cause: Envelope | undefined) => void,
): boolean {
  const { starter, stackSize, entry } = start;
  const data: ThreadRole = {
    role: "threads",
    worker: number,
    control,
    starter,
    isSpare: false,
    supervisor,
    exitWaiter: getExitWaiter(),
    dismissal,
    health,
    news,
    sharedValues: undefined,
  };
  let cause: unknown;
  try {
    const worker = host().startWorker({
      program: program(),
      data,
      transfer: [starter, supervisor],
      execArgv: host().execArgv(),
      stackSize,
      keepsAlive: false,
      isSupervisor: false,
      onError: (error) => (cause = error),
      onExit(exitCode) {
        tell(exitCode, cause === undefined ? undefined : ifItThrows(undefined, () => packCause(cause)));
      },
    });
    first = { worker, control, start };
    return true;
  } catch {
    unassign(control, entry);
    host().close(supervisor);
    return false;
  }
}

/** Does what the supervisor wants of the maker of the first worker, if anything. */
export function attendToFirst(): void {
  if (first === undefined) return;
  const { worker, control, start } = first;
  const order = ordered(control);
  if (order === TERMINATE) worker.terminate();
  if (order !== START_AGAIN || start === undefined) return;
  first = undefined;
  if (unassign(control, start.entry) && isAlive(start.entry)) start.startAgain();
}

/** True if the supervisor wants this thread to be started again: see {@link attendToFirst}. */
export function isToStartAgain({ ident }: Entry): boolean {
  return first?.start?.entry.ident === ident && ordered(first.control) === START_AGAIN;
}

/** Call it after a start. If the first worker has begun its thread, forgets how to start the thread again. */
export function forgetFirstStart(): void {
  const entry = first?.start?.entry;
  if (entry !== undefined && (nativeIdOf(entry) !== undefined || !isAlive(entry))) first!.start = undefined;
}

/**
 * Terminates the first worker at once if this thread is its maker, and `entry` runs there. The supervisor has been
 * asked before: it sees the end, and finds the request in its port.
 */
export function terminateFirst(entry: Entry): void {
  if (first === undefined || assigned(first.control).ident !== entry.ident) return;
  if (markTerminating(first.control, entry)) first.worker.terminate();
}

/** 1 s: far longer than a platform takes to end a worker that runs JavaScript. */
const ENDING_MS = 1000;

/** How often to look whether it has ended. */
const LOOK_MS = 2;

/** The supervisor has died. Ends the first worker, and waits until its code has stopped. */
export function endFirst(): void {
  if (first === undefined) return;
  const { worker, control } = first;
  first = undefined;
  worker.terminate();
  if (mayBlock()) idle(gone(worker, control));
}

function* gone(worker: WorkerHandle, control: Words): Steps<void> {
  const due = Deadline.after(ENDING_MS);
  while (worker.isGone(0) === false && !due.expired()) {
    yield { ...statusOf(control), deadline: Deadline.after(LOOK_MS) };
  }
}
