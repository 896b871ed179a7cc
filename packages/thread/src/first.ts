/**
 * The first copy of this package in this thread, which works for all copies; see core's copies.ts.
 * Other copies come from bundles, linked folders, and CommonJS beside ESM.
 */
import { firstCopy } from "@x/core/internal";
import { runThreads } from "./worker/run-threads.js";
import {
  activeCount,
  currentThread,
  DeadlockError,
  detectDeadlocks,
  dumpThreads,
  enumerate,
  exceptHook,
  exitThread,
  expose,
  getExceptHook,
  getIdent,
  getNativeId,
  getProfile,
  getTrace,
  isMainThread,
  Local,
  mainThread,
  setExceptHook,
  setProfile,
  setProfileAllThreads,
  setTrace,
  setTraceAllThreads,
  sharedGlobals,
  sleep,
  sleepAsync,
  stackSize,
  startNewThread,
  terminate,
  Thread,
  ThreadError,
  TIMEOUT_MAX,
  TimeoutError,
} from "./index.js";
import type * as index from "./index.js";
import { registerKinds } from "./protocol/kinds.js";
import { PROTOCOL } from "./table/protocol-version.js";
import { supervise } from "./supervisor/supervisor.js";

/** The exports for users, and for the workers' file. */
// Name by name: a namespace object needs a helper of the bundler, which would be a file of its own.
const exports: typeof index = {
  activeCount,
  currentThread,
  DeadlockError,
  detectDeadlocks,
  dumpThreads,
  enumerate,
  exceptHook,
  exitThread,
  expose,
  getExceptHook,
  getIdent,
  getNativeId,
  getProfile,
  getTrace,
  isMainThread,
  Local,
  mainThread,
  setExceptHook,
  setProfile,
  setProfileAllThreads,
  setTrace,
  setTraceAllThreads,
  sharedGlobals,
  sleep,
  sleepAsync,
  stackSize,
  startNewThread,
  terminate,
  Thread,
  ThreadError,
  TIMEOUT_MAX,
  TimeoutError,
};
const own = { ...exports, runThreads, supervise };

export const first: typeof own = firstCopy(PROTOCOL, own, registerKinds);
