export { type AsyncOptions, expose, getIdent, type Runnable, ThreadError, TIMEOUT_MAX, TimeoutError } from "@x/core";
export { DeadlockError } from "./deadlock-error.js";
export { detectDeadlocks, dumpThreads } from "./dump.js";
export { exceptHook, type ExceptHook, type ExceptHookArgs, getExceptHook, setExceptHook } from "./except-hook.js";
export { exit, getNativeId, stackSize, startNewThread, terminate } from "./functions.js";
export { Local } from "./local.js";
export { shared } from "./shared.js";
export { sleep, sleepAsync } from "./sleep.js";
export { internals, Thread, type ThreadInternals } from "./thread.js";
export type { ThreadOptions } from "./thread-options.js";
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
} from "./trace.js";
export { activeCount, currentThread, enumerate, mainThread } from "./views.js";
export { isMainThread } from "./world.js";
