/**
 * Runs the supervisor: a worker without user code, or in a browser the page. It creates the workers of all threads and sees
 * their deaths. It never blocks, so every death reaches the threads blocked in `join`.
 */
import { pack, type Words } from "@x/core";
import { platform } from "@x/core/internal";
import { report } from "../diagnostics/report.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { becomeDead, becomeReady } from "../protocol/health.js";
import type { LossMessage, Request, SupervisorRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { exited } from "../protocol/outcome.js";
import { packCause } from "../protocol/death-cause.js";
import { connect, type SupervisorHere } from "../runtime/supervisor-client.js";
import { setExitWaiter } from "../table/exit-waiter.js";
import { thisWorker } from "../table/this-worker.js";
import { watchForDeaths } from "./announcements.js";
import { addBlockedWait, blockedWaits } from "./blocked-threads.js";
import { clients, self, setRequestHandler, setSelf, serve, broadcastHooks } from "./clients.js";
import { dropDeathActions, recordDeathAction } from "./death-actions.js";
import { deathReports, announceDeath, sendDeathRecord } from "./deaths.js";
import { recordOfDeath } from "./death-records.js";
import { explainFirst, takeFirst } from "./first-worker.js";
import {
  deposit,
  dropMemories,
  dropParcel,
  keepMemories,
  knows,
  letGo,
  memoriesFor,
  replyMemories,
  whenKnown,
} from "./memories.js";
import { replyOutcome, storeOutcome } from "./outcomes.js";
import { replyReport, collectTasks, collected } from "./reports.js";
import { firstValue, putIfAbsent, setSharedValues } from "./shared-values.js";
import { say } from "./standard-error.js";
import { terminate } from "./terminations.js";
import { callOff, replace, startLater } from "./timers.js";
import { assignWorker, setUpWorkers } from "./workers.js";

export function supervise(role: SupervisorRole): void {
  clients.set(role.port, role.news);
  host().onUncaught((error) => publishLoss(role.health, error));
  host().onProcessEnd(
    () => undefined,
    (exitCode) => publishLoss(role.health, exited("the supervisor", exitCode)),
  );
  setUpWorkers(role);
  setExitWaiter(role.exitWaiter);
  setSharedValues(role.sharedValues);
  thisWorker.isOurs = true;
  thisWorker.isSupervisor = true;
  const [mine, theirs] = host().openChannel();
  setSelf(theirs);
  connect(mine, role.health, newNews()); // it starts delayed threads itself
  setRequestHandler(handle);
  serve(theirs);
  serve(role.port);
  if (role.first !== undefined) takeFirst(role.port, role.first);
  watchForDeaths(role.knownDeaths);
  const signal = platform.env("THREADING_DUMP_SIGNAL") ?? "SIGUSR2";
  if (signal !== "") {
    host().onSignal(signal, () => collectTasks((awaiting) => say(report(blockedWaits(), awaiting, undefined))));
  }
  becomeReady(role.health, host().taskId());
}

/**
 * Supervises in the main thread, on platforms where it never blocks. It starts delayed threads
 * itself, like a supervisor in a worker, so its own requests come by the same port.
 */
function superviseHere(role: SupervisorRole): void {
  clients.set(role.port, role.news);
  setUpWorkers(role);
  setSharedValues(role.sharedValues);
  setSelf(role.port);
  setRequestHandler(handle);
  serve(role.port);
  watchForDeaths(role.knownDeaths);
  becomeReady(role.health, host().taskId());
}

/** The main thread's questions to its own supervisor, without a message. */
export const supervisorHere: SupervisorHere = {
  start: superviseHere,
  firstValue,
  report: (asker) => report(blockedWaits(), [], asker),
  deathRecord: recordOfDeath,
  keepMemories: (container, memories) => keepMemories(self(), container, memories),
  dropMemories,
  deposit: (container, parcel) => deposit(self(), container, parcel),
  dropParcel,
  knows,
  letGo: (container) => letGo(self(), container),
  memories: (numbers) => memoriesFor(self(), numbers),
  memoriesAsync: (numbers) => new Promise((resolve) => whenKnown(numbers, () => resolve(memoriesFor(self(), numbers)))),
};

let isLost = false;

/**
 * Reports that the supervisor is about to end, and the cause: to its starter, and to all threads with a
 * longer life.
 */
function publishLoss(health: Words, error: unknown): void {
  if (isLost) return;
  isLost = true;
  let lost = pack(String(error));
  try {
    lost = packCause(error);
  } catch {
    // Only the text is sent.
  }
  const receivers = host().workersEndTogether ? [...clients.keys()].slice(0, 1) : clients.keys(); // the first is the starter
  for (const client of receivers) host().post(client, { lost } satisfies LossMessage);
  becomeDead(health);
}

function handle(client: Port, request: Request): void {
  switch (request.ask) {
    case "worker":
      return assignWorker(client, request.control, request.starter, request.stackSize);
    case "first ended":
      return explainFirst(request);
    case "store outcome":
      return storeOutcome(request.ident, request.outcome);
    case "outcome":
      return replyOutcome(client, request.ident, request.reply);
    case "terminate":
      return terminate(request.entry, request.death);
    case "later":
      return startLater(client, request.start, request.delay, request.stackSize);
    case "replace":
      return replace(request.start);
    case "call off":
      return callOff(request.entry);
    case "death action":
      return recordDeathAction(request.ident, request.action);
    case "drop death actions":
      return dropDeathActions(request.ident);
    case "announce root":
      return announceDeath(request.record);
    case "report death":
      return void deathReports.set(request.death.ident, request.death);
    case "death record":
      return sendDeathRecord(client, request.ident, request.reply);
    case "blocked wait":
      return addBlockedWait(client, request.wait);
    case "report":
      return void collectTasks((awaiting) => replyReport(client, request.asker, request.reply, awaiting));
    case "tasks reply":
      return void collected.set(request.awaiting.ident, request.awaiting);
    case "broadcast hooks":
      return broadcastHooks(request.hooks);
    case "put if absent":
      return putIfAbsent(client, request.key, request.candidate, request.reply);
    case "keep memories":
      return keepMemories(client, request.container, request.memories);
    case "drop memories":
      return dropMemories(request.container, request.numbers);
    case "deposit":
      return deposit(client, request.container, request.parcel, request.offer);
    case "drop parcel":
      return dropParcel(request.parcel);
    case "let go":
      return letGo(client, request.container);
    case "memories":
      return replyMemories(client, request);
  }
}
