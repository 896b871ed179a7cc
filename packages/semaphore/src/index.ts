export type { AsyncOptions, PrimitiveHandle, Held, MemoryPlacement } from "@x/core";
export { BoundedSemaphore } from "./bounded-semaphore.js";
export { Semaphore } from "./semaphore.js";
