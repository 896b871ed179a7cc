/// <reference types="node" />
/** The platform row of Deno: Node's row with Deno's differences. */
import { ThreadError } from "@x/core";
import { platform } from "@x/core/internal";
import { portsWithBells, unwrap, wrap } from "./deno-ports.js";
import { node, threadLimit, workers } from "./node.js";
import type { ThreadPlatform, WorkerHandle, WorkerOptions } from "./thread-platform.js";

interface Permission {
  readonly name: "sys";
  readonly kind: string;
}

interface Deno {
  readonly permissions: { querySync(permission: Permission): { readonly state: string } };
  addSignalListener(name: string, callback: () => void): void;
}

/** Measured, for {@link threadLimit}. Two of the files are open only during an import. */
const PER_WORKER = { files: 8, maps: 60, memory: 25 * 2 ** 20 };

/** The assumed memory of the machine, in bytes, if Deno may not read it. */
const UNTOLD_MEMORY = 4 * 2 ** 30;

const { ports, gone } = portsWithBells(
  node,
  (by) => platform.keepAlive(by),
  (callback) => void setImmediate(callback),
);

export const deno: ThreadPlatform = {
  ...node,
  ...ports,
  whenClosed: undefined, // a port needs its bell
  startWorker,
  isTerminateWeak: true,
  bootSleeps: true,
  workersEndTogether: false,
  onRole: (callback) => node.onRole((data) => callback(data instanceof Set ? unwrap(data) : data)), // a foreign worker has the user's own data
  supervisorArgv: () => [],
  onUncaught(callback) {
    if (workers().isMainThread) onFailureOfMain(callback);
    else node.onUncaught(callback);
  },
  onProcessEnd(onIdle, onExit) {
    node.onProcessEnd(onIdle, onExit);
    if (workers().isMainThread) onFailureOfMain(() => onExit(1));
  },
  onSignal(name, callback) {
    try {
      runtime().addSignalListener(name, callback);
    } catch {
      // The signal keeps its usual effect.
    }
  },
  // Checked before reading: at a terminal, Deno would ask the user.
  threadLimit: () =>
    threadLimit(PER_WORKER, isAllowed({ name: "sys", kind: "systemMemoryInfo" }) ? undefined : UNTOLD_MEMORY),
  minStackSize: () => 0,
};

function runtime(): Deno {
  return (globalThis as unknown as { Deno: Deno }).Deno;
}

function isAllowed(permission: Permission): boolean {
  return runtime().permissions.querySync(permission).state === "granted";
}

function startWorker(options: WorkerOptions): WorkerHandle {
  const denos: WorkerOptions = {
    ...options,
    data: wrap(options.data),
    onExit(exitCode) {
      options.transfer.forEach(gone); // its last messages come before the event of its end
      options.onExit(exitCode);
    },
  };
  // No `resourceLimits`: a worker out of memory in a promise job would stay, silently. Without them
  // the process ends, and says why.
  try {
    return node.startWorker(denos);
  } catch (error) {
    if ((error as Error).name !== "NotCapable") throw error;
    throw new ThreadError(
      "thread: can't start new thread: Deno was not allowed to read the modules that threads import; run it with --allow-read",
      { cause: error },
    );
  }
}

/**
 * Calls back with the error that ends main, unless the user handles it. In that case Deno emits
 * neither `exit` nor `beforeExit`.
 */
function onFailureOfMain(callback: (error: unknown) => void): void {
  const isCaught = (event: globalThis.Event, name: string): boolean =>
    event.defaultPrevented || process.listenerCount(name) + process.listenerCount("uncaughtException") > 0;
  globalThis.addEventListener("error", (event) => {
    if (!isCaught(event, "uncaughtException")) callback(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (!isCaught(event, "unhandledRejection")) callback(event.reason);
  });
}
