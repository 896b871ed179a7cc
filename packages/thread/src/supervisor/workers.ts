/** Creates workers and assigns them to starters; keeps a spare; retires idle ones. */
import { ThreadError, type Words } from "@x/core";
import { platform } from "@x/core/internal";
import { program } from "../platform/boot.js";
import { host } from "../platform/host.js";
import type { Port, WorkerHandle, WorkerOptions } from "../platform/thread-platform.js";
import { assigned, isParked, newControlBlock, retire, dispatch, claim } from "../protocol/control-block.js";
import { newDismissal } from "../protocol/dismissal.js";
import type { AdoptionMessage, ThreadRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { died } from "../protocol/outcome.js";
import { getExitWaiter } from "../table/exit-waiter.js";
import { hasRoomForSpare } from "../table/capacity.js";
import { nextWorker } from "../table/counters.js";
import { NO_ENTRY } from "../table/layout.js";
import { removeBlockedWait } from "./blocked-threads.js";
import { clients, handleRest, serve } from "./clients.js";
import { causeOfDeath, unbegunDeath } from "./deaths.js";
import { letGoAll } from "./memories.js";
import { allSharedValues } from "./shared-values.js";
import { handleExit, handleClose } from "./worker-ends.js";
import { type WorkerRecord, workerRecords } from "./worker-records.js";

/** How many idle workers may stay for ever. Each takes 8 MB or more. */
const IDLE_LIMIT = Math.max(8, 2 * platform.cores());

/** Idle workers above IDLE_LIMIT exit after 1 s without a thread. */
const RETIRE_MS = 1000;

let execArgv: readonly string[] = [];

let health: Words;

export function setUpWorkers(args: readonly string[], healthOfSupervisor: Words): void {
  execArgv = args;
  health = healthOfSupervisor;
}

export function assignWorker(client: Port, control: Words, starter: Port, stackSize: number): void {
  try {
    if (stackSize !== 0 || !assignSpare(client, control, starter)) {
      createWorker(client, control, starter, stackSize, false);
    }
  } catch (error) {
    host().close(starter); // an open port stays in memory, whether or not anything refers to it
    handleExit(client, control, (name) => ({ error: notStarted(name, error), isReported: false }));
  }
  prepareSpare();
}

function createWorker(client: Port, control: Words, starter: Port, stackSize: number, isSpare: boolean): WorkerRecord {
  const [mine, theirs] = host().openChannel();
  const number = nextWorker();
  const dismissal = host().isTerminateWeak === true ? newDismissal() : undefined;
  const news = newNews();
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
    program: program(),
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
      if (spare === record) spare = undefined;
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
  serve(mine, () => handleClose(mine, number));
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

/** The text contains a reason that the platform row gives, because it names the cure. */
function notStarted(name: string, reason: unknown): ThreadError {
  const why = reason instanceof ThreadError ? `: ${reason.message.replace(/^thread: /, "")}` : "";
  return died(name, `can't start new thread${why}`, reason);
}

/**
 * A worker started in advance, so that the next start does not wait for a boot. It parks on its own
 * control block, with the supervisor as its starter. Later it receives its real starter.
 */
let spare: WorkerRecord | undefined;
let cancelSpare = (): void => undefined;

/**
 * A spare is created after 100 ms without a request, because a burst of starts needs the cores for
 * itself.
 */
const SPARE_AFTER_MS = 100;

function prepareSpare(): void {
  cancelSpare();
  if (spare !== undefined) return;
  cancelSpare = platform.setTimer(() => {
    if (!hasRoomForSpare()) return;
    const [mine, theirs] = host().openChannel();
    try {
      spare = createWorker(mine, newControlBlock(NO_ENTRY), theirs, 0, true);
    } catch {
      host().close(mine);
      // The machine has no room for a spare. The next start reports this to the user.
    }
  }, SPARE_AFTER_MS);
}

/** Gives the spare to a starter. Returns false if no spare is ready. */
function assignSpare(client: Port, control: Words, starter: Port): boolean {
  const record = spare;
  if (record === undefined || !claim(record.control)) return false;
  spare = undefined;
  const { client: mine, control: parked } = record;
  record.client = client;
  record.control = control;
  host().post(mine, { control, starter } satisfies AdoptionMessage, [starter]);
  dispatch(parked); // if the spare has died, its end is handled like any other
  return true;
}

let isRetiring = false;

/**
 * Lets idle workers exit while there are more than IDLE_LIMIT. The most recently parked stay,
 * because their starters take them first.
 */
function retireSoon(): void {
  if (isRetiring || workerRecords.size <= IDLE_LIMIT + 1) return;
  isRetiring = true;
  platform.setTimer(() => {
    isRetiring = false;
    const idle = [...workerRecords].filter((record) => record !== spare && isParked(record.control));
    let excess = idle.length - IDLE_LIMIT;
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
