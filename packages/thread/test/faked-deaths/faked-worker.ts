/**
 * A worker that exists only as an object. Towards the supervisor it does what a real worker does:
 * it takes a job from its starter's port, marks the thread as begun, leaves requests behind, and
 * ends.
 */
import { allocate, type Envelope, pack, type Words } from "@x/core";
import { deathCount } from "@x/core/internal";
import { host } from "../../src/platform/host.js";
import type { Port, WorkerHandle, WorkerOptions } from "../../src/platform/thread-platform.js";
import { REGISTERED } from "../../src/protocol/blocked-wait-record.js";
import { draining, markBooted, markExited, park } from "../../src/protocol/control-block.js";
import { packCause } from "../../src/protocol/death-cause.js";
import { type Start, type StartMessage, startOf } from "../../src/protocol/job.js";
import type { AdoptionMessage, ThreadRole } from "../../src/protocol/messages.js";
import { TASKS_QUESTION, takeNews } from "../../src/protocol/news.js";
import { exited, failure, type Outcome, outcomeMessage, packOutcome } from "../../src/protocol/outcome.js";
import { begin, end, freeSlot, isAlive } from "../../src/table/entries.js";
import type { Entry } from "../../src/table/layout.js";
import { nameOf } from "../../src/table/names.js";
import { Client, main } from "./client.js";
import { endOf, isThrownByStart } from "./ends.js";

/** One worker of three ends before the supervisor has got its messages, one of three after it. */
const ORDERS = 3;

const HOUR_MS = 3_600_000;

let ended = 0;

/** The words of a lock, of a barrier with its holders, and of the operation that a barrier reads. */
const LOCK = 0;
const BARRIER = 2;
const HOLDERS = 4;
const shared = allocate(64);
const pending = allocate(4);

/** @throws for a thread that ends by "refused", as the system refuses a worker */
export function fakedWorker(options: WorkerOptions): WorkerHandle {
  const role = options.data as ThreadRole;
  if (!role.isSpare && isThrownByStart(role.control)) throw new Error("EAGAIN: no more workers");
  return new FakedWorker(options, role);
}

class FakedWorker implements WorkerHandle {
  /** The thread that runs here, towards the supervisor. */
  readonly #client: Client;
  readonly #options: WorkerOptions;
  readonly #news: Words;
  #control: Words;
  #starter: Port;
  #hasEnded = false;

  constructor(options: WorkerOptions, role: ThreadRole) {
    this.#client = new Client(role.supervisor, role.worker);
    this.#options = options;
    this.#news = role.news;
    this.#control = role.control;
    this.#starter = role.starter;
    markBooted(role.control);
    host().listen(this.#starter, false, (message) => this.#receive(message));
    host().listen(this.#client.port, false, () => this.#receiveNews());
    if (!role.isSpare) return;
    draining(this.#control).next();
    park(this.#control);
  }

  terminate(): void {
    this.#exit(1);
  }

  isGone(): boolean {
    return this.#hasEnded;
  }

  #receive(message: unknown): void {
    if (this.#hasEnded) return;
    if (Array.isArray(message)) return this.#run(startOf(message as unknown as StartMessage));
    host().close(this.#starter);
    ({ control: this.#control, starter: this.#starter } = message as AdoptionMessage);
    host().listen(this.#starter, false, (next) => this.#receive(next));
    markBooted(this.#control);
  }

  #receiveNews(): void {
    if (this.#hasEnded || (takeNews(this.#news) & TASKS_QUESTION) === 0) return;
    this.#client.ask({ ask: "tasks reply", awaiting: { ident: 0, tasks: [{ on: "Lock at 0x1", since: 0 }] } });
  }

  // ---------------------------------------------------------------- one thread

  #run({ entry, job }: Start): void {
    const how = endOf(job);
    if (!isAlive(entry) || how === "unbegun") return this.#exit(0);
    begin(entry, this.#client.number);
    this.#leave(entry);
    const name = nameOf(entry);
    switch (how) {
      case "uncaught error":
        return this.#die(entry, thrown(name));
      case "rejection":
        return this.#die(entry, Object.assign(thrown(name), { code: "ERR_UNHANDLED_REJECTION" }));
      case "process.exit":
        return this.#die(entry, exited(name, 7));
      case "raw":
        return this.#die(entry, thrown(name), false);
      case "exitThread":
        this.#report(entry, packOutcome(entry, this.#failure(new Error(`${name} ended by exitThread()`))), undefined);
        return this.#exit(0);
      case "out of memory":
        this.#options.onError(Object.assign(new Error("heap"), { code: "ERR_WORKER_OUT_OF_MEMORY" }));
        return this.#exit(1);
      case "error of the runtime":
        this.#options.onError(thrown(name));
        return this.#exit(1);
      case "terminate":
        return main().terminate(entry);
      case "starter":
        this.#startOthers();
        return main().terminate(entry);
      case "return":
        return this.#return(entry);
      default: // "terminate at once": main has asked before this thread began
    }
  }

  /** What a thread leaves with the supervisor: death actions, and a blocked wait. */
  #leave({ ident }: Entry): void {
    const { words, at } = shared;
    this.#client.ask({ ask: "death action", ident, action: { words, index: at + LOCK, bits: 1 } });
    this.#client.ask({
      ask: "death action",
      ident,
      action: { words, index: at + BARRIER, bits: 1, holders: at + HOLDERS, counts: true, pending },
    });
    const registered = allocate(8);
    const number = 1;
    Atomics.store(registered.words, registered.at + REGISTERED, number);
    this.#client.ask({
      ask: "blocked wait",
      wait: {
        ident,
        ...{ on: "Lock at 0x1", packageName: "lock", since: 0, isForEver: true, mayFail: false },
        ...{ stack: String(new Error("blocked here").stack), words, index: at + LOCK, holder: undefined },
        ...{ knownDeaths: deathCount(), number, registered },
      },
    });
  }

  /** Starts threads, and dies before they do: see {@link Client.start}. */
  #startOthers(): void {
    this.#client.start("uncaught error");
    this.#client.startWithoutWorker();
    this.#client.startLater("process.exit", 1);
    main().terminate(this.#client.startLater("process.exit", HOUR_MS));
    this.#client.callOff(this.#client.startLater("return", HOUR_MS));
  }

  #failure(error: unknown): Outcome {
    return failure(error, this.#client.number);
  }

  #die(entry: Entry, error: Error, hasOutcome = true): void {
    this.#report(entry, hasOutcome ? packOutcome(entry, this.#failure(error)) : undefined, packCause(error));
    this.#exit(0);
  }

  #report({ ident }: Entry, outcome: Envelope | undefined, cause: Envelope | undefined): void {
    this.#client.ask({ ask: "report death", death: { ident, name: `thread ${ident}`, outcome, cause } });
  }

  /** The thread ends without dying. Its worker ends, too, because something is left in its loop. */
  #return(entry: Entry): void {
    draining(this.#control).next();
    const outcome = pack({ ok: true } satisfies Outcome);
    host().post(this.#starter, outcomeMessage(entry.ident, outcome));
    this.#client.ask({ ask: "drop death actions", ident: entry.ident });
    end(entry);
    this.#client.ask({ ask: "store outcome", ident: entry.ident, outcome });
    freeSlot(entry);
    markExited(this.#control);
    this.#exit(0);
  }

  /** The event of the end comes before the last messages, between them, or after them. */
  #exit(exitCode: number): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const close = (): void => {
      host().close(this.#starter);
      host().close(this.#client.port);
    };
    const order = ended++ % ORDERS;
    if (order === 0) close();
    setImmediate(() => {
      if (order === 1) close();
      this.#options.onExit(exitCode);
      if (order === 2) close();
    });
  }
}

/** An error as users throw it: with a cause that has a cause, fields, and a stack each. */
function thrown(name: string): Error {
  const cause = new TypeError("the connection was closed", { cause: new Error("read ECONNRESET") });
  return Object.assign(new RangeError(`${name} has failed on purpose`, { cause }), { path: "x".repeat(500) });
}
