export { Lock } from "./lock.js";
export { RLock } from "./rlock.js";
