/**
 * The supervisor: a worker without user code, which makes the workers of all threads and sees their deaths. It never blocks,
 * so a death reaches those who are blocked in `join`, in main or elsewhere, whatever its cause.
 */
import {
  acceptDeathAction,
  countDeath,
  Deadline,
  deathCount,
  dropDeathAction,
  runDeathAction,
  type Envelope,
  hasDied,
  markDead,
  pack,
  platform,
  type ThreadError,
  wake,
  onNextDeath,
  type DeathAction,
  type Words,
} from "@x/core";
import { exceptionText } from "../diagnostics/exception-text.js";
import { here } from "../table/this-worker.js";
import { host, workerURL } from "../platform/host.js";
import {
  assigned,
  condemn,
  isParked,
  leave,
  newControl,
  orphan,
  retire,
  send,
  take,
  unassign,
  wakeCondemned,
} from "../protocol/control-block.js";
import { launch } from "../runtime/worker-pool.js";
import { newDismissal, setDismissed } from "../protocol/dismissal.js";
import type {
  AdoptionMessage,
  DeathReport,
  DismissalMessage,
  InheritedMessage,
  LossMessage,
  Obituary,
  ObituaryMessage,
  ReportMessage,
  Request,
  SharedMessage,
  SupervisorRole,
  ThreadRole,
} from "../protocol/messages.js";
import { becomeDead, becomeReady } from "../protocol/health.js";
import { keepOutcome, keptOutcome } from "./outcomes.js";
import { DEATHS, newNews, QUESTION, tellNews } from "../protocol/news.js";
import { packCause, rememberDeath, rememberedDeath } from "../runtime/deaths.js";
import { say } from "./standard-error.js";
import { connect } from "../runtime/supervisor-client.js";
import { died, exited, failure, outcomeMessage } from "../protocol/outcome.js";
import type { Start } from "../protocol/job.js";
import { report } from "../diagnostics/report.js";
import type { Asker, Awaiting } from "../protocol/messages.js";
import { forgetVigil, keepVigil, keptVigils, rouse, wakeVigil } from "./blocked-threads.js";
import { assumeAwaiter, awaiterHere } from "../table/awaiter.js";
import { checkRoom, hasRoomForSpare } from "../table/capacity.js";
import { nextWorker } from "../table/counters.js";
import { becomeDue, completeEnd, end, finishEntering, isAlive, nativeIdOf, vacate } from "../table/entries.js";
import { type Entry, NO_ENTRY } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { unfinished } from "../table/searches.js";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";

/** So long an answer waits for an outcome that is on its way. */
const GRACE_MS = 1000;

/** So many workers may wait for their next thread for as long as they like; each takes some 8 MB. */
const IDLE_LIMIT = Math.max(8, 2 * platform.cores());

/** More than these leave once they have had no thread for so many milliseconds. */
const RETIRE_MS = 1000;

/** A thread that cannot be terminated at the moment, as it is only starting, is looked for again after so many milliseconds. */
const TERMINATE_AGAIN_MS = 5;

interface Employee {
  /** The port of its starter; of a spare, that by which it is given one. */
  client: Port;
  control: Words;
  readonly worker: WorkerHandle;
  /** The port by which it asks. */
  readonly port: Port;
  /** Where it looks whether it is to leave by itself; undefined where it can be terminated. */
  readonly dismissal: Words | undefined;
  terminated: boolean;
  /** The thread that it ran last, if it was seen parked after that. */
  parkedAfter: number | undefined;
}

const employees = new Set<Employee>();
/** All threads that may ask, by their ports: the one that started the supervisor, and every worker. Their words are those of news.ts. */
const clients = new Map<Port, Words>();
/** The port by which the supervisor asks itself. */
let self: Port | undefined;
/** What shall happen if a thread dies without being able to see to it itself, by ident. */
const wills = new Map<number, DeathAction[]>();
/** What threads have said of their own deaths, which are announced once their workers are gone. */
const deathReports = new Map<number, DeathReport>();
/** Those who have asked for an outcome that may be on its way. */
const questions = new Map<number, Set<(outcome: Envelope | undefined) => void>>();
let execArgv: readonly string[] = [];
/** Shared values: what was offered first, for ever. */
let agreed = new Map<string, Envelope>();
let health: Words;

export function supervise(role: SupervisorRole): void {
  clients.set(role.port, role.news);
  host().onUncaught((error) => tellLoss(role.health, error));
  host().onProcessEnd(
    () => undefined,
    (exitCode) => tellLoss(role.health, exited("the supervisor", exitCode)),
  );
  execArgv = role.execArgv;
  assumeAwaiter(role.awaiter);
  agreed = new Map(role.agreed);
  here.isOurs = true;
  here.isSupervisor = true;
  const [mine, theirs] = host().openChannel();
  self = theirs;
  health = role.health;
  connect(mine, health, newNews()); // it starts threads itself, when their time has come
  serve(theirs);
  serve(role.port);
  toldDeaths = role.knownDeaths;
  watchForDeaths();
  const signal = platform.env("THREADING_DUMP_SIGNAL") ?? "SIGUSR2";
  if (signal !== "") {
    host().onSignal(signal, () => gather((awaiting) => say(report(keptVigils(), awaiting, undefined))));
  }
  becomeReady(health, host().taskId());
}

let isLost = false;

/** The supervisor is about to end: tells its starter of what, and all threads that do not end with it. */
function tellLoss(health: Words, error: unknown): void {
  if (isLost) return;
  isLost = true;
  let lost = pack(String(error));
  try {
    lost = packCause(error);
  } catch {
    // It goes as text.
  }
  const told = host().workersEndTogether ? [...clients.keys()].slice(0, 1) : clients.keys(); // the first is its starter's
  for (const client of told) host().post(client, { lost } satisfies LossMessage);
  becomeDead(health);
}

function serve(client: Port, onClose?: () => void): void {
  host().listen(client, true, (message) => handle(client, message as Request), onClose);
}

/** Takes what a worker has sent before it ended: its end is told by another way, and may arrive first. */
function handleRest(client: Port): void {
  for (let item; (item = host().take(client)) !== undefined;) handle(client, item.message as Request);
}

function handle(client: Port, request: Request): void {
  switch (request.ask) {
    case "worker":
      return employ(client, request.control, request.starter, request.stackSize);
    case "keep":
      return keep(request.ident, request.outcome);
    case "outcome":
      return answer(client, request.ident, request.reply);
    case "terminate":
      return terminate(request.entry);
    case "later":
      return startLater(client, request.start, request.delay, request.stackSize);
    case "replace":
      return replace(request.start);
    case "call off":
      return callOff(request.entry);
    case "will":
      return keepWill(request.ident, request.will);
    case "forget wills":
      return dropWills(request.ident);
    case "bury root":
      return mourn(request.obituary);
    case "report death":
      return void deathReports.set(request.death.ident, request.death);
    case "obituary":
      return tellObituary(client, request.ident, request.reply);
    case "vigil":
      return keepVigil(client, request.vigil);
    case "report":
      return void gather((awaiting) => answerReport(client, request.asker, request.reply, awaiting));
    case "told what is awaited":
      return void gathered.set(request.awaiting.ident, request.awaiting);
    case "tell all":
      return tellAll(request.inherited);
    case "share":
      return agree(client, request.key, request.offer, request.reply);
  }
}

function employ(client: Port, control: Words, starter: Port, stackSize: number): void {
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
      forgetVigil(mine);
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

// ---------------------------------------------------------------- the spare

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

// ---------------------------------------------------------------- idle workers

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

// ---------------------------------------------------------------- ends of workers

/** The worker is gone. If a thread was still alive in it, tells its starter and all threads that wait for it. */
function hasEnded(client: Port, control: Words, cause: (name: string, hasBegun: boolean) => Death): void {
  leave(control);
  const entry = assigned(control);
  const report = deathReports.get(entry.ident);
  deathReports.delete(entry.ident);
  if (!unassign(control, entry)) return; // its starter saw that the worker is gone, and has started it elsewhere
  if (!isAlive(entry)) {
    dropWills(entry.ident);
    return completeEnd(entry);
  }
  if (report !== undefined) announce(client, entry, report);
  else tellDeath(client, entry, cause(nameOf(entry), nativeIdOf(entry) !== undefined));
}

/** A worker is gone, and all that it has asked for has arrived. */
function hasLeft(client: Port, worker: number): void {
  for (const employee of employees) if (employee.client === client) orphan(employee.control);
  endUnbegun(client, worker);
}

/**
 * A worker is gone. Ends what it has started without being able to ask any more:
 *
 *     // T1 enters T2 into the table; T1 is terminated. Nobody else knows of T2, and it would be alive for ever.
 */
function endUnbegun(client: Port, worker: number): void {
  finishEntering(worker);
  const known = new Set([...employees].map(({ control }) => assigned(control).ident));
  for (const entry of unfinished(worker)) {
    if (known.has(entry.ident) || pending.has(entry.ident)) continue;
    if (isAlive(entry)) tellDeath(client, entry, { error: unbegunDeath(nameOf(entry)), isReported: true });
    else completeEnd(entry);
  }
}

function unbegunDeath(name: string): ThreadError {
  return died(name, "has not begun: the thread that started it was terminated meanwhile");
}

/**
 * What a thread has posted last may arrive after the news that its worker is gone:
 *     // T1 leaves a will, and exits; its worker is seen to be gone, and T1 dead; the will arrives: nobody would look at it again.
 */
function keepWill(ident: number, will: DeathAction): void {
  acceptDeathAction(will);
  if (hasDied(ident)) return runDeathAction(will, ident);
  const left = wills.get(ident);
  if (left === undefined) wills.set(ident, [will]);
  else left.push(will);
}

/** The thread did not die. Where one has died before it, who waits for more threads than are left may have to know. */
function dropWills(ident: number): void {
  const left = wills.get(ident);
  wills.delete(ident);
  let isNews = false;
  for (const will of left ?? []) isNews = dropDeathAction(will) || isNews;
  if (isNews) haveAllLook();
}

/** The thread died without a word of its own. */
function tellDeath(client: Port, entry: Entry, { error, isReported }: Death): void {
  const nativeId = nativeIdOf(entry);
  const name = nameOf(entry);
  const isThrownByStart = nativeId === undefined && client !== self;
  if (!isReported && !isThrownByStart) reportError(entry, error);
  announce(client, entry, {
    ident: entry.ident,
    name,
    outcome: pack(failure(error, nativeId)),
    cause: packCause(error),
  });
}

/** Nothing of the thread can run any more: what it leaves goes to its starter and its heirs, then it has ended for all. */
function announce(client: Port, entry: Entry, { ident, name, outcome, cause }: DeathReport): void {
  if (outcome !== undefined) {
    host().post(client, outcomeMessage(ident, outcome));
    keep(ident, outcome);
  }
  if (cause !== undefined) mourn({ ident, name, cause });
  dropWills(ident);
  if (end(entry)) vacate(entry);
}

/**
 * Makes a death known: what is known of it is there for those who ask once the table shows the death; then its wills are carried out, and
 * tasks and sleepers look again.
 */
function mourn(obituary: Obituary): void {
  const { ident } = obituary;
  rememberDeath(obituary);
  markDead(ident);
  wills.get(ident)?.forEach((will) => runDeathAction(will, ident));
  wills.delete(ident);
  haveAllLook();
}

function haveAllLook(): void {
  countDeath();
  tellDeaths();
}

/** Of how many deaths the threads here were told. */
let toldDeaths = 0;

/** Tasks and sleepers look again. */
function tellDeaths(): void {
  toldDeaths = deathCount();
  for (const [client, news] of clients) tellNews(client, news, DEATHS);
  rouse();
}

/** Others see deaths, too: another supervisor, or a thread whose supervisor has died. Those who wait for their locks may be here. */
function watchForDeaths(): void {
  onNextDeath(toldDeaths, () => {
    if (deathCount() !== toldDeaths) tellDeaths();
    watchForDeaths();
  });
}

function tellObituary(client: Port, ident: number, reply: Words): void {
  host().post(client, { obituary: rememberedDeath(ident) } satisfies ObituaryMessage);
  setReply(reply);
}

function setReply({ words, at }: Words): void {
  Atomics.store(words, at, 1);
  wake(words, at);
}

// ---------------------------------------------------------------- reports

/** What the tasks of threads await, from those that could say so. */
const gathered = new Map<number, Awaiting>();

/** A thread that is not blocked answers within so many milliseconds; for one that computes nobody waits. */
const GATHER_MS = 50;

function gather(callback: (awaiting: readonly Awaiting[]) => void): void {
  gathered.clear();
  for (const [client, news] of clients) tellNews(client, news, QUESTION);
  platform.setTimer(() => callback([...gathered.values()]), GATHER_MS);
}

function answerReport(client: Port, asker: Asker, reply: Words, awaiting: readonly Awaiting[]): void {
  host().post(client, { report: report(keptVigils(), awaiting, asker) } satisfies ReportMessage);
  setReply(reply);
}

// ---------------------------------------------------------------- deaths

interface Death {
  readonly error: unknown;
  /** Has the user been told, or was it no accident? */
  readonly isReported: boolean;
}

function causeOfDeath(name: string, cause: unknown, exitCode: number, terminated: boolean): Death {
  if (terminated) return { error: died(name, "was terminated"), isReported: true };
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return { error: died(name, "ran out of memory", cause), isReported: false };
  if (cause !== undefined) return { error: cause, isReported: false };
  return { error: exited(name, exitCode), isReported: true };
}

function keep(ident: number, outcome: Envelope): void {
  if (!keepOutcome(ident, outcome)) return;
  const replies = questions.get(ident);
  questions.delete(ident);
  for (const reply of replies ?? []) reply(outcome);
  replies?.clear();
}

function answer(client: Port, ident: number, asked: Words): void {
  const reply = (outcome: Envelope | undefined): void => {
    if (outcome !== undefined) host().post(client, outcomeMessage(ident, outcome));
    setReply(asked);
  };
  const outcome = keptOutcome(ident);
  if (outcome !== undefined) return reply(outcome);
  const replies = questions.get(ident) ?? new Set();
  questions.set(ident, replies.add(reply));
  platform.setTimer(() => {
    if (!replies.delete(reply)) return;
    if (replies.size === 0 && questions.get(ident) === replies) questions.delete(ident);
    reply(undefined);
  }, GRACE_MS);
}

function agree(client: Port, key: string, offer: Envelope, reply: Words): void {
  const value = agreed.get(key) ?? offer;
  agreed.set(key, value);
  host().post(client, { key, value } satisfies SharedMessage);
  setReply(reply);
}

function tellAll(inherited: Envelope): void {
  for (const client of clients.keys()) host().post(client, { inherited } satisfies InheritedMessage);
}

function terminate(entry: Entry): void {
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

/** So long a worker has time to leave by itself: somewhat longer than a sleep lasts before it becomes a vigil. */
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
    wakeVigil(employee.port);
    wakeCondemned(employee.control);
    platform.setTimer(look, DISMISS_AGAIN_MS);
  };
  look();
}

// ---------------------------------------------------------------- threads whose time has not come

/** The longest that a timer of a JavaScript engine can run. */
const TIMER_MAX = 2 ** 31 - 1;

interface Pending {
  readonly client: Port;
  start: Start;
  cancel: () => void;
}

const pending = new Map<number, Pending>();

function startLater(client: Port, start: Start, delay: number, stackSize: number): void {
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
    launch(start, stackSize);
  } catch (error) {
    reportError(entry, error);
    tellDeath(client, entry, { error, isReported: true });
  }
}

function replace(start: Start): void {
  const waiting = pending.get(start.entry.ident);
  if (waiting !== undefined) waiting.start = start;
}

/** Ends it without having run, unless its time has come. */
function callOff(entry: Entry): void {
  const waiting = unschedule(entry);
  if (waiting === undefined) return;
  keep(entry.ident, pack({ ok: true }));
  if (end(entry)) vacate(entry);
}

function unschedule({ ident }: Entry): Pending | undefined {
  const waiting = pending.get(ident);
  pending.delete(ident);
  waiting?.cancel();
  return waiting;
}

function reportError(entry: Entry, error: unknown): void {
  say(exceptionText(nameOf(entry), error));
}
