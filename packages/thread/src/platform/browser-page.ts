/** The page's part of the browser's row: it makes all workers, and passes on all messages except bytes. */
import { describe, ThreadError } from "@x/core";
import { arrive, type ChannelEnd, endOf, keyOf, type Routed, takeKept } from "./browser-channels.js";
import { environment } from "./browser-environment.js";
import {
  type FromWorker,
  LEAVING,
  READY,
  ROLE,
  type RoleMessage,
  ROUTE,
  type RouteMessage,
} from "./browser-messages.js";
import type { WorkerHandle, WorkerOptions } from "./thread-platform.js";

/** Written in pieces: some tools replace the words in code, and then in texts, too. */
const META_URL = ["import", "meta", "url"].join(".");

/** Makes a worker from the file run by threads. */
let make: (() => Worker) | undefined;

export function makeWorkersBy(factory: () => Worker): void {
  make = factory;
}

/** @throws ThreadError if the page has not named the file run by threads */
export function checkFactory(): () => Worker {
  if (make !== undefined) return make;
  throw new ThreadError(
    "thread: can't start new thread: a page must say once which file its threads run: " +
      `threadsRun(() => new Worker(new URL("./threads.js", ${META_URL}), { type: "module" })); ` +
      'this file imports "@x/threading/worker" first, and then the modules that call expose',
  );
}

// ---------------------------------------------------------------- the ends of channels

/** The ends in workers: the worker of each end. All other ends are here. */
const holders = new Map<string, Worker>();

/** Sends a message on, to the thread with the end. */
export function sendOn(routed: Routed, from: Worker | undefined): void {
  for (const { id, side } of routed.ends) {
    holders.delete(keyOf(id, side)); // it travels in this message
    const peer = keyOf(id, 1 - side);
    if (from !== undefined && !holders.has(peer)) holders.set(peer, from);
  }
  if (from !== undefined || holders.has(keyOf(routed.id, routed.to))) return pass(routed);
  // Cloned at once: if a part cannot be cloned, the sender must see the error. Received in a later
  // turn, like every message, because the sender is not done yet.
  const copy = structuredClone(routed, { transfer: routed.moved as Transferable[] }); // whole, because its list of memory names objects of the message
  queueMicrotask(() => pass(copy));
}

function pass(routed: Routed): void {
  const holder = holders.get(keyOf(routed.id, routed.to));
  if (holder === undefined) arrive(routed);
  else sendTo(holder, routed);
}

function sendTo(worker: Worker, routed: Routed): void {
  worker.postMessage({ [ROUTE]: routed } satisfies RouteMessage, routed.moved as Transferable[]);
  handOver(worker, routed.ends);
}

/** Moves the ends to a worker. Their messages follow. */
function handOver(worker: Worker, ends: readonly ChannelEnd[]): void {
  for (const { id, side } of ends) {
    const key = keyOf(id, side);
    holders.set(key, worker);
    for (const routed of takeKept(key)) sendTo(worker, routed);
  }
}

function endsOf(worker: Worker): string[] {
  return [...holders].flatMap(([key, holder]) => (holder === worker ? [key] : []));
}

function peerOf(key: string): { readonly id: number; readonly to: 0 | 1 } {
  const [id = 0, side] = key.split(" ").map(Number);
  return { id, to: side === 0 ? 1 : 0 };
}

/** Tells the other end of each channel of this worker that nothing more will come. */
function closeEndsOf(worker: Worker): void {
  for (const key of endsOf(worker)) {
    holders.delete(key);
    takeKept(key);
    pass({ ...peerOf(key), number: 0, message: undefined, memory: [], firstMemory: 0, ends: [], moved: [] });
  }
}

// ---------------------------------------------------------------- workers

/** How long a worker may take from its creation to its first message. */
const BOOT_MS = 30_000;

/** How long the page waits, before it terminates a worker, for messages on their way. */
const LAST_MESSAGES_MS = 500;

/**
 * How long the end of a worker is kept back if it may have ended as it slept. Firefox releases the Web
 * Lock of a terminated worker before `Atomics.notify` stops counting it:
 *     // T1 and T2 wait; T1 is terminated, and its lock is released; T3 sees that T1 is dead, and notifies one waiter:
 *     // the wake goes to T1, T2 sleeps on.
 * No event tells when the worker's wait is over. On two cores with six threads that compute it was over after 4 ms; with two
 * browsers and a compiler beside it once took more than 100. So the supervisor lets all waits be checked again later, see
 * `countsTheDeadFor`, and a Condition notifies no waiter whose thread is known to be dead.
 */
const STILL_COUNTED_MS = 100;

/** How long the microtasks of an ending worker may go on. */
const LEAVING_MS = 500;

/**
 * The messages of a worker to the page. `terminate` drops all messages not yet received, so the page
 * waits for them:
 *     // T1 posts its death action, and begins; T2 has T1 terminated; the page does so first: nothing would
 *     // tell the other parties of T1's barrier that it died.
 */
class Mailbox {
  /** Written by the worker, before each post. */
  readonly posted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #received = 0;
  #waiting: (() => void)[] = [];

  received(): void {
    this.#received = (this.#received + 1) | 0;
    for (const look of this.#waiting.splice(0)) look();
  }

  /** Resolves after all messages posted so far arrive, or after LAST_MESSAGES_MS: a worker may die in a post. */
  emptied(): Promise<void> {
    const due = Atomics.load(this.posted, 0);
    return new Promise((resolve) => {
      const look = (): void => {
        if (((due - this.#received) | 0) <= 0) resolve();
        else this.#waiting.push(look);
      };
      look();
      if (this.#waiting.length > 0) setTimeout(resolve, LAST_MESSAGES_MS);
    });
  }
}

let numbers = 0;

export function startWorker({ data, transfer, onError, onExit }: WorkerOptions): WorkerHandle {
  const worker = checkFactory()();
  if (typeof (worker as { postMessage?: unknown } | undefined)?.postMessage !== "function") {
    throw new ThreadError(`thread: the function of threadsRun must return a Worker, got ${describe(worker)}`);
  }
  const lock = `@x/thread ${crypto.randomUUID()}`;
  const mailbox = new Mailbox();
  let isReady = false;
  let isGone = false;
  let hasLeft = false;
  let isTerminated = false;

  const gone = (error?: unknown): void => {
    if (isGone) return;
    isGone = true;
    clearTimeout(timer);
    void mailbox.emptied().then(() => {
      worker.terminate(); // after a failure of its file the worker goes on
      if (error !== undefined) onError(error);
      onExit(error !== undefined || isTerminated ? 1 : 0);
      closeEndsOf(worker);
    });
  };
  const fail = (why: string): void => gone(new ThreadError(`thread: ${why}`));
  /** The worker holds the lock for life. */
  const watch = (): void => {
    navigator.locks
      .request(lock, () => (hasLeft ? gone() : void setTimeout(gone, STILL_COUNTED_MS)))
      .catch((error: unknown) => fail(`the page may not use Web Locks: ${String(error)}`));
  };
  const timer = setTimeout(
    () =>
      fail(
        `the file that threads run has not answered within ${BOOT_MS / 1000} s; it must import "@x/threading/worker"`,
      ),
    BOOT_MS,
  );

  worker.addEventListener("message", ({ data: message }: MessageEvent<FromWorker | null>) => {
    if (typeof message !== "object" || message === null) return;
    if (ROUTE in message) {
      sendOn(message[ROUTE], worker);
      mailbox.received();
    }
    if (LEAVING in message) {
      hasLeft = true;
      setTimeout(() => worker.terminate(), LEAVING_MS);
    }
    if (!(READY in message)) return;
    isReady = true;
    clearTimeout(timer);
    watch();
  });
  worker.addEventListener("error", (event) => {
    if (isReady) return; // a thread reports its own errors
    event.preventDefault();
    fail(event.message || LOAD_CURE);
  });
  worker.addEventListener("messageerror", () => fail("a message could not be read"));
  worker.postMessage({
    [ROLE]: data,
    lock,
    nativeId: ++numbers,
    posted: mailbox.posted,
    environment,
  } satisfies RoleMessage);
  handOver(worker, transfer.map(endOf));
  return {
    terminate() {
      isTerminated = true;
      void mailbox.emptied().then(() => {
        worker.terminate();
        if (!isReady) gone();
      });
    },
    isGone: () => isGone,
  };
}

const LOAD_CURE =
  "the file that threads run could not be loaded; check its address and its syntax, and that it is served with " +
  "Cross-Origin-Embedder-Policy: require-corp";
