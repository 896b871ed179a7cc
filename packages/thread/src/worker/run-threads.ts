/**
 * What runs in the worker of a thread: takes a start from its starter, runs it, says how it ended, and waits for the next one
 * as long as the worker is clean.
 */
import { Deadline, idle } from "@x/core";
import { report } from "../api/except-hook.js";
import type { Thread } from "../api/thread.js";
import { followHere } from "../api/trace.js";
import { host } from "../platform/host.js";
import { called, leave, park, settling, spinUntilCalled } from "../protocol/control-block.js";
import { assumeDismissal, isDismissed } from "../protocol/dismissal.js";
import { inheritNewer } from "../protocol/hooks.js";
import { type StartMessage, startOf } from "../protocol/job.js";
import type { AdoptionMessage, ThreadRole } from "../protocol/messages.js";
import { isExit } from "../protocol/outcome.js";
import { carryOut } from "../runtime/maybe-async.js";
import { whenTold } from "../runtime/received-hooks.js";
import { connect, receiveFromSupervisor } from "../runtime/supervisor-client.js";
import { assumeAwaiter } from "../table/awaiter.js";
import { roomToSpin } from "../table/capacity.js";
import { isAlive } from "../table/entries.js";
import { here } from "../table/this-worker.js";
import { areGlobalsUnchanged, rememberGlobals } from "./globals.js";
import { isClean, warnOfServer } from "./idle.js";
import { Running } from "./thread-run.js";

/** An idle worker gives its event loop a turn after so many milliseconds, then after twice as many, and so on. */
const IDLE_MS = 1000;

export function runThreads(role: ThreadRole): void {
  const { supervisor, worker, awaiter, health, news } = role;
  let { control, starter } = role;
  const afterTurn = host().turns();
  /** The thread that runs here, until its end has been told. */
  let running: Running | undefined;
  let last: Thread | undefined;

  const runNext = (): void => {
    receiveFromSupervisor();
    const item = host().take(starter);
    if (item === undefined) return exit(); // the starter is gone
    if (!Array.isArray(item.message)) return beAdopted(item.message as AdoptionMessage);
    const start = startOf(item.message as unknown as StartMessage);
    if (!isAlive(start.entry)) {
      idle(settling(control)); // terminated before it began
      return sleepIfClean();
    }
    const thread = (running = new Running(start, starter));
    carryOut(thread.run(), (object) => {
      if (thread.isDying) return die();
      last = object;
      idle(settling(control)); // before the end is told: a starter of the next thread may wait for this worker
      thread.tellEnd();
      running = undefined;
      sleepIfClean();
    });
  };

  /**
   * The thread dies, and the worker with it: only then none of its tasks can run any more, and the supervisor announces the death.
   *     // T1 throws, while a task of its holds a lock; the death is announced; T2 takes over the lock; the task goes on inside it.
   */
  const die = (): void => {
    running!.reportDeath();
    running = undefined;
    host().exitWorker();
  };

  /** This worker has been a spare, and is given to a starter, who has posted a thread already. */
  const beAdopted = (by: AdoptionMessage): void => {
    host().close(starter);
    ({ control, starter } = by);
    host().holdOpen(starter);
    runNext();
  };

  /** What a thread has left in the event loop must not go on in the next one. */
  const sleepIfClean = (turns = 2, idleMs = IDLE_MS): void => {
    const { whenIdle } = host();
    if (whenIdle !== undefined) {
      return whenIdle(starter, (isIdle) => afterTurn(() => (isIdle ? sleep(idleMs) : exit())));
    }
    afterTurn(() => {
      if (isClean(host().leftovers(), clean)) return sleep(idleMs);
      if (turns > 1) return sleepIfClean(turns - 1, idleMs); // handles that it closed last are gone one turn later
      warnOfServer(last, host().leftovers());
      exit();
    });
  };

  /** Until there is a next thread. */
  const sleep = (idleMs: number): void => {
    if (!areGlobalsUnchanged() || !park(control)) return exit();
    if (roomToSpin(1)) spinUntilCalled(control);
    if (idle(called(control, Deadline.after(idleMs)))) return runNext();
    // The event loop gets a turn: what leftovers() does not show (promises, what is unref'ed) fails now, and not in the next thread.
    sleepIfClean(1, 2 * idleMs);
  };

  const exit = (): void => {
    leave(control);
    host().exitWorker();
  };

  here.isOurs = true;
  assumeDismissal(role.dismissal);
  here.worker = worker;
  assumeAwaiter(awaiter);
  connect(supervisor, health, news);
  whenTold((inherited) => {
    if (inheritNewer(inherited)) followHere();
  });
  host().directStdio();
  host().onUncaught((error) => {
    // Node ends the worker, even by process.exit() from here, only after the microtasks that are due and all that these make. A microtask of
    // ours ends them.
    queueMicrotask(() => host().exitWorker());
    if (running !== undefined) {
      running.fail(error);
      return die();
    }
    leave(control); // before the report, which may wake a thread that starts the next one
    if (!isExit(error)) report(last, error);
  });
  host().onProcessEnd(
    () => undefined,
    (exitCode) => {
      if (!isDismissed()) running?.exit(exitCode); // the supervisor knows what it has died of
    },
  );
  host().holdOpen(starter);
  // On Deno the ports that were just opened have an immediate each. They are over soon, and must not stand for one that a thread leaves.
  const clean = host()
    .leftovers()
    .filter((name) => name !== "Immediate");
  rememberGlobals();
  if (!role.isSpare) return afterTurn(runNext);
  idle(settling(control));
  sleepIfClean();
}
