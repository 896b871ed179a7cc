/** Creates workers and assigns them to starters; retires idle ones. */
import type { Words } from "@x/core";
import { platform } from "@x/core/internal";
import { program } from "../platform/boot.js";
import { host } from "../platform/host.js";
import type { Port, WorkerHandle, WorkerOptions } from "../platform/thread-platform.js";
import { assigned, isParked, retire } from "../protocol/control-block.js";
import { newDismissal } from "../protocol/dismissal.js";
import type { SupervisorRole, ThreadRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { getExitWaiter } from "../table/exit-waiter.js";
import { nextWorker } from "../table/counters.js";
import { announceAgain } from "./announcements.js";
import { removeBlockedWait } from "./blocked-threads.js";
import { clients, handleRest, serve } from "./clients.js";
import { causeOfDeath, notStarted, unbegunDeath } from "./deaths.js";
import { letGoAll } from "./memories.js";
import { allSharedValues } from "./shared-values.js";
import {
  assignSpare,
  dropRequests,
  forgetSpare,
  isSpareWorker,
  prepareSpares,
  setUpSpares,
  type WorkerRequest,
} from "./spares.js";
import { handleExit, handleClose } from "./worker-ends.js";
import { type WorkerRecord, workerRecords } from "./worker-records.js";

/** How many idle workers may stay for ever. Each takes 8 MB or more. */
function idleLimit(): number {
  return Math.max(8, 2 * platform.cores());
}

/** Idle workers above {@link idleLimit} exit after 1 s without a thread. */
const RETIRE_MS = 1000;

let ofAll: Pick<SupervisorRole, "program" | "execArgv" | "health">;

export function setUpWorkers(role: typeof ofAll): void {
  ofAll = role;
  setUpSpares({
    spare: (control, mine, theirs) => createWorker({ client: mine, control, starter: theirs }, 0, true),
    worker: (request) => assignNew(request, 0),
  });
}

export function assignWorker(client: Port, control: Words, starter: Port, stackSize: number): void {
  const request = { client, control, starter };
  if (stackSize !== 0 || !assignSpare(request)) assignNew(request, stackSize);
  prepareSpares(control);
}

function assignNew(request: WorkerRequest, stackSize: number): void {
  try {
    createWorker(request, stackSize, false);
  } catch (error) {
    host().close(request.starter); // an open port stays in memory, whether or not anything refers to it
    handleExit(request.client, request.control, (name) => ({ error: notStarted(name, error), isReported: false }));
  }
}

function createWorker({ client, control, starter }: WorkerRequest, stackSize: number, isSpare: boolean): WorkerRecord {
  const [mine, theirs] = host().openChannel();
  const number = nextWorker();
  const dismissal = host().isTerminateWeak === true ? newDismissal() : undefined;
  const news = newNews();
  const { program: given, execArgv, health } = ofAll;
  const data: ThreadRole = {
    role: "threads",
    worker: number,
    control,
    starter,
    isSpare,
    supervisor: theirs,
    exitWaiter: getExitWaiter(),
    dismissal,
    health,
    news,
    sharedValues: host().supervisesHere && allSharedValues(),
  };
  let cause: unknown;
  const worker = startWorker(mine, {
    program: given ?? program(),
    data,
    transfer: [starter, theirs],
    execArgv,
    stackSize,
    keepsAlive: true,
    isSupervisor: false,
    onError: (error) => (cause = error),
    onExit: (exitCode) => {
      handleRest(mine);
      workerRecords.delete(record);
      forgetSpare(record);
      clients.delete(mine);
      letGoAll(mine);
      removeBlockedWait(mine);
      handleExit(record.client, record.control, (name, hasBegun) => {
        const isOrphan = !hasBegun && exitCode === 0 && cause === undefined && !record.terminated;
        if (isOrphan) return { error: unbegunDeath(name), isReported: true };
        const death = { ...causeOfDeath(name, cause, exitCode, record.terminated), packed: record.death };
        if (hasBegun || record.terminated) return death;
        return { error: notStarted(name, death.error), isReported: false };
      });
      if (exitCode !== 0) announceAgain(); // it has not left by itself, so it may have slept
    },
  });
  const record: WorkerRecord = {
    client,
    control,
    worker,
    port: mine,
    dismissal,
    terminated: false,
    parkedAfter: undefined,
  };
  workerRecords.add(record);
  retireSoon();
  clients.set(mine, news);
  serve(mine, () => {
    dropRequests(mine);
    handleClose(mine, number);
  });
  return record;
}

/** Starts a worker; if the system refuses it, closes the channel to it. */
function startWorker(mine: Port, options: WorkerOptions): WorkerHandle {
  try {
    return host().startWorker(options);
  } catch (error) {
    host().close(mine);
    throw error;
  }
}

let isRetiring = false;

/**
 * Lets idle workers exit while there are more than {@link idleLimit}. The most recently parked stay,
 * because their starters take them first.
 */
function retireSoon(): void {
  if (isRetiring || workerRecords.size <= idleLimit() + 1) return;
  isRetiring = true;
  platform.setTimer(() => {
    isRetiring = false;
    const idle = [...workerRecords].filter((record) => !isSpareWorker(record) && isParked(record.control));
    let excess = idle.length - idleLimit();
    for (const record of idle) {
      const { ident } = assigned(record.control);
      const wasParked = record.parkedAfter === ident;
      record.parkedAfter = ident;
      if (!wasParked || excess-- <= 0) continue;
      retire(record.control);
    }
    retireSoon();
  }, RETIRE_MS);
}
