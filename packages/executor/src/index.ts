export { type AbortSignalLike, type AsyncOptions, type PrimitiveHandle } from "@x/core";
export { BrokenExecutor, CancelledError, InvalidStateError } from "./errors.js";
export { type ExecutorHandle, type ShutdownOptions, ThreadPoolExecutor } from "./executor.js";
export { Future } from "./future.js";
export type { ExecutorStats, Percentiles } from "./stats.js";
export type { ExecutorOptions, TaskOptions } from "./submit-options.js";
export { type CurrentTask, currentTask } from "./task.js";
