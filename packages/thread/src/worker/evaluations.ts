/** Leftovers of a module's evaluation in the event loop of its worker. */
import { ThreadError } from "@x/core";
import { ifItThrows } from "@x/core/internal";
import { host } from "../platform/host.js";
import { thisWorker } from "../table/this-worker.js";
import { isClean, servers } from "./idle.js";

const CURE = 'put the code of the main thread behind "if (isMainThread)"';

/** True if a server has begun to listen in the present evaluation. */
let listens = false;

/**
 * Call it before an evaluation. It returns a function for the end of the evaluation. The function
 * gives the event loop a turn: work of a single turn ends, too. Then it calls back. It passes the
 * error, if threads must not run here.
 */
export function watchEvaluation(): (callback: (error: ThreadError | undefined) => void) => void {
  const before = host().leftovers();
  const afterTurn = host().turns();
  listens = false;
  return (callback) =>
    afterTurn(() => {
      const left = host().leftovers();
      if (isClean(left, before)) host().evaluation?.end();
      const file = thisWorker.importing;
      const isServer = listens || servers(left) > servers(before);
      callback(
        isServer && file !== undefined
          ? serverError(`${file} listens on a port while a thread is importing it`)
          : undefined,
      );
    });
}

/** Fails the thread of this worker if code begun by an evaluation listens on a port. */
export function refuseServers(): void {
  const { evaluation } = host();
  evaluation?.onListen(() => {
    const file = evaluation.file();
    if (file === undefined) return;
    if (thisWorker.importing !== undefined) return void (listens = true); // the address may need a look-up first
    // Node throws it again, uncaught.
    throw serverError(`${file} goes on after a thread has imported it, and listens on a port there`);
  });
}

/**
 * A program without a guard listens again in each thread. With port 0, or with a shared port, it
 * would serve twice.
 */
function serverError(what: string): ThreadError {
  return new ThreadError(`thread: ${what}; ${CURE}`);
}

/** Names the guard in the error of a port already in use: main may have taken the port. */
export function explainUsedPort(error: unknown): void {
  if ((error as { code?: unknown } | null | undefined)?.code !== "EADDRINUSE") return;
  ifItThrows(undefined, () => {
    (error as Error).message += `; if the program listens at its top level: each thread imports it, too; ${CURE}`;
  });
}
