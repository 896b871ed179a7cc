/** The checks before the start of a thread, and before a join. */
import { getIdent, ThreadError } from "@x/core";
import { checkGuard } from "../runtime/guard.js";
import { checkRoom } from "../table/capacity.js";
import { isClosed } from "../table/counters.js";
import { isAlive, isDummy } from "../table/entries.js";
import { type Entry, isMainThread, PENDING } from "../table/layout.js";

/** A thread. Its name is read for errors only, because the table holds the name as bytes. */
interface Named {
  readonly name: string;
}

/** @throws ThreadError if it was started before, or if a program without a guard starts it */
export function checkStartable(thread: Named, wasStarted: boolean): void {
  if (wasStarted) throw new ThreadError(`thread: ${thread.name} was started before; threads can only be started once`);
  checkGuard();
}

/** @throws ThreadError if the process starts no more threads, or the machine can run no more */
export function checkRoomFor(flags: number): void {
  if (isClosed())
    throw new ThreadError("thread: can't create new thread at shutdown: the process is past waiting for threads");
  if ((flags & PENDING) === 0) checkRoom(); // a delayed thread takes no worker yet
}

/** @throws ThreadError if this thread may not, or need not, wait for the end of that thread */
export function checkJoinable(entry: Entry | undefined, thread: Named): Entry {
  if (entry === undefined)
    throw new ThreadError(`thread: cannot join ${thread.name} before it is started; call start() first`);
  if (entry.ident === getIdent()) throw new ThreadError("thread: cannot join current thread; it would wait for itself");
  if (isDummy(entry)) {
    throw new ThreadError(
      `thread: cannot join ${thread.name}: it was not started as a Thread; let it say by an Event that it is done`,
    );
  }
  if (isMainThread && isClosed() && isAlive(entry)) {
    throw new ThreadError(
      `thread: cannot join ${thread.name} at shutdown: the process is past waiting for threads, and this one is a daemon`,
    );
  }
  return entry;
}
