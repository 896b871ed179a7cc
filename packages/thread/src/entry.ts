/**
 * The exports of `@x/thread`. Their types come from index.ts. A name of index.ts that is missing
 * here is missing for users.
 */
import { first } from "./first.js";
import type * as index from "./index.js";

export const {
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
}: typeof index = first;
