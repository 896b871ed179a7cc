/**
 * How the process ends: as Python's does. When main's own work is done, main has ended and can be joined; threads that are no
 * daemons are waited for, also those that others start meanwhile; then the process ends, whatever the daemons are doing.
 *
 * `process.exit()` and an error of main's that nobody caught come to the same, but none of main's code runs any more: what it holds
 * it will not release. So main has died, and threads that wait for its locks are told so by OwnerDiedError:
 *     // main holds a lock, and calls process.exit(); T1 waits for the lock, main waits for T1: for ever.
 */
import { block, Deadline, getIdent, suspend } from "@x/core";
import { countDeath, markDead } from "@x/core/internal";
import { thisWorker } from "../table/this-worker.js";
import { host, threadPlatform } from "../platform/host.js";
import { died, exited } from "../protocol/outcome.js";
import { publishDeathOfRoot } from "./supervisor-client.js";
import { assumeAwaiter } from "../table/awaiter.js";
import { close } from "../table/counters.js";
import { end } from "../table/entries.js";
import { isMainOfProcess, isMainThread, mainEntry } from "../table/layout.js";
import { nameOf } from "../table/names.js";
import { nonDaemons, withoutNonDaemons } from "../table/non-daemons.js";

let arranged = false;

/** What has ended main, unless it was a call of process.exit(). */
let failure: { readonly error: unknown } | undefined;

/** A wait at the end takes long after so many milliseconds: then the user is told for whom it is. */
const SILENT_MS = 1000;

/** So many threads are told by their name. */
const NAMED = 5;

/** Has the event loop run dry, as it does when a worker ends by itself? */
let hasRunDry = false;

if (isMainThread) {
  // Without it, threads that an exit handler is the first to start would be waited for by nobody.
  threadPlatform?.onProcessEnd(
    () => undefined,
    () => {
      if (!arranged) close();
    },
  );
}

if (!isMainOfProcess) {
  // A worker of the user's. What it holds when it ends by an error or process.exit() is told to all that share memory with it, by itself: the
  // supervisor, if it has one, ends with it.
  threadPlatform?.onProcessEnd(
    () => (hasRunDry = true),
    (exitCode) => {
      if (thisWorker.isOurs || (hasRunDry && exitCode === 0)) return;
      markDead(getIdent());
      countDeath();
    },
  );
}

/** Arranges for it, once, in the thread whose process or worker this is. Threads of ours end with their target instead. */
export function awaitThreadsAtEnd(): void {
  if (arranged || thisWorker.isOurs) return;
  arranged = true;
  if (!isMainThread) assumeAwaiter(getIdent());
  host().onUncaught((error) => {
    failure = { error };
    // The platform tells of it when the process ends; the threads may wait for ever for what main owes them.
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
      // While there are some, the event loop stays alive, and main's own handlers and timers with it.
      void suspend(withoutNonDaemons(), undefined, "thread");
    },
    (exitCode) => {
      // process.exit(), or an error that nobody caught: the last net. Threads run on while this one blocks.
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
    // Listeners will not be called any more, but keep the signals from doing what they do by themselves. Up to now they had to: tools
    // that pass on a Ctrl-C, as npm does, send it twice.
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
