/** The messages between threads, their workers and the supervisor. */
import type { Envelope, DeathAction, Words } from "@x/core";
import type { NumberedMemory, NumberedThing, Parcel } from "@x/core/internal";
import type { Port, WorkerProgram } from "../platform/thread-platform.js";
import type { Entry } from "../table/layout.js";
import type { BlockedWaitRecord } from "./blocked-wait-record.js";
import type { Start } from "./job.js";

/** The data for a worker of threads. */
export interface ThreadRole {
  readonly role: "threads";
  /** Its number; never used by another worker. */
  readonly worker: number;
  readonly control: Words;
  /** The port to its starter. */
  readonly starter: Port;
  /** True for a worker without a starter. An {@link AdoptionMessage} brings the starter by this port. */
  readonly isSpare: boolean;
  readonly supervisor: Port;
  /** At its end this thread waits for the threads started here. */
  readonly exitWaiter: number;
  /** See dismissal.ts; undefined on platforms that can terminate a blocked worker. */
  readonly dismissal: Words | undefined;
  /** The state of the supervisor: see health.ts. */
  readonly health: Words;
  /** The news for this worker: see news.ts. */
  readonly news: Words;
  /**
   * The values shared so far, on platforms where a blocked thread receives no new memory.
   */
  readonly sharedValues: ReadonlyMap<string, Envelope> | undefined;
}

/** Gives a spare worker to a starter. */
export interface AdoptionMessage {
  readonly control: Words;
  readonly starter: Port;
}

/** Asks a worker to exit by itself. */
export interface DismissalMessage {
  readonly dismissed: true;
}

/** The data for the supervisor. */
export interface SupervisorRole {
  readonly role: "supervisor";
  readonly port: Port;
  /** The code of the workers of threads; absent in a page: its workers run the user's file. */
  readonly program?: WorkerProgram;
  readonly execArgv: readonly string[];
  readonly exitWaiter: number;
  /** The values shared before there was a supervisor. */
  readonly sharedValues: ReadonlyMap<string, Envelope>;
  /** The death count known to its starter. The supervisor announces later deaths. */
  readonly knownDeaths: number;
  readonly health: Words;
  /** The news for its starter. */
  readonly news: Words;
  /** The worker that its starter makes beside it. */
  readonly first?: FirstWorker | undefined;
}

/** The first worker, made by the supervisor's starter: see runtime/first-worker.ts. */
export interface FirstWorker {
  readonly number: number;
  /** The thread for which it is made. */
  readonly entry: Entry;
  readonly control: Words;
  /** The supervisor's end of the channel to it. */
  readonly port: Port;
  readonly news: Words;
  readonly dismissal: Words;
}

/** The requests of a thread to the supervisor. */
export type Request =
  | { readonly ask: "worker"; readonly control: Words; readonly starter: Port; readonly stackSize: number }
  | { readonly ask: "outcome"; readonly ident: number; readonly reply: Words }
  | { readonly ask: "store outcome"; readonly ident: number; readonly outcome: Envelope }
  | { readonly ask: "first ended"; readonly exitCode: number; readonly cause: Envelope | undefined }
  | { readonly ask: "terminate"; readonly entry: Entry; readonly death?: PackedDeath | undefined }
  | { readonly ask: "later"; readonly start: Start; readonly delay: number; readonly stackSize: number }
  | { readonly ask: "replace"; readonly start: Start }
  | { readonly ask: "call off"; readonly entry: Entry }
  | { readonly ask: "death action"; readonly ident: number; readonly action: DeathAction }
  | { readonly ask: "drop death actions"; readonly ident: number }
  | { readonly ask: "report death"; readonly death: DeathReport }
  /** process.exit() or an error ends the supervisor's starter, or a foreign worker. */
  | { readonly ask: "announce root"; readonly record: PackedDeathRecord }
  | { readonly ask: "death record"; readonly ident: number; readonly reply: Words }
  | { readonly ask: "blocked wait"; readonly wait: BlockedWaitRecord }
  | { readonly ask: "report"; readonly asker: Asker; readonly reply: Words }
  | { readonly ask: "tasks reply"; readonly awaiting: ThreadTasks }
  | { readonly ask: "broadcast hooks"; readonly hooks: Envelope }
  | { readonly ask: "put if absent"; readonly key: string; readonly candidate: Envelope; readonly reply: Words }
  | { readonly ask: "keep memories"; readonly container: NumberedMemory; readonly memories: readonly NumberedMemory[] }
  | { readonly ask: "drop memories"; readonly container: number; readonly numbers: readonly number[] }
  | {
      readonly ask: "deposit";
      readonly container: NumberedMemory;
      readonly parcel: Parcel;
      readonly offer?: LinkOffer | undefined;
    }
  | { readonly ask: "drop parcel"; readonly parcel: number }
  | { readonly ask: "let go"; readonly container: number }
  | { readonly ask: "memories"; readonly question: number; readonly numbers: readonly number[]; readonly reply: Words };

/** The reply to "memories": the kept memory and parcels. */
export interface MemoriesMessage {
  readonly question: number;
  readonly memories: readonly NumberedThing[];
  /** Links offered with the parcels. */
  readonly offers?: readonly LinkOffer[];
}

/** A link to the thread that has deposited a parcel, for the thread that takes it: see runtime/links.ts. */
export interface LinkOffer {
  readonly from: number;
  readonly port: Port;
}

/** A value with this parcel was dropped, and the supervisor does not have the objects: a link may have brought them. */
export interface DroppedMessage {
  readonly dropped: number;
}

/** The reply to "report". */
export interface ReportMessage {
  readonly report: string;
}

/**
 * A thread's report of its own death. It is announced after the worker has ended, when no code of
 * the thread can run.
 */
export interface DeathReport {
  readonly ident: number;
  readonly name: string;
  /** For its starter and every other thread that asks; undefined after `startNewThread`. */
  readonly outcome: Envelope | undefined;
  /** The cause of the death; undefined after `exitThread()`. */
  readonly cause: Envelope | undefined;
}

/** The death of a thread, with the explanation of its terminator. */
export interface PackedDeath {
  readonly outcome: Envelope;
  readonly cause: Envelope;
}

/** The posted form of a thread's death record. */
export interface PackedDeathRecord {
  readonly ident: number;
  readonly name: string;
  readonly cause: Envelope;
}

/** The reply to "death record"; undefined if it is no longer stored. */
export interface DeathMessage {
  readonly record: PackedDeathRecord | undefined;
}

/** There are new bits in the word of news.ts. */
export interface NewsMessage {
  readonly news: true;
}

/** Tells all threads why the supervisor ends. */
export interface LossMessage {
  readonly lost: Envelope;
}

/** Broadcasts hooks to the running threads. */
export interface HooksMessage {
  readonly hooks: Envelope;
}

/** The reply to "share". */
export interface SharedMessage {
  readonly key: string;
  readonly value: Envelope;
}

/** The wait of this thread is the victim of a deadlock; with the text of the error. */
export interface DeadlockMessage {
  readonly deadlock: string;
}

/** The waits of a thread's tasks. */
export interface ThreadTasks {
  readonly ident: number;
  readonly tasks: readonly { readonly on: string; readonly since: number }[];
}

/** The asker of the report: the thread, and the place of its call. */
export interface Asker extends ThreadTasks {
  readonly stack: string;
}
