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

/** How many idle workers may stay for ever. Each takes about 8 MB. */
const IDLE_LIMIT = Math.max(8, 2 * platform.cores());

/** Idle workers above IDLE_LIMIT exit after 1 s without a thread. */
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
 * A worker started in advance, so that the next start does not wait for a boot. It parks on its own
 * control block, with the supervisor as its starter. Later it receives its real starter.
 */
let spare: Employee | undefined;
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
      spare = hire(mine, newControl(NO_ENTRY), theirs, 0, true);
    } catch {
      // The machine has no room for a spare. The next start reports this to the user.
    }
  }, SPARE_AFTER_MS);
}

/** Gives the spare to a starter. Returns false if no spare is ready. */
function employSpare(client: Port, control: Words, starter: Port): boolean {
  const employee = spare;
  if (employee === undefined || !take(employee.control)) return false;
  spare = undefined;
  const { client: mine, control: parked } = employee;
  employee.client = client;
  employee.control = control;
  host().post(mine, { control, starter } satisfies AdoptionMessage, [starter]);
  send(parked); // if the spare has died, its end is handled like any other
  return true;
}

let isRetiring = false;

/**
 * Lets idle workers exit while there are more than IDLE_LIMIT. The most recently parked stay,
 * because their starters take them first.
 */
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
