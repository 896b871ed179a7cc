/** What this worker is doing for the library at the moment. */
import type { Thread } from "../api/thread.js";
import type { Entry } from "./layout.js";

interface Here {
  /** The thread that runs here, once somebody has asked or it was started here. */
  current: Thread | undefined;
  /** Is this a worker of ours? Then it runs one thread after another. */
  isOurs: boolean;
  /** The number of this worker, if it is one of ours for threads; 0 otherwise. */
  worker: number;
  /** Is this the supervisor? Then it must never block. */
  isSupervisor: boolean;
  /** The entry of a thread of `startNewThread` that nobody has seen yet. */
  raw: Entry | undefined;
  /** The module that is being imported so that a thread can run. */
  importing: string | undefined;
}

export const here: Here = {
  current: undefined,
  isOurs: false,
  worker: 0,
  isSupervisor: false,
  raw: undefined,
  importing: undefined,
};
