/** What this worker is doing for the library at the moment. */

interface Here {
  /** Is this a worker of ours? Then it runs one thread after another. */
  isOurs: boolean;
  /** The number of this worker, if it is one of ours for threads; 0 otherwise. */
  worker: number;
  /** Is this the supervisor? Then it must never block. */
  isSupervisor: boolean;
  /** The module that is being imported so that a thread can run. */
  importing: string | undefined;
}

export const here: Here = {
  isOurs: false,
  worker: 0,
  isSupervisor: false,
  importing: undefined,
};
