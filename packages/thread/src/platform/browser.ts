/**
 * The platform row of browsers. The page makes the workers of all threads, and supervises them,
 * because it never blocks. A worker as supervisor would double the time of the first start, and no
 * event would report a file that cannot be loaded.
 *
 * The first message to a worker brings its role and data, so after its modules are evaluated.
 */
import { describe, ThreadError } from "@x/core";
import { adoptPlainMemory, learnDeaths } from "@x/core/internal";
import {
  arrive,
  arrived,
  close,
  learnCommonMemory,
  listen,
  next,
  openChannel,
  post,
  routeBy,
  take,
} from "./browser-channels.js";
import { inheritEnvironment } from "./browser-environment.js";
import {
  LEAVING,
  type LeavingMessage,
  READY,
  ROLE,
  type RoleMessage,
  ROUTE,
  type RouteMessage,
} from "./browser-messages.js";
import { checkFactory, makeWorkersBy, sendOn, startWorker } from "./browser-page.js";
import { countTimers, runningTimers } from "./browser-timers.js";
import type { ThreadPlatform } from "./thread-platform.js";

/** A browser lets a page have some hundred workers. Firefox keeps the 513th waiting, in silence. */
const THREADS_MAX = 256;

const isPage = typeof document !== "undefined";

/** True in a worker if its file imports `@x/thread/worker`. */
let wantsRole = false;
/** True in a worker after it has got its role. */
let hasRole = false;

export const browser: ThreadPlatform = {
  supervisesHere() {
    if (isPage) return checkFactory() !== undefined;
    throw new ThreadError(
      wantsRole && !hasRole
        ? "thread: can't start new thread: the modules of this worker are being evaluated, and its thread begins " +
            "afterwards; start threads in a function that a thread runs"
        : "thread: this Web Worker is no thread, so it cannot start any, and shares no values; start it as a Thread. " +
            'If it is the file of threadsRun, import "@x/threading/worker" there, before all other modules',
    );
  },
  // Also before the file of the worker has asked for a role: a bundler may evaluate other modules first.
  awaitsRole: () => !isPage && !hasRole,
  makeWorkersBy(make) {
    if (!isPage) return;
    makeWorkersBy(make);
    adoptPlainMemory();
    learnDeaths();
    routeBy((routed) => sendOn(routed, undefined));
  },
  startWorker,
  workersEndTogether: true,
  countsTheDeadFor: [1000, 10_000],
  taskId: () => 0,
  execArgv: () => [],
  supervisorArgv: () => [],
  onRole,
  newNativeId: () => 0,
  exitWorker: leave,
  exitCall: "close()",
  openChannel,
  post,
  close,
  take,
  next,
  arrived,
  listen: (port, _keepsAlive, onMessage, onClose) => listen(port, onMessage, onClose),
  holdOpen: () => undefined,
  idlesInLoop: true,

  leftovers: () => Array.from({ length: runningTimers() }, () => "Timeout"),
  turns() {
    const { port1, port2 } = new MessageChannel();
    const callbacks: (() => void)[] = [];
    port1.onmessage = () => callbacks.shift()?.();
    return (callback) => {
      callbacks.push(callback);
      port2.postMessage(0);
    };
  },
  onUncaught(callback) {
    if (isPage) return; // an error does not end a page
    const die = (event: Event, error: unknown): void => {
      if (event.defaultPrevented) return; // the user's own listener handles it
      event.preventDefault();
      callback(error);
      self.close();
    };
    self.addEventListener("error", (event) => die(event, event.error ?? event.message));
    self.addEventListener("unhandledrejection", (event) => die(event, event.reason));
  },
  onProcessEnd: () => undefined, // a page may be closed at any time, and waits for nothing
  onSignal: () => undefined,
  unlistenSignals: () => undefined,
  directStdio: () => undefined,
  writeError: (text) => console.error(text.trimEnd()),
  writeErrorNow(bytes) {
    console.error(new TextDecoder().decode(bytes).trimEnd());
    return bytes.length;
  },
  warn: (text) => console.warn(text),
  startProfile() {
    throw new ThreadError("thread: a browser gives no profile of a thread; use its developer tools");
  },
  inspectError,

  importModule(url, what = "something") {
    return Promise.reject(
      new ThreadError(
        `thread: ${what} is not in the file that threads run, or stands there twice; import the module that exposes it in that file, ` +
          `after "@x/threading/worker", which knows all primitives, and let no other module expose this name (the page has it from ${url})`,
      ),
    );
  },

  threadLimit: () => THREADS_MAX,
  minStackSize: () => 0,
};

/** The stack with the message and the causes. Firefox and Safari leave the message out of the stack. */
function inspectError(error: unknown): string {
  try {
    if (!(error instanceof Error)) return describe(error);
    const head = `${error.name}: ${error.message}`;
    const stack = error.stack ?? "";
    const own = stack.startsWith(head) ? stack : `${head}\n${stack}`.trimEnd();
    return isToldBy(error.cause, error.message) ? own : `${own}\ncaused by ${inspectError(error.cause)}`;
  } catch {
    return describe(error); // inspecting it throws, and it must be reported all the same
  }
}

/**
 * Ends this worker. `close()` lets microtasks run to their end, and the end may never come. So the
 * page terminates the worker after a while.
 */
function leave(): void {
  self.postMessage({ [LEAVING]: true } satisfies LeavingMessage);
  self.close();
}

/** True if there is no cause, or if the text of the error has the text of the cause already. */
function isToldBy(cause: unknown, text: string): boolean {
  return cause === undefined || (cause instanceof ThreadError && text.endsWith(cause.message.replace(/^thread: /, "")));
}

function onRole(callback: (data: unknown) => void): void {
  if (isPage || typeof self === "undefined") return; // the page bundles the file, too
  wantsRole = true;
  countTimers();
  let posted: Int32Array;
  routeBy((routed) => {
    Atomics.add(posted, 0, 1);
    try {
      self.postMessage({ [ROUTE]: routed } satisfies RouteMessage, { transfer: routed.moved as Transferable[] });
    } catch (error) {
      Atomics.sub(posted, 0, 1); // it cannot be cloned, and was not sent
      throw error;
    }
  });
  self.addEventListener("message", (event: MessageEvent<Partial<RoleMessage & RouteMessage> | null>) => {
    const { data: message } = event;
    if (typeof message !== "object" || message === null) return;
    if (message[ROUTE] !== undefined) {
      event.stopImmediatePropagation(); // the user's listeners get only the user's messages
      return arrive(message[ROUTE]);
    }
    if (!(ROLE in message) || hasRole) return;
    event.stopImmediatePropagation();
    hasRole = true;
    ({ posted } = message as RoleMessage);
    inherit(message as RoleMessage);
    void navigator.locks.request((message as RoleMessage).lock, () => {
      self.postMessage({ [READY]: true });
      callback(message[ROLE]);
      return new Promise(() => undefined); // held for life: the page sees the end of this worker by it
    });
  });
}

function inherit({ environment, nativeId }: RoleMessage): void {
  inheritEnvironment(environment, nativeId);
  adoptPlainMemory();
  learnDeaths();
  learnCommonMemory();
}
