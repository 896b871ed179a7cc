/** The supervisor's record of each worker. */
import type { Words } from "@x/core";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";

export interface Employee {
  /** The port of its starter; of a spare, that by which it is given one. */
  client: Port;
  control: Words;
  readonly worker: WorkerHandle;
  /** The port by which it asks. */
  readonly port: Port;
  /** Where it looks whether it is to leave by itself; undefined where it can be terminated. */
  readonly dismissal: Words | undefined;
  terminated: boolean;
  /** The thread that it ran last, if it was seen parked after that. */
  parkedAfter: number | undefined;
}

export const employees = new Set<Employee>();
