export { BoundedSemaphore } from "./bounded-semaphore.js";
export { Semaphore } from "./semaphore.js";
