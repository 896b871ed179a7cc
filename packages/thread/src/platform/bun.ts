/// <reference types="node" />
/** The row of Bun: that of Node, but for what Bun does otherwise. */
import { native, node, workers } from "./node.js";
import type { Port, ThreadPlatform } from "./thread-platform.js";

/** So many milliseconds after its end, what a thread has left in the event loop counts as left. */
const IDLE_MS = 5;

/** How many listeners for `beforeExit` are ours. */
let listeners = 0;

export const bun: ThreadPlatform = {
  ...node,
  supervisorArgv: () => [],
  whenIdle,
  onUncaught(callback) {
    node.onUncaught(callback);
    if (!process.execArgv.some((arg) => arg.startsWith("--unhandled-rejections"))) onRejection(callback);
  },
  onProcessEnd(onIdle, onExit) {
    node.onProcessEnd(onIdle, onExit);
    listeners++;
  },
  minStackSize: () => 0, // Bun ignores `resourceLimits`
};

/** Of a rejection Bun does not tell `uncaughtExceptionMonitor`, and it tells `exit` of a worker that it ended with 0. */
function onRejection(callback: (error: unknown) => void): void {
  const listener = (reason: unknown): void => {
    if (process.listenerCount("unhandledRejection") > 1) return; // the user's own code goes on
    if (!workers().isMainThread) throw reason; // now it is told
    process.off("unhandledRejection", listener);
    callback(reason);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it was; Bun reports it, and ends
    void Promise.reject(reason);
  };
  process.on("unhandledRejection", listener);
}

/**
 * Bun does not tell what keeps an event loop busy (`process.getActiveResourcesInfo` is always empty), but it says `beforeExit` when nothing
 * does any more: once `held` counts as nothing, as soon as there is nothing else.
 */
function whenIdle(held: Port, callback: (isIdle: boolean) => void): void {
  if (process.listenerCount("beforeExit") > listeners) return callback(false); // the user's own would be called at the end of each thread
  const tell = (isIdle: boolean): void => {
    clearTimeout(timer);
    process.off("beforeExit", yes);
    native(held).ref();
    callback(isIdle);
  };
  const yes = (): void => tell(true);
  const timer = setTimeout(tell, IDLE_MS, false).unref();
  process.on("beforeExit", yes);
  native(held).unref();
}
