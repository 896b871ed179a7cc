export { type AsyncOptions, type Handle, type Held, OwnerDiedError, type Placement } from "@x/core";
export { Lock } from "./lock.js";
export { RLock } from "./rlock.js";
