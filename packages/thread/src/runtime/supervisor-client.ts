/** This thread's side of the supervisor: starts it on demand, asks it, and checks on it. */
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
  type NumberedMemory,
  type NumberedThing,
  type Parcel,
  recheckTasks,
  setDeathMonitor,
  taskWaits,
} from "@x/core/internal";
import { program } from "../platform/boot.js";
import { host } from "../platform/host.js";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";
import { packCause } from "../protocol/death-cause.js";
import { leaveIfDismissed } from "../protocol/dismissal.js";
import { becomeDead, BOOTING, DEAD, FAILED, newHealth, stateOf, taskOf } from "../protocol/health.js";
import { currentHooks } from "../protocol/hooks.js";
import type {
  Asker,
  FirstWorker,
  ThreadTasks,
  HooksMessage,
  LossMessage,
  MemoriesMessage,
  DeathMessage,
  DroppedMessage,
  ReportMessage,
  Request,
  SharedMessage,
  SupervisorRole,
  DeadlockMessage,
  PackedDeath,
} from "../protocol/messages.js";
import { DEATHS, FIRST_WORKER, newNews, TASKS_QUESTION, takeNews } from "../protocol/news.js";
import { failure, type OutcomeMessage } from "../protocol/outcome.js";
import { getExitWaiter } from "../table/exit-waiter.js";
import { completeEnd, end, freeSlot } from "../table/entries.js";
import { type Entry, isMainThread } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { endedHere, livingHere } from "../table/searches.js";
import { thisWorker } from "../table/this-worker.js";
import { receiveDeadlock, LOOK_MS, createDeathMonitor } from "./blocked-wait.js";
import { attendToFirst, endFirst, type FirstStart, makeFirst, planFirst, terminateFirst } from "./first-worker.js";
import { receiveOutcome } from "./outcome-callbacks.js";
import { receiveHooks } from "./received-hooks.js";
import { dropArrived } from "./links.js";
import { receiveMemories } from "./received-memories.js";

/** A supervisor, in the view of this thread. */
interface Supervisor {
  readonly port: Port;
  readonly health: Words;
  /** The supervisor's news for this thread: see {@link NEWS}. */
  readonly news: Words;
  /** Present in its starter. */
  readonly worker?: WorkerHandle;
  readonly since: Deadline;
  /** The cause of its death, from an event. */
  reason?: unknown;
  /** The error for all callers, if it is dead. */
  error?: ThreadError;
}

let supervisor: Supervisor | undefined;

/** How long the supervisor may boot, on platforms without a report of its death. */
const BOOT_MS = 30_000;

/** Broadcasts this thread's hooks to all running threads. */
export function broadcastHooks(): void {
  if (supervisor !== undefined) ask({ ask: "broadcast hooks", hooks: pack(currentHooks(), "the function") });
}

/** Handles a message of the supervisor or of a worker. */
export function receive(message: unknown): void {
  if (Array.isArray(message)) return receiveOutcome(message as unknown as OutcomeMessage);
  if ("hooks" in (message as object)) {
    return receiveHooks((message as HooksMessage).hooks);
  }
  if ("memories" in (message as object)) return receiveMemories(message as MemoriesMessage);
  if ("dropped" in (message as object)) return void dropArrived((message as DroppedMessage).dropped);
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

/** A value already known to this thread, without asking: a copy for `unpack`. */
export function knownSharedValue(key: string): Envelope | undefined {
  const known = sharedValues.get(key);
  return known && structuredClone(known);
}

/**
 * Shares a value with all threads: the first value offered under `key` wins, and is returned. Returns
 * undefined if the candidate wins, and there is no supervisor yet.
 */
export function putIfAbsent(key: string, candidate: Envelope): Envelope | undefined {
  if (supervisor === undefined && !thisWorker.isOurs) {
    if (!isMainThread) host().supervisesHere?.(); // throws in a foreign worker of a browser: it would agree with itself alone
    const known = sharedValues.get(key);
    if (known === undefined) sharedValues.set(key, candidate);
    return known && structuredClone(known); // a copy, because unpacking changes its argument
  }
  if (here !== undefined) {
    const value = here.firstValue(key, structuredClone(candidate));
    return structuredClone(value);
  }
  const learned = sharedValues.get(key);
  if (learned !== undefined) return structuredClone(learned);
  const reply = newReply();
  ask({ ask: "put if absent", key, candidate, reply });
  block(replied(reply), "thread", "sharedGlobals() in the main thread first");
  receiveFromSupervisor();
  const value = sharedValues.get(key);
  sharedValues.delete(key);
  if (value === undefined) {
    throw new ThreadError(
      `thread: the shared value ${key} has shared memory that cannot reach a running thread here; ` +
        "call sharedGlobals() in the main thread first, or make a Lock or another primitive instead",
    );
  }
  return value;
}

/** Values shared before the creation of this worker. */
export function learnSharedValues(values: ReadonlyMap<string, Envelope>): void {
  for (const [key, value] of values) sharedValues.set(key, value);
}

let reported = "";

/** The supervisor's report on all threads; undefined if no thread was started yet. */
export function askForReport(asker: Asker): string | undefined {
  if (supervisor === undefined) return undefined;
  if (here !== undefined) return here.report(asker);
  const reply = newReply();
  ask({ ask: "report", asker, reply });
  block(replied(reply), "thread", "dumpThreads() in a thread that may block");
  receiveFromSupervisor();
  return reported;
}

/** The waits of this thread's tasks. */
export function tasksHere(): ThreadTasks {
  const tasks = taskWaits().map(({ on, since }) => ({ on, since: clock.timeOrigin + since }));
  return { ident: getIdent(), tasks };
}

/**
 * Connects this thread to an existing supervisor: in the workers created by it, and in the supervisor
 * itself.
 */
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
      attend: attendToFirst,
      lost: () => {
        if (mine.worker === undefined) look(mine);
        return hasBooted(mine) ? mine.error : undefined;
      },
      fetchDeath,
    }),
  );
}

/** @throws ThreadError if the supervisor is dead, or cannot be started */
export function ask(request: Request, transfer: readonly Port[] = [], moved: readonly object[] = []): void {
  const { error, port } = supervisor ?? startSupervisor();
  if (error !== undefined) throw error;
  host().post(port, request, transfer, moved);
}

/** Starts the supervisor, if there is none. @throws ThreadError if it is dead, or cannot be started */
export function checkSupervisor(): void {
  const { error } = supervisor ?? startSupervisor();
  if (error !== undefined) throw error;
}

/**
 * Announces that this thread will release nothing any more, because its worker or process is about
 * to end. `instead` replaces the error if the error cannot travel.
 */
export function publishDeathOfRoot(
  ident: number,
  name: string,
  error: unknown,
  instead: (error: unknown) => Error,
): void {
  const cause = ifItThrows(undefined, () => packCause(error)) ?? pack(instead(error));
  ask({ ask: "announce root", record: { ident, name, cause } });
}

/** A supervisor in this thread: it answers this thread's questions without a message. */
export interface SupervisorHere {
  start(role: SupervisorRole): void;
  firstValue(key: string, candidate: Envelope): Envelope;
  report(asker: Asker): string;
  deathRecord(ident: number): DeathMessage["record"];
  keepMemories(container: NumberedMemory, memories: readonly NumberedMemory[]): void;
  dropMemories(container: number, numbers: readonly number[]): void;
  letGo(container: number): void;
  deposit(container: NumberedMemory, parcel: Parcel): void;
  dropParcel(parcel: number): void;
  knows(numbers: readonly number[]): boolean;
  memories(numbers: readonly number[]): readonly NumberedThing[];
  memoriesAsync(numbers: readonly number[]): Promise<readonly NumberedThing[]>;
}

let offered: SupervisorHere | undefined;
/** The supervisor, if it is in this thread. */
let here: SupervisorHere | undefined;

/** The supervisor, if it is in this thread; starts it there, on platforms where the main thread can be it. */
export function supervisorInThisThread(): SupervisorHere | undefined {
  if (supervisor === undefined && host().supervisesHere !== undefined) startSupervisor();
  return here;
}

/** Does this thread have a supervisor, or may it start one? */
export function canAsk(): boolean {
  if (supervisor !== undefined) return true;
  return isMainThread && ifItThrows(false, () => host().supervisesHere?.() ?? true); // a page may have no file for workers
}

/** Has the supervisor died? */
export function isLost(): boolean {
  return supervisor?.error !== undefined;
}

/** Offers to supervise in the main thread, on platforms where it never blocks. */
export function offerSupervisor(supervisorHere: SupervisorHere): void {
  offered = supervisorHere;
}

/** May this thread make the first worker? There is no supervisor yet. */
export function mayMakeFirst(): boolean {
  return supervisor === undefined && host().makesFirstWorker?.() === true;
}

/**
 * Starts the supervisor, and beside it the first worker, for this thread. Returns false if there is a supervisor
 * already, or if the platform or the system refuses the worker; then the thread needs a worker of the supervisor.
 *
 * @throws ThreadError if the supervisor cannot be started
 */
export function startWithSupervisor(start: FirstStart): boolean {
  if (!mayMakeFirst()) return false;
  const planned = planFirst(start);
  let mine: Supervisor;
  try {
    mine = startSupervisor(planned.of);
  } catch (error) {
    host().close(planned.supervisor);
    throw error;
  }
  return makeFirst(start, planned, mine.health, (exitCode, cause) => {
    ifItThrows(undefined, () => ask({ ask: "first ended", exitCode, cause })); // the supervisor may have died
  });
}

/** Terminates a thread. @param death the explanation for other threads; default: the thread was terminated */
export function askToTerminate(entry: Entry, death?: PackedDeath): void {
  ask({ ask: "terminate", entry, death });
  terminateFirst(entry);
}

function startSupervisor(first?: FirstWorker): Supervisor {
  const supervisesHere = host().supervisesHere?.() === true;
  const [mine, theirs] = host().openChannel();
  const [health, news] = [newHealth(), newNews()];
  const execArgv = host().execArgv();
  const data: SupervisorRole = {
    role: "supervisor",
    port: theirs,
    execArgv,
    exitWaiter: getExitWaiter(),
    sharedValues,
    knownDeaths: deathCount(),
    health,
    news,
    first,
  };
  if (supervisesHere) {
    here = offered;
    here?.start(data);
    const started: Supervisor = { port: mine, health, news, since: Deadline.NEVER };
    use(started);
    return started;
  }
  try {
    const ofAll = program();
    const worker = host().startWorker({
      program: ofAll,
      data: { ...data, program: ofAll } satisfies SupervisorRole,
      transfer: first === undefined ? [theirs] : [theirs, first.port],
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

/** The supervisor reports its own death, and the cause. */
function receiveLoss(cause: Envelope): void {
  if (supervisor === undefined) return;
  supervisor.reason = unpack(cause);
  if (supervisor.worker === undefined) lose(supervisor); // else its end is awaited, and the end of its workers
}

/**
 * Checks whether the supervisor is dead. This thread may have been blocked since, without events.
 */
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
 * Handles the death of the supervisor. On platforms where its workers end with it, their threads
 * are dead, too. All waiters for them or for the supervisor get an error. If it had not booted, the
 * next start creates another supervisor.
 */
function lose(mine: Supervisor): void {
  if (mine.error !== undefined) return;
  receiveFrom(mine.port); // its last messages
  const { reason: cause } = mine;
  const why = cause === undefined ? "without a report, as for lack of memory" : `of ${text(cause)}`;
  const how = hasBooted(mine)
    ? `the supervisor, which makes the workers of all threads, has died ${why}; restart the process`
    : `can't start new thread: the supervisor, which makes the workers of all threads, has died as it booted, ${why}`;
  const error = (mine.error = new ThreadError(`thread: ${how}`, cause === undefined ? undefined : { cause }));
  if (mine.worker !== undefined && supervisor === mine) {
    if (!hasBooted(mine)) supervisor = undefined;
    if (host().workersEndTogether || !hasBooted(mine)) endThreads(error, hasBooted(mine));
    else becomeDead(mine.health);
  }
  recheckTasks();
  if (hasBooted(mine)) abandonWaits();
}

/** The names of dead threads: they died with their supervisor and its records. */
const lostNames = new Map<number, string>();

/** Ends all threads started here, because all of them are dead. */
function endThreads(error: ThreadError, isReported: boolean): void {
  endFirst(); // the platform does not end it with the supervisor
  onLoss();
  endedHere().forEach(completeEnd); // the supervisor did not finish these
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

/**
 * Calls back before all threads count as dead, because their last messages must be received first.
 */
export function whenLost(callback: () => void): void {
  onLoss = callback;
}

/** Why the supervisor died; undefined while it lives. */
export function lostHere(): ThreadError | undefined {
  return supervisor?.error;
}

// ---------------------------------------------------------------- answers

/**
 * Asks the supervisor for an outcome sent to another thread. After these steps it has arrived, if the
 * supervisor knows it.
 */
export function fetchOutcome({ ident }: Entry): Steps<void> {
  return asking((reply) => ({ ask: "outcome", ident, reply }));
}

/** Asks the supervisor. After these steps the reply has been sent. @throws ThreadError if the supervisor dies before it */
function* asking(request: (reply: Words) => Request): Steps<void> {
  yield* asked(request);
}

/** {@link asking}, but it posts the question at once. */
export function asked(request: (reply: Words) => Request): Steps<void> {
  const reply = idleReplies.pop() ?? newReply();
  ask(request(reply));
  return answered(reply);
}

function* answered(reply: Words): Steps<void> {
  yield* replied(reply);
  Atomics.store(reply.words, reply.at, 0);
  idleReplies.push(reply);
}

/**
 * The words of arrived replies, for the next questions. Without reuse, a thread asking in a loop, without a turn of its
 * event loop, would keep each slab of words. An abandoned question keeps its word, because the reply may still come.
 */
const idleReplies: Words[] = [];

/** Makes the word for a reply: the supervisor sets it after the reply. */
function newReply(): Words {
  return allocate(WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** @throws ThreadError if the supervisor dies before its reply */
function* replied({ words, at }: Words, deadline: Deadline = Deadline.NEVER): Steps<void> {
  const asked = supervisor;
  while (Atomics.load(words, at) === 0 && !deadline.expired()) {
    if (asked?.error !== undefined) throw asked.error;
    yield { words, index: at, value: 0, deadline };
  }
}

/** The last reply to "death record". */
let fetched: DeathMessage["record"];

/**
 * Asks for a death record. Blocks briefly, and registers no blocked wait, because the thread may be
 * in the middle of another blocked wait.
 */
function fetchDeath(ident: number): DeathRecord | undefined {
  if (here !== undefined) return unpacked(structuredClone(here.deathRecord(ident)));
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
  return unpacked(fetched);
}

function unpacked(record: DeathMessage["record"]): DeathRecord | undefined {
  return record && { name: record.name, cause: unpack(record.cause) };
}

/** Takes the supervisor's messages, without a turn of the event loop. */
export function receiveFromSupervisor(): void {
  if (supervisor !== undefined) receiveFrom(supervisor.port);
}

// ---------------------------------------------------------------- news

/** Handles the supervisor's news at a turn of the event loop. */
function receiveNews(): void {
  if (supervisor === undefined || supervisor.error !== undefined) return;
  const news = takeNews(supervisor.news);
  if ((news & FIRST_WORKER) !== 0) attendToFirst();
  if ((news & DEATHS) !== 0) recheckTasks();
  if ((news & TASKS_QUESTION) !== 0) ask({ ask: "tasks reply", awaiting: tasksHere() });
}

/** Resolves after all messages of the supervisor on their way arrive; undefined if there are none. */
export function supervisorArrived(): Promise<void> | undefined {
  return supervisor && host().arrived?.(supervisor.port);
}

export function receiveFrom(port: Port): void {
  for (let item; (item = host().take(port)) !== undefined;) receive(item.message);
}
