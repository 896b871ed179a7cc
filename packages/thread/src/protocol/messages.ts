/** What threads, their workers and the supervisor tell each other. */
import type { Envelope, DeathAction, Words } from "@x/core";
import type { Port } from "../platform/thread-platform.js";
import type { Entry } from "../table/layout.js";
import type { BlockedWaitRecord } from "./blocked-wait-record.js";
import type { Start } from "./job.js";

/** What a worker that is to run threads gets. */
export interface ThreadRole {
  readonly role: "threads";
  /** Its number, which no other worker has had. */
  readonly worker: number;
  readonly control: Words;
  /** To the thread that starts threads here. */
  readonly starter: Port;
  /** Is there nobody yet who does? Then an {@link AdoptionMessage} comes by that port. */
  readonly isSpare: boolean;
  readonly supervisor: Port;
  /** The thread that waits, at its end, for those that are started here. */
  readonly awaiter: number;
  /** See dismissal.ts; undefined where a worker can be terminated. */
  readonly dismissal: Words | undefined;
  /** How the supervisor is: see health.ts. */
  readonly health: Words;
  /** What it wants of this worker: see news.ts. */
  readonly news: Words;
}

/** What a spare worker gets: from now on it belongs to that starter. */
export interface AdoptionMessage {
  readonly control: Words;
  readonly starter: Port;
}

/** What a worker gets that is to leave by itself. */
export interface DismissalMessage {
  readonly dismissed: true;
}

/** What the supervisor gets. */
export interface SupervisorRole {
  readonly role: "supervisor";
  readonly port: Port;
  readonly execArgv: readonly string[];
  readonly awaiter: number;
  /** Shared values that were agreed on before there was a supervisor. */
  readonly agreed: ReadonlyMap<string, Envelope>;
  /** Of how many deaths its starter knows: of later ones the supervisor tells. */
  readonly knownDeaths: number;
  readonly health: Words;
  /** What it wants of its starter. */
  readonly news: Words;
}

/** What a thread asks of the supervisor. */
export type Request =
  | { readonly ask: "worker"; readonly control: Words; readonly starter: Port; readonly stackSize: number }
  | { readonly ask: "outcome"; readonly ident: number; readonly reply: Words }
  | { readonly ask: "keep"; readonly ident: number; readonly outcome: Envelope }
  | { readonly ask: "terminate"; readonly entry: Entry }
  | { readonly ask: "later"; readonly start: Start; readonly delay: number; readonly stackSize: number }
  | { readonly ask: "replace"; readonly start: Start }
  | { readonly ask: "call off"; readonly entry: Entry }
  | { readonly ask: "will"; readonly ident: number; readonly will: DeathAction }
  | { readonly ask: "forget wills"; readonly ident: number }
  | { readonly ask: "report death"; readonly death: DeathReport }
  /** The thread that started the supervisor, or a worker of the user's, ends by process.exit() or by an error. */
  | { readonly ask: "announce root"; readonly record: PackedDeathRecord }
  | { readonly ask: "death record"; readonly ident: number; readonly reply: Words }
  | { readonly ask: "blocked wait"; readonly wait: BlockedWaitRecord }
  | { readonly ask: "report"; readonly asker: Asker; readonly reply: Words }
  | { readonly ask: "told what is awaited"; readonly awaiting: Awaiting }
  | { readonly ask: "tell all"; readonly inherited: Envelope }
  | { readonly ask: "share"; readonly key: string; readonly offer: Envelope; readonly reply: Words };

/** The answer to "report". */
export interface ReportMessage {
  readonly report: string;
}

/** What a thread says of its own death. It is announced once its worker is gone, and nothing of the thread can run any more. */
export interface DeathReport {
  readonly ident: number;
  readonly name: string;
  /** For its starter and all others that ask; a thread of `startNewThread` has none. */
  readonly outcome: Envelope | undefined;
  /** What it died of; undefined if it ended by `exit()`. */
  readonly cause: Envelope | undefined;
}

/** What is known of a thread that has died. */
export interface PackedDeathRecord {
  readonly ident: number;
  readonly name: string;
  readonly cause: Envelope;
}

/** The answer to "death record"; undefined if it is no longer known. */
export interface DeathMessage {
  readonly record: PackedDeathRecord | undefined;
}

/** There is something in the word of news.ts. */
export interface NewsMessage {
  readonly news: true;
}

/** What all threads are told when the supervisor dies: of what. */
export interface LossMessage {
  readonly lost: Envelope;
}

/** What running threads are told. */
export interface InheritedMessage {
  readonly inherited: Envelope;
}

/** The answer to "share". */
export interface SharedMessage {
  readonly key: string;
  readonly value: Envelope;
}

/** The wait of this thread is chosen to fail: what the error says. */
export interface DeadlockMessage {
  readonly deadlock: string;
}

/** What the tasks of a thread await. */
export interface Awaiting {
  readonly ident: number;
  readonly tasks: readonly { readonly on: string; readonly since: number }[];
}

/** Who asks for the report, and from where. */
export interface Asker extends Awaiting {
  readonly stack: string;
}
