/** The role of a worker of this library: the supervisor, or a worker for threads. */
import { boot, ownURL } from "./platform/boot.js";
import { host } from "./platform/host.js";
import type { SupervisorRole, ThreadRole } from "./protocol/messages.js";
import { supervise } from "./supervisor/supervisor.js";
import { thisWorker } from "./table/this-worker.js";
import { watchEvaluation } from "./worker/evaluations.js";
import { runThreads } from "./worker/run-threads.js";

/**
 * Takes the role of this worker, given by its starter. In a bundle, the user's modules stand in the
 * same file, and are evaluated next.
 *
 * The supervisor runs no code of the user. So it ends the evaluation here, by an error.
 *
 * A worker for threads begins after the evaluation. Before it the file counts as being imported: a
 * program without a guard would start its threads again, and the threads would do so, too, without
 * end.
 *
 * @param isEvaluated true if the worker's file has been evaluated to its end
 */
export function takeRole(isEvaluated: boolean): void {
  host().onRole((data) => take(data as SupervisorRole | ThreadRole, isEvaluated));
}

function take(role: SupervisorRole | ThreadRole, isEvaluated: boolean): void {
  if (role.role === "supervisor") {
    supervise(role);
    if (!isEvaluated) throw boot as unknown; // the text expects it
    return;
  }
  const begin = runThreads(role);
  if (isEvaluated) return begin();
  const file = (thisWorker.importing = ownURL());
  const ended = watchEvaluation();
  boot.end = (failure) => {
    ended((unwanted) => {
      const error = failure ?? unwanted;
      thisWorker.importing = undefined;
      if (error !== undefined) thisWorker.failure = { file, error };
      begin();
    });
  };
}
