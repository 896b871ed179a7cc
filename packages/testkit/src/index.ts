export { type AsyncHoldableLike, asyncHoldableTests } from "./async-tests.js";
export {
  type ConditionLike,
  conditionTests,
  reentrantConditionTests,
  untilWaiting,
  waitersOf,
} from "./condition-tests.js";
export { barrierActionTests, type BarrierLike, barrierTests } from "./barrier-tests.js";
export { bunch, Bunch, type BunchOptions, type Member } from "./bunch.js";
export { type EventLike, eventTests } from "./event-tests.js";
export { type KeepAliveSpec, keepAliveTests } from "./keep-alive-tests.js";
export { baseLockTests, type LockLike, lockTests } from "./lock-tests.js";
export {
  BAD_TIMEOUTS,
  expectBadTimeoutsRefused,
  type HoldableLike,
  type Sharing,
  thrownBy,
  viewOf,
} from "./primitive.js";
export { abortedForMemory, runOutOfMemory } from "./memory.js";
export { type Life, MortalKeeper } from "./mortal.js";
export { type MayNotBlockSpec, mayNotBlockTests } from "./may-not-block-tests.js";
export { type FullRLock, rlockInternalsTests, type RLockLike, rlockTests } from "./rlock-tests.js";
export { baseSemaphoreTests, boundedSemaphoreTests, type SemaphoreLike, semaphoreTests } from "./semaphore-tests.js";
export {
  fifoTests,
  type QueueErrors,
  type QueueLike,
  queueTests,
  type SimpleQueueLike,
  simpleQueueTests,
} from "./queue-tests.js";
export { readmeTests } from "./readme-tests.js";
export { type Ran, runScript, type ScriptOptions } from "./script.js";
export { sharedTests, type SharedSpec } from "./shared-tests.js";
export { blockingStress, eventStress, mixedStress, stress } from "./stress.js";
export {
  barge,
  DONE,
  OVERTAKEN_AT_MOST,
  expectDuration,
  LONG,
  pause,
  pauseAsync,
  SHORT,
  timed,
  timedAsync,
  until,
  untilAsync,
} from "./time.js";
export { watchdog } from "./watchdog.js";
export * from "./explorer/index.js";
