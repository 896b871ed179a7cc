export { type AsyncOptions, expose, getIdent, move, ThreadError, TIMEOUT_MAX, TimeoutError } from "@x/core";
export type { ThreadTarget } from "@x/core/internal";
export { DeadlockError } from "./diagnostics/deadlock-error.js";
export { detectDeadlocks, dumpThreads } from "./api/diagnostics.js";
export { type ExceptHook, exceptHook, type ExceptHookArgs, getExceptHook, setExceptHook } from "./api/except-hook.js";
export { exitThread, getNativeId, stackSize, startNewThread, terminate } from "./api/functions.js";
export { Local } from "./api/local.js";
export { sharedGlobals } from "./api/shared-globals.js";
export { sleep, sleepAsync } from "./api/sleep.js";
export { Thread } from "./api/thread.js";
export { threadsRun } from "./supervisor/threads-run.js";
export type { ThreadOptions } from "./api/thread-options.js";
export {
  getProfile,
  getTrace,
  type ProfileFunction,
  setProfile,
  setProfileAllThreads,
  setTrace,
  setTraceAllThreads,
  type ThreadProfile,
  type TraceEvent,
  type TraceFunction,
} from "./api/trace.js";
export { activeCount, currentThread, enumerate, mainThread } from "./api/current-thread.js";
export { isMainThread } from "./table/layout.js";
