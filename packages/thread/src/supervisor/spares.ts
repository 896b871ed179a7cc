/**
 * Spare workers: started in advance, because the next starts would otherwise wait for a boot. A spare parks
 * on its own control block. Its starter is the supervisor. Later it receives its real starter.
 *
 * There is a single spare, made after a pause in the requests. While requests follow each other
 * closely, a spare per core boots at the same time: a starter is blocked until its thread runs, so
 * the next request comes only after a boot. The spares boot during the block.
 *
 * A request waits for a booting spare, because a new worker would take longer. If a spare ends before
 * it parks, requests wait for no spare any more. A spare ends so if a module leaves a timer.
 */
import type { Words } from "@x/core";
import { platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { claim, dispatch, isBootedWithin, isParked, newControlBlock, retire } from "../protocol/control-block.js";
import type { AdoptionMessage } from "../protocol/messages.js";
import { hasRoomForSpare } from "../table/capacity.js";
import { NO_ENTRY } from "../table/layout.js";
import type { WorkerRecord } from "./worker-records.js";

/** A thread's request for a worker. */
export interface WorkerRequest {
  readonly client: Port;
  readonly control: Words;
  readonly starter: Port;
}

/** The spares still without a starter, the oldest first. */
const spares = new Set<WorkerRecord>();
/** The requests waiting for a spare. They are never more than the spares. */
const requests: WorkerRequest[] = [];

/** A spare is created after 100 ms without a request, because a burst of starts needs the cores for itself. */
const SPARE_AFTER_MS = 100;

/**
 * 250 ms: a request so soon after the boot of the last request's worker belongs to the same burst. It counts from the boot, because
 * a boot takes 20 ms on one machine, and a second on another.
 */
const BURST_MS = 250;

/** How many spares boot at once where a boot sleeps: it takes a core for 70 ms of its 600. */
const SLEEPY_SPARES = 8;

/** Only a single spare stays after 1 s without a request. */
const RETIRE_MS = 1000;

/** 1 ms: how soon to look again whether a spare has parked. */
const LOOK_MS = 1;

interface Making {
  /** Starts a spare. @throws if there is no room for it */
  spare(control: Words, mine: Port, theirs: Port): WorkerRecord;
  /** Starts a worker for the request, or reports the failure to the starter. */
  worker(request: WorkerRequest): void;
}

let make: Making;
/** The control block of the last request; undefined before the first. */
let latest: Words | undefined;
/** How many spares are kept above the waiting requests. */
let ahead = 0;
/** False after a spare has ended by itself. */
let isWorthWaiting = true;
let cancelSpare = (): void => undefined;
let isLooking = false;

export function setUpSpares(making: Making): void {
  make = making;
}

export function isSpareWorker(record: WorkerRecord): boolean {
  return spares.has(record);
}

/** Gives a spare to the request, at once or after its boot. Returns false if there is none. */
export function assignSpare(request: WorkerRequest): boolean {
  if (spares.size <= requests.length) return false;
  requests.push(request);
  serveRequests();
  if (isWorthWaiting || requests.at(-1) !== request) return true;
  requests.pop();
  return false;
}

function serveRequests(): void {
  for (const record of spares) {
    const request = requests[0];
    if (request === undefined) return;
    if (!claim(record.control)) continue;
    requests.shift();
    give(record, request);
  }
  if (isLooking || requests.length === 0 || !isWorthWaiting) return;
  isLooking = true;
  platform.setTimer(() => {
    isLooking = false;
    serveRequests();
  }, LOOK_MS);
}

function give(record: WorkerRecord, { client, control, starter }: WorkerRequest): void {
  spares.delete(record);
  const { client: mine, control: parked } = record;
  record.client = client;
  record.control = control;
  host().post(mine, { control, starter } satisfies AdoptionMessage, [starter]);
  dispatch(parked); // if the spare has died, its end is handled like any other
}

/** Call it after each request, with its control block. */
export function prepareSpares(control: Words): void {
  const follows = latest !== undefined && isBootedWithin(latest, BURST_MS);
  const isBurst = follows && isWorthWaiting && host().supervisesHere === undefined; // starts in a page do not block
  const { bootSleeps = false } = host();
  latest = control;
  const most = bootSleeps ? SLEEPY_SPARES : platform.cores() - 1;
  ahead = isBurst ? Math.min(2 * ahead || 1, most) : 0;
  while (spares.size < requests.length + ahead && makeSpare());
  settleLater();
}

/** After a pause: keeps a single spare. Makes it if there is none, and lets all other spares exit. */
function settleLater(): void {
  cancelSpare();
  if (spares.size === 1) return;
  cancelSpare = platform.setTimer(
    () => {
      if (spares.size === 0) return void makeSpare();
      for (const record of spares) {
        if (spares.size === 1) return;
        if (!isParked(record.control)) continue;
        spares.delete(record); // its end is no failure
        retire(record.control);
      }
      settleLater(); // some boot still
    },
    spares.size === 0 ? SPARE_AFTER_MS : RETIRE_MS,
  );
}

function makeSpare(): boolean {
  if (!hasRoomForSpare()) return false;
  const [mine, theirs] = host().openChannel();
  try {
    spares.add(make.spare(newControlBlock(NO_ENTRY), mine, theirs));
    return true;
  } catch {
    host().close(mine);
    return false; // The machine has no room for a spare. The next start reports this to the user.
  }
}

/** Call it after each end of a worker. */
export function forgetSpare(record: WorkerRecord): void {
  if (!spares.delete(record)) return;
  isWorthWaiting = false;
  for (const request of requests.splice(0)) make.worker(request);
}

/** Drops the requests of an ended starter. */
export function dropRequests(client: Port): void {
  for (let i = requests.length - 1; i >= 0; i--) {
    if (requests[i]?.client === client) host().close(requests.splice(i, 1)[0]!.starter);
  }
}
