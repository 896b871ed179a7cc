/** All primitives, to be imported at a chosen moment. */
export { Barrier } from "@x/barrier";
export { Condition } from "@x/condition";
export { Event } from "@x/event";
export { Lock, RLock } from "@x/lock";
export { BoundedSemaphore, Semaphore } from "@x/semaphore";
