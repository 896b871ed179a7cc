/** Diagnostics of a program that stands still: its threads, and their waits for each other. */
import { describe } from "@x/core";
import { report } from "../diagnostics/report.js";
import { askForReport, tasksHere } from "../runtime/supervisor-client.js";
import { stackOf } from "../diagnostics/call-stack.js";
import { setDetecting } from "../table/counters.js";

/**
 * Returns a report on all threads. For each thread: its name and state; its wait, with blocker,
 * duration and place in the program; the contended locks it holds; the waits of its tasks. At the end: each
 * cycle of threads waiting for each other.
 *
 *     new Timer(5000, () => console.error(dumpThreads())).start();
 *
 * A wait is reported after 200 ms, or at once while {@link detectDeadlocks} is on. The stack is the
 * stack of the wait; a running thread has none. In Node and Deno the signal `SIGUSR2`
 * (`kill -USR2 PID`) writes the same report to standard error, also while main is blocked, from the
 * first thread on. The variable `THREADING_DUMP_SIGNAL` names another signal, or none if it is
 * empty.
 *
 * @returns the report, as lines of text
 * @throws ThreadError where blocking is forbidden
 * @see Python `faulthandler.dump_traceback(all_threads=True)`
 */
export function dumpThreads(): string {
  const asker = { ...tasksHere(), stack: stackOf(dumpThreads) };
  return askForReport(asker) ?? report([], [], asker);
}

/**
 * Makes deadlocks fail, in all threads from now on. If a wait closes a cycle of waiting threads, it
 * throws `DeadlockError`. Without `detectDeadlocks` such a wait never returns. The variable
 * `THREADING_DETECT_DEADLOCKS=1` turns it on from the beginning.
 *
 *     detectDeadlocks();
 *
 * It sees threads blocked without a timeout, in `acquire` of a Lock or RLock, or in `join`. It does
 * not see tasks, because their thread may still run them, nor permits of semaphores, because
 * permits have no owner. A Lock to be released by another thread than its holder looks like a
 * deadlock. While it is on, each wait costs a message: use it in tests, and to find a fault.
 *
 * @param on false turns it off
 * @throws TypeError if `on` is no boolean
 * @see Python has no counterpart
 */
export function detectDeadlocks(on: boolean = true): void {
  if (typeof on !== "boolean") throw new TypeError(`thread: detectDeadlocks takes a boolean, got ${describe(on)}`);
  setDetecting(on);
}
