export { type AsyncOptions, type PrimitiveHandle, type Held, OwnerDiedError, type MemoryPlacement } from "@x/core";
export { Lock } from "./lock.js";
export { RLock } from "./rlock.js";
