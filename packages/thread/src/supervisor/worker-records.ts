/** The supervisor's record of each worker. */
import type { Words } from "@x/core";
import type { Port, WorkerHandle } from "../platform/thread-platform.js";
import type { PackedDeath } from "../protocol/messages.js";

export interface WorkerRecord {
  /** The port of its starter. A spare receives its starter through this port. */
  client: Port;
  control: Words;
  readonly worker: WorkerHandle;
  /** The port of its requests. */
  readonly port: Port;
  /**
   * This word asks the worker to exit by itself; undefined on platforms with a reliable `terminate`.
   */
  readonly dismissal: Words | undefined;
  terminated: boolean;
  /** True if the supervisor's starter has made it: see first-worker.ts. */
  readonly isFirst?: true;
  /** The death of its thread, with the explanation of its terminator. */
  death?: PackedDeath | undefined;
  /** The ident of its last thread, if the worker was seen parked after it. */
  parkedAfter: number | undefined;
}

export const workerRecords = new Set<WorkerRecord>();
