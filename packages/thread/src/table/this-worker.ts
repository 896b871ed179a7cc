/** The present state of the library in this worker. */

import type { Envelope } from "@x/core";

interface ThisWorker {
  /** True in a worker of ours: it runs one thread after another. */
  isOurs: boolean;
  /** The number of this worker, if it is a worker of ours for threads; 0 otherwise. */
  worker: number;
  /** True in the supervisor: it must never block. */
  isSupervisor: boolean;
  /** The state of a worker of ours for threads: no thread yet, a running thread, or a wait for the next. */
  life: "new" | "running" | "between";
  /** The module being imported for a thread. */
  importing: string | undefined;
  /** The failed bundle of this worker, and the error of its evaluation. Its threads cannot run. */
  failure: { readonly file: string; readonly error: unknown } | undefined;
  /** Loads the modules of an envelope for the running thread, like the modules of its job. */
  load: ((envelope: Envelope) => Promise<void>) | undefined;
}

export const thisWorker: ThisWorker = {
  isOurs: false,
  worker: 0,
  isSupervisor: false,
  life: "new",
  importing: undefined,
  failure: undefined,
  load: undefined,
};
