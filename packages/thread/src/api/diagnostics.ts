/** What to do about a program that stands still: see who waits for whom. */
import { describe } from "@x/core";
import { report } from "../diagnostics/report.js";
import { askForReport, tasksHere } from "../runtime/supervisor-client.js";
import { stackOf } from "../diagnostics/call-stack.js";
import { setDetecting } from "../table/counters.js";

/**
 * A report of all threads: name and state of each, what it waits for, since when and where in the program, what it holds that others wait
 * for, what its tasks await, and who waits for whom in a circle.
 *
 *     new Timer(5000, () => console.error(dumpThreads())).start();
 *
 * Waits are told once they have lasted 200 ms, or at once while {@link detectDeadlocks} is on. The stack is that of the wait; of a thread that
 * runs there is none. In Node and Deno the same report goes to standard error whenever the process gets the signal `SIGUSR2`
 * (`kill -USR2 PID`), also while main is blocked, from the first thread on; the variable `THREADING_DUMP_SIGNAL` names another
 * signal, or none if it is empty.
 *
 * @throws ThreadError where blocking is forbidden
 * @see Python `faulthandler.dump_traceback(all_threads=True)`
 */
export function dumpThreads(): string {
  const asker = { ...tasksHere(), stack: stackOf(dumpThreads) };
  return askForReport(asker) ?? report([], [], asker);
}

/**
 * From now on, in all threads, the wait that would close a circle of threads that wait for each other throws `DeadlockError`, which
 * tells the circle, instead of never returning. The variable `THREADING_DETECT_DEADLOCKS=1` does the same from the beginning.
 *
 *     detectDeadlocks();
 *
 * It sees threads that are blocked without a timeout, in `acquire` of a Lock or RLock or in `join`. It does not see tasks, which a thread may
 * still run, nor permits of semaphores, which nobody owns. A Lock that somebody other than its holder is to release looks like a deadlock to
 * it. Each wait costs a message then: meant for tests and for looking into trouble.
 *
 * @param on false ends it
 * @throws TypeError if it is no boolean
 * @see Python has no counterpart
 */
export function detectDeadlocks(on: boolean = true): void {
  if (typeof on !== "boolean") throw new TypeError(`thread: detectDeadlocks takes a boolean, got ${describe(on)}`);
  setDetecting(on);
}
