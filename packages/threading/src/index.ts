/** Python's `threading` under one roof. Nothing here is its own: each name can also be had from a package of its own. */
export { Barrier, type BarrierAction, type BarrierHandle, type BarrierOptions, BrokenBarrierError } from "@x/barrier";
export { Condition, type ConditionHandle, type ConditionPlacement } from "@x/condition";
export type { AsyncOptions, Handle, Held, Placement, Runnable, Target } from "@x/core";
export { Event } from "@x/event";
export { Lock, OwnerDiedError, RLock } from "@x/lock";
export { BoundedSemaphore, Semaphore } from "@x/semaphore";
export {
  activeCount,
  currentThread,
  DeadlockError,
  detectDeadlocks,
  dumpThreads,
  enumerate,
  exceptHook,
  type ExceptHook,
  type ExceptHookArgs,
  exit,
  expose,
  getExceptHook,
  getIdent,
  getNativeId,
  getProfile,
  getTrace,
  isMainThread,
  Local,
  mainThread,
  type ProfileFunction,
  setExceptHook,
  setProfile,
  setProfileAllThreads,
  setTrace,
  setTraceAllThreads,
  shared,
  sleep,
  sleepAsync,
  stackSize,
  startNewThread,
  terminate,
  Thread,
  ThreadError,
  type ThreadOptions,
  type ThreadProfile,
  TIMEOUT_MAX,
  TimeoutError,
  type TraceEvent,
  type TraceFunction,
} from "@x/thread";
export { Timer } from "@x/timer";
