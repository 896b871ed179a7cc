/** How a thread talks to the supervisor, which it starts if there is none yet, and hears of its death. */
import {
  allocate,
  block,
  Deadline,
  type Envelope,
  getIdent,
  mayBlock,
  pack,
  type Steps,
  ThreadError,
  unpack,
  WAITED_ON_WORDS,
  type Words,
} from "@x/core";
import {
  abandonWaits,
  clock,
  countDeath,
  deathCount,
  type DeathRecord,
  idle,
  ifItThrows,
  markDead,
  recheckTasks,
  setDeathMonitor,
  taskWaits,
} from "@x/core/internal";
import { host, workerURL } from "../platform/host.js";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";
import { packCause } from "../protocol/death-cause.js";
import { leaveIfDismissed } from "../protocol/dismissal.js";
import { becomeDead, BOOTING, DEAD, FAILED, newHealth, stateOf, taskOf } from "../protocol/health.js";
import { currentHooks } from "../protocol/hooks.js";
import type {
  Asker,
  ThreadTasks,
  HooksMessage,
  LossMessage,
  DeathMessage,
  ReportMessage,
  Request,
  SharedMessage,
  SupervisorRole,
  DeadlockMessage,
} from "../protocol/messages.js";
import { DEATHS, newNews, TASKS_QUESTION, takeNews } from "../protocol/news.js";
import { failure, type OutcomeMessage } from "../protocol/outcome.js";
import { awaiterHere } from "../table/awaiter.js";
import { completeEnd, end, freeSlot } from "../table/entries.js";
import type { Entry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { endedHere, livingHere } from "../table/searches.js";
import { thisWorker } from "../table/this-worker.js";
import { receiveDeadlock, LOOK_MS, createDeathMonitor } from "./blocked-wait.js";
import { receiveOutcome } from "./outcome-callbacks.js";
import { receiveHooks } from "./received-hooks.js";

/** A supervisor, as this thread knows it. */
interface Supervisor {
  readonly port: Port;
  readonly health: Words;
  /** By the supervisor: this thread is to do something for it, see {@link NEWS}. */
  readonly news: Words;
  /** In the thread that has started it. */
  readonly worker?: WorkerHandle;
  readonly since: Deadline;
  /** What its worker has died of, as an event has told. */
  reason?: unknown;
  /** It is dead: what is thrown to all that need it. */
  error?: ThreadError;
}

let supervisor: Supervisor | undefined;

/** A supervisor that has not booted within so many milliseconds is given up, where nothing else tells that it has died. */
const BOOT_MS = 30_000;

/** Tells all threads that are running what to hand on from now on: what this one does. */
export function broadcastHooks(): void {
  if (supervisor !== undefined) ask({ ask: "broadcast hooks", hooks: pack(currentHooks(), "the function") });
}

/** A message from the supervisor, or from a worker. */
export function receive(message: unknown): void {
  if (Array.isArray(message)) return receiveOutcome(message as unknown as OutcomeMessage);
  if ("hooks" in (message as object)) {
    return receiveHooks((message as HooksMessage).hooks);
  }
  if ("lost" in (message as object)) return receiveLoss((message as LossMessage).lost);
  if ("news" in (message as object)) return receiveNews();
  if ("record" in (message as object)) {
    fetched = (message as DeathMessage).record;
    return;
  }
  if ("deadlock" in (message as object)) return receiveDeadlock(message as DeadlockMessage);
  if ("dismissed" in (message as object)) return leaveIfDismissed();
  if ("report" in (message as object)) {
    reported = (message as ReportMessage).report;
    return;
  }
  if ("key" in (message as object)) {
    const { key, value } = message as SharedMessage;
    sharedValues.set(key, value);
  }
}

/** Shared values, until they are taken. */
const sharedValues = new Map<string, Envelope>();

/**
 * Agrees with all other threads on one value. Returns the one that was offered first, or undefined if that is ours and there
 * is nobody yet to tell.
 */
export function putIfAbsent(key: string, candidate: Envelope): Envelope | undefined {
  if (supervisor === undefined && !thisWorker.isOurs) {
    const known = sharedValues.get(key);
    if (known === undefined) sharedValues.set(key, candidate);
    return known && structuredClone(known); // unpacking changes what it is given
  }
  const reply = newReply();
  ask({ ask: "put if absent", key, candidate, reply });
  block(replied(reply), "thread", "sharedGlobals() in the main thread first");
  receiveFromSupervisor();
  const value = sharedValues.get(key);
  sharedValues.delete(key);
  return value;
}

let reported = "";

/** The supervisor's report of all threads; undefined if there is no supervisor, as no thread was started yet. */
export function askForReport(asker: Asker): string | undefined {
  if (supervisor === undefined) return undefined;
  const reply = newReply();
  ask({ ask: "report", asker, reply });
  block(replied(reply), "thread", "dumpThreads() in a thread that may block");
  receiveFromSupervisor();
  return reported;
}

/** What the tasks of this thread await. */
export function tasksHere(): ThreadTasks {
  const tasks = taskWaits().map(({ on, since }) => ({ on, since: clock.timeOrigin + since }));
  return { ident: getIdent(), tasks };
}

/** A worker that the supervisor has made knows it from the start, and so does the supervisor itself. */
export function connect(port: Port, health: Words, news: Words): void {
  use({ port, health, news, since: Deadline.NEVER });
}

function use(mine: Supervisor): void {
  supervisor = mine;
  host().listen(mine.port, false, receive);
  setDeathMonitor(
    createDeathMonitor({
      report: (wait) => void (mine.error ?? ask({ ask: "blocked wait", wait })),
      receive: receiveFromSupervisor,
      isOutlived: mine.worker !== undefined || !host().workersEndTogether,
      look: () => look(mine),
      lost: () => {
        if (mine.worker === undefined) look(mine);
        return hasBooted(mine) ? mine.error : undefined;
      },
      fetchDeath,
    }),
  );
}

/** @throws ThreadError if the supervisor is dead, or cannot be had */
export function ask(request: Request, transfer: readonly Port[] = []): void {
  const { error, port } = supervisor ?? startSupervisor();
  if (error !== undefined) throw error;
  host().post(port, request, transfer);
}

/** This thread, whose worker or process is about to end, will release nothing any more. `instead` stands in for what cannot travel. */
export function publishDeathOfRoot(
  ident: number,
  name: string,
  error: unknown,
  instead: (error: unknown) => Error,
): void {
  const cause = ifItThrows(undefined, () => packCause(error)) ?? pack(instead(error));
  ask({ ask: "announce root", record: { ident, name, cause } });
}

function startSupervisor(): Supervisor {
  const [mine, theirs] = host().openChannel();
  const [health, news] = [newHealth(), newNews()];
  const execArgv = host().execArgv();
  const data: SupervisorRole = {
    role: "supervisor",
    port: theirs,
    execArgv,
    awaiter: awaiterHere(),
    sharedValues,
    knownDeaths: deathCount(),
    health,
    news,
  };
  try {
    const worker = host().startWorker({
      url: workerURL(),
      data,
      transfer: [theirs],
      execArgv: host().supervisorArgv(),
      stackSize: 0,
      keepsAlive: false,
      isSupervisor: true,
      onError: (error) => (started.reason ??= error),
      onExit: () => lose(started),
    });
    const started: Supervisor = { port: mine, health, news, worker, since: Deadline.after(BOOT_MS) };
    use(started);
    return started;
  } catch (error) {
    host().close(mine);
    throw error instanceof ThreadError
      ? error
      : new ThreadError(`thread: can't start new thread: ${text(error)}`, { cause: error });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// ---------------------------------------------------------------- its death

function hasBooted({ health }: Supervisor): boolean {
  const state = stateOf(health);
  return state !== BOOTING && state !== FAILED;
}

/** It says itself that it dies, and of what. */
function receiveLoss(cause: Envelope): void {
  if (supervisor === undefined) return;
  supervisor.reason = unpack(cause);
  if (supervisor.worker === undefined) lose(supervisor); // else it is waited for, and its workers with it
}

/** Is the supervisor dead? This thread may have been blocked since, and have seen no event. */
function look(mine: Supervisor): boolean {
  if (mine.error !== undefined) return true;
  const { worker, health, since } = mine;
  const state = stateOf(health);
  const isDying = state === DEAD || state === FAILED;
  if (worker !== undefined) {
    const isGone = worker.isGone(taskOf(health));
    const isGivenUp = isDying ? isGone === undefined : state === BOOTING && since.expired();
    if (isGone !== true && !isGivenUp) return false;
    if (isGone !== true) worker.terminate();
  } else if (!isDying || host().workersEndTogether) return false; // then this thread ends, too
  lose(mine);
  return true;
}

/**
 * The supervisor is dead, and so are the threads whose workers it has made, where they end with it. All that wait for them, or for it, are
 * told. If it had not booted, the next start tries again.
 */
function lose(mine: Supervisor): void {
  if (mine.error !== undefined) return;
  receiveFrom(mine.port); // what it said last
  const { reason: cause } = mine;
  const why = cause === undefined ? "without a word, as by want of memory" : `of ${text(cause)}`;
  const how = hasBooted(mine)
    ? `the supervisor, which makes the workers of all threads, has died ${why}; restart the process`
    : `can't start new thread: the supervisor, which makes the workers of all threads, has died ${why} as it booted`;
  const error = (mine.error = new ThreadError(`thread: ${how}`, cause === undefined ? undefined : { cause }));
  if (mine.worker !== undefined && supervisor === mine) {
    if (!hasBooted(mine)) supervisor = undefined;
    if (host().workersEndTogether || !hasBooted(mine)) endThreads(error, hasBooted(mine));
    else becomeDead(mine.health);
  }
  recheckTasks();
  if (hasBooted(mine)) abandonWaits();
}

/** The names of threads that have died with their supervisor, who would have remembered them. */
const lostNames = new Map<number, string>();

/** All threads that this thread or others have started here are dead. */
function endThreads(error: ThreadError, isReported: boolean): void {
  onLoss();
  endedHere().forEach(completeEnd); // the last of it nobody has done
  const dead = livingHere();
  if (isReported && dead.length > 0) {
    host().writeError(`${error.message}\n${dead.length} thread${dead.length > 1 ? "s have" : " has"} died with it\n`);
  }
  for (const entry of dead) {
    lostNames.set(entry.ident, nameOf(entry));
    markDead(entry.ident);
    countDeath();
    receiveOutcome([entry.ident, ...outcomeOf(error)]);
    if (end(entry)) freeSlot(entry);
  }
}

function outcomeOf(error: ThreadError): [unknown, Envelope["parts"]] {
  const { value, parts } = pack(failure(error));
  return [value, parts];
}

let onLoss = (): void => undefined;

/** Calls back before all threads are taken for dead: what they have sent is to be received before. */
export function whenLost(callback: () => void): void {
  onLoss = callback;
}

/** Why there is no supervisor any more, if it has died. */
export function lostHere(): ThreadError | undefined {
  return supervisor?.error;
}

// ---------------------------------------------------------------- answers

/** Asks the supervisor for an outcome that went to another thread; it has arrived, if it is known, when this ends. */
export function* fetchOutcome({ ident }: Entry): Steps<void> {
  const reply = newReply();
  ask({ ask: "outcome", ident, reply });
  yield* replied(reply);
}

/** A word that the supervisor sets once its answer is on the way. */
function newReply(): Words {
  return allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** @throws ThreadError if the supervisor that was asked dies meanwhile */
function* replied({ words, at }: Words, deadline: Deadline = Deadline.NEVER): Steps<void> {
  const asked = supervisor;
  while (Atomics.load(words, at) === 0 && !deadline.expired()) {
    if (asked?.error !== undefined) throw asked.error;
    yield { words, index: at, value: 0, deadline };
  }
}

/** The last answer to "death record". */
let fetched: DeathMessage["record"];

/** What the supervisor knows of one that has died. Blocks for a moment, and tells nobody of that: the thread may be in the midst of a wait. */
function fetchDeath(ident: number): DeathRecord | undefined {
  if (supervisor === undefined || !mayBlock()) return undefined;
  const { error } = supervisor;
  if (error !== undefined) return { name: lostNames.get(ident) ?? `thread ${ident}`, cause: error };
  const reply = newReply();
  ask({ ask: "death record", ident, reply });
  while (Atomics.load(reply.words, reply.at) === 0) {
    if (look(supervisor)) return fetchDeath(ident);
    idle(replied(reply, Deadline.after(LOOK_MS)));
  }
  receiveFromSupervisor();
  return fetched && { name: fetched.name, cause: unpack(fetched.cause) };
}

/** Takes what has arrived from the supervisor, without giving way to the event loop. */
export function receiveFromSupervisor(): void {
  if (supervisor !== undefined) receiveFrom(supervisor.port);
}

// ---------------------------------------------------------------- news

/** Its event loop has a turn: this thread does what the supervisor wants of it. */
function receiveNews(): void {
  if (supervisor === undefined || supervisor.error !== undefined) return;
  const news = takeNews(supervisor.news);
  if ((news & DEATHS) !== 0) recheckTasks();
  if ((news & TASKS_QUESTION) !== 0) ask({ ask: "tasks reply", awaiting: tasksHere() });
}

export function receiveFrom(port: Port): void {
  for (let item; (item = host().take(port)) !== undefined;) receive(item.message);
}
