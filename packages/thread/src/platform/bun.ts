/// <reference types="node" />
/** The platform row of Bun: Node's row with Bun's differences. */
import { onExpose } from "@x/core/internal";
import { native, node, workers } from "./node.js";
import type { Evaluation, Port, ThreadPlatform } from "./thread-platform.js";

/** A thread's rest in the event loop counts as left over if it is still there after 5 ms. */
const IDLE_MS = 5;

/** How many listeners of `beforeExit` are this library's. */
let listeners = 0;

export const bun: ThreadPlatform = {
  ...node,
  whenClosed: undefined,
  supervisorArgv: () => [],
  whenIdle,
  evaluation: evaluationOfBun(node.evaluation!),
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

/**
 * Handles rejections: Bun does not call `uncaughtExceptionMonitor` for them, and it gives `exit` of
 * the worker the code 0.
 */
function onRejection(callback: (error: unknown) => void): void {
  const listener = (reason: unknown): void => {
    if (process.listenerCount("unhandledRejection") > 1) return; // the user's own listener handles it
    if (!workers().isMainThread) throw reason; // this calls the monitor
    process.off("unhandledRejection", listener);
    callback(reason);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- any value; Bun reports it, and ends
    void Promise.reject(reason);
  };
  process.on("unhandledRejection", listener);
}

/**
 * Bun evaluates an imported module in no async context. But if the module enters a context, Bun keeps
 * it until the evaluation ends. A module calls `expose` if threads import it. So `expose` enters the
 * context of the module.
 */
function evaluationOfBun(evaluation: Evaluation): Evaluation {
  let file: string | undefined;
  return {
    ...evaluation,
    followsImports: false, // before `expose` it is not followed
    run(ofModule, evaluate) {
      file = ofModule;
      onExpose(() => {
        if (file !== undefined) evaluation.enter(file);
      });
      return evaluate().finally(() => (file = undefined));
    },
  };
}

/**
 * Bun does not list the handles of an event loop: `process.getActiveResourcesInfo` is always empty.
 * But it emits `beforeExit` when no handle keeps the loop busy. So `held` is unref'ed until this
 * event, or for IDLE_MS.
 */
function whenIdle(held: Port, callback: (isIdle: boolean) => void): void {
  if (process.listenerCount("beforeExit") > listeners) return callback(false); // the user's listener would be called at the end of each thread
  const report = (isIdle: boolean): void => {
    clearTimeout(timer);
    process.off("beforeExit", yes);
    native(held).ref();
    callback(isIdle);
  };
  const yes = (): void => report(true);
  const timer = setTimeout(report, IDLE_MS, false).unref();
  process.on("beforeExit", yes);
  native(held).unref();
}
