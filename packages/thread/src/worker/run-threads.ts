/**
 * Runs in every worker of threads: takes a start from its starter, runs the thread, publishes its
 * end, and parks for the next start while the worker is clean.
 */
import { Deadline, suspend } from "@x/core";
import { idle } from "@x/core/internal";
import { report } from "../api/except-hook.js";
import type { Thread } from "../api/thread.js";
import { traceHere } from "../api/trace.js";
import { host } from "../platform/host.js";
import { sleeping, markBooted, markExited, park, draining, spinUntilDispatched } from "../protocol/control-block.js";
import { assumeDismissal, isDismissed } from "../protocol/dismissal.js";
import { adoptNewerHooks } from "../protocol/hooks.js";
import { type StartMessage, startOf } from "../protocol/job.js";
import type { AdoptionMessage, ThreadRole } from "../protocol/messages.js";
import { booting, isServing } from "../protocol/health.js";
import { isExit } from "../protocol/outcome.js";
import { runMaybeAsync } from "../runtime/maybe-async.js";
import { onHooks } from "../runtime/received-hooks.js";
import { connect, learnSharedValues, receiveFromSupervisor } from "../runtime/supervisor-client.js";
import { setExitWaiter } from "../table/exit-waiter.js";
import { roomToSpin } from "../table/capacity.js";
import { isAlive } from "../table/entries.js";
import { openTable } from "../table/layout.js";
import { thisWorker } from "../table/this-worker.js";
import { explainUsedPort, refuseServers } from "./evaluations.js";
import { areGlobalsUnchanged, rememberGlobals } from "./globals.js";
import { isClean, warnOfServer } from "./idle.js";
import { Running } from "./thread-run.js";

/** An idle worker gives its event loop a turn after 1 s, then after 2 s, 4 s, and so on. */
const IDLE_MS = 1000;

/**
 * Makes this worker run threads, one after another. It returns a function. The function begins with
 * the first thread.
 */
export function runThreads(role: ThreadRole): () => void {
  const { supervisor, worker, exitWaiter, health, news } = role;
  let { control, starter } = role;
  const afterTurn = host().turns();
  /** The running thread of this worker; undefined after its end is published. */
  let running: Running | undefined;
  let last: Thread | undefined;

  const runNext = (): void => {
    receiveFromSupervisor();
    const { next } = host();
    if (next === undefined) runItem(host().take(starter));
    else next(starter, runItem);
  };

  const runItem = (item: { readonly message: unknown } | undefined): void => {
    if (item === undefined) return exit(); // the starter has ended
    if (!Array.isArray(item.message)) return beAdopted(item.message as AdoptionMessage);
    const start = startOf(item.message as unknown as StartMessage);
    if (!isAlive(start.entry)) {
      idle(draining(control)); // terminated before it began
      return sleepIfClean();
    }
    thisWorker.life = "running";
    const thread = (running = new Running(start, starter));
    runMaybeAsync(thread.run(), (object) => {
      if (thread.isDying) return die();
      last = object;
      idle(draining(control)); // before the end is published: the starter's next start may wait for this worker
      thread.publishEnd();
      running = undefined;
      thisWorker.life = "between";
      sleepIfClean();
    });
  };

  /**
   * Ends the worker, because the thread dies. The supervisor announces the death afterwards, when
   * no task of the thread can run:
   *     // T1 throws, while a task of T1 holds a lock; the death is announced; T2 recovers the lock;
   *     // the task continues inside the critical section.
   * So: end the worker, then announce.
   */
  const die = (): void => {
    running!.reportDeath();
    running = undefined;
    host().exitWorker();
  };

  /**
   * This worker was a spare. Takes its starter; a start is in the starter's port already.
   */
  const beAdopted = (by: AdoptionMessage): void => {
    host().close(starter);
    ({ control, starter } = by);
    host().holdOpen(starter);
    markBooted(control);
    runNext();
  };

  /**
   * Parks if the last thread left nothing in the event loop. Otherwise exits, because the rest must
   * not run during the next thread.
   */
  const sleepIfClean = (turns = 2, idleMs = IDLE_MS): void => {
    const { whenIdle } = host();
    if (whenIdle !== undefined) {
      return whenIdle(starter, (isIdle) => afterTurn(() => (isIdle ? sleep(idleMs) : exit())));
    }
    afterTurn(() => {
      if (isClean(host().leftovers(), clean)) return sleep(idleMs);
      if (turns > 1) return sleepIfClean(turns - 1, idleMs); // handles closed last are gone one turn later
      warnOfServer(last, host().leftovers());
      exit();
    });
  };

  /** Sleeps until the next start. */
  const sleep = (idleMs: number): void => {
    if (!areGlobalsUnchanged() || host().hasOwnPriority?.() === true || !park(control)) return exit();
    if (roomToSpin(1)) spinUntilDispatched(control);
    const awaken = (isDispatched: boolean): void => {
      if (isDispatched) return runNext();
      // Gives the event loop a turn. leftovers() does not show promises and unref'ed handles. Their
      // errors then end this worker now, and not during the next thread.
      sleepIfClean(1, 2 * idleMs);
    };
    const steps = sleeping(control, Deadline.after(idleMs));
    if (host().idlesInLoop === true) void suspend(steps, undefined, "thread").then(awaken);
    else awaken(idle(steps));
  };

  const exit = (): void => {
    markExited(control);
    host().exitWorker();
  };

  openTable(); // in a browser the worker inherits it only now
  thisWorker.isOurs = true;
  assumeDismissal(role.dismissal);
  thisWorker.worker = worker;
  setExitWaiter(exitWaiter);
  connect(supervisor, health, news);
  if (role.sharedValues !== undefined) learnSharedValues(role.sharedValues);
  onHooks((hooks) => {
    if (adoptNewerHooks(hooks)) traceHere();
  });
  host().directStdio();
  host().onUncaught((error) => {
    // Node ends the worker only after all due microtasks, and after further microtasks from them. This
    // holds for process.exit() from here, too. So a microtask of ours ends the worker.
    queueMicrotask(() => host().exitWorker());
    if (running === undefined || host().evaluation?.file() !== undefined) explainUsedPort(error);
    if (running !== undefined) {
      running.fail(error);
      return die();
    }
    const { importing } = thisWorker;
    if (importing !== undefined) {
      thisWorker.failure = { file: importing, error };
      return role.isSpare ? markExited(control) : runNext(); // its thread tells the error
    }
    markExited(control); // before the report: it may wake a thread, and that thread may start the next thread
    if (!isExit(error)) report(last, error);
  });
  host().onProcessEnd(
    () => undefined,
    (exitCode) => {
      if (!isDismissed()) running?.exit(exitCode); // if dismissed, the supervisor knows the cause
    },
  );
  refuseServers();
  host().holdOpen(starter);
  // On Deno each of the ports just opened has an Immediate for a short time. In `clean` it would
  // excuse an Immediate left by a thread.
  const clean = host()
    .leftovers()
    .filter((name) => name !== "Immediate");
  return () => {
    rememberGlobals();
    // The first worker boots beside the supervisor. If the supervisor fails, the start fails, and the thread never runs.
    idle(booting(health));
    if (!isServing(health)) return exit();
    markBooted(control);
    if (!role.isSpare) return afterTurn(runNext);
    idle(draining(control));
    sleepIfClean();
  };
}
