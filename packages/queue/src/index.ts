export { type AsyncOptions, type PrimitiveHandle } from "@x/core";
export { Empty, Full, ShutDown } from "./errors.js";
export type { Priority } from "./key.js";
export { LifoQueue } from "./lifo-queue.js";
export { PriorityQueue, type PriorityQueueOptions } from "./priority-queue.js";
export type { PutOptions, QueueHandle, QueueOptions } from "./queue-handle.js";
export { Queue } from "./queue.js";
export { SimpleQueue } from "./simple-queue.js";
