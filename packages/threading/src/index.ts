/** All of Python's `threading` and `queue` in a single package. Each name also comes from a smaller package. */
export { Barrier, type BarrierAction, type BarrierHandle, type BarrierOptions, BrokenBarrierError } from "@x/barrier";
export { Condition, type ConditionHandle, type ConditionPlacement } from "@x/condition";
export type { AsyncOptions, PrimitiveHandle, Held, MemoryPlacement } from "@x/core";
export type { ThreadTarget } from "@x/core/internal";
export { Event } from "@x/event";
export { Lock, OwnerDiedError, RLock } from "@x/lock";
export {
  Empty,
  Full,
  LifoQueue,
  type Priority,
  PriorityQueue,
  type PriorityQueueOptions,
  Queue,
  type QueueHandle,
  type QueueOptions,
  ShutDown,
  SimpleQueue,
} from "@x/queue";
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
  type ProfileFunction,
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
  threadsRun,
  type ThreadOptions,
  type ThreadProfile,
  TIMEOUT_MAX,
  TimeoutError,
  type TraceEvent,
  type TraceFunction,
} from "@x/thread";
export { Timer } from "@x/timer";
