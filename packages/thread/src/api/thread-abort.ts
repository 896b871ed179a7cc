/** Ends threads by their signal: the option `signal`. */
import { type AbortSignalLike, pack, ThreadError } from "@x/core";
import { died, failure } from "../protocol/outcome.js";
import { packCause } from "../protocol/death-cause.js";
import { askToTerminate, isLost } from "../runtime/supervisor-client.js";
import { isAlive, nativeIdOf } from "../table/entries.js";
import type { Entry } from "../table/layout.js";

/** @throws ThreadError if the signal of a thread is aborted before its start */
export function checkNotAborted(name: string, signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw notStarted(name, signal);
}

function notStarted(name: string, signal: AbortSignalLike): ThreadError {
  return new ThreadError(`thread: ${name} was not started, because its signal is aborted; make it with a new signal`, {
    cause: signal.reason,
  });
}

/** Runs `start`. If the signal aborts it, `start` rejects with the reason of the signal: then the error says so. */
export async function startingUnless<R>(
  name: string,
  signal: AbortSignalLike | undefined,
  start: () => Promise<R>,
): Promise<R> {
  try {
    return await start();
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw notStarted(name, signal);
    throw error;
  }
}

/** Terminates the thread, because its signal was aborted. Does nothing if it has ended. */
export function terminateByAbort(entry: Entry, name: string, reason: unknown): void {
  if (!isAlive(entry) || isLost()) return;
  const error = died(name, "was terminated, because its signal was aborted", reason);
  askToTerminate(entry, { outcome: pack(failure(error, nativeIdOf(entry))), cause: packCause(error) });
}

/** Joins two signals: if either is aborted, so is the result, with the same reason. */
export function eitherOf(
  one: AbortSignalLike | undefined,
  other: AbortSignalLike | undefined,
): AbortSignalLike | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    get aborted() {
      return one.aborted || other.aborted;
    },
    get reason() {
      return one.aborted ? one.reason : other.reason;
    },
    addEventListener(type, listener) {
      one.addEventListener(type, listener);
      other.addEventListener(type, listener);
    },
    removeEventListener(type, listener) {
      one.removeEventListener(type, listener);
      other.removeEventListener(type, listener);
    },
  };
}
