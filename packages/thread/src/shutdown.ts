/**
 * How the process ends: as Python's does. When main's own work is done, main has ended and can be joined; threads that are no
 * daemons are waited for, also those that others start meanwhile; then the process ends, whatever the daemons are doing.
 */
import { block, getIdent, suspend } from "@x/core";
import { here } from "./here.js";
import { host } from "./host.js";
import { assumeAwaiter, close, end, isMainThread, mainEntry, nonDaemons, withoutNonDaemons } from "./world.js";

let arranged = false;

/** Arranges for it, once, in the thread whose process or worker this is. Threads of ours end with their target instead. */
export function awaitThreadsAtEnd(): void {
  if (arranged || here.isOurs) return;
  arranged = true;
  if (!isMainThread) assumeAwaiter(getIdent());
  host().onUncaught((error) => {
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
    () => {
      // process.exit(), or an error that nobody caught: the last net. Threads run on while this one blocks.
      mainHasEnded();
      block(withoutNonDaemons(), "thread", "");
      if (isMainThread) close();
    },
  );
}

function mainHasEnded(): void {
  if (isMainThread) end(mainEntry());
}
