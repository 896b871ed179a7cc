/**
 * The supervisor's part in the first worker: see runtime/first-worker.ts. The supervisor sees the end of it by the end
 * of its port. No code of the worker runs then. All its messages have come before.
 */
import { Deadline, type Envelope, unpack, type Words } from "@x/core";
import { platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import {
  assigned,
  isTerminating,
  markExited,
  NONE,
  order,
  START_AGAIN,
  TERMINATE,
  wakeTerminating,
} from "../protocol/control-block.js";
import { setDismissed } from "../protocol/dismissal.js";
import type { DismissalMessage, FirstWorker } from "../protocol/messages.js";
import { FIRST_WORKER, postNews } from "../protocol/news.js";
import { died } from "../protocol/outcome.js";
import { isAlive, nativeIdOf, wakeStarter } from "../table/entries.js";
import { isBlocked, removeBlockedWait, wakeBlockedWait } from "./blocked-threads.js";
import { clients, handleRest, serve } from "./clients.js";
import { causeOfDeath, type Death, deathReports, notStarted } from "./deaths.js";
import { letGoAll } from "./memories.js";
import { dropRequests, prepareSpares } from "./spares.js";
import { handleClose, handleExit } from "./worker-ends.js";
import { type WorkerRecord, workerRecords } from "./worker-records.js";

/** How often to wake a maker that has not obeyed: it may be about to block. */
const AGAIN_MS = 20;

/**
 * 300 ms: how long the maker may take to terminate the worker, before the worker is asked to exit by itself. A maker that
 * blocks takes up to 200 ms, because it registers no shorter wait.
 */
const TERMINATE_MS = 300;

/** How often to look whether the maker has told of the end. */
const LOOK_MS = 5;

/** 500 ms: how long to wait for what the maker knows of the end, if the maker is not known to be blocked. */
const CAUSE_MS = 500;

/** What the maker knows of the end. */
interface End {
  readonly exitCode: number;
  readonly cause: Envelope | undefined;
}

let told: End | undefined;

/** Takes the first worker among the others. */
export function takeFirst(client: Port, first: FirstWorker): void {
  const { control, port, news, dismissal } = first;
  const record: WorkerRecord = {
    client,
    control,
    worker: { terminate: () => terminateFirst(client, record, dismissal), isGone: () => undefined },
    port,
    dismissal: undefined, // its maker can terminate it
    terminated: false,
    isFirst: true,
    parkedAfter: undefined,
  };
  workerRecords.add(record);
  clients.set(port, news);
  serve(port, () => handleEnd(record, first));
  prepareSpares(control); // as after each request for a worker
}

/** The maker says what has ended the worker. It may say so before the port ends, or never. */
export function explainFirst(end: End): void {
  told = end;
}

// ---------------------------------------------------------------- its termination

/**
 * Lets the maker terminate the worker. Beside that the worker is asked to exit by itself, because the maker may
 * compute for long: at its next wait on a primitive, or at the next turn of its event loop.
 */
function terminateFirst(client: Port, record: WorkerRecord, dismissal: Words): void {
  order(record.control, TERMINATE);
  let looks = 0;
  again(client, () => {
    if (!workerRecords.has(record)) return false;
    if (looks++ === TERMINATE_MS / AGAIN_MS) {
      setDismissed(dismissal);
      host().post(record.port, { dismissed: true } satisfies DismissalMessage);
    }
    if (looks > TERMINATE_MS / AGAIN_MS) {
      wakeBlockedWait(record.port);
      wakeTerminating(record.control);
    }
    return true;
  });
}

/** Notifies the maker of its order while `isOpen`. */
function again(client: Port, isOpen: () => boolean): void {
  if (!isOpen()) return;
  const news = clients.get(client);
  if (news !== undefined) postNews(client, news, FIRST_WORKER);
  wakeBlockedWait(client);
  platform.setTimer(() => again(client, isOpen), AGAIN_MS);
}

// ---------------------------------------------------------------- its end

function handleEnd(record: WorkerRecord, first: FirstWorker): void {
  const { client, control, port } = record;
  const entry = assigned(control);
  if (isTerminating(control, entry)) handleRest(client); // the explanation of a maker that has not asked before
  const isTerminated = record.terminated || isTerminating(control, entry);
  workerRecords.delete(record);
  clients.delete(port);
  letGoAll(port);
  removeBlockedWait(port);
  dropRequests(port);
  order(control, NONE);
  markExited(control);
  const finish = (cause: (name: string, hasBegun: boolean) => Death): void => {
    handleExit(client, control, cause);
    handleClose(port, first.number);
  };
  if (entry.ident === 0 || !isAlive(entry) || deathReports.has(entry.ident) || isTerminated) {
    return finish((name) => ({ ...causeOfDeath(name, undefined, 0, true), packed: record.death }));
  }
  const mayStartAgain = nativeIdOf(entry) === undefined && entry.ident === first.entry.ident;
  if (!mayStartAgain) return whenTold(client, () => finish(causeOfEnd));
  handleClose(port, first.number);
  order(control, START_AGAIN);
  again(client, () => {
    if (assigned(control).ident === 0) return false;
    wakeStarter(entry);
    return true;
  });
}

/** Calls back when the maker has told of the end, or cannot tell because it is blocked, or after a while. */
function whenTold(client: Port, callback: () => void, due: Deadline = Deadline.after(CAUSE_MS)): void {
  if (told !== undefined || isBlocked(client) || due.expired()) return callback();
  platform.setTimer(() => whenTold(client, callback, due), LOOK_MS);
}

/**
 * The cause of an end without a report of the thread. A maker that blocks tells nothing. Then it is the lack of memory:
 * of every other end the thread itself has sent a report.
 */
function causeOfEnd(name: string, hasBegun: boolean): Death {
  const death =
    told === undefined
      ? { error: died(name, "ran out of memory"), isReported: false }
      : causeOfDeath(name, told.cause && unpack(told.cause), told.exitCode, false);
  return hasBegun ? death : { error: notStarted(name, death.error), isReported: false };
}
