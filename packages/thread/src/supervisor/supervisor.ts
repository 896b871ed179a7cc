/**
 * Runs the supervisor: a worker without user code. It creates the workers of all threads and sees
 * their deaths. It never blocks, so every death reaches the threads blocked in `join`.
 */
import { pack, platform, type Words } from "@x/core";
import { report } from "../diagnostics/report.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import { becomeDead, becomeReady } from "../protocol/health.js";
import type { LossMessage, Request, SupervisorRole } from "../protocol/messages.js";
import { newNews } from "../protocol/news.js";
import { exited } from "../protocol/outcome.js";
import { packCause } from "../protocol/death-cause.js";
import { connect } from "../runtime/supervisor-client.js";
import { assumeAwaiter } from "../table/awaiter.js";
import { here } from "../table/this-worker.js";
import { watchForDeaths } from "./announcements.js";
import { addBlockedWait, blockedWaits } from "./blocked-threads.js";
import { clients, setRequestHandler, setSelf, serve, tellAll } from "./clients.js";
import { dropWills, keepWill } from "./death-actions.js";
import { deathReports, announceDeath, sendDeathRecord } from "./deaths.js";
import { answer, keep } from "./outcomes.js";
import { answerReport, gather, gathered } from "./reports.js";
import { agree, setSharedValues } from "./shared-values.js";
import { say } from "./standard-error.js";
import { terminate } from "./terminations.js";
import { callOff, replace, startLater } from "./timers.js";
import { employ, setUpWorkers } from "./workers.js";

export function supervise(role: SupervisorRole): void {
  clients.set(role.port, role.news);
  host().onUncaught((error) => tellLoss(role.health, error));
  host().onProcessEnd(
    () => undefined,
    (exitCode) => tellLoss(role.health, exited("the supervisor", exitCode)),
  );
  setUpWorkers(role.execArgv, role.health);
  assumeAwaiter(role.awaiter);
  setSharedValues(role.agreed);
  here.isOurs = true;
  here.isSupervisor = true;
  const [mine, theirs] = host().openChannel();
  setSelf(theirs);
  connect(mine, role.health, newNews()); // it starts delayed threads itself
  setRequestHandler(handle);
  serve(theirs);
  serve(role.port);
  watchForDeaths(role.knownDeaths);
  const signal = platform.env("THREADING_DUMP_SIGNAL") ?? "SIGUSR2";
  if (signal !== "") {
    host().onSignal(signal, () => gather((awaiting) => say(report(blockedWaits(), awaiting, undefined))));
  }
  becomeReady(role.health, host().taskId());
}

let isLost = false;

/**
 * Reports that the supervisor is about to end, and why: to its starter, and to all threads that
 * outlive it.
 */
function tellLoss(health: Words, error: unknown): void {
  if (isLost) return;
  isLost = true;
  let lost = pack(String(error));
  try {
    lost = packCause(error);
  } catch {
    // Sent as text.
  }
  const told = host().workersEndTogether ? [...clients.keys()].slice(0, 1) : clients.keys(); // the first is the starter
  for (const client of told) host().post(client, { lost } satisfies LossMessage);
  becomeDead(health);
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
    case "announce root":
      return announceDeath(request.record);
    case "report death":
      return void deathReports.set(request.death.ident, request.death);
    case "death record":
      return sendDeathRecord(client, request.ident, request.reply);
    case "blocked wait":
      return addBlockedWait(client, request.wait);
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
