/** A thread that sends requests to the supervisor: the main thread, or the thread of a worker. */
import { host } from "../../src/platform/host.js";
import type { Port } from "../../src/platform/thread-platform.js";
import { newControlBlock } from "../../src/protocol/control-block.js";
import { startMessage } from "../../src/protocol/job.js";
import type { Request } from "../../src/protocol/messages.js";
import { checkRoom } from "../../src/table/capacity.js";
import { markShared, register } from "../../src/table/entries.js";
import { nextIdent } from "../../src/table/idents.js";
import { type Entry, PENDING, RAW } from "../../src/table/layout.js";
import { thisWorker } from "../../src/table/this-worker.js";
import { type End, isDeath, jobOf, refuse } from "./ends.js";

/** The threads that have not ended yet, as far as is known; true if they die. */
export const started: Map<Entry, boolean> = new Map();

/** How many more outcomes the main thread will receive. */
export let outcomesAwaited = 0;

export class Client {
  /** The port of its requests. */
  readonly port: Port;
  /** The number of its worker; 0 for the main thread. */
  readonly number: number;

  constructor(port: Port, number: number) {
    this.port = port;
    this.number = number;
  }

  ask(request: Request, transfer: readonly Port[] = []): void {
    host().post(this.port, request, transfer);
  }

  /** Starts a thread on a new worker. */
  start(how: End): Entry {
    const entry = this.#register(how, how === "raw" ? RAW : 0);
    if (how === "refused") refuse(entry.ident);
    if (this === main() && how !== "raw") outcomesAwaited++; // the starter of a raw thread gets no outcome
    const control = newControlBlock(entry);
    const [mine, theirs] = host().openChannel();
    host().post(mine, startMessage({ entry, job: jobOf(how) }));
    this.ask({ ask: "worker", control, starter: theirs, stackSize: 0 }, [theirs]);
    host().listen(mine, false, (message) => this.receive(message));
    if (how === "terminate at once") this.terminate(entry);
    return entry;
  }

  /** Registers a thread. A thread that is terminated now never asks for its worker. */
  startWithoutWorker(): void {
    this.#register("unbegun", 0);
  }

  /** Starts a thread after `delay` milliseconds. This thread may have died by then. */
  startLater(how: End, delay: number): Entry {
    const entry = this.#register(how, PENDING);
    markShared(entry);
    this.ask({ ask: "later", start: { entry, job: jobOf(how) }, delay, stackSize: 0 });
    return entry;
  }

  callOff(entry: Entry): void {
    this.ask({ ask: "call off", entry });
  }

  terminate(entry: Entry): void {
    this.ask({ ask: "terminate", entry });
  }

  receive(message: unknown): void {
    if (this === main() && Array.isArray(message)) outcomesAwaited--;
  }

  #register(how: End, flags: number): Entry {
    checkRoom();
    thisWorker.worker = this.number;
    const entry = register(nextIdent(), `Thread-1 (${how})`, flags);
    thisWorker.worker = 0;
    started.set(entry, isDeath(how));
    return entry;
  }
}

let mainClient: Client;

export function setMain(client: Client): void {
  mainClient = client;
}

/** The main thread, which started the supervisor. */
export function main(): Client {
  return mainClient;
}
