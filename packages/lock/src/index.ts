export { OwnerDiedError } from "@x/core";
export { Lock } from "./lock.js";
export { RLock } from "./rlock.js";
