export { type AsyncOptions, type PrimitiveHandle } from "@x/core";
export { Empty, Full, ShutDown } from "./errors.js";
export { type QueueHandle, type QueueOptions } from "./item-queue.js";
export { LifoQueue } from "./lifo-queue.js";
export { Queue } from "./queue.js";
export { SimpleQueue } from "./simple-queue.js";
