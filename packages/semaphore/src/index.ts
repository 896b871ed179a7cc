export type { AsyncOptions, Handle, Held, Placement } from "@x/core";
export { BoundedSemaphore } from "./bounded-semaphore.js";
export { Semaphore } from "./semaphore.js";
