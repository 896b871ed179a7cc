/**
 * The end of the process, as in Python. When main's own work is done, main has ended, and can be
 * joined. The process then waits for all non-daemon threads, and for the threads they start meanwhile.
 * Then it ends, even if daemon threads still run.
 *
 * After `process.exit()` or an uncaught error, main's code never runs again, and main never
 * releases its locks. So main is dead, and waiters for its locks get OwnerDiedError:
 *     // main holds a lock, and calls process.exit(); T1 waits for the lock, main waits for T1: for ever.
 */
import { block, Deadline, getIdent, suspend } from "@x/core";
import { countDeath, markDead } from "@x/core/internal";
import { thisWorker } from "../table/this-worker.js";
import { host } from "../platform/host.js";
import { died, exited } from "../protocol/outcome.js";
import { publishDeathOfRoot } from "./supervisor-client.js";
import { setExitWaiter } from "../table/exit-waiter.js";
import { close } from "../table/counters.js";
import { end } from "../table/entries.js";
import { isMainOfProcess, isMainThread, mainEntry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { nonDaemons, withoutNonDaemons } from "../table/non-daemons.js";

let arranged = false;

/** The uncaught error, if main ended by an error; undefined after process.exit(). */
let failure: { readonly error: unknown } | undefined;

/** After 1 s of waiting at its end, the process tells the user which threads it waits for. */
const SILENT_MS = 1000;

/** How many threads are named in that text. */
const NAMED = 5;

/** True if the event loop is empty, as at a worker's normal end. */
let hasRunDry = false;

/**
 * Watches for the end of this process or foreign worker. Call it once in each thread, whatever the number of copies of this
 * package: only the first copy knows whether the worker is ours, and whether main waits for threads.
 */
export function watchForEnd(): void {
  if (isMainThread) {
    // An exit handler must not start the first thread, because no code would wait for it.
    host().onProcessEnd(
      () => undefined,
      () => {
        if (!arranged) close();
      },
    );
  }
  if (isMainOfProcess) return;
  // A foreign worker. If it ends by an error or process.exit(), it marks itself dead, for the
  // waiters of its locks. Its supervisor could not do so, because it ends with the worker.
  host().onProcessEnd(
    () => (hasRunDry = true),
    (exitCode) => {
      if (thisWorker.isOurs || (hasRunDry && exitCode === 0)) return;
      markDead(getIdent());
      countDeath();
    },
  );
}

/**
 * Makes the end of this process or foreign worker wait for its threads. Has no effect in threads of
 * ours: they end with their target.
 */
export function awaitThreadsAtEnd(): void {
  if (arranged || thisWorker.isOurs) return;
  arranged = true;
  if (!isMainThread) setExitWaiter(getIdent());
  host().onUncaught((error) => {
    failure = { error };
    // The platform reports the error at the end of the process only. But the threads may wait for
    // main for ever.
    const waiting = nonDaemons().length;
    if (isMainThread && waiting > 0) {
      host().writeError(
        `thread: main has failed; the process ends when ${waiting} more thread${waiting > 1 ? "s have" : " has"} ended\n` +
          `${host().inspectError(error)}\n`,
      );
    }
  });
  host().onProcessEnd(
    () => {
      mainHasEnded();
      // This keeps the event loop alive while threads run, and so main's handlers and timers.
      void suspend(withoutNonDaemons(), undefined, "thread");
    },
    (exitCode) => {
      // After process.exit() or an uncaught error this is the last chance. While this thread blocks,
      // other threads run.
      mainHasEnded();
      if (nonDaemons().length > 0) waitAtExit(exitCode);
      if (isMainThread) close();
    },
  );
}

function mainHasEnded(): void {
  if (isMainThread) end(mainEntry());
}

function waitAtExit(exitCode: number): void {
  const name = isMainThread ? nameOf(mainEntry()) : "the worker";
  publishDeathOfRoot(getIdent(), name, failure === undefined ? exited(name, exitCode) : failure.error, (error) =>
    died(name, `died: ${String(error)}`),
  );
  if (block(withoutNonDaemons(Deadline.after(SILENT_MS)), "thread", "")) return;
  if (isMainThread) {
    // Listeners are no longer called, but they suppress the usual effect of signals. Until now they
    // had to, because tools such as npm pass on a Ctrl-C twice.
    host().unlistenSignals();
    host().writeError(`thread: the process ends when ${waitedFor()}; Ctrl-C ends it now\n`);
  }
  block(withoutNonDaemons(), "thread", "");
}

/** "2 threads have ended: Thread-1 (load), Thread-2 (save)" */
function waitedFor(): string {
  const names = nonDaemons().map(nameOf);
  const some = names.length > NAMED ? [...names.slice(0, NAMED), "…"] : names;
  return `${names.length === 1 ? "1 thread has" : `${names.length} threads have`} ended: ${some.join(", ")}`;
}
