/** Creates workers and assigns them to starters; keeps a spare; retires idle ones. */
import { platform, type Words } from "@x/core";
import { host, workerURL } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { assigned, isParked, newControl, retire, send, take } from "../protocol/control-block.js";
import { newDismissal } from "../protocol/dismissal.js";
import type { AdoptionMessage, ThreadRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { died } from "../protocol/outcome.js";
import { awaiterHere } from "../table/awaiter.js";
import { hasRoomForSpare } from "../table/capacity.js";
import { nextWorker } from "../table/counters.js";
import { NO_ENTRY } from "../table/layout.js";
import { removeBlockedWait } from "./blocked-threads.js";
import { clients, handleRest, serve } from "./clients.js";
import { causeOfDeath, unbegunDeath } from "./deaths.js";
import { hasEnded, hasLeft } from "./worker-ends.js";
import { type Employee, employees } from "./worker-records.js";

/** So many workers may wait for their next thread for as long as they like; each takes some 8 MB. */
const IDLE_LIMIT = Math.max(8, 2 * platform.cores());

/** More than these leave once they have had no thread for so many milliseconds. */
const RETIRE_MS = 1000;

let execArgv: readonly string[] = [];

let health: Words;

export function setUpWorkers(args: readonly string[], healthOfSupervisor: Words): void {
  execArgv = args;
  health = healthOfSupervisor;
}

export function employ(client: Port, control: Words, starter: Port, stackSize: number): void {
  try {
    if (stackSize !== 0 || !employSpare(client, control, starter)) {
      hire(client, control, starter, stackSize, false);
    }
  } catch (error) {
    hasEnded(client, control, (name) => ({ error: died(name, "can't start new thread", error), isReported: false }));
  }
  prepareSpare();
}

function hire(client: Port, control: Words, starter: Port, stackSize: number, isSpare: boolean): Employee {
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
    awaiter: awaiterHere(),
    dismissal,
    health,
    news,
  };
  let cause: unknown;
  const worker = host().startWorker({
    url: workerURL(),
    data,
    transfer: [starter, theirs],
    execArgv,
    stackSize,
    keepsAlive: true,
    isSupervisor: false,
    onError: (error) => (cause = error),
    onExit: (exitCode) => {
      handleRest(mine);
      employees.delete(employee);
      if (spare === employee) spare = undefined;
      clients.delete(mine);
      removeBlockedWait(mine);
      hasEnded(employee.client, employee.control, (name, hasBegun) => {
        const isOrphan = !hasBegun && exitCode === 0 && cause === undefined && !employee.terminated;
        if (isOrphan) return { error: unbegunDeath(name), isReported: true };
        const death = causeOfDeath(name, cause, exitCode, employee.terminated);
        if (hasBegun || employee.terminated) return death;
        return { error: died(name, "can't start new thread", death.error), isReported: false };
      });
    },
  });
  const employee: Employee = {
    client,
    control,
    worker,
    port: mine,
    dismissal,
    terminated: false,
    parkedAfter: undefined,
  };
  employees.add(employee);
  retireSoon();
  clients.set(mine, news);
  serve(mine, () => hasLeft(mine, number));
  return employee;
}

/**
 * A worker without a starter, ready for the next one who asks: he need not wait until one has booted. It is parked as others are,
 * by words of its own, as if the supervisor were its starter; what it is sent is a starter instead of a thread.
 */
let spare: Employee | undefined;
let cancelSpare = (): void => undefined;

/** Makes one as soon as nobody has asked for so many milliseconds: who starts many threads at once needs the cores for those. */
const SPARE_AFTER_MS = 100;

function prepareSpare(): void {
  cancelSpare();
  if (spare !== undefined) return;
  cancelSpare = platform.setTimer(() => {
    if (!hasRoomForSpare()) return;
    const [mine, theirs] = host().openChannel();
    try {
      spare = hire(mine, newControl(NO_ENTRY), theirs, 0, true);
    } catch {
      // The machine can carry no more: whoever asks for one will be told.
    }
  }, SPARE_AFTER_MS);
}

/** Gives it to a starter; false if there is none that is ready. */
function employSpare(client: Port, control: Words, starter: Port): boolean {
  const employee = spare;
  if (employee === undefined || !take(employee.control)) return false;
  spare = undefined;
  const { client: mine, control: parked } = employee;
  employee.client = client;
  employee.control = control;
  host().post(mine, { control, starter } satisfies AdoptionMessage, [starter]);
  send(parked); // should it have died meanwhile, that is seen as any death is
  return true;
}

let isRetiring = false;

/** Has idle workers leave, as long as there are more than may stay. Those that were parked last stay, as their starters take them first. */
function retireSoon(): void {
  if (isRetiring || employees.size <= IDLE_LIMIT + 1) return;
  isRetiring = true;
  platform.setTimer(() => {
    isRetiring = false;
    const idle = [...employees].filter((employee) => employee !== spare && isParked(employee.control));
    let excess = idle.length - IDLE_LIMIT;
    for (const employee of idle) {
      const { ident } = assigned(employee.control);
      const wasParked = employee.parkedAfter === ident;
      employee.parkedAfter = ident;
      if (!wasParked || excess-- <= 0) continue;
      retire(employee.control);
    }
    retireSoon();
  }, RETIRE_MS);
}
